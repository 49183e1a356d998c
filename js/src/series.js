/** A curve's points: one a frame, or one a finished unit. Grows with the trace, never recomputed. */
import { reducer } from "./units.js";

/** @import { Store } from "./store.js" */

export class Series {
  /** @param {Store} store @param {string} column @param {string} unit "" for one point a frame @param {string} each */
  constructor(store, column, unit, each = "last") {
    this.store = store;
    this.column = column;
    this.unit = unit;
    this.reduce = reducer(each);
    /** @type {number[]} */
    this.X = [];
    /** @type {number[]} */
    this.Y = [];
    /** @type {number[]} the position at which each point is known */
    this.P = [];
    this.next = 0;
    this.epoch = -1;
  }

  grow() {
    const { store } = this;
    if (store.epoch !== this.epoch) {
      this.epoch = store.epoch;
      this.X.length = this.Y.length = this.P.length = this.next = 0;
    }
    if (this.unit) this.growUnits();
    else
      for (; this.next < store.known; this.next++) {
        if (store.has(this.column, this.next)) this.push(store.frame(this.next), store.value(this.column, this.next), this.next);
      }
  }

  /** A unit's frames are those after the stop before it, up to its own. */
  growUnits() {
    const { stop, count } = this.store.units(this.unit);
    for (; this.next < stop.length; this.next++) {
      const k = this.next;
      /** @type {number[]} */
      const values = [];
      for (let p = k ? stop[k - 1] + 1 : 0; p <= stop[k]; p++) {
        if (this.store.has(this.column, p)) values.push(this.store.value(this.column, p));
      }
      if (values.length) this.push(count[k], this.reduce(values), stop[k]);
    }
  }

  /** Absent values make no point; NaN and infinity do. @param {number} x @param {number} y @param {number} p */
  push(x, y, p) {
    this.X.push(x);
    this.Y.push(y);
    this.P.push(p);
  }

  /** How many points are known at a position. @param {number} position */
  until(position) {
    return upper(this.P, position);
  }

  /** The x of any position. @param {number} position */
  x(position) {
    return this.unit ? this.store.units(this.unit).finished(position) : this.store.frame(position);
  }
}

/** How many of the ascending values are at most v. @param {ArrayLike<number>} values @param {number} v */
export function upper(values, v) {
  let [lo, hi] = [0, values.length];
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (values[mid] <= v) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/** Mean of the finite ones of the last `width` values at each finite point; extends `out` to the length of Y. @param {number[]} Y @param {number} width @param {number[]} out */
export function smoothed(Y, width, out = []) {
  for (let k = out.length; k < Y.length; k++) {
    let sum = 0, n = 0;
    for (let j = Math.max(0, k - width + 1); j <= k; j++) if (Number.isFinite(Y[j])) [sum, n] = [sum + Y[j], n + 1];
    out.push(Number.isFinite(Y[k]) ? sum / n : Y[k]);
  }
  return out;
}
