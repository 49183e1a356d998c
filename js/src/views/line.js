/** Curves over frames or units: the past strong, what is recorded after the cursor a hairline. */
import { BOTTOM, drawAxes, drawLabels, leftOf, nearest, rightOf, stroke, TOP, valueScale } from "../axes.js";
import { canvasIn, pointer, write } from "../canvas.js";
import { inkOf } from "../colour.js";
import { marks, paramOf } from "../force.js";
import { capital, handled, listed, num, plain, plural, shown, told } from "../format.js";
import { predicting } from "../predict.js";
import { Layers } from "../layers.js";
import { scale } from "../scale.js";
import { Series, smoothed } from "../series.js";
import { Mean } from "../spread.js";
import { stepsOf, total } from "../steps.js";
import { thinned } from "../table.js";

/** @import { Ctx, Group, Moment, View } from "../types" */
/** @import { Scale } from "../scale.js" */
/** @import { Store } from "../store.js" */
/** @typedef {string | number} Hue a name of the theme, or how far along the way of lanes */
/**
 * @template {Series | Mean} [S=Series]
 * @typedef {{series: S, hue: Hue, name: string, base: {hue: Hue, name: string}, whole: boolean, group: Group | null, pale: boolean, at: number, mean: number[], lo: number, hi: number, least: number, seen: number, epoch: number}} Curve `at`: the position it is drawn to
 */
/** @typedef {Curve | Curve<Mean>} Drawn */

const HUES = ["value", "error", "third"];
const ROOM = 3; // values at the right of a caption
const MANY = 6; // lanes that are told apart, each with a colour and a name
const LANES = ["lane0", "lane1", "lane2", "lane3", "lane4", "lane5"];
const UNKNOWN = 100; // steps that a prediction is drawn over where nobody knows how many there will be
const ARM = 4; // of the cross that marks what is not finite

