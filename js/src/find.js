/** Find: where an expression over the frames' quantities holds; one steps from hit to hit, or waits for the next. */
import { el, put, set, unique } from "./dom.js";
import { plain } from "./format.js";

/** @import { Cursor } from "./cursor.js" */
/** @import { Run } from "./run.js" */
/** @import { Moment, Pane } from "./types" */

const AGAIN = 1000; // ms between searches of a run that goes on

/** @param {Run} run @param {Cursor} cursor */
export function finder(run, cursor) {
  const field = el("input", { type: "text", "aria-label": "Find frames where", placeholder: example(run), spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const back = el("button", { class: "link", type: "button", title: "Previous hit (shift+n)", onclick: () => previous() }, "◂ previous");
  const forward = el("button", { class: "link", type: "button", title: "Next hit (n)", onclick: () => next() }, "next ▸");
  const count = el("span", { class: "said", "aria-live": "polite" }), fault = el("p", { class: "fault", id: unique("mlw-fault"), "aria-live": "polite" });
  const wait = el("input", { type: "checkbox" });
  const waits = el("label", {}, wait, "Pause when it holds");
  const row = el("div", { class: "row" }, field, back, forward, count, waits);
  const node = el("section", { class: "pane find" }, ...(run.live ? [row, fault] : []));
  let text = "", told = "", seen = "", unseen = "", busy = false, rest = 0;
  /** @type {string | null} what was asked for, until the run says so itself */
  let wish = null;

  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") field.value.trim() === text && text ? next() : take();
  });
  field.addEventListener("change", () => take());
  wait.addEventListener("change", () => {
    if (text) return void pause(wait.checked);
    wait.checked = false;
    field.focus();
  });

  function take() {
    if (field.value.trim() === text) return;
    text = field.value.trim();
    run.hits = [];
    put(fault, "");
    if (!text) run.changed();
    else void search();
    if (run.state.pausing) void pause(Boolean(text));
  }

  /** @returns {Promise<void>} */
  async function search() {
    const began = performance.now();
    busy = true;
    seen = state();
    const asked = text;
    const { error, result } = await run.do("find", { expr: asked });
    busy = false;
    rest = performance.now() + AGAIN + 4 * (performance.now() - began); // a slow search leaves the kernel to others
    if (asked !== text && text) return search();
    if (result && text) [run.hits, unseen] = [result.frames, result.looked];
    fail(error);
  }

  /** @param {boolean} on */
  async function pause(on) {
    wish = on ? text : "";
    const { error } = await run.do("pause_when", { expr: wish || null });
    if (error) wish = null;
    fail(error);
  }

  /** What is wrong with the words is said under them. @param {string | null} error */
  function fail(error) {
    if (error) run.notice = "";
    put(fault, error ?? "");
    set(field, { "aria-invalid": String(Boolean(error)), "aria-describedby": error ? fault.id : null });
    run.changed();
  }

  const state = () => `${run.store.epoch} ${run.store.known} ${text}`;

  /** @param {number | undefined} frame */
  function go(frame) {
    if (frame !== undefined) cursor.go(run.store.position(frame));
  }
  const next = () => go(run.hits.find((frame) => frame > cursor.frame));
  const previous = () => go(run.hits.findLast((frame) => frame < cursor.frame));

  /** @param {Moment} m */
  function update(m) {
    const { pausing = "" } = m.state;
    if (pausing !== told && pausing && !field.value) field.value = text = pausing;
    told = pausing;
    if (wish === pausing) wish = null;
    if (text && !busy && !fault.textContent && seen !== state() && (!run.running || performance.now() > rest)) void search();
    wait.checked = Boolean(text) && (wish ?? pausing) === text;
    wait.disabled = !run.canGo;
    const k = run.hits.indexOf(m.frame);
    put(count, !text || busy || fault.textContent ? "" : hits(run.hits.length, k) + (unseen ? `; ${unseen}` : ""));
    back.disabled = !(run.hits[0] < m.frame);
    forward.disabled = !((run.hits.at(-1) ?? -1) > m.frame);
  }

  /** @type {Pane} */
  const pane = { label: "Find", node, opened: () => field.focus() };
  return { pane, update, keys: { n: next, N: previous } };
}

/** @param {number} all @param {number} k the one under the cursor */
function hits(all, k) {
  if (!all) return "holds nowhere";
  return k < 0 ? `${plain(all)} ${all === 1 ? "frame" : "frames"}` : `${plain(k + 1)} of ${plain(all)}`;
}

/** @param {Run} run */
function example(run) {
  const column = run.info.columns.find((c) => c.kind === "float");
  return column ? `abs(${column.name}) > 1` : "frame > 100";
}
