/** The script of a page without a kernel: a player for every element that holds the islands of one. */
import { el } from "./dom.js";
import { framed } from "./framed.js";
import { page } from "./player.js";

/** @import { Mounted } from "./player.js" */

/** Those that are not mounted yet; each tells its `mlwidgets` to whoever asks. @param {ParentNode} root */
export function mountAll(root) {
  const places = /** @type {NodeListOf<HTMLElement & {mlwidgets?: Mounted}>} */ (root.querySelectorAll("[data-mlwidgets-player], main"));
  return Promise.all([...places].filter(holds).map(async (place) => {
    try {
      place.mlwidgets ??= await page(place);
    } catch (error) {
      place.append(`The player could not be shown: ${error instanceof Error ? error.message : error}`);
    }
  }));
}

/** Does it hold the islands of a player, and not only another that does? @param {HTMLElement} place */
const holds = (place) => place.querySelector("script[data-mlwidgets=info]")?.closest("[data-mlwidgets-player], main") === place;

/** As the reader's system has it, unless the reader says otherwise. */
function themes() {
  const root = document.documentElement;
  const choice = el("select", { onchange: () => {
    if (choice.value) root.dataset.theme = choice.value;
    else delete root.dataset.theme;
  } }, el("option", { value: "" }, "as the system has it"), el("option", { value: "light" }, "light"), el("option", { value: "dark" }, "dark"));
  return el("label", {}, "Theme", choice);
}

void mountAll(document).then(() => framed());
for (const place of document.querySelectorAll("[data-mlwidgets-themes]")) place.append(themes());