/** @param {Ctx} ctx @returns {View} */
export function line(ctx) {
  const { spec, store, info, body } = ctx;
  const unit = typeof spec.x === "string" && store.columns.has(spec.x) ? spec.x : "";
  const step = stepsOf(info).find((s) => s.column === unit) ?? { name: unit || stepsOf(info)[0].name, column: unit };
  const width = Number(spec.mean) || 0;
  const hue = HUES.indexOf(String(spec.hue ?? "value"));
  const of = (/** @type {Store} */ of) => spec.columns.map((column, i) =>
    curve(new Series(of, column, unit, String(spec.each ?? "last")), HUES[(Math.max(0, hue) + i) % 3], store.column(column)));
  const own = of(store);
  /** @type {Map<Store, Curve[]>} the curves of runs beside this one */
  const others = new Map();
  /** @type {Curve<Mean>[]} the mean of each group of lanes, by its place */
  const means = [];
  /** @type {Drawn[]} */
  let curves = own;
  const layers = new Layers();
  const { open } = canvasIn(body);
  /** @type {Moment} */
  let moment;
  /** @type {Scale} */
  let x;

  body.classList.add("draggable");
  const seek = (/** @type {number} */ px) => {
    const near = own[0].series;
    const k = nearest(near.X, x.invert(px));
    if (k >= 0) ctx.go(near.P[k]);
  };
  /** @type {Scale | null} */
  let drawn = null;
  const guess = predicting(body, {
    title: String(spec.title || own[0].name), asked: spec.predict === true, tell: ctx.tell, log: spec.log === true, mean: width,
    changed: () => moment && update(moment),
    scales: () => drawn && { x, y: drawn },
    ends: () => [x.lo, x.hi],
  });
  body.after(guess.node);
  pointer(body, { drag: (px, py) => (guess.on ? guess.draw(px, py) : seek(px)), lift: guess.lift });

  /** @param {Moment} m */
  function update(m) {
    moment = m;
    const lanes = gathered(m);
    for (const c of lanes) grow(c, width);
    curves = m.spread ? averaged(lanes, m) : lanes;
    const palette = ctx.palette();
    const { g, w, h } = open(spec.wide ? 150 : 126);
    g.font = palette.font(10.5);
    const tags = tagged(Math.floor((h - BOTTOM) / 24));
    const right = rightOf(g, tags);
    const y = (drawn = yScale(curves, spec, h, guess));
    const left = leftOf(g, y);
    const whole = total(m.state, step, store);
    x = scale("linear", xDomain(curves, guess.on && Number.isNaN(whole) ? UNKNOWN : whole, unit), [left, w - right]);
    drawAxes(g, x, y, { left, w: w - right + 6, h, step: step.name, palette, whole: true });
    drawSteering(g, ctx, { m, x, series: own[0].series, left, h });
    drawCurves(g, { m, y, w, h, palette });
    drawGuess(g, guess.curve, { x, y, palette });
    drawCursor(g, named(), { px: x(own[0].series.x(m.position)), x, y, h, palette });
    const end = (/** @type {Drawn} */ c) => height(y, (ctx.coming() ? c.series.Y.at(-1) : now(c)) ?? 0);
    if (tags.length > 1) drawLabels(g, tags.map((c) => ({ name: c.name, ink: inkOf(palette, c.hue), at: end(c) })), w);
    ctx.say(caption(named(), y, spec) + crowd(), readings(named(), spec.columns.length > 1, valued));
    guess.update();
    guess.say(bold(), own[0].series.until(m.position));
  }

  /** The curve that a prediction is held against: the one that is drawn strong. */
  function bold() {
    return { X: own[0].series.X, Y: width > 1 ? own[0].mean : own[0].series.Y };
  }

  /** Those of other runs lie under our own. @param {Moment} m @returns {Curve[]} */
  function gathered(m) {
    const compared = m.lanes.some((lane) => !lane.pale);
    const stores = new Set(m.lanes.map((lane) => lane.store));
    for (const gone of others.keys()) if (!stores.has(gone)) others.delete(gone);
    const places = [m.state, ...m.lanes].map(({ group }) => group?.[0] ?? 0);
    const groups = 1 + Math.max(...places);
    const byGroup = m.spread || groups > 1 || m.lanes.length >= MANY;
    const hueOf = (/** @type {number} */ k) => laneHue(byGroup ? places[k] : k, byGroup ? groups : 0);
    for (const c of own) Object.assign(c, { at: m.position }, compared ? { hue: hueOf(0), name: m.state.label || "this run", group: m.state.group } : { ...c.base, group: null });
    const beside = m.lanes.filter((lane) => lane.pale || compared).flatMap((lane, k) => {
      const mine = others.get(lane.store) ?? of(lane.store);
      others.set(lane.store, mine);
      for (const c of mine) Object.assign(c, lane.pale ? { pale: true, at: Infinity } : { at: lane.position, hue: hueOf(k + 1), name: lane.label || `run ${k + 2}`, group: lane.group });
      return mine;
    });
    return [...beside, ...own];
  }

  /** @param {CanvasRenderingContext2D} g @param {{m: Moment, y: Scale, w: number, h: number, palette: import("../theme.js").Palette}} at */
  function drawCurves(g, { m, y, w, h, palette }) {
    const style = { x, y, palette, smooth: width > 1 && !m.spread, thin: curves.length > MANY, coming: ctx.coming() };
    const known = curves.map(({ series, hue, pale }) => `${hue} ${pale} ${series instanceof Mean ? series.key : series.epoch} ${series.X.length}`);
    const key = [palette.version, style.coming, w, h, devicePixelRatio, x(x.lo), x.lo, x(x.hi), x.hi, y(y.lo), y.lo, y.hi, ...known].join();
    const paint = (/** @type {CanvasRenderingContext2D} */ on, /** @type {import("../layers.js").Layer | undefined} */ layer) => {
      for (const c of curves) if (c.series instanceof Mean) drawBand(on, c, c.series, { ...style, layer });
      for (const c of curves) drawCurve(on, c, { ...style, layer });
    };
    const here = own[0].series.x(m.position);
    const abreast = curves.every(({ series, at, pale }) => pale || series instanceof Mean || series.x(at) === here || series.until(at) === series.X.length);
    if (!abreast || !layers.draw(g, key, x(here), paint)) paint(g, undefined);
  }

  /** One curve for each group: its mean. @param {Curve[]} lanes @param {Moment} m @returns {Drawn[]} */
  function averaged(lanes, m) {
    /** @type {Curve[][]} */
    const groups = [];
    for (const c of lanes) if (c.group) (groups[c.group[0]] ??= []).push(c);
    return groups.map((members, k) => {
      const mean = (means[k] ??= { ...members[0], series: new Mean((p) => own[0].series.x(p)) });
      mean.series.grow(members.map((c) => ({ X: c.series.X, Y: width > 1 ? c.mean : c.series.Y })), members.map((c) => `${c.epoch} ${c.seen}`).join());
      const { lo, hi, least } = mean.series;
      return Object.assign(mean, { at: m.position, hue: members[0].hue, group: members[0].group, name: members[0].group?.[1] || "mean", lo, hi, least });
    });
  }

  /** What is written at a curve's end: its name, or that of its group where there are many. @param {number} room */
  function tagged(room) {
    const all = named();
    if (all.length <= MANY) return all;
    const groups = all.filter((c) => c.group).sort((a, b) => (a.group?.[0] ?? 0) - (b.group?.[0] ?? 0));
    const firsts = groups.filter((c, k) => c.group?.[0] !== groups[k - 1]?.group?.[0]);
    if (firsts.length < 2) return [];
    const every = (firsts.length - 1) / (Math.min(room, firsts.length) - 1);
    return firsts.filter((_, k) => Math.round(Math.round(k / every) * every) === k).map((c) => ({ ...c, name: c.group?.[1] || c.name }));
  }

  /** What a crowd of lanes is. */
  function crowd() {
    const mean = curves.find((c) => c.series instanceof Mean)?.series;
    if (mean instanceof Mean) {
      const n = Math.max(...curves.map((c) => Math.max(0, .../** @type {Mean} */ (c.series).N)));
      const here = curves.map((c) => /** @type {Mean} */ (c.series).N[c.series.until(c.at) - 1] ?? 0);
      const fewer = Math.min(...here) < n ? `; at the cursor ${[...new Set(here)].sort((a, b) => a - b).join(" or ")}` : "";
      const odd = Math.max(...curves.map((c) => /** @type {Mean} */ (c.series).odd[c.series.until(c.at) - 1] ?? 0));
      return `, mean of ${n} seeds, band ± one standard deviation${fewer}${odd ? `, ${odd} not finite` : ""}`;
    }
    return named().length > MANY ? `, ${named().length} lanes` : "";
  }

  /** What is not pale, without columns that have no value anywhere. */
  function named() {
    const empty = own.filter((c) => !c.series.Y.length), all = empty.length === own.length;
    return curves.filter((c) => !c.pale && (all || !empty.some((e) => e.series === c.series))).sort((a, b) => Number(b.series === own[0].series) - Number(a.series === own[0].series));
  }

  const summary = () => {
    const parts = named().slice(0, 2 * MANY).map((c) => `${c.name} ${valued(c)}`);
    if (named().length > 2 * MANY) parts.push(`${named().length - 2 * MANY} more`);
    const n = own[0].series.until(moment.position);
    const [lo, hi] = [Math.min(...named().map((c) => c.lo)), Math.max(...named().map((c) => c.hi))];
    const span = lo <= hi ? ` Range ${num(lo)} to ${num(hi)}.` : "";
    const off = guess.words(bold(), n);
    return `Line chart over ${plural(step.name)}, ${n} ${n === 1 ? "point" : "points"} so far: ${listed(parts)}${crowd()}.${span}${off ? ` ${capital(off)}.` : ""}`;
  };
  const rows = () => {
    const [{ series }] = own;
    const { picked, note } = thinned(series.until(moment.position));
    return {
      head: [step.name, ...named().map((c) => c.name)],
      body: picked.map((k) => [plain(series.X[k]), ...named().map((c) => inTable(c.series.Y[nearest(c.series.X, series.X[k])]))]),
      note,
    };
  };
  return { update, summary, rows, history: true };
}

