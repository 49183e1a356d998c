/** Where two recorded runs first differ, as `Comparison.parted` has it. */
import { plain } from "./format.js";
import { cells, numbers } from "./wire.js";

/** @import { Cell, Parting, WireColumn } from "./types" */
/** @typedef {{cols: WireColumn[], count: number, buffers: ArrayBuffer[]}} Rows */
/** @typedef {{frame: number | null, columns: string[], before: number}} Found before: the last frame compared before; -1 for none */

/** @param {Rows} first @param {Rows} other @param {string} label @param {number} tolerance @returns {Parting} */
export function parting(first, other, label, tolerance) {
  const columns = common(first, other).map((name) => ({ name, gap: gapOf(column(first, name), column(other, name)) }));
  const pairs = together(frames(first), frames(other));
  let exact = nowhere(), beyond = nowhere(), before = -1;
  for (const { frame, a, b } of pairs) {
    const gaps = columns.map(({ name, gap }) => ({ name, gap: gap(a, b) }));
    if (exact.frame === null) exact = here(frame, gaps, 0, before);
    if (exact.frame !== null) beyond = here(frame, gaps, tolerance, before);
    if (beyond.frame !== null) break;
    before = frame;
  }
  const of = Math.min(...[first, other].map((rows) => (frames(rows)[rows.count - 1] ?? -1) + 1));
  return { text: said(label, pairs.length, of, exact, beyond, tolerance), label, frame: exact.frame, beyond: beyond.frame };
}

/** @returns {Found} */
const nowhere = () => ({ frame: null, columns: [], before: -1 });

/** @param {number} frame @param {{name: string, gap: number}[]} gaps @param {number} tolerance @param {number} before @returns {Found} */
function here(frame, gaps, tolerance, before) {
  const columns = gaps.filter(({ gap }) => gap > tolerance).map(({ name }) => name);
  return columns.length ? { frame, columns, before } : nowhere();
}

/** @param {string} label @param {number} shared @param {number} of @param {Found} exact @param {Found} beyond @param {number} tolerance */
function said(label, shared, of, exact, beyond, tolerance) {
  if (!shared) return `${label}: has no frame in common with the first`;
  if (exact.frame === null) return `${label}: equal in all ${shared} frames${shared < of ? ` that both have kept, of ${of}` : ""}`;
  const parts = `${label}: ${where(exact)}`;
  const by = tolerance && tolerance < 1e-3 ? tolerance.toExponential() : plain(tolerance);
  return beyond.frame === null ? `${parts}; never by more than ${by}` : `${parts}; by more than ${by} at frame ${beyond.frame} in ${beyond.columns.join(", ")}${notYet(exact, beyond)}`;
}

/** Where it parts, as exactly as is known. @param {Found} found */
function where({ frame, columns, before }) {
  const at = `frame ${frame} in ${columns.join(", ")}`;
  if (before + 1 === frame) return `parts at ${at}`;
  return before < 0 ? `parts at ${at} (no earlier frame is kept)` : `equal at frame ${before}, parts by ${at} (none between is kept)`;
}

/** @param {Found} exact @param {Found} beyond */
const notYet = (exact, beyond) => (beyond.frame !== exact.frame && beyond.before + 1 < Number(beyond.frame) ? `, not at ${beyond.before}` : "");

/** @param {Rows} rows */
const frames = ({ cols, buffers }) => numbers(buffers[cols.find((c) => c.name === "#frame")?.buffer ?? 0], "f8");

/** Where each has the frames that both have. @param {ArrayLike<number>} first @param {ArrayLike<number>} other */
function together(first, other) {
  const pairs = [];
  for (let a = 0, b = 0; a < first.length && b < other.length; ) {
    if (first[a] === other[b]) pairs.push({ frame: first[a], a: a++, b: b++ });
    else if (first[a] < other[b]) a++;
    else b++;
  }
  return pairs;
}

/** @param {WireColumn} col */
const form = ({ part, json, shape, sizes }) => `${part} ${Boolean(json)} ${Boolean(sizes)} ${shape ?? ""}`;

/** Columns that both have, in one form, and that no clock measures. @param {Rows} first @param {Rows} other */
function common(first, other) {
  const forms = new Map(other.cols.map((col) => [col.name, form(col)]));
  return first.cols.filter((col) => col.name !== "#frame" && !col.measured && forms.get(col.name) === form(col)).map(({ name }) => name);
}

/** @param {Rows} rows @param {string} name @returns {(row: number) => number | string | Cell | string[] | null} */
function column({ cols, buffers, count }, name) {
  const col = /** @type {WireColumn} */ (cols.find((c) => c.name === name));
  const values = col.part === "light" ? numbers(buffers[col.buffer ?? 0], col.dtype) : cells(col, buffers, count);
  return (row) => values[row];
}

/** @param {ReturnType<typeof column>} mine @param {ReturnType<typeof column>} theirs */
const gapOf = (mine, theirs) => (/** @type {number} */ a, /** @type {number} */ b) => gap(mine(a), theirs(b));

/** The largest difference; infinite where only one is a number or the texts differ, 0 where equal. @param {any} x @param {any} y @returns {number} */
function gap(x, y) {
  if (typeof x === "number") return apart(x, y);
  if (!x?.data || !y?.data) return JSON.stringify(x) === JSON.stringify(y) ? 0 : Infinity;
  if (String(x.shape) !== String(y.shape)) return Infinity;
  let most = 0;
  for (let k = 0; k < x.data.length; k++) most = Math.max(most, apart(x.data[k], y.data[k]));
  return most;
}

/** @param {number} x @param {number} y */
function apart(x, y) {
  if (x === y || (x !== x && y !== y)) return 0;
  const by = Math.abs(x - y);
  return by === by ? Math.max(by, Number.MIN_VALUE) : Infinity;
}
