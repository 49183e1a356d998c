/** Units that a person counts in (episodes, epochs): runs of equal values in a column. */

/** @typedef {{known: number, done: boolean, value(name: string, position: number): number}} Source */

export class Units {
  /** @param {Source} source @param {string} name */
  constructor(source, name) {
    this.source = source;
    this.name = name;
    this.seen = 0;
    /** @type {number[]} the first position of each unit */
    this.start = [];
    /** @type {number[]} the column's value in each unit */
    this.value = [];
  }

  grow() {
    const { source, start, value } = this;
    for (let p = this.seen; p < source.known; p++) {
      const v = source.value(this.name, p);
      if (!start.length || (!Number.isNaN(v) && v !== value[value.length - 1])) {
        start.push(p);
        value.push(v);
      }
    }
    this.seen = source.known;
  }

  /** One frame a unit: the column's own value counts, and the newest unit is whole. */
  get single() {
    return this.start.length === this.source.known;
  }

  /** How many units are whole. */
  get whole() {
    return this.single || this.source.done ? this.start.length : Math.max(0, this.start.length - 1);
  }

  /** The last position of unit k. @param {number} k */
  end(k) {
    return k + 1 < this.start.length ? this.start[k + 1] - 1 : this.source.known - 1;
  }

  /** The unit that a position lies in. @param {number} position */
  at(position) {
    let [lo, hi] = [0, this.start.length - 1];
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.start[mid] <= position) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  /** How many units a person has seen whole when unit k ends. @param {number} k */
  ordinal(k) {
    const v = this.value[k];
    if (!Number.isFinite(v) || !Number.isFinite(this.value[0])) return k + 1;
    return this.single ? v : v - this.value[0] + 1;
  }

  /** How many units are whole at a position. @param {number} position */
  completed(position) {
    if (!this.start.length) return 0;
    const k = this.at(position);
    const whole = k < this.whole && position >= this.end(k);
    return this.ordinal(k) - (whole ? 0 : 1);
  }

  /** How many whole units end at or before a position. @param {number} position */
  until(position) {
    if (!this.start.length) return 0;
    const k = this.at(position);
    return Math.min(this.whole, position >= this.end(k) ? k + 1 : k);
  }
}

/** @type {Record<string, (values: number[]) => number>} absent values are left out before */
export const REDUCE = {
  last: (values) => values[values.length - 1],
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  mean_abs: (values) => values.reduce((a, b) => a + Math.abs(b), 0) / values.length,
  max: (values) => values.reduce((a, b) => Math.max(a, b), -Infinity),
};

/** @param {string} each */
export function reducer(each) {
  const reduce = REDUCE[each];
  if (!reduce) throw new Error(`unknown each: ${each} (known: ${Object.keys(REDUCE).join(", ")})`);
  return reduce;
}