/** @param {Series} series @param {string} hue @param {import("../types").Column} column @returns {Curve} */
function curve(series, hue, column) {
  const base = { hue, name: column.words || column.name };
  return { series, ...base, base, whole: column.kind === "int", group: null, pale: false, at: Infinity, mean: [], lo: Infinity, hi: -Infinity, least: Infinity, seen: 0, epoch: -1 };
}

/** @param {Curve} c @param {number} width */
function grow(c, width) {
  c.series.grow();
  const { Y } = c.series;
  if (c.epoch !== c.series.epoch || Y.length < c.seen) Object.assign(c, { mean: [], lo: Infinity, hi: -Infinity, least: Infinity, seen: 0, epoch: c.series.epoch });
  for (; c.seen < Y.length; c.seen++) {
    const v = Y[c.seen];
    if (!Number.isFinite(v)) continue;
    if (v < c.lo) c.lo = v;
    if (v > c.hi) c.hi = v;
    if (v > 0 && v < c.least) c.least = v;
  }
  if (width > 1) smoothed(Y, width, c.mean);
}

/** The value that the dot marks. @param {Drawn} c */
function now(c) {
  const n = c.series.until(c.at);
  return n ? c.series.Y[n - 1] : undefined;
}

/** @param {Drawn} c */
function valued(c) {
  const by = c.series instanceof Mean ? c.series.by[c.series.until(c.at) - 1] : 0;
  const v = now(c);
  if (c.whole && !(c.series instanceof Mean) && Number.isFinite(v)) return plain(Number(v));
  return inTable(v) + (by ? ` ± ${num(by)}` : "");
}

