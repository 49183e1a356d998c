/** Lanes: runs that are drawn beside the player's own, under the same cursor. */
import { Store } from "./store.js";

/** @import { Bytes, DataMessage, Lane, LaneState, Step } from "./types" */
/** @import { Run } from "./run.js" */

export class Lanes {
  /** @param {Run} run */
  constructor(run) {
    this.run = run;
    /** @type {Map<string, Store>} */
    this.stores = new Map();
    /** @type {boolean | null} what the reader chose */
    this.chosen = null;
  }

  /** @returns {LaneState[]} */
  get said() {
    return this.run.state.lanes ?? [];
  }

  /** Are runs compared, each whole and with a colour of its own? */
  get compared() {
    return this.said.some((lane) => !lane.pale);
  }

  /** How many lanes there are of each group that differs in the seed only; our own run is one. */
  get groups() {
    /** @type {number[]} */
    const sizes = [];
    for (const { group } of this.compared ? [this.run.state, ...this.said] : []) if (group) sizes[group[0]] = (sizes[group[0]] ?? 0) + 1;
    return sizes;
  }

  /** Are seeds drawn as their mean, with a band of spread? */
  get spread() {
    const most = Math.max(0, ...this.groups);
    return most > 1 && (this.chosen ?? (Boolean(this.run.info.sweep) && most > 2));
  }

  /** What must be drawn anew when it changes. */
  get version() {
    return this.spread + this.said.map(({ name }) => `${name}:${this.store(name).epoch}:${this.store(name).known}`).join(" ");
  }

  /** @param {string} name */
  store(name) {
    let store = this.stores.get(name);
    if (!store) {
      this.stores.set(name, (store = new Store(this.run.info, (message) => this.run.post({ ...message, lane: name }))));
      store.keepAll = !this.run.live;
    }
    return store;
  }

  /** @param {DataMessage} message @param {Bytes[]} buffers @returns {boolean} were rows lost on the way? */
  accept(message, buffers) {
    return this.store(message.lane ?? "").accept(message, buffers).gap;
  }

  /** Lanes that are gone give their rows back. */
  prune() {
    const names = new Set(this.said.map(({ name }) => name));
    for (const name of this.stores.keys()) if (!names.has(name)) this.stores.delete(name);
  }

  /** Where each lane stands while the cursor is at a position. @param {Step} step @param {number} position @returns {Lane[]} */
  at(step, position) {
    const { store } = this.run;
    return this.said.map((state) => {
      const lane = this.store(state.name);
      return { ...state, state, store: lane, position: lane.known ? alike(store, lane, step, position) : 0 };
    });
  }
}

/** The position in another store after as many units, or at the same frame. @param {Store} store @param {Store} other @param {Step} step @param {number} position */
export function alike(store, other, step, position) {
  if (!step.column) return other.position(store.frame(position));
  return after(other, step.column, store.units(step.column).finished(position));
}

/** The position after so many units. @param {Store} store @param {string} column @param {number} done */
export function after(store, column, done) {
  const { stop, count } = store.units(column);
  let k = stop.length - 1;
  while (k > 0 && count[k] > done) k--;
  return stop[k] ?? 0;
}
