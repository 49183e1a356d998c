/** Attention heads as small matrices or as threads; one can be enlarged, and switched off. */
import { canvasIn, pointer, widthOf } from "../canvas.js";
import { el, put, set } from "../dom.js";
import { cell as cellText, num } from "../format.js";
import { thinned } from "../table.js";
import { strongest, weightsOf } from "../weights.js";
import { drawMatrix, matrixAt, matrixLayout } from "./matrices.js";
import { drawThreads, threadAt, threadLayout } from "./threads.js";

/** @import { Ctx, Moment, View } from "../types" */
/** @import { Weights } from "../weights.js" */
/** @typedef {{h: number, t: number, s: number}} Place a head, a token it is seen from, a token seen; -1 for none */
/** @typedef {{x: number, y: number, h: number}} Panel */
/**
 * @typedef {{
 *   panels: Panel[], w: number, h: number, step: number, wide: number, left: number, top: number, height: number,
 *   labels: boolean, upright: boolean, title: number,
 * }} Layout `step`, `wide`: how high and how wide a token is; `title`: room for a head's name
 */
/** @typedef {{weights: Weights, tokens: string[], layout: Layout, palette: import("../theme.js").Palette, place: Place}} Scene */

const NOWHERE = { h: -1, t: -1, s: -1 };
const WIDE = 64; // columns of the data table

