/** Lanes that differ in their seed only, as one curve: their mean at each point, with a band of spread around it. */
import { upper } from "./series.js";

/** @typedef {{X: number[], Y: number[]}} Points */

export class Mean {
  /** @param {(position: number) => number} x what has been counted at a position of the run that is shown */
  constructor(x) {
    this.x = x;
    this.key = "";
    /** @type {number[]} */
    this.X = [];
    /** @type {number[]} the mean over the lanes that are there */
    this.Y = [];
    /** @type {number[]} one sample standard deviation, 0 where there is one lane */
    this.by = [];
    /** @type {number[]} how many lanes are there */
    this.N = [];
    /** @type {number[]} of how many of them the value is not finite, and has no part in the mean */
    this.odd = [];
    this.lo = this.least = Infinity; // of the band; the least above zero
    this.hi = -Infinity;
  }

  /** Anew where a lane has grown: also many points are a few milliseconds. @param {Points[]} lanes @param {string} key changes with their points */
  grow(lanes, key) {
    if (key === this.key) return;
    this.key = key;
    this.X.length = this.Y.length = this.by.length = this.N.length = this.odd.length = 0;
    this.lo = this.least = Infinity;
    this.hi = -Infinity;
    const next = lanes.map(() => 0);
    for (;;) {
      let x = Infinity;
      for (let i = 0; i < lanes.length; i++) if (next[i] < lanes[i].X.length) x = Math.min(x, lanes[i].X[next[i]]);
      if (x === Infinity) return;
      for (let i = 0; i < lanes.length; i++) while (next[i] < lanes[i].X.length && lanes[i].X[next[i]] <= x) next[i]++;
      this.push(x, lanes, next);
    }
  }

  /** Lanes that have begun and not ended; one whose points are rarer counts with its last. @param {number} x @param {Points[]} lanes @param {number[]} next */
  push(x, lanes, next) {
    let n = 0, odd = 0, mean = 0, squares = 0; // Welford (1962)
    for (let i = 0; i < lanes.length; i++) {
      const { X, Y } = lanes[i];
      if (!next[i] || x > X[X.length - 1]) continue;
      const v = Y[next[i] - 1], off = v - mean;
      if (!Number.isFinite(v)) {
        odd++;
        continue;
      }
      mean += off / ++n;
      squares += off * (v - mean);
    }
    if (!n && !odd) return;
    const by = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
    this.X.push(x);
    this.Y.push(n ? mean : NaN);
    this.N.push(n);
    this.odd.push(odd);
    this.by.push(by);
    if (!n) return;
    this.lo = Math.min(this.lo, mean - by);
    this.hi = Math.max(this.hi, mean + by);
    if (mean - by > 0) this.least = Math.min(this.least, mean - by);
    else if (mean > 0) this.least = Math.min(this.least, mean);
  }

  /** How many points are known at a position. @param {number} position */
  until(position) {
    return Number.isFinite(position) ? upper(this.X, this.x(position)) : this.X.length;
  }
}
