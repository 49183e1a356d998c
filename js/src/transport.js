/** The transport: play, step, scrub, pace. */
import { el, icon, put, set, strokes } from "./dom.js";
import { marks, paramOf } from "./force.js";
import { handled, plain, shown } from "./format.js";
import { markRow } from "./marks.js";
import { stopMarks } from "./naming.js";
import { finished, total } from "./steps.js";

/** @import { Branching } from "./branching.js" */
/** @import { Cursor } from "./cursor.js" */
/** @import { Mark } from "./marks.js" */
/** @import { Run } from "./run.js" */
/** @import { Stops } from "./stops.js" */
/** @import { Moment, Pace } from "./types" */

const PLAY = "M4.5 2.6v10.8c0 .5.5.8.9.5l8-5.4c.4-.2.4-.8 0-1l-8-5.4c-.4-.3-.9 0-.9.5z";
const PAUSE = "M4 2.5h2.8v11H4zM9.2 2.5H12v11H9.2z";

const FORK = "M4.5 4.6v6.8M4.5 8.6c0-2 7 0 7-4M4.5 4.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM4.5 14.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM11.5 4.6a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z";

/** @param {Run} run @param {Cursor} cursor @param {Branching} branching @param {Stops} stops */
export function transport(run, cursor, branching, stops) {
  const play = el("button", { class: "play", type: "button", onclick: () => cursor.toggle() });
  const restart = button("Restart", "M3.2 5.2A5.6 5.6 0 1 1 2.4 8.6M2.6 1.8v3.6h3.6", () => {
    if (run.outlived) return void run.revive();
    cursor.toHead();
    void run.do("restart", { params: {}, play: false, ...cursor.asked() });
  });
  const stop = button("Stop", "M3.5 3.5h9v9h-9z", () => void run.do("stop"));
  const pace = paceMenu(run, cursor);
  const back = button("Step back", "M10 3 5 8l5 5", () => cursor.back());
  const forward = button("Step forward", "m6 3 5 5-5 5", () => cursor.forward());
  const slider = el("input", { type: "range", "aria-label": "Frame", min: 0, max: 0, value: 0, oninput: () => cursor.go(Number(slider.value)) });
  const scrub = scrubber(slider, run, cursor, stops);
  const count = el("span", { class: "count" });
  const follow = el("button", { class: "link", type: "button", hidden: true, onclick: () => cursor.toHead() }, "to the newest ▸");
  const node = el("div", { class: "transport" }, play, restart, stop, back, stepMenu(cursor), forward, scrub.node, count, follow, pace.node);
  const lone = run.live && run.info.fixed; // why it cannot begin anew, and so not branch
  const fork = el("button", { class: "link", type: "button", title: "Another run from this frame on", hidden: (run.frozen && !lone) || run.info.compared, onclick: () => void branching.here() }, icon(FORK), "Branch here");
  node.append(fork);
  let shownIcon = "";

  /** @param {Moment} m */
  function update(m) {
    const { store } = run;
    const name = cursor.moving ? "Pause" : "Play";
    if (shownIcon !== name) {
      play.replaceChildren(icon(name === "Play" ? PLAY : PAUSE, true));
      set(play, { "aria-label": name, title: `${name} (space)` });
      shownIcon = name;
    }
    play.disabled = !cursor.moving && !run.canGo && store.head === 0;
    restart.disabled = !run.outlived && (run.frozen || Boolean(run.info.compared));
    if (run.outlived) set(restart, { title: run.model.kernel ? "Restart: make this saved run anew in the kernel" : "Restart needs a kernel, and there is none here" });
    fork.disabled = Boolean(lone) || !store.known;
    if (lone) set(fork, { title: `No branch: ${lone}`, "aria-description": `No branch: ${lone}` });
    back.disabled = m.position === 0;
    forward.disabled = cursor.atHead && !run.canGo;
    slider.max = String(store.head);
    slider.value = String(m.position);
    slider.setAttribute("aria-valuetext", m.label);
    put(count, counted(run, cursor, m));
    follow.hidden = cursor.atHead || cursor.playing || !run.running;
    stop.hidden = !run.looping; // such a loop cannot begin anew, but it can end
    restart.hidden = run.looping;
    scrub.update();
    pace.update();
  }
  return { node, update };
}

