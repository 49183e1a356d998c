/**
 * What a deck prints: a page for each stop of the figures on a slide, one page for a slide without. The pages
 * are made when the deck opens, so that they are there whenever the browser prints; figures are their stills.
 */
import { el } from "./dom.js";

const PLACES = "[data-mlwidgets-player]";
const STILLS = ".stills > figure";

/** @param {HTMLElement} root */
export function printed(root) {
  const sheets = el("div", { class: "printed", "aria-hidden": "true", inert: true });
  for (const slide of root.querySelectorAll(".slides section.slide")) sheets.append(...pages(slide));
  root.after(sheets);
  window.addEventListener("beforeprint", () => fit(sheets));
}

/** One for each stop, in the order in which page down goes through them. @param {Element} slide */
function pages(slide) {
  const counts = [...slide.querySelectorAll(PLACES)].map((place) => stills(place).length);
  const stops = counts.flatMap((count, figure) => (count > 1 ? Array.from({ length: count - 1 }, (_, k) => ({ figure, stop: k + 1 })) : []));
  const at = counts.map(() => 0);
  const shown = stops.map(({ figure, stop }) => {
    at[figure] = stop;
    return sheet(slide, at);
  });
  return shown.length ? shown : [sheet(slide, at)];
}

/** The stills beside a figure: as it ends, then each stop. @param {Element} place */
const stills = (place) => [...(place.parentElement?.querySelectorAll(STILLS) ?? [])];

/** @param {Element} slide @param {number[]} at which still of each figure */
function sheet(slide, at) {
  const copy = /** @type {HTMLElement} */ (slide.cloneNode(true));
  copy.className = "sheet";
  copy.removeAttribute("hidden");
  copy.querySelectorAll("[id]").forEach((node) => node.removeAttribute("id"));
  [...copy.querySelectorAll(PLACES)].forEach((place, k) => {
    const still = stills(place)[at[k]];
    if (still) place.replaceWith(still);
    else place.remove();
  });
  copy.querySelectorAll(".stills, aside.notes").forEach((node) => node.remove());
  return el("section", {}, copy);
}

/** What is taller than a page is made smaller. @param {HTMLElement} sheets */
function fit(sheets) {
  sheets.classList.add("measured");
  for (const page of /** @type {NodeListOf<HTMLElement>} */ (sheets.querySelectorAll(":scope > section"))) {
    const copy = /** @type {HTMLElement} */ (page.firstElementChild);
    copy.style.zoom = "1";
    const most = page.clientHeight / Math.max(1, copy.scrollHeight), wide = page.clientWidth / Math.max(1, copy.scrollWidth);
    copy.style.zoom = String(Math.min(1, most, wide));
  }
  sheets.classList.remove("measured");
}
