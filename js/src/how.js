/** How it works: equations, the code that computes them, and what each symbol is at the frame under the cursor. */
import { el, put } from "./dom.js";
import { formula } from "./equations.js";
import { inspector } from "./symbol.js";

/** @import { Inspector } from "./symbol.js" */
/** @import { Run } from "./run.js" */
/** @import { Equation, Info, Moment, Pane, Source } from "./types" */

const ABOVE = 3; // lines of code over the first that computes an equation
const KINDS = ["keyword", "comment", "text", "number"]; // of words of code

/** @param {Run} run @returns {Pane & {to(n: number | string): void}} */
export function how(run) {
  const { info } = run;
  const node = el("section", { class: "pane how" });
  const tip = inspector(run);
  const links = linked();
  const laws = (info.equations ?? []).map((equation) => law(equation, tip, links));
  const said = el("p", { class: "said", "aria-live": "polite", hidden: true });
  const place = el("div", { class: "source" }, said);
  if (info.summary) node.append(el("p", {}, `${info.title}: ${info.summary}`));
  node.append(...laws);
  if (node.childElementCount || !info.fixed) node.append(place);
  node.append(...letters(info, tip), ...citation(info));
  if (node.childElementCount) node.append(tip.node);

  let asked = false;
  async function fetch() {
    asked = true;
    const { error, result } = info.source ? { error: null, result: info.source } : run.live ? await run.do("source") : { error: null, result: null };
    asked = Boolean(result);
    const why = result ? result.why : error;
    said.hidden = Boolean(result?.lines);
    put(said, why ? `Its code cannot be shown: ${why}.` : "Its code is not on this page.");
    if (Array.isArray(result?.lines)) place.replaceChildren(...code(result, tip, links));
    run.changed();
  }

  return {
    label: "How it works",
    node,
    opened() {
      if (!asked) void fetch();
    },
    closed: () => tip.hide(),
    update: (/** @type {Moment} */ m) => tip.update(m),
    to: (n) => links.choose(String(n)),
  };
}

/** Equations and the lines that compute them: each lights up with the other. */
function linked() {
  /** @type {Map<string, {law?: HTMLElement, lines: HTMLElement[]}>} */
  const all = new Map();
  const of = (/** @type {string} */ n) => all.get(n) ?? (all.set(n, { lines: [] }), /** @type {{law?: HTMLElement, lines: HTMLElement[]}} */ (all.get(n)));
  let chosen = "";

  /** @param {string} n */
  function light(n) {
    for (const [key, { law, lines }] of all) for (const part of [law, ...lines]) part?.classList.toggle("lit", key === n);
  }

  /** @param {HTMLElement} part @param {string} n */
  function watch(part, n) {
    for (const enter of ["pointerenter", "focusin"]) part.addEventListener(enter, () => light(n));
    for (const leave of ["pointerleave", "focusout"]) part.addEventListener(leave, () => light(chosen));
  }

  return {
    of,
    watch,
    /** To the line of code; before that is here, as soon as it comes. @param {string} n */
    choose(n) {
      chosen = n;
      light(n);
      const [line] = of(n).lines;
      const pre = line?.closest("pre");
      if (pre) pre.scrollTop = line.offsetTop - pre.clientHeight / 3;
      if (pre) pre.scrollLeft = 0;
      line?.querySelector("button")?.focus({ preventScroll: true });
      (pre ?? of(n).law)?.scrollIntoView?.({ block: "nearest" });
    },
    get chosen() {
      return chosen;
    },
    /** Back to the equation. @param {string} n */
    back(n) {
      chosen = n;
      light(n);
      of(n).law?.scrollIntoView?.({ block: "nearest" });
      of(n).law?.querySelector("button")?.focus({ preventScroll: true });
    },
  };
}
/** @typedef {ReturnType<typeof linked>} Links */

