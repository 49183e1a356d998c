/** The words around the figures: header, questions, the line that gives the run again. */
import { copy as copied } from "./copy.js";
import { el, put } from "./dom.js";

/** @import { Branching } from "./branching.js" */
/** @import { Run } from "./run.js" */
/** @import { Info, Moment, Try } from "./types" */

/** @param {Info} info */
export function header(info) {
  return el("header", {}, el("h3", {}, info.title), ...some("span", "cite", info.cite), ...some("p", "watch", info.watch || info.summary));
}

/** @param {"span" | "p"} tag @param {string} name @param {string} [text] */
const some = (tag, name, text) => (text ? [el(tag, { class: name }, text)] : []);

/** @param {Run} run @param {Branching} branching */
export function tries(run, branching) {
  const all = run.info.tries ?? [];
  const node = el("div", { class: "try", role: "group", "aria-label": "Try" }, el("span", {}, "Try"),
    ...all.map((item) => el("button", { type: "button", disabled: run.frozen, onclick: () => void attempt(item) }, question(item))));

  /** @param {Try} item */
  function attempt({ params }) {
    return branching.ask("try", { params: { ...untried(run.info), ...params }, play: true });
  }
  return { node, empty: !all.length };
}

/** One question is one change: what other questions change is as it was by default. @param {Info} info */
function untried({ tries = [], params }) {
  const names = new Set(tries.flatMap((item) => Object.keys(item.params)));
  return Object.fromEntries(params.filter((p) => names.has(p.name)).map((p) => [p.name, p.default]));
}

/** "ε = 0: does it ever leave …?" @param {Try} item */
export function question({ label, question: text }) {
  // A first word in capitals is a name, and stays.
  const lower = /^[A-Z][a-z' ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
  return label && text ? `${label}: ${lower}` : label || text;
}

/** @param {Run} run @param {(words: string) => void} tell @param {HTMLElement[]} more buttons of panes */
export function footer(run, tell, more) {
  const text = el("span"), changes = el("span", { class: "changes" });
  const copy = el("button", { class: "line", type: "button", title: "Copy this line: it gives this run from its start", onclick: () => void copied(whole(), text, tell) },
    el("span", { class: "unseen" }, "Copy the line: "), text, changes);
  const node = el("footer", {}, copy, ...more);

  const whole = () => `${run.state.line ?? ""}${run.state.steering ?? ""}`;

  return {
    node,
    /** @param {Moment} m */
    update({ state }) {
      const n = state.events?.length ?? 0;
      copy.hidden = !state.line; // a recorded loop has no line that gives it again
      put(text, state.line ?? "");
      put(changes, n ? ` + ${n} ${n === 1 ? "change" : "changes"}` : "");
    },
  };
}
