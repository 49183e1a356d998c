/** One control for each parameter. It shows what is in force at the cursor. */
import { el, put, set, unique } from "./dom.js";
import { drawFace } from "./draw.js";
import { instead, steered } from "./force.js";
import { after } from "./lanes.js";
import { plain, points, shown } from "./format.js";

/** @import { Branching } from "./branching.js" */
/** @import { Cursor } from "./cursor.js" */
/** @import { Run } from "./run.js" */
/** @import { Moment, Param } from "./types" */
/** @typedef {{node: HTMLElement, show(value: any): void}} Face what a kind of control looks like */
/** @typedef {(value: unknown, final: boolean) => unknown} Change */

const LOG_STEPS = 400;
const SETTLE = 600; // ms for the run's own word to arrive after its answer

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @param {Run} run @param {Cursor} cursor @param {Branching} branching @param {(param: Param) => void} paint */
export function controls(run, cursor, branching, paint) {
  const { info } = run;
  const empty = (/** @type {Param} */ param) => param.kind === "opaque" && run.state.params[param.name] == null; // nothing to show or to edit
  const params = info.params.filter((param) => (!info.controls || info.controls.includes(param.name)) && !empty(param));
  params.sort((a, b) => Number(a.kind === "grid") - Number(b.kind === "grid")); // a board's row is short: it comes last
  const all = params.map((param) => control(param, run, cursor, branching, paint));
  const varied = all.filter((c) => varies(run, c.param)), rest = all.filter((c) => !varied.includes(c));
  const live = rest.filter((c) => c.param.live), fixed = rest.filter((c) => !c.param.live);
  const idle = el("p", { class: "hint", hidden: true });
  const node = el("div", { class: "side" }, ...group("Recorded for each of these values", varied), ...group(run.frozen ? "Could be changed while it ran" : "Live: change while it runs", live),
    ...group(run.frozen ? "Fixed from the start" : "Changes below restart the run", fixed), idle);
  return {
    node,
    empty: !all.length,
    /** @param {Moment} m */
    update(m) {
      const moved = steered(m.state, cursor.following ? Infinity : m.frame);
      for (const c of all) c.update(m, moved.has(c.param.name));
      put(idle, idleWords(all, m));
      idle.hidden = !idle.textContent;
    },
  };
}

/** Takes away what has no effect, and says so. @param {{param: Param, node: HTMLElement}[]} all @param {Moment} m */
function idleWords(all, m) {
  const bound = all.filter(({ param }) => param.unless);
  for (const { param, node } of bound) node.hidden = Boolean(instead(param, m.params));
  const gone = bound.filter(({ node }) => node.hidden).map(({ param }) => param);
  const given = gone.length ? String(instead(gone[0], m.params)) : "";
  return given ? `With ${{ data: "", image: "an " }[given] ?? "a "}${given} given, no effect of ${gone.map((param) => param.name).join(", ")}.` : "";
}

/** @param {string} title @param {{node: HTMLElement}[]} items */
function group(title, items) {
  return items.length ? [el("p", { class: "group" }, title), ...items.map((item) => item.node)] : [];
}

/** Does a change act at the head? Also where a run that is done answers it. @param {Run} run @param {Param} param */
export const steers = (run, param) => Boolean(param.live) && (!run.ended || (run.state.answers ?? []).includes(param.name));

/** @param {Param} param @param {Run} run @param {Cursor} cursor @param {Branching} branching @param {(param: Param) => void} paint */
function control(param, run, cursor, branching, paint) {
  /** @type {{value: unknown, answered: number} | null} what the hand holds, until the run has it */
  let held = null;
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const values = varies(run, param);
  const face = values ? variedFace(param, values, change) : faceOf(param, change, hasCanvas(run, param) ? () => paint(param) : null, run.frozen);
  face.node.append(wrong);

  /** @param {unknown} value @param {boolean} final @returns {Promise<void>} */
  async function change(value, final) {
    const eager = values || (steers(run, param) && cursor.atHead) || run.whole;
    if (held && final && same(held.value, value) && eager) return look(); // sent while it was dragged
    if (!held && final && run.whole && same(run.state.params[param.name], value)) return;
    held = { value, answered: 0 };
    if (!eager && !final) return face.show(value);
    const mine = held;
    const { error } = await apply(run, cursor, branching, param, value);
    wrong.hidden = !error;
    put(wrong, error ?? "");
    if (error && held === mine) held = null;
    mine.answered = performance.now();
    cursor.changed();
    if (final && !error) void look();
  }

  /** A drawing asks: a run that stands still goes on by one frame, to answer. */
  async function look() {
    if (param.kind !== "image") return;
    while (run.setting.has(param.name)) await new Promise((resolve) => setTimeout(resolve, 20));
    if (steers(run, param) && run.canGo && !run.running) void run.do("step", { step: cursor.steps[0].name });
  }

  return {
    param,
    node: face.node,
    /** @param {Moment} m @param {boolean} moved */
    update(m, moved) {
      face.node.classList.toggle("steered", moved);
      const value = m.params[param.name];
      if (held?.answered && (same(held.value, value) || performance.now() - held.answered > SETTLE)) held = null;
      face.show(held ? held.value : value);
    },
  };
}