/** Of a point, where there is one. @param {number | undefined} v */
const inTable = (v) => (v === undefined ? "–" : told(v));

/** A colour for each of a few; more are on the way through three, in their order. @param {number} place @param {number} count @returns {Hue} */
function laneHue(place, count) {
  return count > LANES.length ? place / (count - 1) : LANES[place % LANES.length];
}

/** @param {Drawn[]} curves @param {number} whole @param {string} unit @returns {[number, number]} */
function xDomain(curves, whole, unit) {
  const ends = curves.map(({ series: { X } }) => [X[0] ?? 0, X[X.length - 1] ?? 0]);
  const last = Math.max(...ends.map(([, b]) => b), Number.isFinite(whole) ? whole : 0);
  return [unit ? 0 : Math.min(0, ...ends.map(([a]) => a)), Math.max(last, 1)];
}

/** @param {Drawn[]} curves @param {Ctx["spec"]} spec @param {number} h @param {ReturnType<typeof predicting>} guess */
function yScale(curves, spec, h, guess) {
  const kind = spec.log === "symlog" ? "symlog" : spec.log ? "log" : "linear";
  const [least, most] = guess.curve.empty ? [Infinity, -Infinity] : guess.curve.extent;
  const data = [Math.min(least, ...curves.map((c) => c.lo)), Math.max(most, ...curves.map((c) => c.hi))];
  if (guess.range) return scale(kind, guess.range, [h - BOTTOM - 2, TOP], { floor: kind === "log" && data[0] < guess.range[0], exact: true });
  return valueScale(spec, { lo: data[0], hi: data[1], least: Math.min(...curves.map((c) => c.least)) }, h);
}

/** One standard deviation to either side of a mean. @param {CanvasRenderingContext2D} g @param {Drawn} c @param {Mean} mean @param {{x: Scale, y: Scale, palette: import("../theme.js").Palette, layer?: import("../layers.js").Layer, coming: boolean}} at `layer`: the whole of it, else what the cursor divides */
function drawBand(g, c, { X, Y, by }, { x, y, palette, layer, coming }) {
  const n = layer ? (layer === "past" ? X.length : 0) : c.series.until(c.at);
  g.fillStyle = inkOf(palette, c.hue);
  for (const [from, to, alpha] of [[0, n, 0.2], [Math.max(0, n - 1), coming ? X.length : 0, 0.08]]) {
    /** @type {{px: number, lo: number, hi: number}[]} one a pixel, the widest */
    const columns = [];
    for (let k = from; k < to; k++) {
      if (!Number.isFinite(Y[k])) continue;
      const [px, lo, hi] = [x(X[k]), Y[k] - by[k], Y[k] + by[k]];
      const last = columns[columns.length - 1];
      if (last && Math.floor(px) === Math.floor(last.px)) Object.assign(last, { lo: Math.min(lo, last.lo), hi: Math.max(hi, last.hi) });
      else columns.push({ px, lo, hi });
    }
    g.globalAlpha = alpha;
    g.beginPath();
    for (const { px, hi } of columns) g.lineTo(px, y(hi));
    for (const { px, lo } of columns.reverse()) g.lineTo(px, y(lo));
    g.fill();
  }
  g.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} g @param {Drawn} c @param {{x: Scale, y: Scale, palette: import("../theme.js").Palette, smooth: boolean, thin: boolean, layer?: import("../layers.js").Layer, coming: boolean}} at */
