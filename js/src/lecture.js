/**
 * Before an audience: in lecture mode the player fills the screen, in large type and strong contrast; on a slide of a
 * deck it fills what the slide has left for it, and its controls fold behind one button. A clicker walks its stops.
 */
import { el, put, strokes } from "./dom.js";
import { kept } from "./places.js";

/** @import { Run } from "./run.js" */
/** @import { Stops } from "./stops.js" */
/** @import { Moment } from "./types" */
/** @typedef {{zoom: number, share: number, columns: number}} Layout `columns`: 0 where wide figures are as wide as the screen, times their share */

const LINES = 3; // of a figure's caption
const CRAMPED = 1.5; // as much too high, for what is too narrow
const FADE = 4000; // ms that the hints stay
const SCREEN = [960, 540]; // px that a screen has at zoom 1: at 1080 lines type of 12 px is then 24
const [LEAST, MOST] = [1.15, 1.6]; // the least zoom at all, the most in parts of the usual
const SIZES = [1, 0.9, 0.8, 0.7]; // of the usual zoom, should all figures fit in no other way
const SMALLER = [...SIZES, 0.6, 0.5, 0.4]; // on a slide, which is not scrolled
const SHARES = [1, 0.92, 0.84, 0.76, 0.68, 0.6, 0.5, 0.4]; // of the width, for a wide figure that is too tall

/** More fits, or as much and it is larger. @param {{over: number, area: number}} one @param {{over: number, area: number}} other */
const better = (one, other) => (one.over <= 1 && other.over <= 1 ? one.area > other.area : one.over < other.over);

/**
 * @param {HTMLElement} box @param {HTMLElement} views @param {{run: Run, stops: Stops, redraw(): void, dress(): void, signal: AbortSignal}} player
 */
