/** The difference of two runs' arrays at the cursor, as a store that a heatmap reads. */

/** @import { Cell, Column, ViewSpec } from "./types" */
/** @import { Store } from "./store.js" */
/** @import { Run } from "./run.js" */

/** The array of a view whose difference can be drawn. @param {Run} run @param {ViewSpec} spec @returns {Column | null} */
export function flattened(run, spec) {
  const column = run.store.columns.get(spec.columns[0]);
  const matrix = ["heatmap", "board", "picture", "confusion", "heads"].includes(spec.kind);
  return matrix && column?.kind === "array" ? column : null;
}

export class Difference {
  /** @param {Run} run @param {Store} first @param {Store} other @param {ViewSpec} spec */
  constructor(run, first, other, spec) {
    this.run = run;
    this.first = first;
    this.other = other;
    this.spec = spec;
    this.name = spec.columns[0];
    const column = run.store.column(this.name);
    /** @type {Map<string, Column>} */
    this.columns = new Map([[this.name, { ...column, words: `difference of ${column.words || column.name}${spec.kind === "board" ? ", where it is largest of a square's" : ""}`, axes: spec.kind === "board" ? ["row", "column"] : column.axes }]]);
    this.positions = [0, 0];
    this.heavy = { has: () => Boolean(this.cell()) };
  }

  /** @param {number} mine @param {number} theirs */
  at(mine, theirs) {
    this.positions = [mine, theirs];
  }

  get version() {
    return `${this.positions} ${Boolean(this.cell())}`;
  }

  get known() {
    return this.run.store.known;
  }

  /** @param {string} name */
  column(name) {
    const column = this.columns.get(name);
    if (!column) throw new Error(`unknown column: ${name} (known: ${this.name})`);
    return column;
  }

  row() {
    return null;
  }

  array() {
    return this.cell();
  }

  /** @returns {Cell | null} */
  cell() {
    const a = this.first.array(this.name, this.positions[0]), b = this.other.array(this.name, this.positions[1]);
    if (!a || !b || a.shape.join() !== b.shape.join()) return null;
    return this.drawn({ data: Float64Array.from(a.data, (v, k) => (b.data[k] === v ? 0 : b.data[k] - v)), shape: a.shape });
  }

  /** The largest distance from 0 of what is finite. */
  get most() {
    let most = 0;
    for (const v of this.cell()?.data ?? []) if (Number.isFinite(v)) most = Math.max(most, Math.abs(v));
    return most;
  }

  /** A board's is for each square the one that is largest: it shows wherever two runs part. @param {Cell} cell @returns {Cell} */
  drawn(cell) {
    if (this.spec.kind !== "board" || cell.shape.length < 2) return cell;
    const { info, state } = this.run;
    const name = String(this.spec.grid ?? info.params.find((p) => p.kind === "grid")?.name ?? "grid");
    const rows = /** @type {string[]} */ (state.start[name] ?? []);
    const data = largest(cell);
    return { data, shape: rows.length && data.length % rows.length === 0 ? [rows.length, data.length / rows.length] : [1, data.length] };
  }
}

/** Of each row the difference that is largest, or that is none. @param {Cell} cell */
export function largest({ data, shape }) {
  const wide = shape[shape.length - 1] || 1;
  return Float64Array.from({ length: data.length / wide }, (_, k) => {
    let most = data[k * wide];
    for (let j = k * wide + 1; j < (k + 1) * wide; j++) if (!(Math.abs(data[j]) <= Math.abs(most)) && !Number.isNaN(most)) most = data[j];
    return most;
  });
}

/** The largest of each row. @param {Cell} cell */
export function best({ data, shape }) {
  const wide = shape[shape.length - 1] || 1;
  return Float64Array.from({ length: data.length / wide }, (_, k) => {
    let most = -Infinity;
    for (let j = k * wide; j < (k + 1) * wide; j++) if (data[j] > most) most = data[j];
    return most;
  });
}
