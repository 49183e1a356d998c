/** Functions over an axis, as they are at one frame; over time there is `line`. */
import { BOTTOM, drawAxes, drawLabels, leftOf, nearest, rightOf, stroke, valueScale } from "../axes.js";
import { canvasIn, pointer } from "../canvas.js";
import { paramOf } from "../force.js";
import { listed, num, plain } from "../format.js";
import { scale } from "../scale.js";
import { thinned } from "../table.js";
import { picking } from "./picking.js";

/** @import { Ctx, Moment, View } from "../types" */
/** @import { Scale } from "../scale.js" */
/** @import { Palette } from "../theme.js" */
/** @typedef {{name: string, hue: string, Y: ArrayLike<number>}} Curve */
/** @typedef {{X: ArrayLike<number>, curves: Curve[], band: ArrayLike<number> | null, dots: {X: ArrayLike<number>, Y: ArrayLike<number>}, at: number[], picks: number[]}} Drawing */

const HUES = ["value", "error", "third"];
const DOTS = 2000; // more of them are a cloud: drawn without an edge

/** @param {Ctx} ctx @returns {View} */
export function curve(ctx) {
  const { spec, info, body, store } = ctx;
  const { open } = canvasIn(body);
  const over = typeof spec.x === "string" ? store.column(spec.x).words || spec.x : "";
  const picks = typeof spec.picks === "string" && paramOf(info, spec.picks) ? spec.picks : "";
  /** @type {Moment} */
  let moment;
  /** @type {Drawing | null} */
  let d = null;
  /** @type {Scale} */
  let x;
  let pointed = NaN;
  const hand = picks ? picking(ctx, picks, { axis: () => d?.X ?? [], picks: () => d?.picks ?? [], x: () => x, point, redraw }) : null;
  if (!hand) pointer(body, { hover: (px) => point(x?.invert(px)), leave: () => point(NaN) });

  /** @param {number} v */
  function point(v) {
    const at = d?.X.length ? d.X[nearest(d.X, v)] : NaN;
    const shown = Number.isNaN(v) || v === undefined ? NaN : at;
    if (Object.is(shown, pointed) || !moment) return;
    pointed = shown;
    update(moment);
  }

  function redraw() {
    if (moment) update(moment);
  }

  /** @param {Moment} m */
  function update(m) {
    const found = drawingOf(ctx, m, picks);
    if (!found) return;
    [d, moment] = [found, m];
    const palette = ctx.palette();
    const { g, w, h } = open(spec.wide ? 190 : 150);
    g.font = palette.font(10.5);
    const right = Math.max(...[d.curves, ...alike(ctx)].map((names) => rightOf(g, names))), y = valueScale(spec, heights(d), h);
    const left = leftOf(g, y);
    x = scale("linear", widths(d), [left, w - right]);
    drawAxes(g, x, y, { left, w: w - right + 6, h, step: over, palette });
    drawBand(g, d, { x, y, palette });
    d.curves.forEach((c) => drawCurve(g, c, d?.X ?? [], { x, y, palette, steps: spec.steps === true }));
    drawDots(g, d, { x, y, palette });
    for (const v of d.at) rule(g, x(v), h, palette.css("ink"), [4, 3], palette);
    for (const v of hand?.shown() ?? d.picks) drawPick(g, x(v), h, palette);
    if (!Number.isNaN(pointed)) rule(g, x(pointed), h, palette.css("ink-2"), [], palette);
    if (d.curves.length > 1) drawLabels(g, d.curves.map((c) => ({ name: c.name, ink: palette.css(c.hue), at: y(c.Y[c.Y.length - 1] ?? 0) })), w);
    ctx.say("", Number.isNaN(pointed) ? "" : told(d, pointed, over));
    hand?.update(left, right);
  }

  const summary = () => {
    if (!d) return "Not here yet.";
    const named = d.curves.slice(0, 6).map(({ name, Y }) => `${name} from ${num(least(Y))} to ${num(most(Y))}`);
    const [from, to] = widths(d), n = d.dots.X.length;
    const parts = [...(n ? [`${n} points`] : []), ...(d.at.length ? [`marked at ${listed(d.at.slice(0, 6).map(num))}`] : []), ...(picks ? [`picked: ${listed(d.picks.slice(0, 6).map(num)) || "none"}`] : [])];
    return `Curves over ${over || "place"} ${plain(from)} to ${plain(to)}, ${moment.label}: ${listed(named)}${parts.length ? `; ${parts.join("; ")}` : ""}.`;
  };
  const rows = () => tableRows(d, over, spec.band ? String(spec.band) : "");
  return { update, summary, rows };
}