/** @param {Run} run @param {Cursor} cursor @param {Moment} m */
function counted(run, cursor, m) {
  const all = total(run.state, cursor.step, run.store);
  const here = finished(run.store, cursor.step, m.position);
  return Number.isFinite(all) ? `${plain(here)} / ${plain(all)}` : plain(here);
}

/** @param {string} name @param {string} path @param {() => void} onclick */
function button(name, path, onclick) {
  return el("button", { type: "button", "aria-label": name, title: name, onclick }, icon(path));
}

/**
 * The slider spans what is recorded; the rail beyond it what is still to come.
 * @param {HTMLInputElement} slider @param {Run} run @param {Cursor} cursor @param {Stops} stops
 */
function scrubber(slider, run, cursor, stops) {
  const reach = el("div", { class: "reach" }, slider);
  const hits = strokes("hits");
  reach.append(hits.node);
  const node = el("div", { class: "scrub" }, el("div", { class: "rail" }), reach);
  const drawMarks = markRow(reach, cursor, ""), drawStops = stopMarks(reach, stops, cursor);
  let drawn = "", width = 0;
  /** @type {number[]} */
  let hit = [];
  new ResizeObserver(() => {
    if (width !== node.clientWidth) cursor.changed();
    width = node.clientWidth;
  }).observe(node);

  function update() {
    const { store, state } = run;
    const all = total(state, cursor.step, store);
    const part = Number.isFinite(all) && all > 0 && !run.ended ? Math.min(1, finished(store, cursor.step, store.head) / all) : 1;
    reach.style.width = `${(100 * part).toFixed(2)}%`;
    const key = `${width} ${part} ${state.events?.length} ${store.epoch} ${store.head} ${state.stops} ${stops.here?.frame} ${state.nonfinite}`;
    if (key !== drawn || hit !== run.hits) hits.draw((hit = run.hits).map(at));
    if (key === drawn) return;
    drawn = key;
    const wide = Math.max(48, part * width) - 16;
    drawMarks([...steered(), ...broken()], wide);
    drawStops(wide);
  }

  /** @param {number} frame */
  const at = (frame) => run.store.position(frame) / Math.max(1, run.store.head);

  /** @returns {Mark[]} */
  function broken() {
    const found = run.state.nonfinite;
    if (!found) return [];
    const [name, frame] = found;
    return [{ place: run.store.position(frame), part: at(frame), text: `Frame ${frame}: ${name} is not a finite number`, kind: "bad" }];
  }

  /** @returns {Mark[]} */
  function steered() {
    const { store, state, info } = run;
    return marks(state.events ?? [], (a, b) => at(b.frame) - at(a.frame) < 0.02).map((mark) => {
      const param = paramOf(info, mark.name) ?? { name: mark.name, kind: "str" };
      const words = handled(param) || `${shown(param, mark.old)} to ${shown(param, mark.new)}`;
      return { place: store.position(mark.frame), part: at(mark.frame), text: `Frame ${mark.frame}: ${param.label || param.name} ${words}` };
    });
  }
  return { node, update };
}

/** @param {Cursor} cursor */
function stepMenu(cursor) {
  const { steps } = cursor;
  const menu = el("select", { class: "quiet", "aria-label": "Step unit", title: "What one step is", disabled: steps.length < 2 },
    ...steps.map((step, k) => el("option", { value: k, selected: step === cursor.step }, step.name)));
  menu.addEventListener("change", () => cursor.choose(cursor.pace, steps[Number(menu.value)]));
  return menu;
}

/** @param {Run} run @param {Cursor} cursor */
function paceMenu(run, cursor) {
  const seconds = typeof cursor.pace === "number" ? cursor.pace : (run.info.seconds ?? 20);
  /** @type {[string, Pace][]} */
  const paces = [["step by step", "step"], [`${plain(seconds)} s`, seconds], ["full speed", null]];
  const options = paces.map(([text, pace], k) => el("option", { value: k, selected: pace === cursor.pace }, text));
  const menu = el("select", { class: "quiet", "aria-label": "Pace", title: "How long the whole run takes" }, ...options);
  menu.addEventListener("change", () => cursor.choose(paces[Number(menu.value)][1], cursor.step));
  const update = () => void (options[1].hidden = options[1].disabled = run.looping);
  return { node: menu, update };
}