/** Another one restarts the run, and so does a live one when the run has ended; what was steered stays. @param {Run} run */
function steering({ state, info }) {
  const live = info.params.filter((p) => p.live && !same(state.params[p.name], state.start[p.name]));
  return Object.fromEntries(live.map((p) => [p.name, state.params[p.name]]));
}

/** Can it be painted, or drawn in one of the figures? @param {Run} run @param {Param} param */
const hasCanvas = (run, param) => param.kind === "grid" || run.info.views.some((view) => view.draws === param.name);

/** Is the past, or the end, where a change of this parameter would act? What is drawn asks the newest frame. @param {Run} run @param {Cursor} cursor @param {Param} param */
const branches = (run, cursor, param) =>
  Boolean(param.live) && !run.frozen && !run.whole && param.kind !== "image" && !hasCanvas(run, param) && (run.ended ? !steers(run, param) : !cursor.atHead);

/**
 * A live parameter acts at the newest frame; where the cursor stands in the past, a branch begins there.
 * @param {Run} run @param {Cursor} cursor @param {Branching} branching @param {Param} param @param {unknown} value
 */
export function apply(run, cursor, branching, param, value) {
  if (varies(run, param)) return vary(run, cursor, param, value);
  if (branches(run, cursor, param)) return branching.from(param.name, value);
  if (!steers(run, param)) {
    const play = cursor.moving || param.kind === "image"; // who draws wants an answer
    cursor.restart();
    return run.restart({ ...steering(run), [param.name]: value }, { play, ...cursor.asked() });
  }
  if (!cursor.following) cursor.toHead();
  return run.set(param.name, value);
}

/** The values of a parameter whose runs are recorded. @param {Run} run @param {Param} param */
const varies = (run, param) => run.info.vary?.[param.name];

/** Shows the run with that value; the cursor stays after as many units, or at its frame. @param {Run} run @param {Cursor} cursor @param {Param} param @param {unknown} value */
async function vary(run, cursor, param, value) {
  const { step: { column }, following } = cursor;
  const done = column ? run.store.units(column).finished(cursor.position) : 0;
  const answer = await run.do("vary", { name: param.name, value });
  if (column && !following && !answer.error) cursor.go(after(run.store, column, done));
  return answer;
}

/** One of some values: a slider that stops at each, or a menu where they are no numbers. @param {Param} param @param {unknown[]} values @param {Change} change @returns {Face} */
function variedFace(param, values, change) {
  if (!values.every((value) => typeof value === "number")) return choiceFace({ ...param, choices: values }, change, false);
  const sorted = [...values].sort((a, b) => a - b), last = sorted.length - 1;
  const input = el("input", { type: "range", min: 0, max: last, step: 1, disabled: !last });
  const out = el("span", { class: "out", "aria-hidden": "true" });
  const node = row(param, input, out, input,
    el("span", { class: "ends", "aria-hidden": "true" }, el("span", {}, plain(sorted[0])), el("span", {}, plain(sorted[last]))));
  const show = (/** @type {number} */ value) => {
    const at = String(Math.max(0, sorted.indexOf(value)));
    if (input.value !== at) input.value = at;
    put(out, shown(param, value));
    input.setAttribute("aria-valuetext", shown(param, value));
  };
  for (const event of ["input", "change"]) input.addEventListener(event, () => {
    const value = sorted[Number(input.value)];
    show(value);
    change(value, event === "change");
  });
  return { node, show };
}

/** @param {Param} param @param {Change} change @param {(() => void) | null} paint where it is drawn @param {boolean} off @returns {Face} */
function faceOf(param, change, paint, off) {
  const { kind } = param;
  if (kind === "grid") return gridFace(param, paint ?? (() => {}), off);
  if (kind === "points") return pointsFace(param, change, paint, off);
  if (kind === "image") return drawFace(param, { name: accessible(param), label: named(param) }, change, off);
  if (["table", "opaque", "secret", "run"].includes(kind)) return fixedFace(param);
  if (kind === "bool") return boxFace(param, change, off);
  if (kind === "choice") return choiceFace(param, change, off);
  if (kind === "text") return textFace(param, change, off);
  const ranged = (kind === "float" || kind === "int") && param.lo != null && param.hi != null;
  return ranged ? sliderFace(param, change, off) : fieldFace(param, change, off);
}