/** The names in wide figures over the same axis: all end where it ends. @param {Ctx} ctx @returns {{name: string}[][]} */
function alike({ spec, info, store }) {
  const over = info.views.filter((view) => view.kind === "curve" && spec.x && view.x === spec.x && spec.wide && view.wide);
  return over.map(({ columns }) => columns.filter((name) => store.columns.has(name)).map((name) => ({ name: store.column(name).words || name })));
}

/** What is drawn at a frame; null where it is not here yet. @param {Ctx} ctx @param {Moment} m @param {string} picks @returns {Drawing | null} */
function drawingOf({ spec, store }, m, picks) {
  /** @param {unknown} name */
  const values = (name) => (typeof name === "string" && store.columns.has(name) ? numbersOf(store, name, m.position) : []);
  const columns = spec.columns.map(values), [dotX = [], dotY = []] = (Array.isArray(spec.dots) ? spec.dots : []).map(values);
  const [axis, band, at] = [spec.x, spec.band, spec.at].map(values);
  if (!axis || !band || !at || !dotX || !dotY || columns.includes(undefined)) return null;
  const first = Math.max(0, HUES.indexOf(String(spec.hue ?? "value")));
  const curves = spec.columns.map((name, k) => ({ name: store.column(name).words || name, hue: HUES[(first + k) % HUES.length], Y: columns[k] ?? [] }));
  const length = Math.max(0, ...curves.map(({ Y }) => Y.length));
  const chosen = picks ? m.params[picks] : [];
  return {
    X: axis.length ? axis : Array.from({ length }, (_, k) => k), curves,
    band: band.length ? band : null, dots: { X: dotX, Y: dotY },
    at: Array.from(at).filter(Number.isFinite), picks: Array.isArray(chosen) ? chosen.filter(Number.isFinite) : [],
  };
}

/** A column's numbers, one or many; undefined until they are here. @param {Ctx["store"]} store @param {string} name @param {number} position @returns {ArrayLike<number> | undefined} */
function numbersOf(store, name, position) {
  if (store.column(name).light) return [store.value(name, position)];
  const cell = store.array(name, position);
  return cell === undefined ? undefined : (cell?.data ?? []);
}

/** @param {ArrayLike<number>} Y */
const finite = (Y) => Array.from(Y).filter(Number.isFinite);
/** @param {ArrayLike<number>} Y */
const least = (Y) => finite(Y).reduce((a, b) => Math.min(a, b), Infinity);
/** @param {ArrayLike<number>} Y */
const most = (Y) => finite(Y).reduce((a, b) => Math.max(a, b), -Infinity);

/** All that has a height. @param {Drawing} d @returns {{lo: number, hi: number, least: number}} */
export function heights({ curves, band, dots }) {
  const [main] = curves;
  const edges = band ? [-1, 1].map((side) => Array.from(main.Y, (v, k) => v + side * (band[k] ?? 0))) : [];
  const all = [...curves.map(({ Y }) => Y), ...edges, dots.Y];
  const above = all.flatMap((Y) => finite(Y).filter((v) => v > 0));
  return { lo: Math.min(...all.map(least)), hi: Math.max(...all.map(most)), least: least(above) };
}

/** @param {Drawing} d @returns {[number, number]} */
export function widths({ X, dots, at }) {
  const all = [X, dots.X, at];
  return [Math.min(...all.map(least)), Math.max(...all.map(most))];
}

/** Each value holds from its point to the next. @param {ArrayLike<number>} X @param {ArrayLike<number>} Y */
export function stairs(X, Y) {
  /** @type {{X: number[], Y: number[]}} */
  const out = { X: [], Y: [] };
  for (let k = 0; k < Y.length; k++) {
    if (k) out.X.push(X[k]), out.Y.push(Y[k - 1]);
    out.X.push(X[k]), out.Y.push(Y[k]);
  }
  return out;
}

