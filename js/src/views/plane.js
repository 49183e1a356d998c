/** A plane: which part of it is shown, where it lies in the figure, and what is drawn on it. */
import { write } from "../canvas.js";
import { at as colourAt, inkOn, mix, ramps } from "../colour.js";
import { num } from "../format.js";
import { scale } from "../scale.js";

/** @import { Cell } from "../types" */
/** @import { Palette, Rgb } from "../theme.js" */
/** @import { Scale } from "../scale.js" */
/** @typedef {[number, number, number, number]} Extent x from, x to, y from, y to */
/** @typedef {{x: Scale, y: Scale, left: number, top: number, wide: number, high: number, height: number, extent: Extent}} Plane */

const LEFT = 40, BOTTOM = 20, TOP = 6, RIGHT = 10;
const BAR = 62; // room for a colour bar, and a number such as −1.0e−7
const LEGEND = 18;
const TALL = 440, FLAT = 340;
const ALIKE = 4; // spans that differ by no more are drawn to one scale
const CLASSES = 10; // colours of classes
const REGION = 0.24; // how much of a class's colour is in its region

/** The least rectangle around the finite points of some cells, widened a little. @param {(Cell | null | undefined)[]} cells @returns {Extent} */
export function around(cells) {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const cell of cells) {
    const data = cell?.data ?? [];
    for (let k = 0; k + 1 < data.length; k += 2) {
      const [x, y] = [data[k], data[k + 1]];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
  }
  return [...wider(x0, x1), ...wider(y0, y1)];
}

/** @param {number} a @param {number} b @returns {[number, number]} */
function wider(a, b) {
  if (!(a <= b)) return [-1, 1];
  const pad = 0.05 * (b - a) || Math.abs(a) / 2 || 1;
  return [a - pad, b + pad];
}

/** Is one inside the other? @param {Extent} inner @param {Extent} outer */
export const within = (inner, outer) => inner[0] >= outer[0] && inner[1] <= outer[1] && inner[2] >= outer[2] && inner[3] <= outer[3];

/** @param {Extent} extent @param {number} width @param {{bar: boolean, legend: boolean}} has @returns {Plane} */
export function planeOf(extent, width, { bar, legend }) {
  const [x0, x1, y0, y1] = extent, [across, up] = [x1 - x0, y1 - y0];
  const top = TOP + (legend ? LEGEND : 0);
  const room = Math.max(80, width - LEFT - (bar ? BAR : RIGHT));
  const even = across / up < ALIKE && up / across < ALIKE;
  const unit = Math.min(room / across, TALL / up);
  const wide = even ? unit * across : room, high = even ? unit * up : Math.min(FLAT, 0.62 * room);
  const x = scale("linear", [x0, x1], [LEFT, LEFT + wide], { exact: true }), y = scale("linear", [y0, y1], [top + high, top], { exact: true });
  return { x, y, left: LEFT, top, wide, high, height: Math.ceil(top + high + BOTTOM), extent };
}

/** @param {Palette} palette @param {number} k */
export const classRgb = (palette, k) => palette.rgb(`class${((k % CLASSES) + CLASSES) % CLASSES}`);
/** @param {Palette} palette @param {number} k */
export const classColour = (palette, k) => `rgb(${classRgb(palette, k).join(" ")})`;

