/** Places that a reader picks along a curve: a click adds one or takes it away, a drag moves one; keys alike. */
import { nearest } from "../axes.js";
import { placeOn, pointer } from "../canvas.js";
import { el, put, set } from "../dom.js";
import { num } from "../format.js";

/** @import { Ctx } from "../types" */
/** @import { Scale } from "../scale.js" */

const NEAR = 7; // px, within which a pick is meant
const SLIP = 3; // px that a click may move

/**
 * @param {Ctx} ctx @param {string} name the parameter that lists them
 * @param {{axis(): ArrayLike<number>, picks(): number[], x(): Scale | undefined, point(v: number): void, redraw(): void}} view
 */
export function picking(ctx, name, view) {
  const { body, frozen } = ctx;
  let began = NaN, last = NaN, held = -1, place = NaN;
  const keys = keyed(frozen, { axis: view.axis, point: view.point, taken: () => pickAt(across(here())) >= 0, toggle: () => toggle(across(here())) });
  const here = () => view.axis()[keys.at] ?? NaN;
  const across = (/** @type {number} */ v) => view.x()?.(v) ?? NaN;
  body.after(keys.node);
  body.classList.toggle("draggable", !frozen);
  pointer(body, { hover, leave: () => view.point(NaN), ...(frozen ? {} : { drag, lift, cancel: release }) });
  body.addEventListener("touchstart", (event) => event.touches.length === 1 && !frozen && pickAt(placeOn(body, event.touches[0])[0]) >= 0 && event.preventDefault(), { passive: false });

  /** The place under a pointer, of those that there are. @param {number} px */
  function placeAt(px) {
    const axis = view.axis(), x = view.x();
    return axis.length && x ? Number(axis[nearest(axis, x.invert(px))].toPrecision(12)) : NaN;
  }

  /** The pick that is meant. @param {number} px */
  function pickAt(px) {
    const far = view.picks().map((p) => Math.min(Math.abs(across(p) - px), Math.abs(across(p) - across(placeAt(px)))));
    const closest = Math.min(...far);
    return closest <= NEAR ? far.indexOf(closest) : -1;
  }

  /** @param {number} px */
  function hover(px) {
    body.style.cursor = !frozen && pickAt(px) >= 0 ? "grab" : "";
    view.point(view.x()?.invert(px) ?? NaN);
  }

  /** @param {number} px */
  function drag(px) {
    if (Number.isNaN(began)) [began, held] = [px, pickAt(px)];
    last = px;
    if (Math.abs(px - began) > SLIP && held >= 0) place = placeAt(px);
    view.point(view.x()?.invert(px) ?? NaN);
    view.redraw();
  }

  async function lift() {
    if (Number.isNaN(began)) return;
    const carried = held >= 0 && !Number.isNaN(place);
    began = NaN;
    if (carried) await ctx.set(name, shown());
    else toggle(last);
    if (Number.isNaN(began)) release();
  }

  function release() {
    [began, last, held, place] = [NaN, NaN, -1, NaN];
    view.redraw();
  }

  /** Adds the nearest place, or takes away the pick that is there. @param {number} px */
  function toggle(px) {
    const at = placeAt(px), there = pickAt(px);
    if (!Number.isNaN(at)) void ctx.set(name, there >= 0 ? view.picks().filter((_, k) => k !== there) : [...view.picks(), at]);
  }

  /** With the one in hand where it is held. */
  const shown = () => view.picks().map((p, k) => (k === held && !Number.isNaN(place) ? place : p));

  return { shown, update: keys.update };
}

/** A place along the axis, and a button that picks it. @param {boolean} frozen @param {{axis(): ArrayLike<number>, point(v: number): void, taken(): boolean, toggle(): void}} does */
function keyed(frozen, { axis, point, taken, toggle }) {
  const place = el("input", { type: "range", min: 0, step: 1, value: 0, disabled: frozen, "aria-label": "Place", oninput: () => point(here()), onblur: () => point(NaN) });
  const button = el("button", { class: "link", type: "button", disabled: frozen, onclick: toggle }, "Pick");
  const node = el("div", { class: "picking", role: "group", "aria-label": "Pick a place" }, place, button);
  const here = () => axis()[Number(place.value)] ?? NaN;
  place.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") event.preventDefault(), toggle();
    event.stopPropagation(); // arrows are the place's own
  });
  return {
    node,
    get at() {
      return Number(place.value);
    },
    /** @param {number} left @param {number} right */
    update(left, right) {
      set(place, { max: Math.max(0, axis().length - 1), "aria-valuetext": num(here()) });
      put(button, `${taken() ? "Take away" : "Pick"} ${num(here())}`);
      place.style.marginInline = `${Math.max(0, left - 8)}px ${right}px`;
    },
  };
}
