/** The script of a page without a kernel: a player for every element that holds the islands of one. */
import { page } from "./player.js";

for (const place of document.querySelectorAll("main, [data-mlwidgets-player]")) {
  if (!place.querySelector("script[data-mlwidgets=info]")) continue;
  page(place).catch((error) => place.append(`The player could not be shown: ${error instanceof Error ? error.message : error}`));
}
