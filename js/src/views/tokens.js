/** A sentence as a row of words, coloured by how much one of them looks at each: a line for each head. */
import { inkOn } from "../colour.js";
import { el, put } from "../dom.js";
import { cell as cellText, num } from "../format.js";
import { colourOf, strongest, weightsOf } from "../weights.js";
import { headName } from "./heads.js";

/** @import { Cell, Ctx, Moment, View } from "../types" */
/** @import { Weights } from "../weights.js" */
/** @typedef {{name: HTMLElement, words: HTMLElement[], node: HTMLElement}} Row */

const MOST = 600; // words in all lines together; beyond, the heads' mean is one line

/** @param {Ctx} ctx @returns {View} */
export function tokens(ctx) {
  const { spec, store, body } = ctx;
  const sheet = el("div", { class: "tokens", "aria-hidden": "true" });
  body.append(sheet);
  /** @type {Row[]} */
  let rows = [];
  /** @type {string[]} */
  let texts = [];
  /** @type {string[]} */
  let names = [];
  /** @type {Weights | null} */
  let weights = null;
  /** @type {Cell | null} */
  let shown = null;
  /** @type {Moment} */
  let moment;
  let picked = 1, hover = -1, built = "";

  body.tabIndex = 0;
  body.addEventListener("keydown", key);
  body.addEventListener("click", (event) => pick(wordAt(event)));
  body.addEventListener("pointermove", (event) => point(wordAt(event)));
  body.addEventListener("pointerleave", () => point(-1));

  /** @param {Event} event */
  function wordAt(event) {
    const word = event.composedPath().find((node) => node instanceof HTMLElement && node.dataset.k);
    return word instanceof HTMLElement ? Number(word.dataset.k) : -1;
  }

  /** @param {number} k */
  function pick(k) {
    if (k < 0) return;
    picked = k;
    if (moment) update(moment);
  }

  /** @param {number} k */
  function point(k) {
    if (k === hover) return;
    hover = k;
    if (moment) update(moment);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !paired() || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    pick(Math.max(0, Math.min(texts.length - 1, from() + by)));
    ctx.tell(summary());
  }

  const paired = () => Boolean(weights && weights.cell.shape.length > 1);
  const from = () => Math.min(hover >= 0 ? hover : picked, texts.length - 1);

  /** @param {Moment} m */
  function update(m) {
    const said = store.row(spec.columns[0], m.position);
    if (!Array.isArray(said)) return;
    moment = m;
    texts = said.map(String);
    const headNames = typeof spec.heads === "string" ? store.row(spec.heads, m.position) : null;
    names = Array.isArray(headNames) ? headNames.map(String) : [];
    read(typeof spec.weight === "string" ? (store.array(spec.weight, m.position) ?? null) : null);
    build();
    paint();
  }

  /** @param {Cell | null} cell */
  function read(cell) {
    if (cell === shown) return;
    shown = cell;
    const large = cell && cell.shape.length > 2 && cell.shape[0] * texts.length > MOST;
    weights = cell ? weightsOf(large ? mean(cell) : cell) : null;
    if (large) names = [`mean of ${cell.shape[0]} heads`];
  }

  function build() {
    const count = paired() ? (weights?.H ?? 1) : 1;
    const now = `${count} ${texts.join("\n")}`;
    if (now === built) return;
    built = now;
    rows = Array.from({ length: count }, () => line(texts));
    sheet.replaceChildren(...rows.map((row) => row.node));
  }

  function paint() {
    const palette = ctx.palette(), T = texts.length;
    rows.forEach((row, h) => {
      row.name.hidden = rows.length < 2;
      put(row.name, headName(names, h));
      row.words.forEach((word, s) => {
        const colour = weights ? colourOf(weights, index(h, s, T), palette) : palette.css("paper");
        word.style.background = colour;
        word.style.color = inkOn(colour, palette);
        word.classList.toggle("from", paired() && s === from());
      });
    });
    ctx.say("", paired() ? `from “${texts[from()]}”` : "");
  }

  /** @param {number} h @param {number} s @param {number} T */
  const index = (h, s, T) => (paired() ? (h * T + from()) * T + s : s);

  const summary = () => {
    if (!weights || !paired()) return `Tokens: ${texts.join(" ").slice(0, 200) || "none yet"}.`;
    const T = texts.length;
    const seen = rows.map((_, h) => {
      const k = strongest(/** @type {Weights} */ (weights), index(h, 0, T), T);
      return k < 0 ? "" : `${rows.length > 1 ? `${headName(names, h)}: ` : ""}${texts[k % T]} ${num(weights?.value(k))}`;
    });
    return `${T} tokens. From ${texts[from()]}, most to: ${seen.filter(Boolean).join("; ")}.`;
  };
  const table = () => ({
    head: ["token", ...rows.map((_, h) => (paired() ? (rows.length > 1 ? headName(names, h) : `from ${texts[from()]}`) : "weight"))],
    body: texts.map((text, s) => [text, ...rows.map((_, h) => (weights && weights.level(index(h, s, texts.length)) >= 0 ? cellText(weights.value(index(h, s, texts.length)), "") : "–"))]),
  });
  return { update, summary, rows: table };
}

/** @param {string[]} texts @returns {Row} */
function line(texts) {
  const name = el("span", { class: "head" });
  const words = texts.map((text, k) => el("span", { class: "tok", "data-k": k }, text));
  return { name, words, node: el("div", { class: "line" }, name, el("span", { class: "sentence" }, ...words)) };
}

/** The mean of the heads. @param {Cell} cell @returns {Cell} */
export function mean({ data, shape: [H, T] }) {
  const sum = new Float32Array(T * T);
  const coded = data instanceof Uint8Array;
  for (let k = 0; k < data.length; k++) sum[k % (T * T)] += (coded ? (data[k] / 255) ** 2 : data[k]) / H;
  return { data: sum, shape: [T, T] };
}