/** Grid lines, unless a field is under them, ticks, and the names of the axes. @param {CanvasRenderingContext2D} g @param {Plane} p @param {Palette} palette @param {{grid: boolean, axes: string[]}} with_ */
export function drawAxes(g, { x, y, left, top, wide, high }, palette, { grid, axes }) {
  g.font = palette.font(10, "mono");
  g.lineWidth = 1;
  for (const { value, text } of x.ticks) {
    g.strokeStyle = palette.css("rule");
    if (grid) line(g, x(value), top, x(value), top + high);
    g.fillStyle = palette.css("ink-2");
    write(g, text, x(value), top + high + 13, "center");
  }
  for (const { value, text } of y.ticks) {
    g.strokeStyle = palette.css("rule");
    if (grid) line(g, left, y(value), left + wide, y(value));
    g.fillStyle = palette.css("ink-2");
    write(g, text, left - 6, y(value) + 3.5, "right");
  }
  g.font = palette.font(10.5);
  if (axes[0]) write(g, `${axes[0]} →`, left + wide, top + high - 5, "right");
  if (!axes[1]) return;
  g.save();
  g.translate(left + 12, top);
  g.rotate(-Math.PI / 2);
  write(g, `${axes[1]} →`, 0, 0, "right");
  g.restore();
}

/** @param {CanvasRenderingContext2D} g @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function line(g, x0, y0, x1, y1) {
  g.beginPath();
  g.moveTo(x0, y0);
  g.lineTo(x1, y1);
  g.stroke();
}

/** @typedef {{lo: number, hi: number, classes: boolean, ramp: string[]}} Shades how numbers become colours */

/** @param {ArrayLike<number>} data @param {Palette} palette @param {boolean} [mayBeClasses] @param {boolean} [versus] from the first class's colour to the second's @returns {Shades} */
export function shadesOf(data, palette, mayBeClasses = false, versus = false) {
  let [lo, hi, whole] = [Infinity, -Infinity, true];
  for (let k = 0; k < data.length; k++) {
    const v = data[k];
    if (!Number.isFinite(v)) continue;
    if (v < lo) lo = v;
    if (v > hi) hi = v;
    whole &&= Number.isInteger(v);
  }
  if (lo > hi) [lo, hi] = [0, 1];
  const flat = lo === hi && data instanceof Float32Array; // whole numbers never come in single precision
  const classes = mayBeClasses && whole && !flat && lo >= (versus ? 0 : -1) && hi < CLASSES; // -1: of no class
  const both = versus || (lo < 0 && hi > 0), most = Math.max(-lo, hi);
  if (both) [lo, hi] = [-most, most];
  return { lo, hi, classes, ramp: versus ? betweenClasses(palette) : both ? ramps(palette).signed : ramps(palette).value };
}

const VERSUS = 0.5; // how much of a class's colour is at its end

/** @param {Palette} palette @returns {string[]} */
function betweenClasses(palette) {
  const made = between.get(palette) ?? Array.from({ length: 256 }, (_, k) => {
    const t = (2 * k) / 255 - 1;
    return `rgb(${mix(palette.rgb("paper"), classRgb(palette, t < 0 ? 0 : 1), VERSUS * Math.abs(t)).map(Math.round).join(" ")})`;
  });
  between.set(palette, made);
  return made;
}
/** @type {WeakMap<Palette, string[]>} */
const between = new WeakMap();

/** @param {Shades} shades @param {number} v */
export const shade = ({ lo, hi, ramp }, v) => colourAt(ramp, hi > lo ? (v - lo) / (hi - lo) : 0);

/** A background, row 0 at the bottom: regions of classes, or values on a ramp. @param {CanvasRenderingContext2D} g @param {Plane} p @param {Cell} field @param {Shades} shades @param {Palette} palette @param {Extent} over */
export function drawField(g, { x, y, left, top, wide, high }, { data, shape }, shades, palette, over) {
  const rows = shape[0], cols = shape[1] ?? 1;
  if (!rows || !cols) return;
  const paper = palette.rgb("paper");
  const colours = shades.classes ? Array.from({ length: CLASSES }, (_, k) => mix(paper, classRgb(palette, k), REGION)) : shades.ramp.map(parts);
  const pixels = new ImageData(cols, rows);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) {
    const v = data[r * cols + c], to = 4 * ((rows - 1 - r) * cols + c);
    const k = shades.classes ? v : Math.round(255 * (shades.hi > shades.lo ? (v - shades.lo) / (shades.hi - shades.lo) : 0));
    pixels.data.set(colours[k] ?? paper, to);
    pixels.data[to + 3] = 255;
  }
  const sheet = new OffscreenCanvas(cols, rows);
  sheet.getContext("2d")?.putImageData(pixels, 0, 0);
  g.save();
  g.beginPath();
  g.rect(left, top, wide, high);
  g.clip();
  g.imageSmoothingEnabled = !shades.classes;
  const [x0, y0] = [along(x, over[0]), along(y, over[3])];
  g.drawImage(sheet, x0, y0, along(x, over[1]) - x0, along(y, over[2]) - y0);
  g.restore();
}

