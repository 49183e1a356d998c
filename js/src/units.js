/** Units that a person counts in (episodes, epochs): a column that says how many are finished. */

/** @typedef {{known: number, value(name: string, position: number): number}} Source */

export class Units {
  /** @param {Source} source @param {string} name */
  constructor(source, name) {
    this.source = source;
    this.name = name;
    this.seen = 0;
    /** @type {number[]} the first position of each count: the last frame of the unit it finishes */
    this.stop = [];
    /** @type {number[]} the count there */
    this.count = [];
  }

  grow() {
    const { source, stop, count } = this;
    for (let p = this.seen; p < source.known; p++) {
      const v = source.value(this.name, p);
      if (!stop.length || (!Number.isNaN(v) && v !== count[count.length - 1])) {
        stop.push(p);
        count.push(Number.isNaN(v) ? 0 : v);
      }
    }
    this.seen = source.known;
  }

  /** The last stop at or before a position. @param {number} position */
  at(position) {
    let [lo, hi] = [0, this.stop.length - 1];
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.stop[mid] <= position) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  /** How many units are finished at a position. @param {number} position */
  finished(position) {
    return this.stop.length ? this.count[this.at(position)] : 0;
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
