/** Points that a hand draws: adding, spraying, rubbing out, taking back; what a view and its tools do. */
import { el, put, set, unique } from "./dom.js";

/** @import { Param } from "./types" */
/** @typedef {[number, number]} Place */
/** @typedef {{xy: Place[], labels: number[]}} Drawing */
/** @typedef {{xy?: Place[], labels?: number[], count?: number, name?: string}} Sent what the kernel sends of a parameter; with a count, a sample */

const MOST_UNDO = 100;
const WHOLE = 2000; // points that the kernel sends one by one: of more it sends a sample, which could only be cleared
const SPRAY = 10; // px, how far a sprayed point lies from the pointer, about
export const STEP = 7; // px that a pointer goes between two sprayed points

/** What can be drawn on: nothing of a sample. @param {unknown} sent @returns {Drawing} */
export function drawingOf(sent) {
  const { xy, labels, count } = /** @type {Sent} */ (sent && typeof sent === "object" ? sent : {});
  return count || !Array.isArray(xy) ? { xy: [], labels: [] } : { xy, labels: labels ?? xy.map(() => 0) };
}

/** @param {unknown} sent how many points are not here one by one */
export const sampled = (sent) => (sent && typeof sent === "object" && "count" in sent ? Number(sent.count) : 0);

/** @param {Drawing} a @param {Drawing} b */
export const alike = (a, b) => JSON.stringify([a.xy, a.labels]) === JSON.stringify([b.xy, b.labels]);

/** A number as a hand can mean it: to a thousandth of the span. @param {number} v @param {number} span */
export function rounded(v, span) {
  const digits = Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(span || 1))));
  return Number(v.toFixed(digits)) + 0;
}

/** @param {Drawing} drawing @param {Place} place @param {number} label @returns {Drawing} */
export const added = ({ xy, labels }, place, label) => ({ xy: [...xy, place], labels: [...labels, label] });

/** Without the points for which `near` holds. @param {Drawing} drawing @param {(place: Place) => boolean} near @returns {Drawing} */
export function without({ xy, labels }, near) {
  const kept = xy.map((place) => !near(place));
  return { xy: xy.filter((_, k) => kept[k]), labels: labels.filter((_, k) => kept[k]) };
}

/** Where a sprayed point lies. @param {number} px @param {number} py @param {() => number} [random] @returns {Place} */
export function sprayed(px, py, random = Math.random) {
  const r = SPRAY * Math.sqrt(-2 * Math.log(1 - random())), t = 2 * Math.PI * random();
  return [px + r * Math.cos(t), py + r * Math.sin(t)];
}

/** One value after another, and back. */
export class Sketch {
  /** @param {{least: number, most: number}} bounds @param {(value: Drawing) => void} send */
  constructor({ least, most }, send) {
    this.least = least;
    this.most = Math.min(most, WHOLE);
    this.send = send;
    /** What is drawn but not in force yet. @type {Drawing | null} */
    this.mine = null;
    /** @type {Drawing[]} */
    this.past = [];
    this.sent = 0;
  }

  /** What is in force; a drawing that waits for it is given up when it is there, or not taken. @param {Drawing} now */
  settle(now) {
    this.now = now;
    if (this.mine && this.sent && (alike(this.mine, now) || performance.now() - this.sent > 3000)) this.mine = null;
  }

  get value() {
    return this.mine ?? this.now ?? { xy: [], labels: [] };
  }

  /** How many points are still asked for. */
  get wanting() {
    return Math.max(0, this.least - this.value.xy.length);
  }

  get full() {
    return this.value.xy.length >= this.most;
  }

  begin() {
    this.before = { mine: this.mine, sent: this.sent };
    this.past.push(this.value);
    if (this.past.length > MOST_UNDO) this.past.shift();
  }

  /** @param {Drawing} value */
  hold(value) {
    if (value.xy.length > this.most) return;
    this.mine = value;
    this.sent = 0;
  }

  /** A whole stroke: one change of the run. */
  end() {
    const before = this.past.at(-1);
    if (before && this.mine && alike(before, this.mine)) return void this.past.pop();
    this.ask();
  }

  ask() {
    if (!this.mine || this.wanting) return;
    this.sent = performance.now();
    this.send(this.mine);
  }

  /** A stroke that was broken off: all is as before it. */
  cancel() {
    this.past.pop();
    Object.assign(this, this.before);
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    this.mine = before;
    this.end();
    this.past = this.past.filter((value) => value !== before);
  }

  /** All away; also of a sample, whose points are not here and cannot be taken back. */
  clear() {
    if (this.value.xy.length) this.begin();
    this.hold({ xy: [], labels: [] });
    this.ask();
  }
}

/**
 * The tools of a drawing: classes, an eraser, back, and all away.
 * @param {Param} param @param {string[]} names of its classes
 * @param {{undo(): void, clear(): void, chosen(): void}} does
 */
export function toolsOf(param, names, does) {
  const many = Math.min(10, param.classes ?? 1);
  let label = 0, erasing = false;
  const group = unique("mlw-class");
  const chips = Array.from({ length: many > 1 ? many : 0 }, (_, k) => {
    const radio = el("input", { type: "radio", name: group, class: "unseen", onchange: () => choose(k) });
    const swatch = el("span", { class: "swatch" });
    swatch.style.background = `var(--class${k})`;
    return { radio, node: el("label", {}, radio, swatch, names[k] ?? `class ${k}`) };
  });
  const erase = el("button", { class: "link", type: "button", "aria-pressed": "false", onclick: () => choose(label, !erasing) }, "Erase");
  const undo = el("button", { class: "link", type: "button", onclick: () => does.undo() }, "Undo");
  const clear = el("button", { class: "link", type: "button", onclick: () => does.clear() }, "Clear");
  const hint = el("span", { class: "hint" });
  const fieldset = chips.length ? [el("fieldset", { class: "kinds" }, el("legend", { class: "unseen" }, "Class of new points"), ...chips.map((chip) => chip.node))] : [];
  const node = el("div", { class: "sketch" }, ...fieldset, el("span", { class: "acts" }, erase, undo, clear), hint);
  choose(0);

  /** @param {number} k @param {boolean} [off] */
  function choose(k, off = false) {
    [label, erasing] = [k, off];
    chips.forEach(({ radio }, n) => (radio.checked = !off && n === k));
    set(erase, { "aria-pressed": String(off) });
    does.chosen();
  }

  return {
    node, choose, many,
    get label() {
      return label;
    },
    get erasing() {
      return erasing;
    },
    /** @param {{empty: boolean, past: boolean, words: string, shown: boolean}} now */
    update({ empty, past, words, shown }) {
      node.hidden = !shown;
      erase.disabled = clear.disabled = empty;
      undo.disabled = !past;
      put(hint, words);
    },
  };
}
