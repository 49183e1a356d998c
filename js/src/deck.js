/**
 * A deck: reveal.js around the players of a page. Page down and up go through what a slide has below its edge and the
 * stops of its figures, and leave it after the last; arrows and space are the figure's own while it has the focus. S
 * (notes) and L (lecture mode) are the deck's wherever the focus is. A figure fills the room that its slide has left.
 */
import Reveal from "reveal.js";
import { fallen, lively } from "./hosts/kernel.js";
import { notes } from "./notes.js";
import { page } from "./player.js";
import { printed } from "./printed.js";

/** @typedef {{list: {frame: number, name: string}[], next(): boolean, previous(): boolean, first(): void, last(): void, caption: string}} Stops */
/** @typedef {{dispose(): void, stops?: Stops, enlarge?(): void}} Mounted */
/** @typedef {HTMLElement & {mlwidgets?: Mounted, mounting?: Promise<void>}} Place */

const PLACES = "[data-mlwidgets-player]";
const SMALLEST = 0.62; // of the usual size of type: what is longer is scrolled
const PAGE = 0.8; // of a slide's height, which it is scrolled by
const OURS = { 33: null, 34: null, 72: null, 74: null, 75: null, 76: null, 78: null, 80: null, 83: null }; // page up and down, H to L, N, P, S
const NEAR = 1; // slides ahead whose figures are made ready

/** @param {HTMLElement} root the element of class "reveal" */
export function deck(root) {
  root.querySelectorAll("noscript").forEach((node) => node.remove()); // else reveal.js reads them aloud
  printed(root);
  const reveal = new Reveal(root, {
    disableLayout: true, hash: true, overview: false, jumpToSlide: false, help: false, transition: "none",
    backgroundTransition: "none", center: false, slideNumber: "c/t", scrollActivationWidth: /** @type {any} */ (null),
    autoAnimate: false, touch: true, viewDistance: 2, keyboardCondition: () => !focused(),
    keyboard: /** @type {any} */ (OURS),
  });
  const talk = { now: () => current(), next: () => reveal.getSlides()[place() + 1], caption: () => figures(current()).map((f) => f.stops?.caption ?? "").join("") };
  const speaker = notes(talk, act);

  void reveal.initialize().then(() => {
    arrive();
    reveal.on("slidechanged", arrive);
    reveal.on("fragmentshown", speaker.renew);
  });
  document.addEventListener("keydown", pressed, { capture: true }); // after the window's: a figure in lecture mode goes first
  window.addEventListener("resize", () => fitted(current()));
  window.addEventListener("pointerup", used, { capture: true });
  fallen(() => document.querySelectorAll(PLACES).forEach((node) => void remount(/** @type {Place} */ (node))));

  const current = () => /** @type {HTMLElement} */ (reveal.getCurrentSlide());
  const place = () => reveal.getSlides().indexOf(current());

  let before = -1;

  /** The figures of a slide, and of those that follow, are mounted; one with stops begins at its beginning, or its end. */
  function arrive() {
    const slides = reveal.getSlides(), at = place(), back = at < before;
    before = at;
    fitted(current());
    if (at >= 0) current().scrollTop = back ? current().scrollHeight : 0;
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
    if (!["PageDown", "PageUp", "s", "S", "l", "L"].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    act(event.key);
  }

  /** @param {string} key */
  function act(key) {
    if (key === "PageDown") forward();
    else if (key === "PageUp") back();
    else if (key.toLowerCase() === "s") speaker.open();
    else figures(current())[0]?.enlarge?.();
    speaker.renew();
  }

  function forward() {
    if (!scrolled(current(), 1) && !figures(current()).some((figure) => figure.stops?.next())) reveal.next();
  }

  function back() {
    if (!scrolled(current(), -1) && !figures(current()).reverse().some((figure) => figure.stops?.previous())) reveal.prev();
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
  if (back) node.mlwidgets?.stops?.last();
  else node.mlwidgets?.stops?.first();
}

/** Words that are too many are made smaller, as far as they can still be read. @param {HTMLElement} slide */
function fitted(slide) {
  const words = /** @type {HTMLElement[]} */ ([...slide.querySelectorAll(".sheet > *")]).filter((node) => !node.querySelector(PLACES));
  for (let size = 1; size >= SMALLEST; size -= 0.04) {
    for (const node of words) node.style.zoom = size.toFixed(2);
    if (slide.scrollHeight <= slide.clientHeight + 1) return;
  }
}

/** A slide that is too long is scrolled first; false at its end. @param {HTMLElement} slide @param {1 | -1} by */
function scrolled(slide, by) {
  const before = slide.scrollTop;
  slide.scrollTop += by * PAGE * slide.clientHeight;
  return Math.abs(slide.scrollTop - before) > 1;
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
  if (target instanceof HTMLSelectElement) return true;
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