function drawCurve(g, c, { x, y, palette, smooth, thin, layer, coming }) {
  const { X, Y } = c.series;
  const n = layer && !c.pale ? (layer === "past" ? X.length : 0) : c.series.until(c.at);
  g.strokeStyle = inkOf(palette, c.hue);
  g.lineJoin = "round";
  const bold = palette.strong ? 1.5 : 1, pale = palette.strong ? 1.6 : 1; // on a projector hairlines and tints are lost
  if (c.pale) {
    stroke(g, { X, Y: smooth ? c.mean : Y, from: 0, to: n, x, y, width: 1.6 * bold, alpha: 0.3 * pale });
    return cross(g, c, { from: 0, to: n, x, y, palette, alpha: 0.4 * pale });
  }
  if (coming) stroke(g, { X, Y, from: Math.max(0, n - 1), to: X.length, x, y, width: 0.6 * bold, alpha: (thin && smooth ? 0.2 : 0.4) * pale });
  stroke(g, { X, Y, from: 0, to: n, x, y, width: (smooth || thin ? 0.9 : 1.5) * bold, alpha: smooth ? (thin ? 0.2 : 0.55) * pale : 1 });
  if (smooth) stroke(g, { X, Y: c.mean, from: 0, to: n, x, y, width: (thin ? 1.2 : 2) * bold, alpha: 1 });
  if (coming) cross(g, c, { from: n, to: X.length, x, y, palette, alpha: 0.4 * pale });
  cross(g, c, { from: 0, to: n, x, y, palette, alpha: 1 });
}

/** Where a value stands: what is no number at the upper edge, as what is too large. @param {Scale} y @param {number} v */
const height = (y, v) => y(Number.isNaN(v) ? Infinity : v);

/** A hollow cross at the edge for what is not finite; a row of them stands as one, from its first to its last. @param {CanvasRenderingContext2D} g @param {Drawn} c @param {{from: number, to: number, x: Scale, y: Scale, palette: import("../theme.js").Palette, alpha: number}} part */
function cross(g, { series, hue }, { from, to, x, y, palette, alpha }) {
  const { X, Y } = series, odd = series instanceof Mean ? series.odd : null;
  /** @type {{px: number, py: number, last: number}[]} */
  const marks = [];
  for (let k = from; k < to; k++) {
    if (Number.isFinite(Y[k]) && !odd?.[k]) continue;
    const [px, py, mark] = [x(X[k]), height(y, odd ? NaN : Y[k]), marks[marks.length - 1]];
    if (mark && mark.py === py && px - mark.last < 2 * ARM + 2) mark.last = px;
    else marks.push({ px, py, last: px });
  }
  if (!marks.length) return;
  const arm = ARM * (palette.strong ? 1.4 : 1);
  g.globalAlpha = alpha;
  for (const [ink, width] of /** @type {[string, number][]} */ ([[inkOf(palette, hue), 4.4], [palette.css("paper"), 1.5]])) {
    g.strokeStyle = ink;
    g.lineWidth = width * (palette.strong ? 1.3 : 1);
    g.beginPath();
    for (const { px, py, last } of marks) for (const at of last - px > 2 * arm ? [px, last] : [px]) saltire(g, at, py, arm);
    for (const { px, py, last } of marks) {
      if (last - px <= 2 * arm) continue;
      g.moveTo(px, py);
      g.lineTo(last, py);
    }
    g.stroke();
  }
  g.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} g @param {number} px @param {number} py @param {number} arm */
function saltire(g, px, py, arm) {
  g.moveTo(px - arm, py - arm);
  g.lineTo(px + arm, py + arm);
  g.moveTo(px - arm, py + arm);
  g.lineTo(px + arm, py - arm);
}

