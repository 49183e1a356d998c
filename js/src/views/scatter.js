/** Points in the plane, with marks and a field; on it a hand draws points and moves marks. */
import { canvasIn, widthOf } from "../canvas.js";
import { paramOf } from "../force.js";
import { num, plain, told } from "../format.js";
import { thinned } from "../table.js";
import { hands } from "./hands.js";
import { around, classColour, drawArrows, drawAxes, drawBar, drawField, drawLegend, drawMarks, drawPoints, drawTrail, planeOf, shade, shadesOf, within } from "./plane.js";

/** @import { Cell, Ctx, Moment, View } from "../types" */
/** @import { Extent, Plane } from "./plane.js" */
/** @typedef {{xy: Cell, labels: Cell | null, values: Cell | null, marks: Cell | null, field: Cell | null, over: Cell | null, arrows: Cell | null, arrowsAt: Cell | null, trail: Cell | null, axes: string[]}} Scene */

const NEAR = 12; // px from a point that is pointed at

/** @param {Ctx} ctx @returns {View} */
export function scatter(ctx) {
  const { spec, body } = ctx;
  const column = ctx.store.column(spec.columns[0]);
  const names = Array.isArray(spec.names) ? spec.names.map(String) : [];
  const { canvas, open } = canvasIn(body);
  /** @type {Scene} */
  let scene;
  /** @type {Plane} */
  let plane;
  /** @type {Moment} */
  let moment;
  let pointed = -1;
  const hand = hands(ctx, names, { plane: () => plane, marks: () => scene?.marks, point, step, redraw });
  canvas.style.cursor = "crosshair";

  /** @param {Moment} m */
  function update(m) {
    const now = sceneOf(ctx, m.position);
    if (!now) return;
    [scene, moment] = [now, m];
    hand.update(m);
    plane = planeOf(extentOf(ctx, scene), widthOf(body), { bar: ramped(), legend: names.length > 0 });
    paint();
  }

  /** Is there, or will there be, a ramp that a bar must tell? */
  function ramped() {
    return Boolean(spec.values) || Boolean(scene.field && !shadesOf(scene.field.data, ctx.palette(), true, Boolean(spec.versus)).classes);
  }

  function redraw() {
    if (moment) update(moment);
  }

  function paint() {
    const palette = ctx.palette(), { g } = open(plane.height);
    const { field, over, trail, arrows, arrowsAt } = scene;
    const marks = hand.marks ?? scene.marks?.data, { xy, labels } = points();
    const fieldShades = field && shadesOf(field.data, palette, true, Boolean(spec.versus));
    if (field && fieldShades) drawField(g, plane, field, fieldShades, palette, over ? extentIn(over) : plane.extent);
    drawAxes(g, plane, palette, { grid: !field, axes: scene.axes });
    if (trail) drawTrail(g, plane, trail, palette);
    const shades = scene.values && !hand.drawing && scene.values.data.some(Number.isFinite) ? shadesOf(scene.values.data, palette) : null;
    drawPoints(g, plane, xy, (k) => {
      if (shades) return shade(shades, scene.values?.data[k] ?? NaN);
      return labels && labels[k] >= 0 ? classColour(palette, labels[k]) : palette.css(labels || marks || field ? "ink-2" : "value");
    }, shades ? palette.css("ink-2") : field ? palette.css("paper") : "");
    if (arrows) drawArrows(g, plane, arrowsAt?.data ?? xy, arrows.data, palette);
    if (marks) drawMarks(g, plane, marks, palette, hand.held);
    const bar = fieldShades && !fieldShades.classes ? fieldShades : shades;
    if (bar && ramped()) drawBar(g, plane, bar, palette);
    if (names.length) drawLegend(g, plane, names, palette);
    hand.draw(g, palette);
    ctx.say("", hand.words || (pointed >= 0 && 2 * pointed < xy.length ? words(pointed) : count(there(xy))));
  }

  /** Those of the frame, or those under the hand. @returns {{xy: ArrayLike<number>, labels: ArrayLike<number> | null}} */
  function points() {
    if (!hand.drawing) return { xy: scene.xy.data, labels: scene.labels?.data ?? null };
    return { xy: hand.drawing.xy.flat(), labels: hand.many > 1 ? hand.drawing.labels : null };
  }

  /** @param {number} n */
  const count = (n) => `${plain(n)} point${n === 1 ? "" : "s"}`;

  /** Follows a pointer that draws nothing. @param {number} px @param {number} py */
  function point(px, py) {
    const { xy } = points();
    let best = NEAR * NEAR, found = -1;
    for (let k = 0; 2 * k < xy.length; k++) {
      const far = (plane.x(xy[2 * k]) - px) ** 2 + (plane.y(xy[2 * k + 1]) - py) ** 2;
      if (far < best) [best, found] = [far, k];
    }
    if (found !== pointed) {
      pointed = found;
      paint();
    }
  }

  /** To the next point, by the keyboard. @param {number} by */
  function step(by) {
    const n = points().xy.length / 2;
    if (!n) return;
    pointed = pointed < 0 && by < 0 ? n - 1 : (pointed + by + n) % n;
    paint();
    ctx.tell(words(pointed));
  }

  /** @param {number} k */
  function words(k) {
    const { xy, labels } = points();
    const more = labels ? `, ${named(labels[k])}` : "";
    const value = scene.values && !hand.drawing ? `: ${told(scene.values.data[k])}` : "";
    return `${told(xy[2 * k])}, ${told(xy[2 * k + 1])}${more}${value}`;
  }

  /** @param {number} label */
  const named = (label) => (label < 0 ? "of none yet" : names[label]) ?? (spec.marks ? `of ${plain(label + 1)}` : `class ${plain(label)}`);

  const summary = () => {
    if (!scene) return `Points ${column.words || column.name}, not here yet.`;
    const { xy, labels, marks } = scene, parts = [`${count(there(xy.data))} of the plane, ${moment.label}`];
    if (labels) parts.push(census(labels.data).map(([label, n]) => `${plain(n)} ${named(label)}`).join(", "));
    if (marks) parts.push(`${plain(there(marks.data))} marks`);
    return `${parts.join("; ")}.${hand.help}`;
  };
  const rows = () => {
    if (!scene) return { head: [column.name], body: [] };
    const { xy, labels, values, marks } = scene;
    const { picked, note } = thinned(xy.data.length / 2);
    const [ax, ay] = scene.axes, many = marks ? marks.data.length / 2 : 0;
    const rest = (/** @type {number} */ k) => [...(labels ? [named(labels.data[k])] : []), ...(values ? [told(values.data[k])] : [])];
    const body = picked.map((k) => [String(k + 1), told(xy.data[2 * k]), told(xy.data[2 * k + 1]), ...rest(k)]);
    const blank = [...(labels ? [""] : []), ...(values ? [""] : [])];
    const large = Array.from({ length: many }, (_, k) => [`mark ${k + 1}`, num(marks?.data[2 * k]), num(marks?.data[2 * k + 1]), ...blank]);
    return { head: ["point", ax || "x", ay || "y", ...(labels ? ["label"] : []), ...(values ? [String(spec.values)] : [])], body: [...large, ...body], note };
  };
  return { update, summary, rows, dispose: hand.dispose };
}

