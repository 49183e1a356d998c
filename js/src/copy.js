/** Into the clipboard; where there is none, as on plain http, the text is selected instead. */
import { put } from "./dom.js";

/** @param {string} text @param {HTMLElement} place where it stands @param {(words: string) => void} tell */
export async function copy(text, place, tell) {
  try {
    await navigator.clipboard.writeText(text);
    tell("Copied.");
  } catch {
    put(place, text);
    getSelection()?.selectAllChildren(place);
    tell("Selected: copy it with the keyboard.");
  }
}
