/** Verify: what our code and the reference make of the same inputs, and how far they are apart. */
import { el, put, set } from "./dom.js";
import { capital, num, plain } from "./format.js";

/** @import { Run } from "./run.js" */
/** @import { Moment, Pane, Verdict, VerdictGroup, VerdictRow } from "./types" */

const HEAD = ["Quantity", "Difference", "Relative", "Tolerance", "Verdict"];

/** The check is made when the pane opens. A page without a kernel has the verdict it was exported with, or no pane. @param {Run} run @returns {Pane} */
export function verifying(run) {
  const badge = el("p", { class: "badge", "aria-live": "polite" });
  const again = el("button", { class: "link", type: "button", onclick: () => void check() }, "Check again");
  const stale = el("p", { class: "stale", hidden: true }, "The run has other parameters now. ", ...(run.live ? [again] : []));
  const place = el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Comparison with the reference", hidden: true });
  const node = el("section", { class: "pane verify" });
  let verdict = run.info.verified ?? null, busy = false;
  if (!run.info.compared && (run.live || verdict)) node.append(badge, stale, place);
  if (verdict) show(verdict);

  async function check() {
    if (busy) return;
    busy = true;
    verdict = null;
    place.hidden = stale.hidden = true;
    say("Looking for its reference…");
    const { result: named } = await run.do("verify", { part: "reference" });
    if (named?.against) say(`Checking against ${named.against}…`);
    const { error, result } = await run.do("verify");
    busy = false;
    if (result) show((verdict = result));
    else say(error ?? "The kernel has not answered.", true);
  }

  /** @param {string} words @param {boolean} [bad] */
  function say(words, bad = false) {
    put(badge, words);
    badge.classList.toggle("bad", bad);
  }

  /** @param {Verdict} found */
  function show(found) {
    say(found.badge, !found.passed && !found.none);
    place.replaceChildren(...(found.groups.length ? [tableOf(found)] : []));
    place.hidden = !found.groups.length;
  }

  return {
    label: "Verify",
    node,
    opened() {
      if (run.live && !verdict) void check();
    },
    /** @param {Moment} m */
    update({ state }) {
      set(stale, { hidden: !verdict || JSON.stringify(state.params) === JSON.stringify(verdict.params) });
    },
  };
}

/** @param {Verdict} verdict */
function tableOf({ against, groups }) {
  return el("table", {},
    el("caption", { class: "unseen" }, `Largest differences from ${against}`),
    el("thead", {}, el("tr", {}, ...HEAD.map((text) => el("th", { scope: "col" }, text)))),
    ...groups.map(bodyOf));
}

/** @param {VerdictGroup} group */
function bodyOf({ title, ours, theirs, rows }) {
  const times = ours == null || theirs == null ? "" : `ours ${time(ours)}, the reference ${time(theirs)}`;
  return el("tbody", {},
    el("tr", {}, el("th", { scope: "rowgroup", colspan: HEAD.length }, capital(title), el("span", { class: "times" }, times))),
    ...rows.map(rowOf));
}

/** @param {VerdictRow} row */
function rowOf({ quantity, absolute, relative, tolerance, verdict, case: of }) {
  const equal = verdict === "equal";
  const where = equal || !of.startsWith("random") ? "" : ` (${of})`;
  return el("tr", {}, el("th", { scope: "row" }, quantity || "–"),
    ...[absolute, relative, tolerance].map((value) => el("td", {}, value == null ? "–" : num(value))),
    el("td", { class: equal || verdict.startsWith("not checked") ? "verdict" : "verdict bad" }, verdict + where));
}

/** @param {number} seconds */
const time = (seconds) => (seconds < 0.1 ? `${plain(two(seconds * 1000))} ms` : `${plain(two(seconds))} s`);
const two = (/** @type {number} */ value) => Number(value.toPrecision(2));