/** @param {CanvasRenderingContext2D} g @param {Drawing} d @param {{x: Scale, y: Scale, palette: Palette}} at */
function drawBand(g, { X, curves: [main], band }, { x, y, palette }) {
  if (!band) return;
  const there = Array.from(main.Y, (_, k) => k).filter((k) => Number.isFinite(main.Y[k] + band[k]));
  g.fillStyle = palette.css(main.hue);
  g.globalAlpha = palette.strong ? 0.28 : 0.18;
  g.beginPath();
  for (const k of there) g.lineTo(x(X[k]), y(main.Y[k] + band[k]));
  for (const k of there.reverse()) g.lineTo(x(X[k]), y(main.Y[k] - band[k]));
  g.fill();
  g.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} g @param {Curve} c @param {ArrayLike<number>} axis @param {{x: Scale, y: Scale, palette: Palette, steps: boolean}} at */
function drawCurve(g, { hue, Y: values }, axis, { x, y, palette, steps }) {
  const { X, Y } = steps ? stairs(axis, values) : { X: axis, Y: values };
  g.strokeStyle = palette.css(hue);
  g.lineJoin = "round";
  stroke(g, { X, Y, from: 0, to: Math.min(X.length, Y.length), x, y, width: palette.strong ? 2.4 : 1.6, alpha: 1 });
}

/** @param {CanvasRenderingContext2D} g @param {Drawing} d @param {{x: Scale, y: Scale, palette: Palette}} at */
function drawDots(g, { dots: { X, Y } }, { x, y, palette }) {
  const n = Math.min(X.length, Y.length), many = n > DOTS;
  g.fillStyle = palette.css("ink");
  g.strokeStyle = palette.css("paper");
  g.lineWidth = 1.2;
  for (let k = 0; k < n; k++) {
    if (!Number.isFinite(X[k]) || !Number.isFinite(Y[k])) continue;
    g.beginPath();
    g.arc(x(X[k]), y(Y[k]), many ? 1 : palette.strong ? 4.4 : 3.2, 0, 2 * Math.PI);
    g.fill();
    if (!many) g.stroke();
  }
}

/** @param {CanvasRenderingContext2D} g @param {number} px @param {number} h @param {string} ink @param {number[]} dash @param {Palette} palette */
function rule(g, px, h, ink, dash, palette) {
  const at = Math.round(px) + 0.5;
  g.strokeStyle = ink;
  g.lineWidth = palette.strong ? 1.6 : 1;
  g.setLineDash(dash);
  g.beginPath();
  g.moveTo(at, 2);
  g.lineTo(at, h - BOTTOM);
  g.stroke();
  g.setLineDash([]);
}

/** What the reader has picked stands on the axis, in the colour of what is steered. @param {CanvasRenderingContext2D} g @param {number} px @param {number} h @param {Palette} palette */
function drawPick(g, px, h, palette) {
  rule(g, px, h, palette.css("live"), [2, 3], palette);
  g.fillStyle = palette.css("live");
  g.beginPath();
  g.moveTo(px, h - BOTTOM - 8);
  g.lineTo(px - 5, h - BOTTOM);
  g.lineTo(px + 5, h - BOTTOM);
  g.fill();
}

/** The values at one x. @param {Drawing} d @param {number} v @param {string} over */
function told({ X, curves, band }, v, over) {
  const k = nearest(X, v);
  const values = curves.map(({ name, Y }, j) => `${curves.length > 1 ? `${name} ` : ""}${num(Y[k])}${band && !j ? ` ± ${num(band[k])}` : ""}`);
  return `${over || "at"} ${num(v)}: ${values.join("   ")}`;
}

/** @param {Drawing | null} d @param {string} over @param {string} band @returns {import("../types").Table} */
function tableRows(d, over, band) {
  if (!d) return { head: [over || "place"], body: [] };
  const { X, curves, dots } = d, { picked, note } = thinned(X.length);
  const measured = dots.X.length > 0, cells = picked.map((k) => [plain(X[k]), ...curves.map(({ Y }) => num(Y[k])), ...(d.band ? [num(d.band[k])] : []), ...(measured ? [""] : [])]);
  const points = thinned(dots.X.length).picked.map((k) => [plain(dots.X[k]), ...curves.map(() => ""), ...(d.band ? [""] : []), num(dots.Y[k])]);
  return { head: [over || "place", ...curves.map(({ name }) => name), ...(d.band ? [band] : []), ...(measured ? ["points"] : [])], body: [...cells, ...points], note };
}
