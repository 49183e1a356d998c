/** Weights of attention as they come: numbers, or bytes that are 255 times a weight's square root. */
import { at, mix, ramps } from "./colour.js";

/** @import { Cell } from "./types" */
/** @import { Palette } from "./theme.js" */
/**
 * @typedef {{
 *   H: number, T: number, cell: Cell, lo: number, hi: number, signed: boolean, root: boolean,
 *   value(k: number): number, level(k: number): number,
 * }} Weights `level` is 0..255 along the ramp, -1 where nothing is (a masked score).
 */

const MANY = 64; // tokens from which single weights are so small that their root is coloured
const EVEN = 4; // the full colour is at least so many times an even share: an even head looks pale

/** @param {Cell} cell (from, to) or (head, from, to) @returns {Weights} */
export function weightsOf(cell) {
  const { data, shape } = cell;
  const T = shape.at(-1) ?? 1, H = shape.length > 2 ? shape[0] : 1;
  const coded = data instanceof Uint8Array;
  const value = coded ? (/** @type {number} */ k) => (data[k] / 255) ** 2 : (/** @type {number} */ k) => data[k];
  const [least, most] = extent(data);
  const signed = !coded && least < 0;
  const top = coded ? (most / 255) ** 2 : most;
  const hi = signed ? size(least, most) : top <= 1.001 ? Math.max(top, Math.min(1, EVEN / T)) : top;
  const lo = signed ? -hi : 0;
  const root = !signed && (coded || T > MANY);
  return { H, T, cell, lo, hi, signed, root, value, level: leveller(data, { coded, signed, root, lo, hi }) };
}

/** @param {number} a @param {number} b */
const size = (a, b) => Math.max(Math.abs(a), Math.abs(b)) || 1;

/** @param {ArrayLike<number>} data @returns {[number, number]} of what is finite */
function extent(data) {
  let [lo, hi] = [Infinity, -Infinity];
  for (let k = 0; k < data.length; k++) {
    const v = data[k];
    if (v < lo && v > -Infinity) lo = v;
    if (v > hi && v < Infinity) hi = v;
  }
  return lo > hi ? [0, 0] : [lo, hi];
}

/** @param {ArrayLike<number>} data @param {{coded: boolean, signed: boolean, root: boolean, lo: number, hi: number}} scale */
function leveller(data, { coded, signed, root, lo, hi }) {
  if (coded) {
    const table = Uint8Array.from({ length: 256 }, (_, v) => Math.min(255, Math.round(v / Math.sqrt(hi))));
    return (/** @type {number} */ k) => table[data[k]];
  }
  const span = hi - lo || 1;
  return (/** @type {number} */ k) => {
    const v = data[k];
    if (!Number.isFinite(v)) return -1;
    const t = (v - lo) / span;
    return Math.round(255 * (root && !signed ? Math.sqrt(t) : t));
  };
}

/** A weight of 1 has the full hue: a row of them must be read from the last bench. @param {Weights} weights @param {Palette} palette */
export function rampOf(weights, palette) {
  if (weights.signed) return ramps(palette).signed;
  let ramp = made.get(palette);
  if (!ramp) {
    const [low, high] = [palette.rgb("ramp0"), palette.rgb("value")];
    ramp = Array.from({ length: 256 }, (_, k) => `rgb(${mix(low, high, 0.03 + (0.97 * k) / 255).map(Math.round).join(" ")})`);
    made.set(palette, ramp);
  }
  return ramp;
}
/** @type {WeakMap<Palette, string[]>} */
const made = new WeakMap();

/** @param {Weights} weights @param {number} k @param {Palette} palette */
export function colourOf(weights, k, palette) {
  const level = weights.level(k);
  return level < 0 ? palette.css("paper") : at(rampOf(weights, palette), level / 255);
}

/** The strongest of a row of weights, or of a head's: its index and value. @param {Weights} weights @param {number} from @param {number} count @param {number} [but] an index passed over */
export function strongest(weights, from, count, but = -1) {
  let best = -1;
  for (let k = from; k < from + count; k++) if (k !== but && weights.level(k) >= 0 && (best < 0 || weights.value(k) > weights.value(best))) best = k;
  return best;
}

/** From which level on a head's weights are drawn, and of that level every how manieth, to be about `most` in all. @param {Weights} weights @param {number} h @param {number} most */
export function floorOf(weights, h, most) {
  const counts = new Uint32Array(257);
  const { T } = weights;
  for (let k = h * T * T; k < (h + 1) * T * T; k++) counts[strength(weights, k)]++;
  let level = 256, drawn = 0;
  while (level > 1 && drawn + counts[level - 1] <= most) drawn += counts[--level];
  if (level === 1 || !counts[level - 1]) return { floor: level, every: 1 };
  return { floor: level - 1, every: Math.ceil(counts[level - 1] / Math.max(1, most - drawn)) };
}

/** 0..255: how far from nothing, whatever the sign. @param {Weights} weights @param {number} k */
export function strength(weights, k) {
  const level = weights.level(k);
  if (level < 0) return 0;
  return weights.signed ? Math.min(255, Math.abs(2 * level - 255)) : level;
}
