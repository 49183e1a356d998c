/** Naming stops: marks on the scrubber, a field at the cursor, and a pane that lists them with the keys. */
import { el, put, unique } from "./dom.js";
import { plain } from "./format.js";
import { markRow } from "./marks.js";
import { label } from "./steps.js";

/** @import { Cursor } from "./cursor.js" */
/** @import { Run } from "./run.js" */
/** @import { Stop, Stops } from "./stops.js" */
/** @import { Moment, Pane } from "./types" */

const LONGEST = 80; // characters of a name, as the kernel allows

const NAMES = ["S", "name a stop at the cursor; in a deck the speaker's notes"];
const KEYS = [
  ["Space", "play or pause"], ["← →", "a step back or forward"], ["Page Up, Page Down", "ten steps; in lecture mode the stop before or after"],
  ["Home, End", "the first or the last frame"], ["L", "lecture mode, also to leave it"], ["?", "this list"],
];

/**
 * Marks under the rail, one for each stop; the name stands at it while the cursor does, or a pointer, or the focus.
 * @param {HTMLElement} reach @param {Stops} stops @param {Cursor} cursor
 */
export function stopMarks(reach, stops, cursor) {
  const draw = markRow(reach, cursor, "stop", "Stop: ");
  return (/** @type {number} */ width) => {
    const there = stops.list.filter((stop) => stops.place(stop) < Infinity);
    draw(there.map((stop) => ({ place: stops.place(stop), part: stops.place(stop) / Math.max(1, stops.run.store.head), text: stop.name, name: stop.name, kind: stop.frame === stops.here?.frame ? "here" : "" })), width);
  };
}

/** @param {Run} run @param {Cursor} cursor @param {Stops} stops @param {() => void} back gives the focus back to the player */
export function naming(run, cursor, stops, back) {
  const id = unique("mlw-stop"), fault = el("span", { class: "fault", role: "alert" });
  const where = el("label", { for: id }), field = el("input", { id, type: "text", class: "field", maxlength: LONGEST, placeholder: "a short name", autocomplete: "off" });
  const node = el("div", { class: "naming", role: "group", "aria-label": "Name a stop", hidden: true }, where, field,
    el("button", { class: "link", type: "button", onclick: () => void keep() }, "Keep"), el("button", { class: "link", type: "button", onclick: () => close() }, "Cancel"), el("span", { class: "said" }, "Enter keeps; an empty name removes the stop."), fault);
  const list = el("ul", { class: "stops" }), none = el("p", {}, "This run has no stops.");
  const here = el("button", { class: "link", type: "button", title: "Name a stop at the cursor (S)", onclick: () => open() }, "Name this frame");
  const keys = el("dl", { class: "keys" }, ...(run.live ? [NAMES, ...KEYS] : KEYS).flatMap(([key, does]) => [el("dt", {}, key), el("dd", {}, does)]));
  const pane = el("section", { class: "pane stopping" }, ...(run.live ? [here] : []), none, list,
    el("h4", {}, "Keys"), keys);
  let frame = 0, drawn = "";

  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter") void keep();
  });

  /** Opens the field at the cursor, or for a stop that is there. @param {Stop} [stop] */
  function open(stop = stops.here) {
    if (!run.live) return;
    if (cursor.moving) cursor.pause();
    frame = stop?.frame ?? cursor.frame;
    put(where, `Stop ${at(frame)}`);
    put(fault, "");
    field.value = stop?.name ?? "";
    node.hidden = false;
    field.focus();
    field.select();
  }

  function close() {
    node.hidden = true;
    back();
  }

  async function keep() {
    const { error } = await stops.set(frame, field.value);
    if (!error) return close();
    run.notice = "";
    put(fault, error);
  }

  /** @param {number} frame */
  function at(frame) {
    const words = label(run.store, cursor.steps, run.store.nearest(frame), run.state), plainly = `frame ${plain(frame)}`;
    return words === plainly ? `at ${words}` : `${words}, ${plainly}`;
  }

  /** @param {Stop} stop */
  function item(stop) {
    const go = el("button", { class: "link", type: "button", onclick: () => cursor.go(Math.min(stops.place(stop), run.store.head)) }, stop.name);
    const rename = el("button", { class: "link", type: "button", "aria-label": `Rename the stop ${stop.name}`, onclick: () => open(stop) }, "rename");
    const remove = el("button", { class: "link", type: "button", "aria-label": `Remove the stop ${stop.name}`, onclick: () => void stops.set(stop.frame, "") }, "remove");
    const place = stops.place(stop) < Infinity ? at(stop.frame) : `frame ${plain(stop.frame)}, still to come`;
    return el("li", {}, go, el("span", {}, place), ...(run.live ? [rename, remove] : []));
  }

  /** @param {Moment} _m */
  function update(_m) {
    const { store } = run;
    const key = JSON.stringify([stops.list, store.epoch, Math.min(store.frame(store.head), stops.list.at(-1)?.frame ?? 0)]);
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(...stops.list.map(item));
    none.hidden = stops.list.length > 0;
  }

  /** @type {Pane} */
  const part = { label: "Stops", node: pane, update };
  return { node, pane: part, keys: { s: () => open() } };
}
