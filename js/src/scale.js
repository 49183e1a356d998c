/** Scales: a domain of numbers onto pixels, with at most four grid lines. */
import { minus, plain } from "./format.js";

/** @typedef {{value: number, text: string}} Tick */
/** @typedef {((v: number) => number) & {invert(pixel: number): number, f(v: number): number, back(v: number): number, ticks: Tick[], lo: number, hi: number}} Scale `f`: to where pixels are even, `back`: from there */

const MOST = 4;

/**
 * @param {"linear" | "log" | "symlog"} kind
 * @param {[number, number]} domain
 * @param {[number, number]} range
 * @param {{floor?: boolean | string, nice?: boolean, exact?: boolean}} [options] floor: a log axis has values under its lowest power; exact: it begins at its domain, not at a power
 * @returns {Scale}
 */
export function scale(kind, domain, range, { floor = false, nice = false, exact = false } = {}) {
  let [lo, hi] = ordered(domain);
  if (kind === "log") return logScale(lo, hi, range, floor, exact);
  if (kind === "symlog") return symlogScale(lo, hi, range);
  if (nice) [lo, hi] = widened(lo, hi);
  return build(lo, hi, range, (v) => v, (v) => v, linearTicks(lo, hi));
}

/** @param {[number, number]} domain @returns {[number, number]} */
function ordered([a, b]) {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return [0, 1];
  if (a === b) return a === 0 ? [0, 1] : [a - Math.abs(a) / 2, a + Math.abs(a) / 2];
  return a < b ? [a, b] : [b, a];
}

/**
 * @param {number} lo @param {number} hi @param {[number, number]} range
 * @param {(v: number) => number} f @param {(v: number) => number} back @param {Tick[]} ticks
 * @returns {Scale}
 */
function build(lo, hi, [a, b], f, back, ticks) {
  const f0 = f(lo), span = f(hi) - f0 || 1, k = (b - a) / span;
  /** @param {number} v */
  const at = (v) => a + k * (f(v < lo ? lo : v > hi ? hi : v) - f0);
  return Object.assign(at, { invert: (/** @type {number} */ p) => back(f0 + (span * (p - a)) / (b - a || 1)), f, back, ticks, lo, hi });
}

/** The nearest of 1, 2, 5 times a power of ten at or above the raw step. @param {number} raw */
export function niceStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  const head = raw / power;
  return (head <= 1.0001 ? 1 : head <= 2.0001 ? 2 : head <= 5.0001 ? 5 : 10) * power;
}

/** @param {number} lo @param {number} hi @returns {[number, number]} */
export function widened(lo, hi) {
  const step = niceStep((hi - lo) / (MOST - 1));
  const low = Math.floor(lo / step + 1e-9) * step;
  const high = Math.ceil(hi / step - 1e-9) * step;
  // A nice end far outside the data wastes the figure: keep the data's own end then.
  return [lo - low < step / 2 ? low : lo, high - hi < step / 2 ? high : hi];
}

/** @param {number} lo @param {number} hi @param {number} [most] @returns {Tick[]} */
export function linearTicks(lo, hi, most = MOST) {
  let step = niceStep((hi - lo) / most);
  while (count(lo, hi, step) > most) step = niceStep(step * 1.01);
  const ticks = [];
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9; k++) ticks.push(tick(k * step, step));
  return ticks;
}

/** @param {number} lo @param {number} hi @param {number} step */
function count(lo, hi, step) {
  return Math.floor(hi / step + 1e-9) - Math.ceil(lo / step - 1e-9) + 1;
}

/** @param {number} v @param {number} step @returns {Tick} */
function tick(v, step) {
  const value = Math.abs(v) < step * 1e-6 ? 0 : Number(v.toPrecision(10));
  return { value, text: plain(value) };
}

/** @param {number} v */
const power = (v) => (v >= 1e-3 && v < 1e4 ? plain(v) : minus(v.toExponential(0).replace("+", "")));

/**
 * Values at or under `lo` lie on the lowest line, which then says so ("≤ 1e−5", or what `floor` says).
 * @param {number} lo @param {number} hi @param {[number, number]} range @param {boolean | string} floor @param {boolean} exact
 */
function logScale(lo, hi, range, floor, exact) {
  const top = hi > 0 ? hi : 1;
  const low = lo > 0 ? lo : top / 1e6;
  const [p, q] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(top) - 1e-9)];
  const bottom = exact ? low : 10 ** p;
  const stride = Math.max(1, Math.ceil((q - p) / (MOST - 1)));
  const ticks = [];
  for (let k = Math.floor(Math.log10(top) + 1e-9); k > p; k -= stride) ticks.unshift({ value: 10 ** k, text: power(10 ** k) });
  if (ticks.length && Math.log10(ticks[0].value) - p < 0.7 * stride && stride > 1) ticks.shift(); // room for the lowest
  ticks.unshift({ value: bottom, text: !floor ? power(bottom) : typeof floor === "string" ? floor : `≤ ${power(bottom)}` });
  return build(bottom, Math.max(top, bottom * 10), range, Math.log10, (v) => 10 ** v, ticks);
}

/** Linear near zero, logarithmic away from it. @param {number} lo @param {number} hi @param {[number, number]} range */
function symlogScale(lo, hi, range) {
  const most = Math.max(Math.abs(lo), Math.abs(hi));
  const unit = 10 ** Math.floor(Math.log10(most) - 3);
  /** @param {number} v */
  const f = (v) => Math.sign(v) * Math.log10(1 + Math.abs(v) / unit);
  /** @param {number} v */
  const back = (v) => Math.sign(v) * unit * (10 ** Math.abs(v) - 1);
  const edge = 10 ** Math.floor(Math.log10(most));
  const ticks = [-edge, 0, edge].filter((v) => v >= lo && v <= hi).map((value) => ({ value, text: power0(value) }));
  return build(lo, hi, range, f, back, ticks);
}

/** @param {number} v */
const power0 = (v) => (v === 0 ? "0" : v < 0 ? `−${power(-v)}` : power(v));
