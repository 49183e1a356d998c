/** Colour for numbers: one hue for values, two with paper in the middle for signed ones. */

/** @import { Palette, Rgb } from "./theme.js" */

/** @param {Rgb} a @param {Rgb} b @param {number} t @returns {Rgb} */
export function mix(a, b, t) {
  const [p, q] = [oklab(a), oklab(b)];
  return srgb(p.map((v, i) => v + (q[i] - v) * t));
}

/** @param {Rgb} c */
const css = (c) => `rgb(${c.map(Math.round).join(" ")})`;

/** The ramps of a theme, mixed once. @param {Palette} palette @returns {{value: string[], signed: string[]}} */
export function ramps(palette) {
  let made = cache.get(palette);
  if (!made) {
    const [low, high, paper] = [palette.rgb("ramp0"), palette.rgb("ramp1"), palette.rgb("paper")];
    const below = palette.rgb("ramp2");
    made = {
      value: table((t) => mix(low, high, 0.06 + 0.62 * t)),
      signed: table((t) => (t < 0.5 ? mix(paper, below, 0.8 * (1 - 2 * t)) : mix(paper, high, 0.8 * (2 * t - 1)))),
    };
    cache.set(palette, made);
  }
  return made;
}
/** @type {WeakMap<Palette, {value: string[], signed: string[]}>} */
const cache = new WeakMap();

/** @param {(t: number) => Rgb} f */
const table = (f) => Array.from({ length: 256 }, (_, i) => css(f(i / 255)));

/** @param {string[]} ramp @param {number} t in 0..1 */
export const at = (ramp, t) => ramp[Math.max(0, Math.min(255, Math.round(t * 255)))] ?? ramp[0];

const WAY = ["lane0", "lane3", "lane1"]; // as strong as each other on paper

/** A colour of the theme by its name, or by how far along the way of lanes it is, 0 to 1. @param {Palette} palette @param {string | number} hue */
export function inkOf(palette, hue) {
  if (typeof hue === "string") return palette.css(hue);
  const leg = Math.min(1, Math.floor(2 * hue));
  return css(mix(palette.rgb(WAY[leg]), palette.rgb(WAY[leg + 1]), 2 * hue - leg));
}

const READABLE = 4.5; // the contrast that WCAG asks of text

/** Ink that reads on a colour of a ramp. @param {string} colour @param {Palette} palette */
export function inkOn(colour, palette) {
  const [r, g, b] = (colour.match(/\d+/g) ?? []).map(Number);
  const back = luminance([r, g, b]);
  const ink = luminance(palette.rgb("ink")), paper = luminance(palette.rgb("paper"));
  const [name, best] = contrast(back, ink) >= contrast(back, paper) ? ["ink", ink] : ["paper", paper];
  if (contrast(back, best) >= READABLE) return palette.css(name);
  return contrast(back, 0) >= contrast(back, 1) ? "#000" : "#fff"; // one of them always is
}

/** @param {number} a @param {number} b */
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

/** @param {Rgb} c */
function luminance(c) {
  const [r, g, b] = c.map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {number} v */
const linear = (v) => (v <= 10.3 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
/** @param {number} v */
const gamma = (v) => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

// https://bottosson.github.io/posts/oklab/
/** @param {Rgb} c */
function oklab(c) {
  const [r, g, b] = c.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** @param {number[]} lab @returns {Rgb} */
function srgb([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const [r, g, bl] = rgb.map((v) => Math.max(0, Math.min(255, gamma(Math.max(0, v)))));
  return [r, g, bl];
}
