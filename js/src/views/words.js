/** Text: what a column says, as it stands; a list of texts as tokens. */
import { el } from "../dom.js";

/** @import { Ctx, View } from "../types" */

/** @param {Ctx} ctx @returns {View} */
export function words(ctx) {
  const { spec, store, body } = ctx;
  const paragraphs = spec.columns.map(() => el("p", { class: "words" }));
  body.append(...paragraphs);
  /** @type {(string | string[])[]} */
  let texts = spec.columns.map(() => "");
  return {
    update({ position }) {
      texts = spec.columns.map((name, k) => {
        const value = store.row(name, position);
        if (value === undefined) return texts[k];
        return Array.isArray(value) ? value.map(String) : value == null ? "" : String(value);
      });
      texts.forEach((text, k) => fill(paragraphs[k], text));
    },
    summary: () => `Text: ${texts.flat().join(" ").slice(0, 200) || "none yet"}.`,
    rows: () => ({ head: ["column", "text"], body: texts.map((text, k) => [spec.columns[k], [text].flat().join(" ")]) }),
  };
}

/** @param {HTMLElement} node @param {string | string[]} text */
function fill(node, text) {
  const whole = [text].flat().join("\n");
  if (node.dataset.text === whole) return;
  node.dataset.text = whole;
  if (Array.isArray(text)) node.replaceChildren(...text.flatMap((t) => [el("span", { class: "token" }, t), " "]));
  else node.textContent = text;
}