/** @param {CanvasRenderingContext2D} g @param {Ctx} ctx @param {{m: Moment, x: Scale, series: Series, left: number, h: number}} at */
function drawSteering(g, ctx, { m, x, series, left, h }) {
  const palette = ctx.palette();
  const at = (/** @type {number} */ frame) => x(series.x(ctx.store.position(frame)));
  g.strokeStyle = g.fillStyle = palette.css("live");
  let free = 0;
  const told = new Set();
  for (const mark of marks((m.state.events ?? []).filter(({ frame }) => ctx.coming() || frame <= m.frame), (a, b) => at(b.frame) - at(a.frame) < 8)) {
    const px = Math.round(at(mark.frame)) + 0.5;
    g.lineWidth = 1;
    g.setLineDash([2, 3]);
    g.beginPath();
    g.moveTo(px, 4);
    g.lineTo(px, h - BOTTOM);
    g.stroke();
    g.setLineDash([]);
    const param = paramOf(ctx.info, mark.name) ?? { name: mark.name, kind: "float" };
    const text = handled(param) || `${param.symbol || param.name} ${shown(param, mark.old)} → ${shown(param, mark.new)}`;
    const wide = g.measureText(text).width;
    if (!ctx.first || px < free || told.has(text)) continue; // said once, where there is room
    told.add(text);
    const before = px + 4 + wide > x(x.hi) && px - 4 - wide > Math.max(free, left);
    write(g, text, before ? px - 4 : px + 4, palette.strong ? 11 : 8, before ? "right" : "left");
    free = before ? px : px + wide + 10;
  }
}

/** @param {CanvasRenderingContext2D} g @param {Drawn[]} curves @param {{px: number, x: Scale, y: Scale, h: number, palette: import("../theme.js").Palette}} at */
function drawCursor(g, curves, { px, x, y, h, palette }) {
  g.strokeStyle = palette.css("ink");
  g.lineWidth = palette.strong ? 1.5 : 1;
  g.beginPath();
  g.moveTo(Math.round(px) + 0.5, 2);
  g.lineTo(Math.round(px) + 0.5, h - BOTTOM);
  g.stroke();
  for (const c of curves) {
    const n = c.series.until(c.at);
    if (!n) continue;
    g.beginPath();
    const v = c.series.Y[n - 1], hollow = !Number.isFinite(v);
    g.arc(x(c.series.X[n - 1]), height(y, v), hollow ? 5.4 : 3.4, 0, 2 * Math.PI);
    g.fillStyle = hollow ? "transparent" : inkOf(palette, c.hue);
    g.strokeStyle = hollow ? inkOf(palette, c.hue) : palette.css("paper");
    g.lineWidth = 1.5;
    g.fill();
    g.stroke();
  }
}

/** What was predicted, dashed in ink. @param {CanvasRenderingContext2D} g @param {import("../predict.js").Prediction} curve @param {{x: Scale, y: Scale, palette: import("../theme.js").Palette}} at */
function drawGuess(g, curve, { x, y, palette }) {
  if (curve.empty) return;
  g.strokeStyle = palette.css("ink");
  g.lineWidth = 1.6;
  g.setLineDash([5, 4]);
  g.beginPath();
  let drawing = false;
  curve.y.forEach((v, k) => {
    if (Number.isNaN(v)) drawing = false;
    else if (drawing) g.lineTo(x(curve.x(k)), y(v));
    else {
      g.moveTo(x(curve.x(k)), y(v));
      drawing = true;
    }
  });
  g.stroke();
  g.setLineDash([]);
}

/** What is smoothed and what the scale cuts off is said. @param {Drawn[]} curves @param {Scale} y @param {Ctx["spec"]} spec */
function caption(curves, y, spec) {
  let text = Number(spec.mean) > 1 ? `, mean of ${spec.mean}` : "";
  let [below, above] = [0, 0];
  for (const { series, at } of curves) {
    const n = series.until(at);
    if (typeof spec.lo === "number") for (let k = 0; k < n; k++) if (series.Y[k] < y.lo) below++;
    if (typeof spec.hi === "number") for (let k = 0; k < n; k++) if (series.Y[k] > y.hi) above++;
  }
  if (below && !spec.log) text += `; ${below} below ${plain(y.lo)}`;
  if (above) text += `; ${above} above ${plain(y.hi)}`;
  return text;
}

/**
 * The values at the cursor; each with its name, unless there is one curve only, and will be.
 * @template {{name: string, group?: unknown}} C
 * @param {C[]} curves @param {boolean} several @param {(curve: C) => string} valued
 */
export function readings(curves, several, valued) {
  if (curves.length > ROOM) return "";
  const name = (/** @type {C} */ c) => (several || curves.length > 1 ? `${c.name}${c.group ? ":" : ""} ` : "");
  return curves.map((c) => name(c) + valued(c)).join("   ");
}