/** @param {Param} param */
const accessible = (param) => (param.label && param.label !== param.name ? `${param.name} ${param.label}` : param.name);

/** @param {Param} param @returns {(Node | string)[]} */
function named(param) {
  const words = param.label || (param.symbol ? "" : param.name);
  return param.symbol ? [el("i", { "aria-hidden": "true" }, param.symbol), words] : [words];
}

/** @param {Param} param @param {HTMLElement} input @param {...Node} more */
function row(param, input, ...more) {
  input.id = unique("mlw-param");
  input.setAttribute("aria-label", accessible(param));
  return el("div", { class: "param" }, el("label", { for: input.id }, ...named(param)), ...more);
}

/** @param {Param} param @param {Change} change @param {boolean} off @returns {Face} */
function sliderFace(param, change, off) {
  const scale = sliderScale(param);
  const input = el("input", { type: "range", min: scale.min, max: scale.max, step: scale.step, disabled: off });
  const out = el("span", { class: "out", "aria-hidden": "true" });
  const node = row(param, input, out, input,
    el("span", { class: "ends", "aria-hidden": "true" }, el("span", {}, plain(param.lo ?? 0)), el("span", {}, plain(param.hi ?? 1))));
  let now = NaN;
  const show = (/** @type {number} */ value) => {
    const at = String(scale.to(value));
    now = value;
    if (input.value !== at) input.value = at;
    put(out, shown(param, value));
    input.setAttribute("aria-valuetext", shown(param, value));
  };
  const take = (/** @type {boolean} */ final) => {
    const value = movedTo(scale, now, Number(input.value));
    show(value);
    change(value, final);
  };
  input.addEventListener("input", () => take(false));
  input.addEventListener("change", () => take(true));
  return { node, show };
}

/**
 * The value at a slider's place, or, where rounding makes that the one in force, the next other one: no key is lost.
 * @param {ReturnType<typeof sliderScale>} scale @param {number} now @param {number} k
 */
export function movedTo(scale, now, k) {
  const by = Math.sign(k - scale.to(now)) * scale.step;
  if (by === 0) return now;
  let at = k;
  while (scale.from(at) === now && at + by >= scale.min && at + by <= scale.max) at += by;
  return scale.from(at);
}

/** A logarithmic slider runs over exponents. @param {Param} param */
export function sliderScale({ kind, lo, hi, step, log }) {
  const [a, b] = [lo ?? 0, hi ?? 1];
  if (!log || a <= 0) {
    const by = step || (kind === "int" ? 1 : (b - a) / 100);
    const round = (/** @type {number} */ v) => (kind === "int" ? Math.round(v) : v);
    return { min: a, max: b, step: by, to: (/** @type {number} */ v) => v, from: round };
  }
  const span = Math.log(b / a);
  return {
    min: 0, max: LOG_STEPS, step: 1,
    to: (/** @type {number} */ v) => Math.round((LOG_STEPS * Math.log(v / a)) / span),
    from: (/** @type {number} */ k) => {
      const v = a * Math.exp((span * k) / LOG_STEPS);
      return kind === "int" ? Math.round(v) : Math.max(a, Math.min(b, Number(v.toPrecision(2))));
    },
  };
}

/** @param {Param} param @param {Change} change @param {boolean} off @returns {Face} */
function fieldFace(param, change, off) {
  const numeric = param.kind === "float" || param.kind === "int";
  const long = !numeric;
  const input = el("input", { class: long ? "field long" : "field", type: "text", inputmode: numeric ? "decimal" : null, disabled: off, spellcheck: "false", autocomplete: "off" });
  const node = row(param, input, input);
  node.classList.toggle("long", long);
  input.addEventListener("change", () => change(parsed(param, input.value), true));
  const root = () => /** @type {ShadowRoot} */ (input.getRootNode()).activeElement;
  const text = (/** @type {any} */ v) => (numeric ? plain(v).replace("−", "-") : Array.isArray(v) ? v.join(", ") : String(v ?? ""));
  return { node, show: (value) => void (root() !== input && input.value !== text(value) && (input.value = text(value))) };
}

