/** A prediction: the curve a reader draws before the run, and how far it is off. */
import { el, put, set } from "./dom.js";
import { capital, num, plain } from "./format.js";

/** @import { Scale } from "./scale.js" */

const BINS = 120;
const STEPS = 24; // presses of an arrow key from one side to the other

const LINEAR = { f: (/** @type {number} */ v) => v, back: (/** @type {number} */ v) => v };

/** A curve drawn by hand, over a range of x. */
export class Prediction {
  constructor() {
    /** By bin; NaN where nothing is drawn. */
    this.y = new Float64Array(BINS + 1).fill(NaN);
    this.from = 0;
    this.to = 1;
    this.last = -1;
    /** Where the axis is even: there a stroke is straight, and distances are taken. @type {Pick<Scale, "f" | "back">} */
    this.way = LINEAR;
  }

  clear() {
    this.y.fill(NaN);
    this.last = -1;
  }

  get empty() {
    return this.y.every(Number.isNaN);
  }

  /** What is drawn keeps its place when the range grows. @param {number} from @param {number} to */
  over(from, to) {
    if (!this.empty) return;
    [this.from, this.to] = [from, to];
  }

  /** @param {number} x */
  bin(x) {
    return Math.max(0, Math.min(BINS, Math.round(((x - this.from) / (this.to - this.from || 1)) * BINS)));
  }

  /** @param {number} k */
  x(k) {
    return this.from + ((this.to - this.from) * k) / BINS;
  }

  /** A stroke reaches a point; the way from its last one is filled. @param {number} x @param {number} y */
  reach(x, y) {
    const k = this.bin(x), from = this.last < 0 ? k : this.last, start = this.y[from];
    const n = Math.abs(k - from);
    for (let j = 0; j <= n; j++) {
      const t = n ? j / n : 1;
      this.y[from + Math.sign(k - from) * j] = Number.isNaN(start) ? y : t === 1 ? y : this.between(start, y, t);
    }
    this.last = k;
  }

  /** @param {number} a @param {number} b @param {number} t */
  between(a, b, t) {
    const { f, back } = this.way;
    return back(f(a) + (f(b) - f(a)) * t);
  }

  lift() {
    this.last = -1;
  }

  /** @param {number} x */
  at(x) {
    const t = ((x - this.from) / (this.to - this.from || 1)) * BINS;
    const k = Math.floor(t);
    if (t < 0 || t > BINS) return NaN;
    return k === t ? this.y[k] : this.between(this.y[k], this.y[k + 1], t - k);
  }

  /** Least and largest drawn. @returns {[number, number]} */
  get extent() {
    const drawn = [...this.y].filter((v) => !Number.isNaN(v));
    return [Math.min(...drawn), Math.max(...drawn)];
  }

  /** The mean distance of a curve's first n points from what was drawn, along its axis. @param {{X: number[], Y: number[]}} drawn @param {number} n @returns {{mean: number, count: number}} */
  error({ X, Y }, n) {
    const { f } = this.way;
    let sum = 0, count = 0;
    for (let k = 0; k < n; k++) {
      const off = Math.abs(f(Y[k]) - f(this.at(X[k])));
      if (Number.isFinite(off)) [sum, count] = [sum + off, count + 1];
    }
    return { mean: sum / count, count };
  }
}

/**
 * The tools of a prediction over a chart: who draws, with what, on which scale.
 * @param {HTMLElement} body
 * @param {{title: string, asked: boolean, log: boolean, mean: number, changed(): void, tell(words: string): void, scales(): {x: Scale, y: Scale} | null, ends(): [number, number]}} chart
 */
