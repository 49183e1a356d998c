/** Named numbers, or a small matrix written out. */
import { el, put } from "../dom.js";
import { listed, told, valueAt } from "../format.js";
import { tableOf } from "../table.js";

/** @import { Cell, Column, Ctx, Moment, View } from "../types" */

const MOST = 30; // rows and columns of a matrix

/** @param {Ctx} ctx @returns {View} */
export function values(ctx) {
  const { spec, store, body } = ctx;
  const columns = spec.columns.map((name) => store.column(name));
  const matrix = columns.length === 1 && columns[0].kind === "array" && (columns[0].shape?.length ?? 0) > 1;
  return matrix ? written(ctx, columns[0]) : named(columns, store, body);
}

/** @param {Column[]} columns @param {Ctx["store"]} store @param {HTMLElement} body @returns {View} */
function named(columns, store, body) {
  const outs = columns.map(() => el("td"));
  body.append(el("div", { class: "scroll" }, el("table", { class: "named" },
    ...columns.map((c, k) => el("tr", {}, el("th", { scope: "row" }, c.words || c.name), outs[k])))));
  /** @type {string[]} */
  let texts = columns.map(() => "–");
  return {
    update({ position }) {
      texts = columns.map((c, k) => textOf(c, store, position) ?? texts[k]);
      texts.forEach((text, k) => put(outs[k], text));
    },
    summary: () => `Values: ${listed(columns.map((c, k) => `${c.words || c.name} ${texts[k]}`))}.`,
    rows: () => ({ head: ["name", "value"], body: columns.map((c, k) => [c.words || c.name, texts[k]]) }),
  };
}

/** undefined: not here yet. @param {Column} column @param {Ctx["store"]} store @param {number} position */
function textOf(column, store, position) {
  if (["float", "int", "bool"].includes(column.kind)) {
    const unit = column.unit ? ` ${column.unit}` : "";
    return valueAt(store, column, position) + unit;
  }
  const value = store.row(column.name, position);
  if (value === undefined) return undefined;
  if (value && typeof value === "object" && "data" in value) return Array.from(value.data.slice(0, MOST), (v) => told(v)).join("  ");
  return value == null ? "–" : String(value);
}

/** @param {Ctx} ctx @param {Column} column @returns {View} */
function written({ store, body, spec }, column) {
  const box = el("div", { class: "scroll" });
  body.append(box);
  /** @type {Cell | null} */
  let cell = null;
  const rows = () => {
    const [n, m] = cell?.shape ?? [0, 0];
    const labels = { rows: listOf(spec.rows), cols: listOf(spec.cols) };
    return {
      head: [column.axes?.join(" / ") ?? "", ...Array.from({ length: Math.min(m, MOST) }, (_, c) => labels.cols[c] ?? String(c))],
      body: Array.from({ length: Math.min(n, MOST) }, (_, r) => [labels.rows[r] ?? String(r), ...Array.from({ length: Math.min(m, MOST) }, (_, c) => told(cell?.data[r * m + c] ?? NaN))]),
      note: n > MOST || m > MOST ? `first ${MOST} of ${n} by ${m}` : "",
    };
  };
  return {
    /** @param {Moment} m */
    update(m) {
      const found = store.array(column.name, m.position);
      if (!found || found === cell) return;
      cell = found;
      const table = tableOf(rows(), column.words || column.name);
      table.caption?.classList.add("unseen"); // the figure has its own
      box.replaceChildren(table);
    },
    summary: () => `Table of ${cell?.shape.join(" by ") ?? "no"} values, ${column.words || column.name}.`,
    rows,
  };
}

/** @param {unknown} option @returns {string[]} */
const listOf = (option) => (Array.isArray(option) ? option.map(String) : []);