/** A scale beyond its ends. @param {Scale} s @param {number} v */
const along = (s, v) => s(s.lo) + ((v - s.lo) * (s(s.hi) - s(s.lo))) / (s.hi - s.lo);

/** @param {string} colour @returns {Rgb} */
const parts = (colour) => /** @type {Rgb} */ ((colour.match(/\d+/g) ?? []).map(Number));

/** What the colours of values mean. @param {CanvasRenderingContext2D} g @param {Plane} p @param {Shades} shades @param {Palette} palette */
export function drawBar(g, { left, top, wide, high }, shades, palette) {
  if (shades.lo === shades.hi) return; // one colour everywhere
  const x = left + wide + 8, h = Math.min(high, 120);
  for (let k = 0; k < h; k++) {
    g.fillStyle = colourAt(shades.ramp, 1 - k / h);
    g.fillRect(x, top + k, 8, 1.5);
  }
  g.font = palette.font(10, "mono");
  g.fillStyle = palette.css("ink-2");
  write(g, num(shades.hi), x + 12, top + 9);
  write(g, num(shades.lo), x + 12, top + h);
}

/** @param {CanvasRenderingContext2D} g @param {Plane} p @param {string[]} names @param {Palette} palette */
export function drawLegend(g, { left }, names, palette) {
  g.font = palette.font(11);
  let x = left;
  names.slice(0, CLASSES).forEach((name, k) => {
    dot(g, x + 4, 9, 4, classColour(palette, k));
    g.fillStyle = palette.css("ink-2");
    write(g, name, x + 12, 13);
    x += 24 + g.measureText(name).width;
  });
}

/** @param {CanvasRenderingContext2D} g @param {number} x @param {number} y @param {number} r @param {string} colour */
export function dot(g, x, y, r, colour) {
  g.fillStyle = colour;
  g.beginPath();
  g.arc(x, y, r, 0, 2 * Math.PI);
  g.fill();
}

const SOLE = 3000; // more points than these are squares: 10,000 of them take a few milliseconds

/** How large a point is, of so many. @param {number} n */
export const radius = (n) => (n > SOLE ? 1.3 : n > 600 ? 2.2 : 3.4);

/** Points, each in its colour, those of one colour together. @param {CanvasRenderingContext2D} g @param {Plane} p @param {ArrayLike<number>} xy @param {(k: number) => string} colour @param {string} edge around each, "" for none */
export function drawPoints(g, { x, y }, xy, colour, edge) {
  const n = xy.length >> 1, r = radius(n);
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  for (let k = 0; k < n; k++) {
    if (!Number.isFinite(xy[2 * k]) || !Number.isFinite(xy[2 * k + 1])) continue;
    const of = colour(k), group = groups.get(of);
    if (group) group.push(k);
    else groups.set(of, [k]);
  }
  g.globalAlpha = n > 600 ? 0.75 : edge ? 1 : 0.85;
  g.strokeStyle = edge;
  g.lineWidth = 1;
  for (const [of, group] of groups) {
    g.fillStyle = of;
    for (const k of group) {
      const [px, py] = [x(xy[2 * k]), y(xy[2 * k + 1])];
      if (n > SOLE) g.fillRect(px - r, py - r, 2 * r, 2 * r);
      else {
        g.beginPath();
        g.arc(px, py, r, 0, 2 * Math.PI);
        g.fill();
        if (edge && n <= 600) g.stroke();
      }
    }
  }
  g.globalAlpha = 1;
}

