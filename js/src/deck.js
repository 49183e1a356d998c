/**
 * A deck: reveal.js around the players of a page. Page down and up go through the stops of the figures on a
 * slide and leave it after the last; arrows are the figure's own while it has the focus. Nothing is scaled,
 * so that a pointer is where a player thinks it is.
 */
import Reveal from "reveal.js";
import { fallen, lively } from "./hosts/kernel.js";
import { notes } from "./notes.js";
import { page } from "./player.js";
import { printed } from "./printed.js";

/** @typedef {{list: {frame: number, name: string}[], next(): boolean, previous(): boolean, first(): void, last(): void, caption: string}} Stops */
/** @typedef {{dispose(): void, stops?: Stops}} Mounted */
/** @typedef {HTMLElement & {mlwidgets?: Mounted, mounting?: Promise<void>}} Place */

const PLACES = "[data-mlwidgets-player]";
const [WIDEST, LEAST] = [1120, 0.6]; // px of a player's layout, and the least zoom at which it is read
const NEAR = 1; // slides ahead whose figures are made ready

/** @param {HTMLElement} root the element of class "reveal" */
export function deck(root) {
  root.querySelectorAll("noscript").forEach((node) => node.remove()); // else reveal.js reads them aloud
  printed(root);
  const reveal = new Reveal(root, {
    disableLayout: true, hash: true, overview: false, jumpToSlide: false, help: false, transition: "none",
    backgroundTransition: "none", center: false, slideNumber: "c/t", scrollActivationWidth: /** @type {any} */ (null),
    autoAnimate: false, touch: true, viewDistance: 2, keyboardCondition: () => !focused(),
    keyboard: /** @type {any} */ ({ 33: null, 34: null, 78: null, 80: null, 83: null }), // page up and down, N, P and S are ours
  });
  const talk = { now: () => current(), next: () => reveal.getSlides()[place() + 1], caption: () => figures(current()).map((f) => f.stops?.caption ?? "").join("") };
  const speaker = notes(talk, act);

  void reveal.initialize().then(() => {
    arrive();
    reveal.on("slidechanged", arrive);
    reveal.on("fragmentshown", speaker.renew);
  });
  document.addEventListener("keydown", pressed, { capture: true }); // after the window's: a figure in lecture mode goes first
  window.addEventListener("resize", () => [...current().querySelectorAll(PLACES)].forEach((node) => fitted(/** @type {Place} */ (node))));
  window.addEventListener("pointerup", used, { capture: true });
  fallen(() => document.querySelectorAll(PLACES).forEach((node) => void remount(/** @type {Place} */ (node))));

  const current = () => /** @type {HTMLElement} */ (reveal.getCurrentSlide());
  const place = () => reveal.getSlides().indexOf(current());

  let before = -1;

  /** The figures of a slide, and of those that follow, are mounted; one with stops begins at its beginning, or its end. */
  function arrive() {
    const slides = reveal.getSlides(), at = place(), back = at < before;
    before = at;
    for (const [k, slide] of slides.slice(at, at + NEAR + 1).entries()) {
      for (const node of /** @type {NodeListOf<Place>} */ (slide.querySelectorAll(PLACES))) {
        void mounted(node).then(() => node.closest("section.slide") === current() && !k && begun(node, back));
      }
    }
    const active = document.activeElement;
    if (active instanceof HTMLElement && !current().contains(active)) active.blur();
    speaker.renew();
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || typing(event)) return;
    const acts = event.key === "PageDown" || event.key === "PageUp" || (event.key.toLowerCase() === "s" && !focused());
    if (!acts) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act(event.key);
  }

  /** @param {string} key */
  function act(key) {
    if (key === "PageDown") forward();
    else if (key === "PageUp") back();
    else if (key.toLowerCase() === "s") speaker.open();
    speaker.renew();
  }

  function forward() {
    if (!figures(current()).some((figure) => figure.stops?.next())) reveal.next();
  }

  function back() {
    if (!figures(current()).reverse().some((figure) => figure.stops?.previous())) reveal.prev();
  }
}

/** Those that can be seen, in order. @param {HTMLElement} slide @returns {Mounted[]} */
function figures(slide) {
  const all = /** @type {Place[]} */ ([...slide.querySelectorAll(PLACES)]);
  return all.flatMap((node) => (node.mlwidgets && !node.closest(".fragment:not(.visible)") ? [node.mlwidgets] : []));
}

/** Once its player is there, whoever asked for it first. @param {Place} node */
async function mounted(node) {
  if (node.mlwidgets) return;
  node.mounting ??= made(node);
  await node.mounting;
  node.mounting = undefined;
}

/** @param {Place} node */
async function made(node) {
  try {
    const player = held((await lively(node)) ?? (await page(node)));
    await drawn(); // its frames are there, and the cursor stands
    node.mlwidgets = player;
  } catch (error) {
    node.append(`The player could not be shown: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {Place} node @param {boolean} back */
function begun(node, back) {
  fitted(node);
  if (back) node.mlwidgets?.stops?.last();
  else node.mlwidgets?.stops?.first();
}

/** As large as the slide has room for: its layout is that of its greatest width, and type grows with the window. @param {Place} node */
function fitted(node) {
  const host = /** @type {HTMLElement | null} */ (node.querySelector(".mlwidgets"));
  const slide = node.closest("section.slide"), sheet = slide?.querySelector(".sheet");
  if (!host || !slide || !sheet || !node.clientWidth) return;
  const wide = node.clientWidth / WIDEST;
  if (wide < LEAST) return host.style.removeProperty("zoom");
  host.style.zoom = String(wide);
  const rest = sheet.scrollHeight - host.offsetHeight * wide; // the sheet is at least as high as the slide: what is free is in it
  const free = sheet.clientHeight - [...sheet.children].reduce((sum, child) => sum + /** @type {HTMLElement} */ (child).offsetHeight, 0);
  const style = getComputedStyle(slide), room = slide.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
  const others = rest - Math.max(0, free), high = (room - others) / host.offsetHeight;
  host.style.zoom = String(Math.max(LEAST, Math.min(wide, high)));
}

/** The kernel is gone: what was recorded stands in its place. @param {Place} node */
async function remount(node) {
  if (!node.mlwidgets) return;
  node.mlwidgets.dispose();
  node.mlwidgets = undefined;
  await mounted(node);
}

/** @param {unknown} given @returns {Mounted} */
function held(given) {
  return typeof given === "function" ? { dispose: () => void given() } : /** @type {Mounted} */ (given);
}

/** Two turns of the browser; a window that nobody sees has none. @returns {Promise<void>} */
const drawn = () => new Promise((resolve) => {
  setTimeout(resolve, 200);
  requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
});

/** A player has the focus: its keys are its own. */
function focused() {
  const active = document.activeElement;
  return Boolean(active?.closest(".mlwidgets"));
}

/** @param {KeyboardEvent} event */
function typing(event) {
  const [target] = event.composedPath();
  if (target instanceof HTMLInputElement) return !["range", "checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLElement && target.isContentEditable);
}

/** A slider that has been used gives the keys back. @param {PointerEvent} event */
function used(event) {
  const [target] = event.composedPath();
  if (target instanceof HTMLInputElement && target.type === "range") setTimeout(() => target.blur());
}

const root = document.querySelector(".reveal");
if (root instanceof HTMLElement) deck(root);
