/** A head as a matrix: from the tokens of the rows to those of the columns. */
import { write } from "../canvas.js";
import { inkOn } from "../colour.js";
import { fixed } from "../format.js";
import { colourOf, rampOf } from "../weights.js";

/** @import { Layout, Panel, Place, Scene } from "./heads.js" */
/** @import { Weights } from "../weights.js" */
/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {{H: number, T: number, big: number, width: number, words: number}} Shape `words`: letters of the longest token */

const GAP = 14, TITLE = 26;
const HIGH = 480; // px of a head that stands alone
const LETTER = 6.3; // px of a letter at 10.5 px, on average
const NAMED = 9.5; // px of a token from which its name is written

/** Panels in rows of equal length, as large as the width allows. @param {Shape} shape @param {number} small @param {number} large */
export function grid({ H, big, width }, small, large) {
  if (H === 1 || big >= 0) return { across: 1, heads: [Math.max(0, big)], most: width };
  const fit = Math.max(1, Math.min(H, Math.floor((width + GAP) / (small + GAP))));
  const across = Math.ceil(H / Math.ceil(H / fit));
  return { across, heads: Array.from({ length: H }, (_, h) => h), most: Math.min(large, (width - GAP * (across - 1)) / across) };
}

/** @param {Shape} shape @returns {Layout} */
export function matrixLayout(shape) {
  const { T, width, words } = shape;
  const alone = shape.H === 1 || shape.big >= 0;
  const gutter = Math.ceil(10 + LETTER * words);
  const bare = grid(shape, 128, 250), names = grid({ ...shape, width: width - gutter }, Math.max(128, NAMED * T), 250);
  const rows = (/** @type {typeof bare} */ g) => Math.ceil(g.heads.length / g.across);
  const labels = names.most / T >= NAMED && rows(names) <= Math.max(3, rows(bare)); // words are worth a third row
  const { across, heads, most } = labels ? names : bare;
  const left = labels ? gutter : 0;
  const wide = alone ? Math.min(48, (width - left) / T, Math.max(most, HIGH) / T) : Math.min(28, most / T);
  const step = alone ? Math.min(wide, HIGH / T) : wide;
  const upright = alone && labels && LETTER * words > wide;
  const top = !alone || !labels ? 4 : upright ? gutter : 20;
  const title = shape.H > 1 ? TITLE : 0;
  const [w, h] = [wide * T, step * T];
  const pitch = alone ? w : Math.max(w, most);
  const panels = heads.map((head, k) => ({
    h: head,
    x: left + (k % across) * (pitch + GAP),
    y: title + top + Math.floor(k / across) * (h + GAP + title),
  }));
  const height = Math.ceil((panels.at(-1)?.y ?? 0) + h + 6);
  return { panels, w: Math.max(w, alone ? 160 : w), h, step, wide, left, top, height, labels, upright, title: title + (alone ? top : 0) };
}

/** @param {Layout} layout @param {number} T @param {number} x @param {number} y @returns {Place} */
export function matrixAt({ panels, step, wide, left }, T, x, y) {
  for (const panel of panels) {
    const first = panel.x === left;
    const [t, s] = [Math.floor((y - panel.y) / step), Math.floor((x - panel.x) / wide)];
    if (t >= 0 && t < T && s < T && (s >= 0 || (first && x < panel.x))) return { h: panel.h, t, s: Math.max(-1, s) };
  }
  return { h: -1, t: -1, s: -1 };
}

/** @param {Pen} g @param {Scene} scene @param {Panel} panel */
export function drawMatrix(g, scene, panel) {
  const { layout } = scene;
  if (layout.step < 5) drawPoints(g, scene, panel);
  else drawCells(g, scene, panel);
  if (layout.labels) drawNames(g, scene, panel);
  drawPlace(g, scene, panel);
}

/** @param {Pen} g @param {Scene} scene @param {Panel} panel */
function drawCells(g, { weights, layout, palette }, { x, y, h }) {
  const { T } = weights, { step, wide } = layout;
  const pad = step > 8 ? 1 : 0;
  g.font = palette.font(10, "mono");
  for (let k = 0; k < T * T; k++) {
    const index = h * T * T + k;
    const [cx, cy] = [x + (k % T) * wide, y + Math.floor(k / T) * step];
    const colour = colourOf(weights, index, palette);
    g.fillStyle = colour;
    g.fillRect(cx, cy, wide - pad, step - pad);
    if (wide < 30 || step < 16 || weights.level(index) < 0) continue;
    g.fillStyle = inkOn(colour, palette);
    write(g, short(weights.value(index)), cx + (wide - pad) / 2, cy + step / 2 + 3, "center");
  }
}