export function predicting(body, chart) {
  const curve = new Prediction();
  let on = chart.asked, hand = -1;
  /** @type {[number, number] | null} */
  let range = null;
  const toggle = el("button", { class: "link", type: "button", "aria-pressed": "false", onclick: () => turn(!on) }, "Predict");
  const low = field("lowest"), high = field("highest");
  const erase = el("button", { class: "link", type: "button", onclick: () => clear() }, "Erase");
  const tools = el("span", { class: "tools", hidden: true }, el("span", {}, "Draw what you expect."), el("span", { class: "range" }, "Scale", low, "to", high), erase);
  const off = el("span", { class: "off" });
  const node = el("div", { class: "predict" }, toggle, off, tools);
  toggle.setAttribute("aria-label", `Predict: ${chart.title}`);
  body.addEventListener("keydown", key);

  /** @param {string} name */
  function field(name) {
    return el("input", { class: "field", type: "text", inputmode: "decimal", "aria-label": `${name} value of the scale`, autocomplete: "off", onchange: () => take() });
  }

  function take() {
    const [a, b] = [low, high].map((input) => Number(input.value.replace(/−/g, "-")));
    if (chart.log && a <= 0) chart.tell(`A logarithmic scale begins above 0, not at ${low.value}.`);
    else if (Number.isFinite(a) && Number.isFinite(b) && a < b) range = [a, b];
    else chart.tell(`A scale goes from a number to a larger one, not from ${low.value} to ${high.value}.`);
    chart.changed();
  }

  function clear() {
    curve.clear();
    [hand, range] = [-1, null];
    chart.changed();
  }

  /** @param {boolean} next */
  function turn(next) {
    on = next;
    dress();
    chart.changed();
    if (on) body.focus();
  }

  function dress() {
    set(toggle, { "aria-pressed": String(on) });
    tools.hidden = !on;
    body.classList.toggle("drawing", on);
    if (on) body.tabIndex = 0;
  }

  /** Left and right go along the curve, up and down bend it. @param {KeyboardEvent} event */
  function key(event) {
    const scales = chart.scales();
    if (!on || !scales || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" || event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      return turn(false);
    }
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    event.preventDefault();
    event.stopPropagation();
    const { y } = scales, foot = y.f(y.lo), span = y.f(y.hi) - foot;
    curve.way = evenness(y);
    range ??= [y.lo, y.hi]; // what is drawn on stands still
    const step = Math.round(BINS / STEPS);
    const old = hand < 0 ? NaN : curve.y[hand];
    hand = hand < 0 ? 0 : Math.max(0, Math.min(BINS, hand + dx * step));
    const was = Number.isNaN(old) ? curve.y[hand] : old;
    const rung = Math.round(((Number.isNaN(was) ? span / 2 : y.f(was) - foot) / span) * STEPS) + dy;
    const value = Number(y.back(foot + (span * Math.max(0, Math.min(STEPS, rung))) / STEPS).toPrecision(12));
    curve.last = dx ? Math.max(0, hand - dx * step) : hand;
    curve.reach(curve.x(hand), value);
    curve.lift();
    chart.tell(`${chart.title}, at ${plain(curve.x(hand))} you expect ${num(value)}`);
    chart.changed();
  }

  /** @param {{X: number[], Y: number[]}} drawn @param {number} n */
  function words(drawn, n) {
    if (curve.empty) return "";
    const { mean, count } = curve.error(drawn, n);
    if (!count) return "dashed: your prediction";
    const by = chart.log ? `a factor of ${num(10 ** mean)}` : num(mean);
    return `your prediction is off by ${by} on average${chart.mean > 1 ? `, from the mean of ${chart.mean}` : ""}`;
  }

  /** Distances along a linear axis, and one that is so but near zero, are differences. @param {Scale} y */
  const evenness = (y) => (chart.log ? { f: y.f, back: y.back } : LINEAR);

  if (on) dress();
  return {
    node, curve,
    get on() {
      return on;
    },
    /** The scale that was asked for. */
    get range() {
      return on ? range : null;
    },
    /** @param {number} px @param {number} py */
    draw(px, py) {
      const scales = chart.scales();
      if (!scales) return;
      curve.way = evenness(scales.y);
      range ??= [scales.y.lo, scales.y.hi]; // what is drawn on stands still
      curve.reach(scales.x.invert(px), Math.max(scales.y.lo, Math.min(scales.y.hi, scales.y.invert(py))));
      chart.changed();
    },
    lift: () => curve.lift(),
    update() {
      curve.over(...chart.ends());
      const scales = chart.scales();
      const active = /** @type {ShadowRoot} */ (body.getRootNode()).activeElement;
      if (on && scales && active !== low && active !== high) [low.value, high.value] = [scales.y.lo, scales.y.hi].map((v) => String(Number(v.toPrecision(4))));
    },
    /** How far the first n points of what is drawn are off, under the chart. @param {{X: number[], Y: number[]}} drawn @param {number} n */
    say(drawn, n) {
      put(off, curve.empty ? "" : capital(words(drawn, n)));
      off.title = off.textContent ?? "";
    },
    words,
  };
}
