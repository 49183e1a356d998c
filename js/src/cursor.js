/** The cursor: where one looks, and how it moves. */
import { nextStop, previousStop, stepsOf, total } from "./steps.js";

/** @import { Run } from "./run.js" */
/** @import { Pace, Step } from "./types" */

/** @typedef {{frame: number, following: boolean, step: Step, pace: Pace}} Place */
/** @type {WeakMap<object, Place>} where one looked, should the host draw the player anew */
const places = new WeakMap();

export class Cursor {
  /** @param {Run} run @param {() => void} changed */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    this.steps = stepsOf(run.info);
    this.step = this.steps[this.steps.length - 1];
    /** @type {Pace} */
    this.pace = run.running && run.state.pace !== undefined ? run.state.pace : run.looping ? null : (run.info.seconds ?? 20);
    this.position = 0;
    this.following = true;
    this.playing = false; // through what is recorded
    this.frame = 0;
    this.epoch = run.store.epoch;
    this.carry = 0;
    this.wanted = -1; // a frame to come back to
    this.aim = -1; // a frame to stand at once it is reached
    /** @type {Map<unknown, {frame: number, following: boolean}>} by a branch's place: where one stood when it was made */
    this.left = new Map();
    this.comeBack();
  }

  comeBack() {
    const place = places.get(this.run.info);
    if (!place || place.following) return;
    Object.assign(this, place, { step: this.steps.find((step) => step.name === place.step.name) ?? this.step });
    this.wanted = place.frame;
  }

  remember() {
    const { frame, following, step, pace } = this;
    places.set(this.run.info, { frame, following, step, pace });
  }

  get atHead() {
    return this.following || this.position >= this.run.store.head;
  }

  get moving() {
    return this.playing || this.run.running;
  }

  /** Keeps its place by frame number when rows were dropped; follows the head when it follows. */
  sync() {
    const { store } = this.run;
    if (store.epoch !== this.epoch) {
      this.epoch = store.epoch;
      if (this.frame > store.frame(store.head)) this.following = true;
      this.position = store.position(this.frame);
    }
    if (this.wanted >= 0) {
      this.position = store.position(this.wanted);
      if (store.frame(store.head) < this.wanted && store.known < this.run.state.count) return; // its rows are still on their way
      this.wanted = -1;
    }
    if (this.following) this.position = store.head;
    if (this.following && this.aim >= 0) this.reach();
    this.position = Math.min(this.position, store.head);
    this.frame = store.frame(this.position);
    this.remember();
  }

  /** @param {number} position */
  go(position) {
    const { head } = this.run.store;
    this.playing = false;
    this.wanted = this.aim = -1;
    this.position = Math.max(0, Math.min(head, Math.round(position)));
    this.following = this.position === head;
    this.frame = this.run.store.frame(this.position);
    this.changed();
  }

  toHead() {
    this.go(this.run.store.head);
  }

  /** To the newest frame of a run whose rows may still be on their way. */
  toNewest() {
    this.playing = false;
    this.wanted = this.aim = -1;
    this.following = true;
    this.changed();
  }

  /** To a frame of a run whose rows may still be on their way. @param {number} frame */
  comeTo(frame) {
    this.playing = this.following = false;
    this.wanted = frame;
    this.aim = -1;
    this.changed();
  }

  /** Before a restart: a run that comes whole is looked at where it was, another from its start. */
  restart() {
    if (!this.run.whole) this.toHead();
  }

  toggle() {
    if (this.moving) this.pause();
    else this.play();
  }

  play() {
    const { run } = this;
    if (!this.atHead) this.playing = true;
    else if (run.canGo) this.pull();
    else if (run.store.head > 0) {
      this.go(0); // a run that has ended is seen again from its start
      this.following = false;
      this.playing = true;
    }
    this.carry = 0;
    this.changed();
  }

  pull() {
    this.following = true;
    void this.run.do("play", this.asked());
  }

  /** Plays on to a frame and stands there. @param {number} frame @param {boolean} [hurry] at full speed, where it is still to come */
  playTo(frame, hurry = false) {
    const { run } = this;
    this.aim = frame;
    this.carry = 0;
    if (!this.atHead) this.playing = true;
    else if (hurry) void run.do("step", { to: frame }); // a fast run would be past it before it heard of a pause
    else this.pull();
    this.changed();
  }

  /** The frame aimed at is here: a run that goes is held, and one stands at it. */
  reach() {
    const { run, aim } = this;
    if (run.store.frame(run.store.head) < aim) {
      if (run.ended && run.store.known >= run.state.count) this.aim = -1; // else its rows are on their way
      return;
    }
    if (run.running) void run.do("pause");
    this.go(run.store.nearest(aim));
    this.following = false;
  }

  asked() {
    return { pace: this.pace, step: this.step.name };
  }

  pause() {
    this.playing = false;
    this.aim = -1;
    if (this.run.running) void this.run.do("pause");
    this.changed();
  }

  /** @param {number} [count] */
  forward(count = 1) {
    if (this.moving) this.pause();
    const { run } = this;
    for (let k = 0; k < count; k++) {
      const next = nextStop(run.store, this.step, this.position);
      if (next >= 0 && !this.following) this.go(next);
      else if (this.atHead && run.canGo) return void run.do("step", { step: this.step.name, times: count - k });
      else return this.toHead();
    }
  }

  /** @param {number} [count] */
  back(count = 1) {
    if (this.moving) this.pause();
    for (let k = 0; k < count; k++) this.go(previousStop(this.run.store, this.step, this.position));
    if (this.run.store.head > 0) this.following = this.position === this.run.store.head;
  }

  /** Pace or step changed by hand: a run that goes takes it up. @param {Pace} pace @param {Step} step */
  choose(pace, step) {
    [this.pace, this.step] = [pace, step];
    if (this.run.running && this.following) this.pull();
    this.changed();
  }

  /** Steps a second through what is recorded. */
  get rate() {
    const { store, state } = this.run;
    if (this.pace === "step") return 4;
    const units = this.step.column ? store.units(this.step.column).stop.length : store.known;
    const whole = total(state, this.step, store) || units;
    return this.pace === null ? Math.max(60, whole / 2) : Math.max(1, whole / this.pace);
  }

  /** Plays on by some seconds. @param {number} seconds */
  tick(seconds) {
    if (!this.playing) return;
    this.carry += Math.min(0.25, seconds) * this.rate;
    for (; this.carry >= 1 && this.playing; this.carry--) this.advance();
  }

  advance() {
    const { store } = this.run;
    const next = nextStop(store, this.step, this.position);
    this.position = next < 0 ? store.head : next;
    this.frame = store.frame(this.position);
    if (this.aim >= 0 && store.frame(store.head) >= this.aim && this.position >= store.nearest(this.aim)) return this.reach();
    if (this.position < store.head) return;
    this.playing = false;
    this.following = true;
    if (this.run.canGo && !this.run.running) this.pull();
  }

  /** The positions wanted next, nearest first. */
  ahead() {
    const { store } = this.run;
    const out = [this.position];
    let [up, down] = [this.position, this.position];
    for (let k = 0; k < 24; k++) {
      up = up < 0 ? up : nextStop(store, this.step, up);
      if (up >= 0) out.push(up);
      if (this.playing || k >= 6) continue;
      down = previousStop(store, this.step, down);
      out.push(down);
    }
    return out;
  }
}
