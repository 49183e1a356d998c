/** Stops: frames with a name, from one to the next of which a lecture plays. */

/** @import { Cursor } from "./cursor.js" */
/** @import { Answer, Run } from "./run.js" */
/** @typedef {{frame: number, name: string}} Stop */

export class Stops {
  /** @param {Run} run @param {Cursor} cursor */
  constructor(run, cursor) {
    this.run = run;
    this.cursor = cursor;
  }

  /** Those that are there or may still come, in the order of their frames. @returns {Stop[]} */
  get list() {
    const { state, ended } = this.run;
    return (state.stops ?? []).map(([frame, name]) => ({ frame, name })).filter(({ frame }) => !ended || frame <= state.number);
  }

  /** The position of a stop: the nearest recorded frame; Infinity for one still to come. @param {Stop} stop */
  place({ frame }) {
    const { store, ended } = this.run;
    return ended || frame <= store.frame(store.head) ? store.nearest(frame) : Infinity;
  }

  /** The stop at the cursor. @returns {Stop | undefined} */
  get here() {
    return this.list.findLast((stop) => this.place(stop) === this.cursor.position);
  }

  /** The name of the stop at the cursor, or nothing. */
  get caption() {
    return this.here?.name ?? "";
  }

  /** Plays to the next stop; once more, and it is there. False where there is none left. */
  next() {
    const { cursor, run } = this;
    const stop = this.list.find(({ frame }) => frame === cursor.aim) ?? this.after(cursor.position);
    if (!stop) return false;
    const place = this.place(stop), skipped = cursor.aim === stop.frame;
    if (place === Infinity && (!run.canGo || run.lost)) return false;
    if (place < Infinity && (skipped || still())) cursor.go(place);
    else cursor.playTo(stop.frame, skipped);
    return true;
  }

  /** Back to the stop before, or to the beginning; false where one is there, or there are no stops. */
  previous() {
    const { position } = this.cursor;
    const { list } = this;
    if (position === 0 || !list.length) return false;
    const before = list.map((stop) => this.place(stop)).filter((place) => place < position);
    this.cursor.go(before.at(-1) ?? 0);
    return true;
  }

  /** To the beginning, from which one plays to the first stop. A run without stops stays where it is. */
  first() {
    if (!this.list.length) return;
    this.cursor.go(0);
    this.cursor.following = false; // its rows may still be on their way
  }

  /** To the last stop that is recorded, once its rows are there. */
  last() {
    const { cursor, list, run } = this, last = list.at(-1);
    if (last && run.store.known < run.state.count) return cursor.comeTo(last.frame);
    const places = list.map((stop) => this.place(stop)).filter((place) => place < Infinity);
    if (places.length) cursor.go(places[places.length - 1]);
  }

  /** @param {number} position */
  after(position) {
    return this.list.find((stop) => this.place(stop) > position);
  }

  /** Names a frame, or takes its name away. @param {number} frame @param {string} name @returns {Promise<Answer>} */
  set(frame, name) {
    const others = (this.run.state.stops ?? []).filter(([at]) => at !== frame);
    return this.run.do("stops", { stops: name.trim() ? [...others, [frame, name]] : others });
  }
}

/** Nothing moves by itself where the reader wants it so. */
const still = () => globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
