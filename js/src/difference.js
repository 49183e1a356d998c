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
  /** @param {Run} run @param {Store} other @param {ViewSpec} spec */
  constructor(run, other, spec) {
    this.run = run;
    this.other = other;
    this.spec = spec;
    this.name = spec.columns[0];
    const column = run.store.column(this.name);
    /** @type {Map<string, Column>} */
    this.columns = new Map([[this.name, { ...column, words: `difference of ${column.words || column.name}`, axes: spec.kind === "board" ? ["row", "column"] : column.axes }]]);
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
    const a = this.run.store.array(this.name, this.positions[0]), b = this.other.array(this.name, this.positions[1]);
    if (!a || !b || a.shape.join() !== b.shape.join()) return null;
    const [mine, theirs] = [this.drawn(a), this.drawn(b)];
    return { data: Float64Array.from(mine.data, (v, k) => theirs.data[k] - v), shape: mine.shape };
  }

  /** A board's difference is that of its squares' values. @param {Cell} cell @returns {Cell} */
  drawn(cell) {
    if (this.spec.kind !== "board" || cell.shape.length < 2) return cell;
    const { info, state } = this.run;
    const name = String(this.spec.grid ?? info.params.find((p) => p.kind === "grid")?.name ?? "grid");
    const rows = /** @type {string[]} */ (state.start[name] ?? []);
    const data = best(cell);
    return { data, shape: rows.length && data.length % rows.length === 0 ? [rows.length, data.length / rows.length] : [1, data.length] };
  }
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