/** @param {Ctx} ctx @returns {View} */
export function heads(ctx) {
  const { spec, store, body } = ctx;
  const column = store.column(spec.columns[0]);
  const { canvas, open } = canvasIn(body);
  let threads = spec.mode === "threads";
  let big = -1;
  /** @type {Place} */
  let place = NOWHERE;
  /** @type {Weights | null} */
  let weights = null;
  /** @type {Layout} */
  let layout;
  /** @type {Moment} */
  let moment;
  /** @type {string[]} */
  let tokens = [];
  /** @type {string[]} */
  let names = [];
  const bar = toolbar(ctx, {
    mode: (now) => change(() => (threads = now)),
    all: () => change(() => (big = -1)),
  });
  const titles = titlesOver(ctx, bar.node, (h) => change(() => (big = big === h ? -1 : h)));

  body.tabIndex = 0;
  body.addEventListener("keydown", key);
  body.addEventListener("blur", () => go(NOWHERE));
  body.addEventListener("click", () => place.h >= 0 && enlarge(place.h));
  pointer(body, { hover: (x, y) => go(hit(x, y)), leave: () => go(NOWHERE) });
  canvas.style.cursor = "crosshair";

  /** @param {() => void} act */
  function change(act) {
    act();
    place = NOWHERE;
    if (moment) update(moment);
  }

  /** @param {number} h */
  function enlarge(h) {
    if ((weights?.H ?? 1) > 1) change(() => (big = big === h ? -1 : h));
  }

  /** @param {Moment} m */
  function update(m) {
    const cell = store.array(column.name, m.position);
    if (!cell) return;
    if (cell !== weights?.cell) weights = weightsOf(cell);
    moment = m;
    tokens = texts(ctx, spec.tokens, m.position);
    names = texts(ctx, spec.heads, m.position);
    if (big >= weights.H) big = -1;
    paint(weights);
  }

  /** @param {Weights} weights */
  function paint(weights) {
    const palette = ctx.palette();
    const width = widthOf(body);
    const shape = { H: weights.H, T: weights.T, big, width, words: widest(tokens) };
    layout = threads ? threadLayout(shape) : matrixLayout(shape);
    const { g } = open(layout.height);
    const off = switchedOff(ctx, moment);
    const scene = { weights, tokens, layout, palette, place };
    for (const panel of layout.panels) {
      g.save();
      if (off.includes(panel.h)) g.globalAlpha = 0.22;
      (threads ? drawThreads : drawMatrix)(g, scene, panel);
      g.restore();
    }
    bar.update(threads, big >= 0);
    const wordless = layout.labels ? "" : "words where you point";
    ctx.say(said(ctx, moment, weights, threads, wordless), place.h >= 0 ? words(place) : `${num(weights.signed ? weights.lo : 0)} to ${num(weights.hi)}`);
    titles.update({ layout, names, off: switchable(ctx, moment) ? off : null, big, several: weights.H > 1 });
  }

  /** @param {number} x @param {number} y @returns {Place} */
  const hit = (x, y) => (!weights ? NOWHERE : threads ? threadAt(layout, weights.T, x, y) : matrixAt(layout, weights.T, x, y));

  /** @param {Place} next */
  function go(next) {
    if (!weights || (next.h === place.h && next.t === place.t && next.s === place.s)) return;
    place = next;
    paint(weights);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (!weights || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = STEPS[event.key];
    const leaves = event.key === "Escape" && big >= 0;
    if (!step && !leaves && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (!step) return leaves ? change(() => (big = -1)) : enlarge(Math.max(0, place.h));
    const from = place.h < 0 ? { h: Math.max(0, big), t: 0, s: 0 } : { h: place.h, t: within(place.t + step[0], weights.T), s: within(place.s + step[1], weights.T) };
    go(from);
    ctx.tell(words(from));
  }

  /** @param {Place} p */
  function words({ h, t, s }) {
    if (!weights) return "";
    const who = weights.H > 1 ? `${headName(names, h)}: ` : "";
    if (t < 0 || s < 0) return `${who}${t < 0 ? `seen by all: ${tokens[s] ?? s}` : `from ${tokens[t] ?? t}`}`;
    const k = (h * weights.T + t) * weights.T + s;
    return `${who}${tokens[t] ?? t} → ${tokens[s] ?? s}: ${weights.level(k) < 0 ? "masked" : num(weights.value(k))}`;
  }

  const summary = () => {
    const all = weights;
    if (!all) return "Attention, not here yet.";
    const { H, T } = all;
    const best = Array.from({ length: Math.min(H, 16) }, (_, h) => {
      const k = strongest(all, h * T * T, T * T);
      return k < 0 ? "" : words({ h, t: Math.floor((k % (T * T)) / T), s: k % T });
    });
    const step = text(ctx, spec.says, moment.position);
    return `${H === 1 ? "One head" : `${H} heads`}, ${T} ${T === 1 ? "token" : "tokens"}${step ? `, ${step}` : ""}. Strongest: ${best.filter(Boolean).join("; ")}.`;
  };

  const rows = () => {
    if (!weights) return { head: [column.name], body: [] };
    const { H, T, value, level } = weights;
    const all = thinned(H * T), wide = Math.min(T, WIDE);
    return {
      head: ["from", ...Array.from({ length: wide }, (_, s) => tokens[s] ?? String(s))],
      body: all.picked.map((r) => [
        (H > 1 ? `${headName(names, Math.floor(r / T))}: ` : "") + (tokens[r % T] ?? r % T),
        ...Array.from({ length: wide }, (_, s) => (level(r * T + s) < 0 ? "–" : cellText(value(r * T + s), ""))),
      ]),
      note: [all.note, wide < T ? `${wide} of ${T} columns` : ""].filter(Boolean).join(", "),
    };
  };
  const dispose = () => {
    bar.node.remove();
  };
  return { update, summary, rows, dispose };
}

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** @param {number} k @param {number} n */
const within = (k, n) => Math.max(0, Math.min(n - 1, k));

/** @param {Ctx} ctx @param {unknown} name @param {number} position @returns {string[]} */
function texts({ store }, name, position) {
  const value = typeof name === "string" && store.columns.has(name) ? store.row(name, position) : null;
  return Array.isArray(value) ? value.map(String) : [];
}

/** @param {Ctx} ctx @param {unknown} name @param {number} position */
function text({ store }, name, position) {
  const value = typeof name === "string" ? store.row(name, position) : null;
  return typeof value === "string" ? value : "";
}

/** @param {string[]} names @param {number} h */
export const headName = (names, h) => names[h] || `head ${h}`;

/** What the picture is, after the title. @param {Ctx} ctx @param {Moment} moment @param {Weights} weights @param {boolean} threads @param {string} wordless */
function said(ctx, moment, { T, root }, threads, wordless) {
  const step = text(ctx, ctx.spec.says, moment.position);
  const more = [step, root ? "colour: √weight" : "", threads && T > 64 ? "the strongest threads" : "", wordless];
  return more.filter(Boolean).map((part) => ` · ${part}`).join("");
}

/** The longest of the tokens, in letters. @param {string[]} tokens */
const widest = (tokens) => Math.min(14, tokens.reduce((most, token) => Math.max(most, token.length), 1));

/** @param {Ctx} ctx @param {Moment} m @returns {number[]} */
function switchedOff({ spec }, m) {
  const value = typeof spec.ablate === "string" ? m.params[spec.ablate] : null;
  return Array.isArray(value) ? value.map(Number) : [];
}

/** @param {Ctx} ctx @param {Moment} m */
function switchable({ spec, info, frozen }, m) {
  const there = info.params.some((param) => param.name === spec.ablate);
  return there && !frozen && (typeof spec.unless !== "string" || m.params[spec.unless] == null);
}

/** A number in a sorted list, or out of it. @param {number[]} list @param {number} h */
export const toggled = (list, h) => (list.includes(h) ? list.filter((k) => k !== h) : [...list, h].sort((a, b) => a - b));

/** @param {Ctx} ctx @param {{mode(threads: boolean): void, all(): void}} does */
function toolbar({ body }, does) {
  const matrices = el("button", { type: "button", onclick: () => does.mode(false) }, "Matrices");
  const threads = el("button", { type: "button", onclick: () => does.mode(true) }, "Threads");
  const all = el("button", { type: "button", class: "link", hidden: true, onclick: () => does.all() }, "All heads");
  const node = el("div", { class: "heads-bar" }, el("span", { role: "group", "aria-label": "Show heads as" }, matrices, threads), all);
  body.before(node);
  return {
    node,
    /** @param {boolean} asThreads @param {boolean} big */
    update(asThreads, big) {
      set(matrices, { "aria-pressed": String(!asThreads) });
      set(threads, { "aria-pressed": String(asThreads) });
      all.hidden = !big;
    },
  };
}

/** The heads' names over the canvas: a button to enlarge each, and its switch. @param {Ctx} ctx @param {HTMLElement} above the canvas, below a caption that may grow @param {(h: number) => void} enlarge */
function titlesOver(ctx, above, enlarge) {
  const node = el("div", { class: "heads-over" });
  above.append(node);
  /** @type {{node: HTMLElement, name: HTMLElement, toggle: HTMLElement, h: number}[]} */
  const made = [];
  /** @type {number[]} */
  let offNow = [];

  function make() {
    const name = el("button", { type: "button", class: "head-name", onclick: () => enlarge(item.h) });
    const toggle = el("button", { type: "button", class: "head-switch", role: "switch", onclick: () => ctx.set(String(ctx.spec.ablate), toggled(offNow, item.h)) });
    const item = { node: el("div", { class: "head-title" }, name, toggle), name, toggle, h: 0 };
    node.append(item.node);
    made.push(item);
  }

  return {
    /** @param {{layout: Layout, names: string[], off: number[] | null, big: number, several: boolean}} now */
    update({ layout, names, off, big, several }) {
      const count = several ? layout.panels.length : 0;
      offNow = off ?? [];
      while (made.length < count) make();
      while (made.length > count) made.pop()?.node.remove();
      layout.panels.slice(0, count).forEach((panel, k) => {
        const item = made[k], said = headName(names, panel.h), on = !offNow.includes(panel.h);
        item.h = panel.h;
        Object.assign(item.node.style, { left: `${panel.x}px`, top: `${panel.y - layout.title}px`, width: `${layout.w}px` });
        put(item.name, said);
        set(item.name, { "aria-label": `${big < 0 ? "Enlarge" : "Shrink"} ${said}`, title: said, "aria-pressed": String(big === panel.h) });
        item.toggle.hidden = !off;
        put(item.toggle, on ? "on" : "off");
        set(item.toggle, { "aria-checked": String(on), "aria-label": `${said} on`, title: on ? "Switch this head off" : "Switch this head on" });
      });
    },
  };
}