/** How many there are of each label, the largest first. @param {ArrayLike<number>} labels @returns {[number, number][]} */
function census(labels) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let k = 0; k < labels.length; k++) counts.set(labels[k], (counts.get(labels[k]) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 10);
}

/** How many have a place. @param {ArrayLike<number>} data */
export function there(data) {
  let n = 0;
  for (let k = 0; k < data.length; k += 2) n += Number(Number.isFinite(data[k]));
  return n;
}

/** What the frame shows; null while it is not here. @param {Ctx} ctx @param {number} position @returns {Scene | null} */
function sceneOf({ spec, store }, position) {
  const xy = store.array(spec.columns[0], position);
  if (!xy) return null;
  /** One without a number in it is none. @param {string} option */
  const cell = (option) => {
    const found = typeof spec[option] === "string" ? store.array(String(spec[option]), position) : null;
    return found?.data.length ? found : null;
  };
  const said = typeof spec.axes === "string" && store.columns.has(spec.axes) ? store.row(spec.axes, position) : spec.axes;
  return {
    xy, labels: cell("labels"), values: cell("values"), marks: cell("marks"), field: cell("field"), over: cell("over"),
    arrows: cell("arrows"), arrowsAt: cell("arrows_at"), trail: cell("trail"), axes: Array.isArray(said) ? said.map(String) : [],
  };
}

/** @param {Cell} over @returns {Extent} */
const extentIn = ({ data }) => [data[0], data[1], data[2], data[3]];

/** The part of the plane that is shown: as the view says, under the field, where one draws, or around the data. @param {Ctx} ctx @param {Scene} scene @returns {Extent} */
function extentOf({ spec, info }, { xy, marks, over, trail, arrowsAt }) {
  if (typeof spec.lo === "number" && typeof spec.hi === "number") return [spec.lo, spec.hi, spec.lo, spec.hi];
  if (over && over.data.length === 4) return extentIn(over);
  const near = around([xy, marks, trail, arrowsAt]);
  const param = typeof spec.draws === "string" ? paramOf(info, spec.draws) : null;
  const [lo, hi] = [Number(param?.lo ?? NaN), Number(param?.hi ?? NaN)], pad = 0.06 * (hi - lo);
  const drawn = /** @type {Extent} */ ([lo - pad, hi + pad, lo - pad, hi + pad]);
  return within(near, [lo - 2 * pad, hi + 2 * pad, lo - 2 * pad, hi + 2 * pad]) || (param && !xy.data.length) ? drawn : near;
}