export function lecture(box, views, { run, stops, redraw, dress, signal }) {
  const root = /** @type {ShadowRoot} */ (box.getRootNode()), host = /** @type {HTMLElement} */ (root.host);
  const body = /** @type {HTMLElement} */ (views.parentElement);
  const name = el("span"), of = el("span", { class: "of" }), done = el("div", { class: "run" }), ticks = strokes("ticks");
  const caption = el("p", { class: "caption", "aria-live": "polite" }, name, of);
  const course = el("div", { class: "course", "aria-hidden": "true" }, done, ticks.node);
  const hints = el("div", { class: "hints", role: "group", "aria-label": "Lecture" },
    hint("‹ Previous stop", "Page Up", () => stops.previous()), hint("Next stop ›", "Page Down", () => stops.next()),
    hint("Invert", "I", () => invert()), hint("Leave", "Esc", () => leave()), el("span", {}, "Page Down: next stop · ← →: step · Space: play"));
  const slide = host.closest(".reveal") !== null, bar = /** @type {HTMLElement} */ (body.querySelector(".transport"));
  const fold = el("button", { class: "link fold", type: "button", "aria-expanded": "false", onclick: () => unfold() }, "Controls");
  let on = false, filling = false, inverted = false, fits = false, fading = 0, fitting = 0, told = "";
  let restore = () => {};

  const sizes = new ResizeObserver(() => (box.clientWidth ? refit() : leave())); // a slide that is left takes it away
  if (slide) settle();
  window.addEventListener("keydown", key, { capture: true, signal });
  document.addEventListener("fullscreenchange", () => on && filling && !root.fullscreenElement && leave(), { signal });
  for (const moved of ["pointermove", "pointerdown", "focusin"]) box.addEventListener(moved, () => on && wake());
  signal.addEventListener("abort", leave);

  /** @param {string} text @param {string} key @param {() => void} act */
  function hint(text, key, act) {
    return el("button", { type: "button", title: `${text} (${key})`, onclick: act }, text);
  }

  /** On its slide: as large as there is room. */
  function settle() {
    box.classList.add("slide", "folded");
    bar.append(fold);
    sizes.observe(box);
  }

  function unfold() {
    fold.setAttribute("aria-expanded", String(!box.classList.toggle("folded")));
    refit();
  }

  async function enter() {
    if (on) return;
    on = true;
    restore = kept(host);
    host.style.height = `${host.offsetHeight}px`; // the page behind stays as it is
    box.classList.add("lecture");
    sizes.observe(box);
    dress();
    wake();
    await fill();
    if (!on) return empty();
    wake();
    box.focus({ preventScroll: true });
    refit();
  }

  /** The screen where that is allowed, else the window: above all else in it, whatever the page around does. */
  async function fill() {
    try {
      await box.requestFullscreen();
      filling = true;
    } catch {
      if (!on || !box.showPopover) return;
      box.popover = "manual";
      box.showPopover();
    }
  }

  async function empty() {
    filling = false;
    if (box.popover) box.hidePopover();
    box.popover = null;
    if (root.fullscreenElement === box) await document.exitFullscreen();
  }

  function leave() {
    if (!on) return;
    on = inverted = false;
    clearTimeout(fading);
    cancelAnimationFrame(fitting);
    if (!slide) sizes.disconnect();
    const emptied = empty();
    box.classList.remove("lecture", "columns");
    host.style.height = box.style.zoom = "";
    dress();
    refit();
    redraw();
    restore();
    void emptied.then(() => on || restore()); // once more: the page has its size again
  }

  function invert() {
    inverted = !inverted;
    dress();
  }

  /** The hints are there while somebody moves, then fade. */
  function wake() {
    hints.classList.remove("faded");
    clearTimeout(fading);
    fading = window.setTimeout(() => hints.classList.add("faded"), FADE);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (!on || event.altKey || event.ctrlKey || event.metaKey) return;
    /** @type {Record<string, () => boolean | void>} */
    const does = { PageDown: () => walk(stops.next()), PageUp: () => walk(stops.previous()), Escape: leave, l: leave, i: invert, Tab: () => round(event.shiftKey ? -1 : 1) };
    const act = does[event.key.length > 1 ? event.key : event.key.toLowerCase()];
    if (!act || act() === false) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Before the first stop and after the last a deck goes on to another slide. @param {boolean} walked */
  function walk(walked) {
    const over = !walked && slide;
    if (over) leave();
    return !over;
  }

  /** The focus stays on the screen. @param {1 | -1} by */
  function round(by) {
    const all = /** @type {HTMLElement[]} */ ([...box.querySelectorAll("button, [tabindex='0']")]).filter((node) => node.checkVisibility());
    const at = all.findIndex((node) => node === root.activeElement);
    all[at < 0 ? 0 : (at + by + all.length) % all.length]?.focus();
  }

  function refit() {
    cancelAnimationFrame(fitting);
    fitting = requestAnimationFrame(() => (on || slide) && box.clientWidth && fit());
  }

  /** @param {Layout} layout */
  function lay({ zoom, share, columns }) {
    for (const [name, value] of Object.entries({ zoom, share, columns })) box.style.setProperty(`--${name}`, value.toFixed(3).replace(/\.0+$/, ""));
    box.classList.toggle("columns", columns > 0);
    redraw();
  }

  /** Does all fit; and how much of the screen is figures? @param {Layout} layout */
  function tried(layout) {
    lay(layout);
    const area = [...views.querySelectorAll(".plot")].reduce((sum, plot) => sum + plot.clientWidth * plot.clientHeight * layout.zoom ** 2, 0);
    const over = views.getBoundingClientRect().height / room();
    return { layout, area, over: Math.max(over, cramped() ? CRAMPED : 0) };
  }

  /** What the figures have, in px of the screen: a slide keeps the transport below them. */
  function room() {
    const { top, bottom } = body.getBoundingClientRect();
    return Math.max(1, (on ? bottom : bar.getBoundingClientRect().top) - top);
  }

  /** Is anything written broken to shreds, or wider than its place? */
  function cramped() {
    return [...views.querySelectorAll("figcaption")].some((node) => {
      if (!node.checkVisibility()) return false;
      const { right } = node.getBoundingClientRect(), words = node.firstElementChild;
      const lines = words ? words.getClientRects().length && words.clientHeight / parseFloat(getComputedStyle(words).lineHeight) : 0;
      return lines > LINES || node.scrollWidth > node.clientWidth + 1 || right > innerWidth + 1;
    }) || views.scrollWidth > views.clientWidth + 1;
  }

  /** The layout that shows most: type at least as large as asked for, all figures on the screen. */
  function fit() {
    if (on) box.style.zoom = String(1 / (host.currentCSSZoom ?? 1)); // the page may be scaled
    const usual = Math.max(slide ? 0 : LEAST, Math.min(innerWidth / SCREEN[0], innerHeight / SCREEN[1]));
    const figures = [...views.querySelectorAll("figure")].filter((node) => !node.hidden && !node.closest("[hidden]"));
    const wide = figures.some((node) => node.classList.contains("wide"));
    const most = innerWidth < innerHeight ? 1 : Math.min(4, figures.length);
    const whole = { zoom: usual, share: 1, columns: 0 };
    let best = tried(whole);
    for (const size of on ? SIZES : SMALLER) {
      const zoom = usual * size;
      for (const share of wide ? SHARES : [1]) if (best.over > 1) best = tried({ ...whole, zoom, share });
      for (let columns = 2; columns <= most; columns++) {
        const found = tried({ ...whole, zoom, columns });
        if (better(found, best)) best = found;
      }
      if (best.over <= 1) break;
    }
    fits = best.over <= 1;
    if (fits) best = larger(best, usual);
    else if (on) best = { ...best, layout: whole }; // what does not fit is scrolled
    lay(best.layout);
    dress(); // canvases as sharp as the screen
  }

  /** Larger type where there is room for it. @param {ReturnType<typeof tried>} best @param {number} usual */
  function larger(best, usual) {
    let [low, high] = [best.layout.zoom, usual * MOST];
    for (let k = 0; k < 5; k++) {
      const zoom = (low + high) / 2, found = tried({ ...best.layout, zoom });
      if (found.over > 1) high = zoom;
      else [low, best] = [zoom, found];
    }
    return best;
  }

  /** @param {Moment} m */
  function update(m) {
    if (!on && !slide) return;
    const { store, state } = run;
    const here = stops.here, all = stops.list, last = Math.max(1, store.head);
    put(name, here?.name ?? "");
    caption.hidden = !on && !all.length;
    const at = here ? 1 + all.findIndex((stop) => stop.frame === here.frame) : "–";
    put(of, [m.label, ...(all.length ? [`${at} / ${all.length}`] : [])].join("   "));
    done.style.width = `${((100 * m.position) / last).toFixed(2)}%`;
    const key = `${store.epoch} ${store.head} ${JSON.stringify(state.stops)}`;
    if (key !== told) ticks.draw(all.map((stop) => stops.place(stop) / last).filter((part) => part <= 1));
    told = key;
    if (fits && views.getBoundingClientRect().height > room() + 2) refit();
  }

  box.append(caption, course, hints);
  return { enter, update, get inverted() { return inverted; } };
}
