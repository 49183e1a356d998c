/** The trace on the page: light columns for every position, heavy rows for some. */
import { cells, numbers } from "./wire.js";
import { Units } from "./units.js";

/** @import { Bytes, Cell, Column, DataMessage, Info } from "./types" */
/** @typedef {Map<string, Cell | string | string[] | null>} Row */

const ROOM = 96 * 2 ** 20; // bytes of heavy rows kept
const BLOCK = 2 ** 20; // bytes asked for at once
const AHEAD = 4 * 2 ** 20; // bytes of rows around the cursor
const PATIENCE = 4000; // ms until an unanswered fetch may be asked again
const ABSENT = [0x7a2, 0x7ff80000]; // the two halves of the NaN that stands for None, as in frame.py

export class Store {
  /**
   * @param {Info} info
   * @param {(message: object) => void} send
   */
  constructor(info, send) {
    this.send = send;
    this.columns = new Map(info.columns.map((column) => [column.name, column]));
    this.hasHeavy = info.columns.some(isHeavy);
    this.keepAll = false;
    this.every = 1; // every how many rows have their arrays, where no more will come
    this.epoch = -1;
    /** @type {Map<number, Row>} least recently used first */
    this.heavy = new Map();
    /** @type {Map<string, Float64Array>} */
    this.light = new Map();
    /** @type {Map<string, number>} by column: every value before this position is not finite */
    this.begun = new Map();
    /** @type {Map<string, Units>} */
    this.unitCache = new Map();
    /** @type {null | {from: number, to: number, at: number, ahead: boolean}} `ahead`: what one looks at was there */
    this.asked = null;
    this.known = 0;
    this.used = 0;
  }

  clear() {
    this.light.clear();
    this.begun.clear();
    this.heavy.clear();
    this.unitCache.clear();
    this.asked = null;
    this.known = 0;
    this.used = 0;
  }

  get head() {
    return Math.max(0, this.known - 1);
  }

  /**
   * Takes a data message in. `gap` says that light rows before it are missing; `reset`, that all before it is void.
   * @param {DataMessage} message @param {Bytes[]} buffers
   */
  accept(message, buffers) {
    if (message.epoch < this.epoch) return { reset: false, gap: false };
    const reset = message.epoch !== this.epoch;
    if (reset) this.clear();
    this.epoch = message.epoch;
    const gap = message.light[1] > message.light[0] && message.light[0] > this.known;
    if (!gap) this.acceptLight(message, buffers);
    this.acceptHeavy(message, buffers);
    return { reset, gap };
  }

  /** @param {DataMessage} message @param {Bytes[]} buffers */
  acceptLight({ light: [from, to], cols }, buffers) {
    if (to <= from) return;
    for (const col of cols) {
      if (col.part !== "light") continue;
      this.room(col.name, to).set(numbers(buffers[col.buffer ?? 0], col.dtype).subarray(0, to - from), from);
    }
    this.known = Math.max(this.known, to);
  }

  /** @param {string} name @param {number} size */
  room(name, size) {
    let data = this.light.get(name);
    if (!data || data.length < size) {
      const larger = new Float64Array(Math.max(256, 2 ** Math.ceil(Math.log2(size)))).fill(NaN);
      if (data) larger.set(data);
      this.light.set(name, (data = larger));
    }
    return data;
  }

  /** @param {DataMessage} message @param {Bytes[]} buffers */
  acceptHeavy({ heavy: [from, to], light, every = 1, cols }, buffers) {
    const at = (/** @type {number} */ row) => (every > 1 ? Math.min(row * every, light[1] - 1) : row);
    if (to > from) {
      const heavy = cols.filter((col) => col.part === "heavy");
      const columns = heavy.map((col) => cells(col, buffers, to - from));
      for (let k = 0; k < to - from; k++) this.keep(at(from + k), new Map(heavy.map((col, i) => [col.name, columns[i][k]])));
      this.evict();
    }
    if (this.asked && from <= this.asked.from && to > this.asked.from) this.asked = null;
  }

  /** @param {number} position @param {Row} row */
  keep(position, row) {
    const old = this.heavy.get(position);
    if (old) this.used -= weight(old);
    this.heavy.delete(position);
    this.heavy.set(position, row);
    this.used += weight(row);
  }

  evict() {
    if (this.keepAll) return;
    for (const [position, row] of this.heavy) {
      if (this.used <= ROOM || this.heavy.size < 8) return;
      this.heavy.delete(position);
      this.used -= weight(row);
    }
  }

  /** Frame number at a position. @param {number} position */
  frame(position) {
    return this.light.get("#frame")?.[position] ?? position;
  }