/** @param {Equation} equation @param {Inspector} tip @param {Links} links */
function law(equation, tip, links) {
  const n = String(equation.n);
  const { math } = formula(equation, () => false, (symbol, name) => {
    if (!tip.knows(name)) return;
    symbol.setAttribute("class", "sym");
    symbol.setAttribute("tabindex", "0");
    tip.attach(symbol, name);
  });
  const number = el("button", { class: "n", type: "button", disabled: true, title: "To the line of code", onclick: () => links.choose(n) }, `(${n})`);
  const row = el("div", { class: "eq" }, number, math, el("span", { class: "say" }, equation.words ?? ""));
  links.of(n).law = row;
  links.watch(row, n);
  return row;
}

/** @param {Source} source @param {Inspector} tip @param {Links} links */
function code(source, tip, links) {
  const { lines = [], equations = {}, first = 1, file = "" } = source;
  /** @type {Map<number, string[]>} */
  const computes = new Map();
  for (const [n, where] of Object.entries(equations)) for (const k of where) computes.set(k, [...(computes.get(k) ?? []), n]);
  const rows = lines.map((words, k) => line(words, first + k, computes.get(k) ?? [], tip, links));
  const numbered = lines.findIndex((_, k) => computes.has(k)), opens = numbered < 0 ? (source.at ?? 0) : Math.max(0, numbered - ABOVE);
  const title = file ? `${file}, from line ${first}` : "The function";
  const pre = el("pre", { tabindex: 0, role: "region", "aria-label": `Code: ${title}`, onscroll: () => tip.follow() }, ...rows);
  requestAnimationFrame(() => {
    if (links.chosen) links.choose(links.chosen);
    else pre.scrollTop = Math.max(0, (rows[opens]?.offsetTop ?? 0) - 4);
  });
  return [el("p", { class: "file" }, title), pre];
}

/** @param {[string, string][]} words @param {number} number @param {string[]} ns @param {Inspector} tip @param {Links} links */
function line(words, number, ns, tip, links) {
  const marks = ns.map((n) => el("button", { class: "n", type: "button", title: "To the equation", "aria-label": `(${n}) line ${number}`, onclick: () => links.back(n) }, `(${n})`));
  const row = el("div", { class: "ln" }, el("span", { class: "no", "aria-hidden": "true" }, String(number)), el("span", { class: "marks" }, ...marks),
    el("code", {}, ...words.map(([kind, text]) => word(String(kind), String(text), ns.length > 0, tip)), "\n"));
  for (const n of ns) {
    const link = links.of(n);
    link.lines.push(row);
    links.watch(row, n);
    const button = link.law?.querySelector("button");
    if (button) button.disabled = false;
  }
  return row;
}

/** @param {string} kind @param {string} text @param {boolean} reached by keys, where the line computes an equation @param {Inspector} tip */
function word(kind, text, reached, tip) {
  if (kind !== "name" || !tip.knows(text)) return KINDS.includes(kind) ? el("span", { class: kind }, text) : text;
  const symbol = el("span", { class: "sym", tabindex: reached ? 0 : -1 }, text);
  tip.attach(symbol, text);
  return symbol;
}

/** What the letters mean. @param {Info} info @param {Inspector} tip */
function letters(info, tip) {
  const where = Object.entries(info.where ?? {});
  if (!where.length) return [];
  return [el("dl", {}, ...where.flatMap(([name, words]) => {
    const symbol = el("span", {}, symbolOf(info, name));
    if (tip.knows(name)) {
      symbol.className = "sym";
      symbol.tabIndex = 0;
      tip.attach(symbol, name);
    }
    return [el("dt", {}, symbol), el("dd", {}, words)];
  }))];
}

/** @param {Info} info @param {string} name */
const symbolOf = (info, name) => info.params.find((param) => param.name === name)?.symbol || name;

/** @param {Info} info */
function citation({ citation: text, doi }) {
  if (!text && !doi) return [];
  const place = el("p", {}, (text ?? "").replace(`doi:${doi}`, "").trim());
  if (doi && /^10\.\S+$/.test(doi)) place.append(" ", el("a", { href: `https://doi.org/${encodeURI(doi)}`, target: "_blank", rel: "noopener" }, `doi:${doi}`));
  return [place];
}
