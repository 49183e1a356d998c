/** The family of a run: each branch a rail from where it left its parent; choosing one shows it. */
import { el, put, set } from "./dom.js";
import { plain } from "./format.js";

/** @import { Run } from "./run.js" */
/** @import { Cursor } from "./cursor.js" */
/** @import { Kin } from "./types" */

/** @param {Run} run @param {Cursor} cursor */
export function family(run, cursor) {
  const rows = el("div", { class: "kin", role: "group", "aria-label": "Branches" });
  const undo = el("button", { class: "link", type: "button", onclick: () => void dropped() }, "Undo this branch");
  const node = el("div", { class: "family", hidden: true }, rows, undo);
  let drawn = "";

  async function dropped() {
    const was = cursor.left.get(run.state.place);
    const { error } = await run.do("drop");
    if (error) return;
    if (was && !was.following) cursor.comeTo(was.frame);
    else cursor.toNewest();
  }

  /** @param {Kin} kin */
  async function choose(kin) {
    const { frame } = cursor;
    const { error } = await run.do("show", { place: kin.place });
    if (!error) cursor.comeTo(frame);
  }

  function update() {
    const all = run.state.family ?? [], here = run.state.place ?? 0;
    const key = JSON.stringify([all, here]);
    if (key === drawn) return;
    drawn = key;
    node.hidden = all.length < 2;
    undo.hidden = !all.find((kin) => kin.place === here && kin.parent !== null) || run.frozen;
    const longest = Math.max(1, ...all.map((kin) => kin.number));
    const buttons = /** @type {HTMLButtonElement[]} */ ([...rows.children]);
    while (buttons.length > all.length) buttons.pop()?.remove();
    all.forEach((kin, k) => fill(buttons[k] ?? made(k), kin, { here, longest, depth: depthOf(all, kin) }));
  }

  /** @param {number} k */
  function made(k) {
    const button = el("button", { type: "button", onclick: () => {
      const kin = run.state.family?.[k];
      if (kin) void choose(kin);
    } }, el("span", { class: "rails" }, el("span", { class: "span" })), el("span", { class: "who" }));
    rows.append(button);
    return button;
  }
  return { node, update };
}

/** @param {HTMLButtonElement} button @param {Kin} kin @param {{here: number, longest: number, depth: number}} at */
function fill(button, kin, { here, longest, depth }) {
  const [rails, who] = /** @type {HTMLElement[]} */ ([...button.children]);
  const span = /** @type {HTMLElement} */ (rails.firstElementChild);
  const from = kin.at ?? 0;
  span.style.left = `${((100 * from) / longest).toFixed(2)}%`;
  span.style.width = `${((100 * Math.max(0, kin.number - from)) / longest).toFixed(2)}%`;
  who.style.paddingLeft = `${12 * Math.min(depth, 6)}px`;
  const from_ = kin.parent === null ? "" : kin.at === null ? ", from the start" : `, from frame ${plain(kin.at)}`;
  put(who, `${depth ? "└ " : ""}${kin.label}${from_}`);
  set(button, { "aria-pressed": kin.place === here ? "true" : "false", title: `${kin.label}${from_}: at frame ${kin.number}, ${kin.status}` });
}

/** @param {Kin[]} all @param {Kin} kin */
function depthOf(all, kin) {
  let depth = 0;
  for (let at = kin; at.parent !== null && depth < all.length; depth++) {
    const up = all.find((other) => other.place === at.parent);
    if (!up) break;
    at = up;
  }
  return depth;
}