  /** The last position whose frame number is at most `frame`. @param {number} frame */
  position(frame) {
    let [lo, hi] = [0, this.head];
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if (this.frame(mid) <= frame) lo = mid;
      else hi = mid - 1;
    }
    return lo;
  }

  /** The position whose frame number is nearest; the earlier of two. @param {number} frame */
  nearest(frame) {
    const before = this.position(frame), after = Math.min(this.head, before + 1);
    return this.frame(after) - frame < frame - this.frame(before) ? after : before;
  }

  /** A light column's value; NaN where it is not known, too. @param {string} name @param {number} position */
  value(name, position) {
    const data = this.light.get(name);
    return data && position < this.known ? data[position] : NaN;
  }

  /** Is a value there? Absent ones are none; nor is what is not finite before a column's first finite one: "none yet". @param {string} name @param {number} position */
  has(name, position) {
    const data = this.light.get(name);
    if (!data || position < 0 || position >= this.known) return false;
    if (Number.isFinite(data[position])) return true;
    const [low, high] = new Uint32Array(data.buffer, 8 * position, 2);
    return (low !== ABSENT[0] || high !== ABSENT[1]) && position > this.first(name, data);
  }

  /** Where a column's first finite value is; so far, what is known. @param {string} name @param {Float64Array} data */
  first(name, data) {
    let at = this.begun.get(name) ?? 0;
    while (at < this.known && !Number.isFinite(data[at])) at++;
    this.begun.set(name, at);
    return at;
  }

  /** A heavy column's cell; undefined until its row is here. @param {string} name @param {number} position */
  row(name, position) {
    if (this.every > 1 && !this.heavy.has(position)) position = this.before(position);
    const row = this.heavy.get(position);
    if (!row) return undefined;
    this.heavy.delete(position); // most recently used goes last
    this.heavy.set(position, row);
    return row.get(name) ?? null;
  }

  /** The last row before that has its arrays. @param {number} position */
  before(position) {
    let found = -1;
    for (const at of this.heavy.keys()) if (at <= position && at > found) found = at;
    return found;
  }

  /** @param {string} name @param {number} position @returns {Cell | null | undefined} */
  array(name, position) {
    const cell = this.row(name, position);
    return cell && typeof cell === "object" && "data" in cell ? cell : cell === undefined ? undefined : null;
  }

  /** @param {string} name @returns {Column} */
  column(name) {
    const column = this.columns.get(name);
    if (!column) throw new Error(`unknown column: ${name} (known: ${[...this.columns.keys()].join(", ")})`);
    return column;
  }

  /** The units (episodes, epochs) that a column counts. @param {string} name */
  units(name) {
    let units = this.unitCache.get(name);
    if (!units) this.unitCache.set(name, (units = new Units(this, name)));
    units.grow();
    return units;
  }

  /**
   * Asks for the first of the wanted rows that is not here, with those wanted next to it: one request at a time, but
   * what one looks at does not wait for what may be looked at next.
   * @param {number[]} wanted positions, most wanted first
   */
  want(wanted) {
    if (!this.hasHeavy || this.keepAll) return;
    const ahead = this.heavy.has(wanted[0]), waits = this.asked && Date.now() - this.asked.at < PATIENCE;
    if (waits && (ahead || !this.asked?.ahead)) return;
    const reach = Math.max(1, Math.floor(AHEAD / this.mean())); // large rows come when they are looked at
    const missing = wanted.slice(0, reach).filter((p) => p >= 0 && p < this.known && !this.heavy.has(p));
    if (!missing.length) return;
    const [from, to] = block(missing, this.most());
    this.asked = { from: missing[0], to, at: Date.now(), ahead };
    this.send({ type: "fetch", epoch: this.epoch, from, to });
  }

  /** Bytes of a heavy row. */
  mean() {
    return Math.max(1, this.used / Math.max(1, this.heavy.size));
  }

  most() {
    return Math.max(1, Math.min(64, Math.floor(BLOCK / this.mean())));
  }
}

/** @param {Column} column */
export function isHeavy(column) {
  return column.light === undefined ? !["float", "int", "bool"].includes(column.kind) : !column.light;
}

/** The run of neighbours around the first. @param {number[]} missing @param {number} most @returns {[number, number]} */
function block(missing, most) {
  const wanted = new Set(missing);
  let from = missing[0], to = from + 1;
  while (to - from < most && wanted.has(to)) to++;
  while (to - from < most && wanted.has(from - 1)) from--;
  return [from, to];
}

/** @param {Row} row */
function weight(row) {
  let sum = 64;
  for (const cell of row.values()) {
    if (cell && typeof cell === "object" && "data" in cell) sum += cell.data.byteLength;
    else if (cell) sum += 2 * cell.length;
  }
  return sum;
}
