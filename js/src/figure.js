/** A figure: caption, picture, and the rows behind it. One view draws in it. */
import { densityOf, measure, widthOf } from "./canvas.js";
import { el, put, unique } from "./dom.js";
import { tableOf } from "./table.js";
import { viewOf } from "./views/index.js";

/** @import { Ctx, Moment, View, ViewSpec } from "./types" */

const LETTER = 6.2, DIGIT = 7.3, ROOM = 22; // px, of the words of a caption, of the values beside them, and what a bold title and a gap take more

/**
 * @param {ViewSpec} spec
 * @param {Omit<Ctx, "spec" | "body" | "say">} page
 */
export function figure(spec, page) {
  const body = el("div", { class: "plot", role: "img" });
  const extra = el("span"), now = el("span", { class: "now" });
  const title = spec.title || spec.columns?.join(", ") || spec.kind;
  const id = unique("mlw-data");
  const data = el("div", { class: "data", id, hidden: true, tabindex: 0, role: "region", "aria-label": `Data of ${title}` });
  const more = el("button", { class: "more", type: "button", "aria-expanded": "false", "aria-controls": id, onclick: toggle }, "Data table");
  more.setAttribute("aria-label", `Data table: ${title}`);
  const name = el("span", {}, el("b", {}, title), ...note(spec.note), extra);
  const caption = el("figcaption", { class: spec.picks ? "steady" : null }, name, now);
  const node = el("figure", { class: spec.wide ? "wide" : null }, caption, body, more, data);
  let fitted = 0;
  /** @type {[string, string] | null} to be written once all figures are drawn: what is written between two would lay the page out twice */
  let said = null;
  const say = (/** @type {string} */ more, /** @type {string} */ value) => {
    if (drawing) return void (said = [more, value]);
    put(extra, more);
    put(now, rounded && /^[−\d.]/.test(value) ? `≈ ${value}` : value);
    fit();
  };
  /** A value too long to stand beside the title has a line of its own, from then on: a caption that changed its height would move the picture. */
  function fit() {
    if (fitted !== widthOf(body)) caption.classList.toggle("steady", Boolean(spec.picks));
    fitted = widthOf(body);
    if (ROOM + LETTER * (name.textContent ?? "").length + DIGIT * (now.textContent ?? "").length > fitted) caption.classList.add("steady");
  }
  const rounded = page.info.columns.some((column) => column.rounded && spec.columns?.includes(column.name));
  if (rounded) now.title = page.info.rounded ?? "";
  /** @type {View | null} */
  let view = null;
  let drawn = "", drawing = false, fresh = false, described = 0, tabled = 0;
  attempt(() => (view = viewOf(spec.kind)({ ...page, spec, body, say })));

  /** A view that fails says so in its own place; the rest of the player lives. @param {() => void} act */
  function attempt(act) {
    try {
      act();
    } catch (error) {
      view = null;
      body.removeAttribute("role");
      body.replaceChildren(el("p", { class: "fault", role: "alert" }, error instanceof Error ? error.message : String(error)));
    }
  }

  function toggle() {
    data.hidden = !data.hidden;
    more.setAttribute("aria-expanded", String(!data.hidden));
    fill();
  }

  function fill() {
    tabled = performance.now();
    const shown = view;
    if (shown && !data.hidden) attempt(() => data.replaceChildren(tableOf(shown.rows(), title)));
  }

  return {
    node,
    grid: spec.kind === "board" ? String(spec.grid ?? "") : null,
    title,
    draws: typeof spec.draws === "string" ? spec.draws : null,
    focus: () => body.focus(),
    /** Draws when what it shows has changed. @param {Moment} m @param {string} version */
    draw(m, version) {
      const shown = view;
      const key = `${m.position} ${version} ${widthOf(body)} ${densityOf(body)} ${shown?.history ? page.store.known : page.store.heavy.has(m.position)}`;
      if (!shown || key === drawn || !widthOf(body)) return;
      drawn = key;
      drawing = true;
      attempt(() => shown.update(m));
      drawing = false;
      fresh = true;
    },
    measure: () => measure(body),
    /** What was drawn, in words: written once all figures are drawn. @param {Moment} m */
    tell(m) {
      if (!fresh) return;
      fresh = false;
      if (said) say(...said);
      said = null;
      if (performance.now() - described > 500 || m.done) this.describe();
      if (!data.hidden && performance.now() - tabled > 500) fill();
    },
    describe() {
      const shown = view;
      described = performance.now();
      if (shown) attempt(() => body.setAttribute("aria-label", `${title}. ${shown.summary()}`));
      if (!data.hidden) fill();
    },
    dispose: () => view?.dispose?.(),
  };
}

/** ", mean of an episode" follows the title closely, "of an episode" after a blank. @param {string} [text] */
const note = (text) => (text ? [/^[,;:.]/.test(text) ? text : ` ${text}`] : []);
