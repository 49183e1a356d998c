/** Images as the page knows them: one word `8x8:` and base64 of bytes, rows first; and how they are drawn. */
import { mix, ramps } from "./colour.js";

/** @import { Numbers } from "./types" */
/** @import { Palette } from "./theme.js" */
/** @typedef {{rows: number, cols: number, colours: 1 | 3, data: Uint8ClampedArray}} Pixels */
/** @typedef {"light" | "ink" | "value"} Shade */

const WORD = /^(\d+)x(\d+)(x3)?:([A-Za-z0-9+/]*={0,2})(#[0-9a-f]+)?$/;

/** @param {unknown} word @returns {Pixels | null} null where it is no image */
export function decoded(word) {
  const parts = typeof word === "string" ? WORD.exec(word) : null;
  if (!parts) return null;
  const [rows, cols] = [Number(parts[1]), Number(parts[2])], colours = parts[3] ? 3 : 1;
  const data = Uint8ClampedArray.from(atob(parts[4]), (char) => char.charCodeAt(0));
  return data.length === rows * cols * colours ? { rows, cols, colours, data } : null;
}

/** @param {Pixels} image */
export function encoded({ rows, cols, colours, data }) {
  let bytes = "";
  for (const byte of data) bytes += String.fromCharCode(byte);
  return `${rows}x${cols}${colours === 3 ? "x3" : ""}:${btoa(bytes)}`;
}

/** @param {number} rows @param {number} cols @returns {Pixels} */
export const blank = (rows, cols) => ({ rows, cols, colours: 1, data: new Uint8ClampedArray(rows * cols) });

const PEN = 1.25; // pixels from the pen's middle to where it leaves nothing
const SOFT = 0.85; // of which fade

/**
 * A stroke of a soft pen; ink only grows. Places are in pixels, the middle of the first at 0.5.
 * @param {Pixels} image @param {[number, number]} from x, y @param {[number, number]} to @returns {boolean} whether anything changed
 */
export function stroke(image, [x0, y0], [x1, y1]) {
  const { rows, cols, data } = image;
  const [dx, dy] = [x1 - x0, y1 - y0], length = dx * dx + dy * dy;
  let changed = false;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const [x, y] = [c + 0.5 - x0, r + 0.5 - y0];
      const t = length ? Math.max(0, Math.min(1, (x * dx + y * dy) / length)) : 0;
      const ink = Math.round(255 * Math.min(1, (PEN - Math.hypot(x - t * dx, y - t * dy)) / SOFT));
      if (ink <= data[r * cols + c]) continue;
      data[r * cols + c] = ink;
      changed = true;
    }
  }
  return changed;
}

/** RGBA to grey or colour bytes; what is transparent is white paper. @param {ArrayLike<number>} rgba @param {number} rows @param {number} cols @param {1 | 3} colours @returns {Pixels} */
export function fromRgba(rgba, rows, cols, colours) {
  const data = new Uint8ClampedArray(rows * cols * colours);
  for (let k = 0; k < rows * cols; k++) {
    const alpha = rgba[4 * k + 3] / 255;
    const [r, g, b] = [0, 1, 2].map((i) => rgba[4 * k + i] * alpha + 255 * (1 - alpha));
    if (colours === 3) data.set([r, g, b], 3 * k);
    else data[k] = 0.299 * r + 0.587 * g + 0.114 * b; // ITU-R BT.601
  }
  return { rows, cols, colours, data };
}

/** Ink 1 on ground 0: a picture with a light edge is turned over. @param {Pixels} image @returns {Pixels} */
export function asInk(image) {
  const { rows, cols, data } = image;
  const edge = [...data].filter((_, k) => k < cols || k >= (rows - 1) * cols || k % cols === 0 || k % cols === cols - 1).sort((a, b) => a - b);
  return edge[edge.length >> 1] > 127 ? { ...image, data: data.map((v) => 255 - v) } : image;
}

/** 256 colours from the least to the most, as bytes. @param {Palette} palette @param {Shade | "signed"} shade @returns {Uint8ClampedArray} */
export function shades(palette, shade) {
  const known = tables.get(palette) ?? {};
  tables.set(palette, known);
  return (known[shade] ??= Uint8ClampedArray.from(Array.from({ length: 256 }, (_, k) => colour(palette, shade, k)).flat()));
}
/** @type {WeakMap<Palette, Record<string, Uint8ClampedArray>>} */
const tables = new WeakMap();

/** @param {Palette} palette @param {Shade | "signed"} shade @param {number} k */
function colour(palette, shade, k) {
  if (shade === "light") return [k, k, k];
  if (shade === "value") return mix(palette.rgb("ramp0"), palette.rgb("value"), k / 255); // small squares want all of it
  if (shade === "signed") return (ramps(palette).signed[k].match(/\d+/g) ?? []).map(Number);
  const [paper, ink] = [palette.rgb("paper"), palette.rgb("ink")];
  return paper.map((v, i) => v + ((ink[i] - v) * (12 + 0.953 * k)) / 255);
}

/** @type {OffscreenCanvas | undefined} */
let stage;

/**
 * One image of a cell, every pixel a square.
 * @param {CanvasRenderingContext2D} g
 * @param {{data: Numbers, from: number, rows: number, cols: number, colours: number, lo: number, hi: number, table: Uint8ClampedArray}} of
 * @param {{x: number, y: number, w: number, h: number}} at
 */
export function drawPixels(g, { data, from, rows, cols, colours, lo, hi, table }, { x, y, w, h }) {
  const rgba = new ImageData(cols, rows);
  const scale = hi > lo ? 255 / (hi - lo) : 0;
  for (let k = 0; k < rows * cols; k++) {
    for (let i = 0; i < 3; i++) {
      const v = Math.max(0, Math.min(255, Math.round((data[from + k * colours + (colours === 3 ? i : 0)] - lo) * scale)));
      rgba.data[4 * k + i] = colours === 3 ? v : table[3 * v + i];
    }
    rgba.data[4 * k + 3] = 255;
  }
  stage ??= new OffscreenCanvas(1, 1);
  [stage.width, stage.height] = [cols, rows];
  /** @type {OffscreenCanvasRenderingContext2D} */ (stage.getContext("2d")).putImageData(rgba, 0, 0);
  g.imageSmoothingEnabled = rows > h * 2; // smaller than it is: smoothed; larger: squares
  g.drawImage(stage, 0, 0, cols, rows, x, y, w, h);
}

/** What the least and the most colour stand for. @param {Numbers} data @param {Record<string, unknown>} spec @returns {{lo: number, hi: number, signed: boolean}} */
export function extent(data, spec) {
  const bytes = data instanceof Uint8Array;
  let [lo, hi] = [Infinity, -Infinity];
  for (const v of data) {
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  if (lo > hi) [lo, hi] = [0, 1];
  const signed = lo < 0 && hi > 0 && spec.lo == null;
  if (signed) [lo, hi] = [-Math.max(-lo, hi), Math.max(-lo, hi)];
  else if (bytes) [lo, hi] = [0, 255];
  else if (spec.shade === "ink" || spec.shade === "light") [lo, hi] = [Math.min(0, lo), Math.max(1, hi)];
  return { lo: typeof spec.lo === "number" ? spec.lo : lo, hi: typeof spec.hi === "number" ? spec.hi : hi, signed };
}
