/** What is said: the state in a sentence, notices, and what went wrong. */
import { el, put } from "./dom.js";
import { capital, valueAt } from "./format.js";

/** @import { Run } from "./run.js" */
/** @import { Moment, State } from "./types" */

/** @type {Record<string, string>} */
const WORDS = { ready: "ready", running: "running", paused: "paused", done: "finished", stopped: "stopped", failed: "stopped by an error", loaded: "a saved run" };
const STALE = 8000; // ms until an answered notice goes

/** @param {Run} run */
export function status(run) {
  const note = el("span", { class: "note" }), summary = el("span", { class: "unseen" });
  const node = el("p", { class: "status", role: "status" }, note, summary);
  let since = 0;

  /** @param {Moment} m */
  function update(m) {
    const text = run.lost ? "The kernel does not answer; what is recorded can still be looked at." : run.notice || m.state.note || nonfinite(m.state) || capital(m.state.sparse ?? "");
    if (text !== note.textContent) since = performance.now();
    else if (run.notice && performance.now() - since > STALE) run.notice = "";
    put(note, text);
  }

  /** At most once a second, from the player's timer. @param {Moment} m */
  function speak(m) {
    const scalars = run.info.columns.filter((c) => ["float", "int"].includes(c.kind) && c.words).slice(0, 3);
    const values = scalars.map((c) => `${c.words} ${valueAt(run.store, { ...c, kind: "float" }, m.position)}`);
    const { status, error } = m.state, word = error ? WORDS.failed : (WORDS[status] ?? status);
    const past = m.position < run.store.head ? "; the run is " : ", "; // the words are the run's, not the cursor's
    put(summary, `${capital(m.label || "no frame yet")}${past}${word}${values.length ? `: ${values.join("; ")}` : ""}.`);
  }
  return { node, update, speak };
}

/** @param {State} state */
const nonfinite = ({ nonfinite: found }) => (found ? `First non-finite value: ${found[0]} at frame ${found[1]}` : "");

/** One readable line where the figure is; the last good frame stays behind it. @param {Run} run */
export function alarm(run) {
  const node = el("div", { class: "alert wide", role: "alert", hidden: true });
  let shown = "";

  function update() {
    const { error } = run.state;
    const key = error ? JSON.stringify(error) : "";
    if (key === shown) return;
    shown = key;
    node.hidden = !error;
    node.replaceChildren();
    if (!error) return;
    const said = error.frame == null || error.text.startsWith(`frame ${error.frame}:`);
    const where = said ? "" : ` (at frame ${error.frame})`;
    node.append(el("p", {}, error.text + where));
    if (error.trace) node.append(el("details", {}, el("summary", {}, "Where it happened"), el("pre", { tabindex: 0 }, error.trace)));
  }
  return { node, update };
}
