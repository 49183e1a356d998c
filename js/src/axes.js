/** What curves share: their axes, lines of many points, and names at their ends. */
import { fitted, write } from "./canvas.js";
import { num, plain } from "./format.js";
import { linearTicks, scale } from "./scale.js";

/** @import { ViewSpec } from "./types" */
/** @import { Scale } from "./scale.js" */

const LEAST = 42; // px, left of the plot
const WIDEST = 112; // px, of names at its right
export const TOP = 8, BOTTOM = 19;

/** The scale of values, linear or of powers. @param {ViewSpec} spec @param {{lo: number, hi: number, least: number}} data `least`: of those above 0 @param {number} h @returns {Scale} */
export function valueScale(spec, data, h) {
  const kind = spec.log === "symlog" ? "symlog" : spec.log ? "log" : "linear";
  const lo = typeof spec.lo === "number" ? spec.lo : kind === "log" ? data.least : data.lo;
  const hi = typeof spec.hi === "number" ? spec.hi : data.hi;
  const zero = kind === "log" && data.lo <= 0 && typeof spec.lo !== "number";
  const low = zero ? lo / 10 : lo; // zero has a line of its own under the least power
  const floor = zero ? (data.lo < 0 ? "≤ 0" : "0") : data.lo < lo;
  return scale(kind, [low, hi], [h - BOTTOM - 2, TOP], { floor, nice: typeof spec.lo !== "number" && typeof spec.hi !== "number" });
}

/** Where a plot begins, right of its numbers. @param {CanvasRenderingContext2D} g @param {Scale} y */
export const leftOf = (g, y) => Math.max(LEAST, 8 + Math.max(...y.ticks.map((t) => g.measureText(t.text).width)));

/** How much room names take at the right; one alone is not written. @param {CanvasRenderingContext2D} g @param {{name: string}[]} names */
export const rightOf = (g, names) => (names.length > 1 ? Math.min(WIDEST, 10 + Math.max(...names.map(({ name }) => g.measureText(name).width))) : 6);

/** @param {CanvasRenderingContext2D} g @param {Scale} x @param {Scale} y @param {{left: number, w: number, h: number, step: string, palette: import("./theme.js").Palette, whole?: boolean}} at `step`: what is counted or measured along x; whole: in whole numbers only */
export function drawAxes(g, x, y, { left, w, h, step, palette, whole }) {
  g.lineWidth = palette.strong ? 0.6 : 1;
  g.strokeStyle = palette.css("rule");
  g.fillStyle = palette.css("ink-2");
  for (const { value, text } of y.ticks) {
    const py = Math.round(y(value)) + 0.5;
    g.beginPath();
    g.moveTo(left, py);
    g.lineTo(w, py);
    g.stroke();
    write(g, text, left - 6, py + 3.5, "right");
  }
  const end = `${step} ${(whole ? plain : num)(x.hi)}`;
  const edge = w - 6 - g.measureText(end).width;
  write(g, end, w - 6, h - 4, "right");
  for (const { value, text } of linearTicks(x.lo, x.hi)) if ((!whole || Number.isInteger(value)) && x(value) + 20 < edge) write(g, text, x(value), h - 4, "center");
}

/** At most four points a half pixel: the extremes survive. @param {CanvasRenderingContext2D} g @param {{X: ArrayLike<number>, Y: ArrayLike<number>, from: number, to: number, x: Scale, y: Scale, width: number, alpha: number}} part */
export function stroke(g, { X, Y, from, to, x, y, width, alpha }) {
  if (to - from < 2) return;
  g.lineWidth = width;
  g.globalAlpha = alpha;
  g.beginPath();
  let column = NaN, at = 0, lo = 0, hi = 0, last = 0;
  for (let k = from; k < to; k++) {
    if (!Number.isFinite(Y[k])) {
      if (hi > lo) finish(g, at, lo, hi, last);
      [column, lo, hi] = [NaN, 0, 0];
      continue;
    }
    const px = x(X[k]), py = y(Y[k]);
    if (Math.floor(2 * px) === column) {
      if (py < lo) lo = py;
      if (py > hi) hi = py;
      last = py;
      continue;
    }
    if (hi > lo) finish(g, at, lo, hi, last);
    if (k === from || Number.isFinite(Y[k - 1])) g.lineTo(px, py);
    else begin(g, px, py);
    column = Math.floor(2 * px);
    at = px;
    lo = hi = last = py;
  }
  if (hi > lo) finish(g, at, lo, hi, last);
  g.stroke();
  g.globalAlpha = 1;
}

/** After a gap; seen also where the next is another. @param {CanvasRenderingContext2D} g @param {number} px @param {number} py */
function begin(g, px, py) {
  g.moveTo(px - 0.7, py);
  g.lineTo(px, py);
}

/** @param {CanvasRenderingContext2D} g @param {number} at @param {number} lo @param {number} hi @param {number} last */
function finish(g, at, lo, hi, last) {
  g.lineTo(at, lo);
  g.lineTo(at, hi);
  g.lineTo(at, last);
}

/** Names beside the ends of curves, pushed apart. @param {CanvasRenderingContext2D} g @param {{name: string, ink: string, at: number}[]} names @param {number} w */
export function drawLabels(g, names, w) {
  const right = rightOf(g, names);
  let last = -Infinity;
  for (const { name, ink, at } of names.sort((a, b) => a.at - b.at)) {
    last = Math.max(at + 3.5, last + 12);
    g.fillStyle = ink;
    fitted(g, name, w - right + 8, last, right - 8);
  }
}

/** @param {ArrayLike<number>} X ascending @param {number} v */
export function nearest(X, v) {
  let best = -1;
  let [lo, hi] = [0, X.length - 1];
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    if (best < 0 || Math.abs(X[mid] - v) < Math.abs(X[best] - v)) best = mid;
    if (X[mid] < v) lo = mid + 1;
    else hi = mid - 1;
  }
  return best;
}