/** What is not a number is sent as typed: the run says what is allowed. @param {Param} param @param {string} text */
export function parsed(param, text) {
  const trimmed = text.trim().replace(/−/g, "-");
  const one = (/** @type {string} */ t) => (t !== "" && Number.isFinite(Number(t)) ? Number(t) : t);
  if (param.kind === "float" || param.kind === "int") return one(trimmed);
  if (param.kind === "list") return trimmed ? trimmed.replace(/^\[|\]$/g, "").split(",").map((t) => one(t.trim())) : [];
  return text;
}

/** @param {Param} param @param {Change} change @param {boolean} off @returns {Face} */
function boxFace(param, change, off) {
  const input = el("input", { type: "checkbox", disabled: off, onchange: () => change(input.checked, true) });
  return { node: row(param, input, input), show: (value) => void (input.checked = Boolean(value)) };
}

/** @param {Param} param @param {Change} change @param {boolean} off @returns {Face} */
function choiceFace(param, change, off) {
  const choices = param.choices ?? [];
  const input = el("select", { disabled: off }, ...choices.map((choice, k) => el("option", { value: k }, String(choice))));
  const other = el("option", { value: -1, hidden: true, disabled: true }); // what was given, and is none of them
  input.append(other);
  input.addEventListener("change", () => change(choices[Number(input.value)], true));
  const show = (/** @type {unknown} */ value) => {
    const k = choices.indexOf(value);
    put(other, k < 0 ? String(value ?? "–").slice(0, 40) : "");
    input.value = String(k);
  };
  return { node: row(param, input, input), show };
}

/** @param {Param} param @param {Change} change @param {boolean} off @returns {Face} */
function textFace(param, change, off) {
  const input = el("textarea", { rows: Math.min(8, param.rows ?? 4), disabled: off, spellcheck: "false" });
  input.addEventListener("input", () => change(input.value, false));
  input.addEventListener("change", () => change(input.value, true));
  const node = row(param, input, input);
  node.classList.add("long");
  const busy = () => /** @type {ShadowRoot} */ (input.getRootNode()).activeElement === input;
  return { node, show: (value) => void (!busy() && input.value !== value && (input.value = String(value ?? ""))) };
}

/** @param {Param} param @param {() => void} paint @param {boolean} off @returns {Face} */
function gridFace(param, paint, off) {
  const button = el("button", { class: "act", type: "button", "aria-label": `${accessible(param)}: Paint…`, hidden: off, onclick: paint }, "Paint…");
  return { node: el("div", { class: "param" }, el("span", { class: "name" }, ...named(param)), button), show: () => {} };
}

/** A menu of sets, and what is none of them; drawn in the figure that has tools for it. @param {Param} param @param {Change} change @param {(() => void) | null} draw @param {boolean} off @returns {Face} */
function pointsFace(param, change, draw, off) {
  const own = el("option", { value: "" });
  const input = el("select", { disabled: off }, ...(param.choices ?? []).map((choice) => el("option", { value: String(choice) }, String(choice))), own);
  const button = el("button", { class: "act", type: "button", "aria-label": `${accessible(param)}: Draw`, onclick: () => draw?.() }, "Draw");
  input.addEventListener("change", () => input.value && change(input.value, true));
  const show = (/** @type {any} */ value) => {
    const said = points(value), none = value && typeof value === "object" && !value.name && !value.count && !value.xy?.length;
    const set = none ? "none" : (param.choices ?? []).includes(said) ? said : "";
    own.hidden = Boolean(set);
    put(own, set ? "" : said.includes("point") ? `your own, ${said}` : said);
    if (input.value !== set) input.value = set;
  };
  const node = row(param, input, ...(draw && !off ? [button] : []), input);
  node.classList.add("points");
  return { node, show };
}

/** "150 rows × 4 columns"; of a wide table not all columns are named. @param {any} value */
export function told(value) {
  if (value?.rows && Array.isArray(value.columns)) return `${value.rows} rows × ${value.wide ?? value.columns.length} columns`;
  return typeof value === "object" && value ? JSON.stringify(value).slice(0, 80) : String(value ?? "–");
}

/** @param {Param} param @returns {Face} */
function fixedFace(param) {
  const out = el("span", { class: "fixed" });
  const node = el("div", { class: "param" }, el("span", { class: "name" }, ...named(param)), out);
  set(node, { role: "group", "aria-label": accessible(param) });
  const show = (/** @type {unknown} */ value) => {
    node.hidden = value == null; // nothing was given, and nothing can be done here
    put(out, told(value));
  };
  return { node, show };
}
