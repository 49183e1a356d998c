/** Many runs recorded with other parameters, their rows one behind another in one trace: each is cut out when it is looked at. */

/** @import { Info, State, WireColumn } from "../types" */
/** @import { Decoded, Recorded } from "./standalone.js" */
/** @typedef {{counts: number[], numbers: number[], lines: string[], ends: Record<string, [string, State["error"]]>}} Each what is told of each run */

const same = (/** @type {unknown} */ a, /** @type {unknown} */ b) => JSON.stringify(a) === JSON.stringify(b);

export class Variants {
  /** @param {Info} info @param {State} state of the one that is shown first @param {Decoded} whole @param {Each} each @param {number} at which is shown first */
  constructor(info, state, whole, each, at) {
    this.lists = Object.entries(info.vary ?? {});
    this.state = state;
    this.whole = whole;
    this.each = each;
    this.at = at;
    let end = 0;
    this.starts = each.counts.map((count) => (end += count) - count);
  }

  /** The run with another value of one parameter. @param {string} name @param {unknown} value @returns {Recorded} */
  other(name, value) {
    let k = 0;
    for (const [which, place] of this.places()) {
      const [, values] = this.lists[which];
      k = k * values.length + (this.lists[which][0] === name ? this.place(name, values, value) : place);
    }
    this.at = k;
    return this.run();
  }

  /** The place of each parameter's value in its list. @returns {[number, number][]} */
  places() {
    /** @type {[number, number][]} */
    const found = [];
    let k = this.at;
    for (let which = this.lists.length - 1; which >= 0; which--) {
      const { length } = this.lists[which][1];
      found.unshift([which, k % length]);
      k = Math.floor(k / length);
    }
    return found;
  }

  /** @param {string} name @param {unknown[]} values @param {unknown} value */
  place(name, values, value) {
    const k = values.findIndex((one) => same(one, value));
    if (k < 0) throw new Error(`${name}=${value}: is not in this file (${values.join(", ")})`);
    return k;
  }

  /** @returns {Recorded} */
  run() {
    const { at, each, state } = this;
    const changes = Object.fromEntries(this.places().map(([which, k]) => [this.lists[which][0], this.lists[which][1][k]]));
    const [status, error] = each.ends[at] ?? ["done", null];
    const count = each.counts[at];
    const params = { ...state.params, ...changes }, start = { ...state.start, ...changes };
    return {
      state: { ...state, params, start, status, error, number: each.numbers[at], count, line: each.lines[at], events: [] },
      trace: { cols: [], count },
      data: Promise.resolve(cut(this.whole, this.starts[at], count)),
    };
  }
}

/** Some rows of a trace. @param {Decoded} whole @param {number} start @param {number} count @returns {Decoded} */
export function cut(whole, start, count) {
  const buffers = [...whole.buffers];
  const cols = whole.cols.map((col) => {
    if (col.json) return { ...col, json: col.json.slice(start, start + count) };
    const k = col.buffer ?? 0, [from, to, more] = bytesOf(col, whole, start, count);
    buffers[k] = whole.buffers[k].slice(from, to);
    return { ...col, ...more };
  });
  return { cols, count, buffers };
}

/** Where rows lie in a column's buffer. @param {WireColumn} col @param {Decoded} whole @param {number} start @param {number} count @returns {[number, number, Partial<WireColumn>]} */
function bytesOf(col, whole, start, count) {
  const size = whole.buffers[col.buffer ?? 0].byteLength;
  if (!col.sizes) {
    const row = size / Math.max(1, whole.count);
    return [start * row, (start + count) * row, {}];
  }
  const cells = (/** @type {number[][]} */ shapes) => shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const one = size / Math.max(1, cells(col.sizes));
  const sizes = col.sizes.slice(start, start + count), before = cells(col.sizes.slice(0, start));
  return [before * one, (before + cells(sizes)) * one, { sizes }];
}
