/** A head as threads: tokens on the left look at tokens on the right. */
import { fitted } from "../canvas.js";
import { floorOf, strength } from "../weights.js";
import { clip, grid } from "./matrices.js";

/** @import { Layout, Panel, Place, Scene } from "./heads.js" */
/** @import { Shape } from "./matrices.js" */
/** @typedef {CanvasRenderingContext2D} Pen */

const GAP = 14, TITLE = 26, TALL = 420;
const LETTER = 6.6;
const MOST = 4000; // threads of a head
const LEVELS = 16; // of opacity

/** @param {Shape} shape @returns {Layout} */
export function threadLayout(shape) {
  const { T, words } = shape;
  const alone = shape.H === 1 || shape.big >= 0;
  const { across, heads, most: room } = grid(shape, 168, 300);
  const most = Math.min(room, 560);
  const title = shape.H > 1 ? TITLE : 0;
  const step = Math.min(alone ? 22 : 16, (alone ? 1.3 : 1) * TALL / T);
  const labels = step >= 9;
  const left = labels ? Math.min(Math.ceil(10 + LETTER * words), most * 0.34) : 6;
  const h = step * T;
  const panels = heads.map((head, k) => ({
    h: head,
    x: (k % across) * (most + GAP),
    y: title + 4 + Math.floor(k / across) * (h + GAP + title),
  }));
  return { panels, w: most, h, step, wide: step, left, top: 4, height: Math.ceil((panels.at(-1)?.y ?? 0) + h + 6), labels, upright: false, title };
}

/** The token under a point: on the left one that looks, on the right one that is looked at. @param {Layout} layout @param {number} T @param {number} x @param {number} y @returns {Place} */
export function threadAt({ panels, w, step }, T, x, y) {
  for (const panel of panels) {
    const k = Math.floor((y - panel.y) / step), dx = x - panel.x;
    if (k < 0 || k >= T || dx < 0 || dx > w) continue;
    return dx < w / 2 ? { h: panel.h, t: k, s: -1 } : { h: panel.h, t: -1, s: k };
  }
  return { h: -1, t: -1, s: -1 };
}

/** @param {Pen} g @param {Scene} scene @param {Panel} panel */
export function drawThreads(g, scene, panel) {
  const { weights, layout, palette } = scene;
  const cut = chosen(scene) ? { floor: 1, every: 1 } : floorOf(weights, panel.h, MOST);
  for (const { level, negative, lines } of bundles(scene, panel.h, cut)) {
    g.strokeStyle = palette.css(negative ? "error" : "value");
    const alpha = g.globalAlpha;
    g.globalAlpha = alpha * Math.min(1, (level + 0.6) / LEVELS);
    g.lineWidth = layout.step > 6 ? 0.6 + (2 * level) / LEVELS : 0.8;
    strands(g, lines, layout, panel);
    g.globalAlpha = alpha;
  }
  if (layout.labels) drawTokens(g, scene, panel);
  else drawRails(g, scene, panel);
}

/** @param {Scene} scene */
const chosen = ({ place }) => place.h >= 0;

/** The threads of a head by their strength: one stroke for each. @param {Scene} scene @param {number} h @param {{floor: number, every: number}} cut @returns {{level: number, negative: boolean, lines: number[]}[]} */
export function bundles({ weights, place }, h, { floor, every }) {
  const { T, signed } = weights;
  /** @type {Map<number, number[]>} */
  const found = new Map();
  const [t0, t1] = place.h >= 0 && place.t >= 0 ? [place.t, place.t + 1] : [0, T];
  const [s0, s1] = place.h >= 0 && place.s >= 0 ? [place.s, place.s + 1] : [0, T];
  for (let t = t0; t < t1; t++) {
    for (let s = s0; s < s1; s++) {
      const k = (h * T + t) * T + s;
      const much = strength(weights, k);
      if (much < floor || much < 4 || (much === floor && (31 * t + 17 * s) % every)) continue;
      const level = Math.min(LEVELS - 1, Math.floor((much * LEVELS) / 256));
      const key = signed && weights.level(k) < 128 ? -1 - level : level;
      const lines = found.get(key);
      if (lines) lines.push(t, s);
      else found.set(key, [t, s]);
    }
  }
  return [...found].map(([key, lines]) => ({ level: key < 0 ? -1 - key : key, negative: key < 0, lines })).sort((a, b) => a.level - b.level);
}

/** @param {Pen} g @param {number[]} lines @param {Layout} layout @param {Panel} panel */
function strands(g, lines, { w, left, step }, { x, y }) {
  const [a, b] = [x + left, x + w - left], mid = (a + b) / 2, curved = step > 3;
  g.beginPath();
  for (let k = 0; k < lines.length; k += 2) {
    const [from, to] = [y + (lines[k] + 0.5) * step, y + (lines[k + 1] + 0.5) * step];
    g.moveTo(a, from);
    if (curved) g.bezierCurveTo(mid, from, mid, to, b, to);
    else g.lineTo(b, to);
  }
  g.stroke();
}

/** @param {Pen} g @param {Scene} scene @param {Panel} panel */
function drawTokens(g, scene, { x, y }) {
  const { tokens, layout, palette, place } = scene;
  const { w, left, step } = layout;
  g.font = palette.font(Math.min(11.5, step - 0.5));
  tokens.forEach((token, k) => {
    const base = y + (k + 0.5) * step + 3.5;
    g.fillStyle = palette.css(chosen(scene) && place.t !== k ? "ink-2" : "ink");
    fitted(g, clip(token), x + left - 5, base, left - 5, "right");
    g.fillStyle = palette.css(chosen(scene) && place.s !== k ? "ink-2" : "ink");
    fitted(g, clip(token), x + w - left + 5, base, left - 5, "left");
  });
  if (!chosen(scene)) return;
  g.globalAlpha = 1;
  g.strokeStyle = palette.css("ink");
  g.lineWidth = 1.5;
  if (place.t >= 0) g.strokeRect(x + 0.5, y + place.t * step, left - 3, step);
  else g.strokeRect(x + w - left + 2.5, y + place.s * step, left - 3, step);
}

/** Where tokens have no room for words, two lines stand for them. @param {Pen} g @param {Scene} scene @param {Panel} panel */
function drawRails(g, { layout, palette, place }, { x, y }) {
  const { w, left, step, h } = layout;
  g.fillStyle = palette.css("edge");
  g.fillRect(x + left - 2, y, 1, h);
  g.fillRect(x + w - left + 1, y, 1, h);
  if (place.h < 0) return;
  g.fillStyle = palette.css("ink");
  g.fillRect(place.t >= 0 ? x + left - 6 : x + w - left + 2, y + Math.max(place.t, place.s) * step - 1, 5, Math.max(3, step));
}
