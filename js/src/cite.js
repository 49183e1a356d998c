/** Cite: where the numbers come from. The line that gives the run again, what that lacks, and the paper. */
import { copy } from "./copy.js";
import { el, put } from "./dom.js";
import { plain } from "./format.js";

/** @import { Run } from "./run.js" */
/** @import { Card, Moment, Pane, State } from "./types" */

const MANY = 12; // changes that are listed

/** The kernel is asked when the pane opens, and again when the run has moved. @param {Run} run @param {(words: string) => void} tell @returns {Pane} */
export function citing(run, tell) {
  const said = el("p", { class: "said", "aria-live": "polite" });
  const place = el("div", { class: "card" });
  const node = el("section", { class: "pane citing" }, said, place);
  let shown = "", busy = false;
  if (run.info.compared || (!run.live && !run.info.card)) node.replaceChildren();

  /** @param {State} state */
  const key = ({ status, number, events, place: which, epoch }) => `${status} ${number} ${events.length} ${which} ${epoch}`;

  async function ask() {
    busy = true;
    const asked = key(run.state);
    if (!shown) put(said, "Asking the kernel…");
    const { error, result } = run.live ? await run.do("card") : { error: null, result: run.info.card };
    busy = false;
    shown = asked;
    put(said, result ? "" : (error ?? "The kernel has not answered."));
    if (result) place.replaceChildren(...cardOf(result, tell));
    run.changed();
  }

  return {
    label: "Cite",
    node,
    opened: () => void ask(),
    /** @param {Moment} m */
    update({ state }) {
      if (!shown || busy || key(state) === shown) return;
      if (run.running) put(said, `As it was at frame ${plain(Number(shown.split(" ")[1]))}: the run goes on.`);
      else void ask();
    },
  };
}

/** @param {Card} card @param {(words: string) => void} tell */
function cardOf(card, tell) {
  const { made } = card;
  const lacks = made.lacks.length ? [el("ul", { class: "lacks" }, ...made.lacks.map((text) => el("li", {}, `It lacks ${text}`)))] : [];
  const paper = card.citation ? [el("p", {}, card.citation)] : [];
  return [
    ...quoted("line", card.line, tell),
    ...lacks,
    el("dl", {}, ...facts(card).flatMap(([name, words]) => [el("dt", {}, name), el("dd", {}, words)])),
    ...paper,
    ...quoted("BibTeX", card.bibtex, tell),
  ];
}

/** @param {string} name @param {string} text @param {(words: string) => void} tell */
function quoted(name, text, tell) {
  if (!text) return [];
  const pre = el("pre", { tabindex: 0, role: "region", "aria-label": name === "line" ? "Line" : name }, text);
  return [el("div", { class: "quoted" }, pre, el("button", { class: "link", type: "button", onclick: () => void copy(text, pre, tell) }, `Copy ${name}`))];
}

/** @param {Card} card @returns {[string, string][]} */
function facts({ status, number, seed, params, events, made, frames, hash }) {
  const more = events.length - MANY;
  const changes = events.slice(0, MANY).join("; ") + (more > 0 ? `; and ${more} more` : "");
  const rest = Object.entries(params).filter(([name]) => name !== "seed");
  /** @type {[string, string][]} */
  const all = [
    ["Run", `${status} at frame ${plain(number)}`],
    ["Trace", `SHA-256 ${hash}, ${plain(frames)} ${frames === 1 ? "frame" : "frames"}`],
    ["Seed", seed],
    ["Parameters", rest.map(([name, value]) => `${name} ${value.length > 48 ? `${value.slice(0, 47)}…` : value}`).join(", ")],
    ["Steered", changes],
    ["Data", Object.entries(made.data).map(([name, digest]) => `${name}: SHA-256 ${digest}`).join(", ")],
    ["Device", [made.device, made.machine].filter(Boolean).join("; ")],
    ["Versions", Object.entries(made.versions).map((pair) => pair.join(" ")).join(", ")],
  ];
  return all.filter(([, words]) => words);
}
