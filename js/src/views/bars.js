/** Bars: the entries of one array, or one bar for each of several scalars. Names stand beside them. */
import { canvasIn, fitted, pointer, write } from "../canvas.js";
import { cell, fixed, listed, num } from "../format.js";
import { thinned } from "../table.js";

/** @import { Ctx, Moment, View } from "../types" */

const [ROW, MOST_NAMED] = [20, 24];

/** @param {Ctx} ctx @returns {View} */
export function bars(ctx) {
  const { spec, body } = ctx;
  const { open } = canvasIn(body);
  /** @type {{name: string, value: number}[]} */
  let items = [];
  /** @type {Moment} */
  let moment;
  let pointed = -1;
  let pick = (/** @type {number} */ _x, /** @type {number} */ _y) => -1;
  pointer(body, { hover: (x, y) => point(pick(x, y)), leave: () => point(-1) });

  /** @param {number} k */
  function point(k) {
    if (k === pointed || !moment) return;
    pointed = k;
    update(moment);
  }

  /** @param {Moment} m */
  function update(m) {
    const found = itemsOf(ctx, m.position);
    if (!found) return;
    [items, moment] = [found, m];
    pick = items.length > MOST_NAMED ? upright(ctx, open, items) : lying(ctx, open, items);
    const item = items[pointed];
    const top = typeof spec.hi === "number" ? largest(items) : null; // shares of a whole: which has most is the answer
    const number = written(spec, items);
    ctx.say("", item ? `${item.name}: ${number(item.value)}` : top ? `${top.name}: ${number(top.value)}` : "");
  }

  const summary = () => {
    const number = written(spec, items);
    const top = items.filter((item) => Number.isFinite(item.value)).sort((a, b) => b.value - a.value).slice(0, 3).map((item) => `${item.name} ${number(item.value)}`);
    return `${items.length} bars, ${moment?.label ?? ""}; largest: ${listed(top)}.`;
  };
  const rows = () => {
    const { picked, note } = thinned(items.length);
    return { head: ["name", String(spec.title ?? "value")], body: picked.map((k) => [items[k].name, num(items[k].value)]), note };
  };
  return { update, summary, rows };
}

/** @param {Ctx} ctx @param {number} position @returns {{name: string, value: number}[] | null} null: not here yet */
function itemsOf({ spec, store }, position) {
  const columns = spec.columns.map((name) => store.column(name));
  if (!columns.some((c) => ["array", "ragged"].includes(c.kind))) {
    return columns.map((c) => ({ name: c.words || c.name, value: store.value(c.name, position) }));
  }
  const cell = store.array(columns[0].name, position);
  if (!cell) return null;
  const given = typeof spec.labels === "string" ? store.row(spec.labels, position) : spec.labels;
  const names = Array.isArray(given) ? given : typeof given === "string" ? given.split(/\s+/) : [];
  return Array.from(cell.data, (value, k) => ({ name: String(names[k] ?? k), value }));
}

/** @param {{name: string, value: number}[]} items */
const largest = (items) => items.reduce((a, b) => (b.value > a.value ? b : a), items[0]);

/** On a scale that is given, digits are of one length; counts are exact. @param {Ctx["spec"]} spec @param {{value: number}[]} items @returns {(v: number) => string} */
function written(spec, items) {
  if (typeof spec.hi === "number" && spec.hi <= 1) return (v) => fixed(v, 2);
  const counts = items.every(({ value }) => Number.isInteger(value) || Number.isNaN(value));
  return (v) => (counts ? cell(v, "int") : num(v));
}

/** @param {{value: number}[]} items @param {Ctx["spec"]} spec @returns {[number, number]} */
function domain(items, spec) {
  const values = items.map((item) => item.value).filter(Number.isFinite);
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const [lo, hi] = [typeof spec.lo === "number" ? spec.lo : least, typeof spec.hi === "number" ? spec.hi : most];
  return lo === hi ? [0, 1] : [lo, hi];
}

/** Few bars lie, each with its name and number. @param {Ctx} ctx @param {(h: number) => {g: CanvasRenderingContext2D, w: number}} open @param {{name: string, value: number}[]} items */
function lying({ palette: theme, spec }, open, items) {
  const palette = theme();
  const { g, w } = open(items.length * ROW + 4);
  g.font = palette.font(11);
  const left = Math.min(w / 3, 10 + Math.max(...items.map((item) => g.measureText(item.name).width)));
  const number = written(spec, items);
  const [lo, hi] = domain(items, spec);
  const x = (/** @type {number} */ v) => left + ((w - left - 56) * (v - lo)) / (hi - lo);
  items.forEach(({ name, value }, k) => {
    const y = k * ROW;
    g.font = palette.font(11);
    g.fillStyle = palette.css("ink");
    fitted(g, name, left - 6, y + 14, left - 8, "right");
    g.fillStyle = palette.css(String(spec.hue ?? "value"));
    const [a, b] = [x(Math.min(0, value)), x(Math.max(0, value))];
    if (Number.isFinite(value)) g.fillRect(a, y + 3, Math.max(1, b - a), ROW - 6);
    g.font = palette.font(11, "mono");
    g.fillStyle = palette.css("ink-2");
    write(g, number(value), (Number.isFinite(value) ? b : left) + 5, y + 14);
  });
  return (/** @type {number} */ _x, /** @type {number} */ y) => Math.floor(y / ROW);
}

/** Many bars stand, with the ends of the scale. @param {Ctx} ctx @param {(h: number) => {g: CanvasRenderingContext2D, w: number}} open @param {{name: string, value: number}[]} items */
function upright({ palette: theme, spec }, open, items) {
  const palette = theme();
  const { g, w } = open(126);
  const [lo, hi] = domain(items, spec);
  const [left, base] = [42, 116];
  const y = (/** @type {number} */ v) => base - ((base - 8) * (v - lo)) / (hi - lo);
  const step = (w - left) / items.length;
  g.fillStyle = palette.css(String(spec.hue ?? "value"));
  items.forEach(({ value }, k) => {
    if (Number.isFinite(value)) g.fillRect(left + k * step, Math.min(y(0), y(value)), Math.max(0.5, step - (step > 3 ? 1 : 0)), Math.abs(y(value) - y(0)) || 0.5);
  });
  g.font = palette.font(10.5);
  g.fillStyle = palette.css("ink-2");
  for (const v of new Set([lo, 0, hi])) write(g, num(v), left - 6, y(v) + 3.5, "right");
  return (/** @type {number} */ x) => Math.floor((x - left) / step);
}