/** Two digits are enough in a cell: .43, 12.1 @param {number} v */
const short = (v) => (Math.abs(v) < 0.005 ? "0" : Math.abs(v) < 0.995 ? fixed(v, 2).replace("0.", ".") : fixed(v, 1));

/** Smaller than a few pixels: one picture; where tokens share a pixel the strongest shows. @param {Pen} g @param {Scene} scene @param {Panel} panel */
function drawPoints(g, { weights, layout, palette }, { x, y, h }) {
  const { T } = weights;
  const size = Math.max(1, Math.round(layout.w * (devicePixelRatio || 1)));
  const n = Math.min(T, size);
  const levels = pooled(weights, h, n);
  const picture = new OffscreenCanvas(n, n);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (picture.getContext("2d"));
  const image = pen.createImageData(n, n);
  const pixels = new Uint32Array(image.data.buffer);
  const ramp = Uint32Array.from([palette.css("paper"), ...rampOf(weights, palette)], packed);
  for (let k = 0; k < pixels.length; k++) pixels[k] = ramp[levels[k] + 1];
  pen.putImageData(image, 0, 0);
  g.imageSmoothingEnabled = false;
  g.drawImage(picture, x, y, layout.wide * T, layout.step * T);
}

/** The greatest level in each of n by n blocks of a head. @param {Weights} weights @param {number} h @param {number} n */
export function pooled({ T, level }, h, n) {
  const levels = new Int16Array(n * n).fill(-1);
  const to = Int32Array.from({ length: T }, (_, s) => Math.floor((s * n) / T));
  for (let t = 0, k = h * T * T; t < T; t++) {
    const row = to[t] * n;
    for (let s = 0; s < T; s++, k++) {
      const v = level(k), at = row + to[s];
      if (v > levels[at]) levels[at] = v;
    }
  }
  return levels;
}

/** "rgb(1 2 3)" as a pixel. @param {string} css */
function packed(css) {
  const [r, g, b] = (css.match(/\d+/g) ?? []).map(Number);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/** @param {Pen} g @param {Scene} scene @param {Panel} panel */
function drawNames(g, { tokens, layout, palette, place }, { x, y, h }) {
  const { step, wide, left, top, upright } = layout;
  const tone = (/** @type {boolean} */ marked) => {
    g.fillStyle = palette.css(marked ? "ink" : "ink-2");
    g.font = palette.font(Math.min(11.5, step + 0.5), "sans", marked ? 600 : 400);
  };
  if (x === left) tokens.forEach((token, t) => {
    tone(place.h >= 0 && place.t === t);
    write(g, clip(token), x - 6, y + (t + 0.5) * step + 3.5, "right");
  });
  if (layout.panels.length > 1 || top < 8) return;
  tokens.forEach((token, s) => {
    tone(place.h === h && place.s === s);
    if (!upright) return write(g, clip(token), x + (s + 0.5) * wide, y - 6, "center");
    g.save();
    g.translate(x + (s + 0.5) * wide + 3.5, y - 5);
    g.rotate(-Math.PI / 2);
    write(g, clip(token), 0, 0);
    g.restore();
  });
}

/** @param {string} token */
export const clip = (token) => (token.length > 14 ? `${token.slice(0, 13)}…` : token);

/** The cell under the cursor, and the same one in the other heads. @param {Pen} g @param {Scene} scene @param {Panel} panel */
function drawPlace(g, { layout, palette, place }, { x, y, h }) {
  if (place.h < 0) return;
  const { step, wide, w } = layout, here = place.h === h;
  g.globalAlpha = 1;
  g.strokeStyle = palette.css(here ? "ink" : "edge");
  g.lineWidth = here ? 2 : 1;
  if (place.s < 0) g.strokeRect(x - 0.5, y + place.t * step - 0.5, w, step);
  else g.strokeRect(x + place.s * wide - 0.5, y + place.t * step - 0.5, Math.max(3, wide), Math.max(3, step));
}