const LONGEST = 22; // px, of an arrow

/** Arrows, the longest of a fixed length. @param {CanvasRenderingContext2D} g @param {Plane} p @param {ArrayLike<number>} at @param {ArrayLike<number>} by @param {Palette} palette */
export function drawArrows(g, { x, y, wide, high, extent }, at, by, palette) {
  const n = Math.min(at.length, by.length) >> 1;
  const [kx, ky] = [wide / (extent[1] - extent[0]), high / (extent[3] - extent[2])];
  let most = 0;
  for (let k = 0; k < n; k++) {
    const long = Math.hypot(by[2 * k] * kx, by[2 * k + 1] * ky);
    if (Number.isFinite(long) && long > most) most = long;
  }
  if (!most) return;
  g.strokeStyle = palette.css("ink-2");
  g.lineWidth = 1.1;
  g.beginPath();
  for (let k = 0; k < n; k++) {
    const [dx, dy] = [(by[2 * k] * kx * LONGEST) / most, (-by[2 * k + 1] * ky * LONGEST) / most];
    if (!Number.isFinite(dx + dy) || Math.hypot(dx, dy) < 0.5) continue;
    const [px, py] = [x(at[2 * k]), y(at[2 * k + 1])], [tx, ty] = [px + dx, py + dy], head = 0.3;
    g.moveTo(px, py);
    g.lineTo(tx, ty);
    g.moveTo(tx - head * (dx - 0.6 * dy), ty - head * (dy + 0.6 * dx));
    g.lineTo(tx, ty);
    g.lineTo(tx - head * (dx + 0.6 * dy), ty - head * (dy - 0.6 * dx));
  }
  g.stroke();
}

/** The ways that marks have come, or one path. @param {CanvasRenderingContext2D} g @param {Plane} p @param {Cell} trail @param {Palette} palette */
export function drawTrail(g, { x, y }, { data, shape }, palette) {
  const ways = shape.length > 2 ? shape[0] : 1, long = shape[shape.length - 2] ?? 0;
  g.lineWidth = 1.5;
  g.lineJoin = "round";
  for (let way = 0; way < ways; way++) {
    g.strokeStyle = shape.length > 2 ? classColour(palette, way) : palette.css("ink");
    g.beginPath();
    for (let k = 0, down = false; k < long; k++) {
      const [px, py] = [data[2 * (way * long + k)], data[2 * (way * long + k) + 1]];
      const there = Number.isFinite(px) && Number.isFinite(py);
      if (there) down ? g.lineTo(x(px), y(py)) : g.moveTo(x(px), y(py));
      down = there;
    }
    g.stroke();
  }
}

export const MARK = 9; // px, of a mark's radius

/** Large marks, each with its number. @param {CanvasRenderingContext2D} g @param {Plane} p @param {ArrayLike<number>} marks @param {Palette} palette @param {number} held the one in hand */
export function drawMarks(g, { x, y }, marks, palette, held) {
  const n = marks.length >> 1, r = n > 20 ? MARK * 0.6 : MARK;
  for (let k = 0; k < n; k++) {
    const [px, py] = [x(marks[2 * k]), y(marks[2 * k + 1])];
    if (!Number.isFinite(marks[2 * k]) || !Number.isFinite(marks[2 * k + 1])) continue;
    dot(g, px, py, r + (k === held ? 5 : 3), palette.css("ink"));
    dot(g, px, py, r + 2, palette.css("paper"));
    dot(g, px, py, r, classColour(palette, k));
    if (n > 20) continue;
    g.font = palette.font(10, "sans", 600);
    g.fillStyle = inkOn(classColour(palette, k), palette);
    write(g, String(k + 1), px, py + 3.5, "center");
  }
}
