/** Branching from the page: the past is computed again in the kernel, with a way to stop it. */
import { el, put } from "./dom.js";
import { plain } from "./format.js";

/** @import { Cursor } from "./cursor.js" */
/** @import { Run } from "./run.js" */
/** @import { Answer } from "./run.js" */

const SOON = 400; // ms until a replay is shown to be one
const EVERY = 250;

/** @typedef {ReturnType<typeof branching>} Branching */

/** @param {Run} run @param {Cursor} cursor */
export function branching(run, cursor) {
  const bar = el("progress", { max: 1, value: 0, "aria-label": "Replaying to the branch" });
  const words = el("span");
  const node = el("p", { class: "replay", hidden: true }, words, bar,
    el("button", { class: "link", type: "button", onclick: () => void run.do("cancel") }, "Cancel"));
  let busy = false;

  /** Asks for a branch or a try, and shows how far it is. @param {"branch" | "try"} action @param {Record<string, unknown>} more @returns {Promise<Answer>} */
  async function ask(action, more) {
    if (busy) return { error: "A branch is under way." };
    busy = true;
    const timer = setInterval(() => void progress(), EVERY);
    const began = performance.now(), { frame, following } = cursor;
    async function progress() {
      if (performance.now() - began < SOON) return;
      const { result } = await run.do("progress");
      if (!busy || !result?.at) return;
      node.hidden = false;
      bar.value = Math.max(0, result.number) / result.at;
      put(words, `Replaying to frame ${plain(result.at)}`);
    }
    const answer = await run.do(action, { ...more, ...cursor.asked() });
    clearInterval(timer);
    busy = false;
    node.hidden = true;
    if (!answer.error) {
      cursor.left.set(answer.result?.place, { frame, following });
      cursor.toNewest();
      if (answer.result?.note) run.notice = answer.result.note;
    } else run.notice = answer.error;
    cursor.changed();
    return answer;
  }

  /** "Branch here": it stands at the cursor, to be steered. @returns {Promise<Answer>} */
  async function here() {
    const at = cursor.frame;
    const answer = await ask("branch", { at, play: false });
    if (!answer.error) run.notice ||= `Branched at frame ${plain(at)}: change a live parameter, or play on.`;
    return answer;
  }

  /** A live parameter is moved in the past: from there on. Where nothing follows the end, from the start. @param {string} name @param {unknown} value @returns {Promise<Answer>} */
  async function from(name, value) {
    const nothing = run.state.status === "done" && cursor.atHead;
    if (nothing) {
      const answer = await ask("try", { params: { [name]: value }, play: true });
      if (!answer.error) run.notice ||= "The run was over: it is begun anew beside it. Undo this branch, or look back to branch from a frame.";
      return answer;
    }
    return ask("branch", { at: cursor.frame, name, value, play: true });
  }
  return { node, ask, here, from };
}
