// @ts-check
/** @import { Ctx, Kit, Moment, View } from "mlwidgets" */
/** @typedef {{word: string, id?: number}} Token as merges.txt writes it: a letter for each byte */

const [ROOM, MOST, LONGEST] = [16, 1500, 40]; // bytes of the darkest token; tokens and characters that are shown

/** @type {Map<string, number>} the byte that each letter stands for, as in GPT-2 */
const BYTE = new Map();
for (let b = 0, odd = 256; b < 256; b++) {
  const printed = (b > 32 && b < 127) || (b > 160 && b !== 173);
  BYTE.set(String.fromCharCode(printed ? b : odd++), b);
}

/** Tokens of a text, or the pairs that may be merged next. @param {Ctx} ctx @param {Kit} kit @returns {View} */
export default function bpe(ctx, kit) {
  return ctx.spec.part === "pairs" ? pairs(ctx, kit) : tokens(ctx, kit);
}

/** Chips, darker the more bytes they stand for; a click undoes the merge that made one. @param {Ctx} ctx @param {Kit} kit @returns {View} */
function tokens(ctx, kit) {
  const { store, spec, body } = ctx, { el, put } = kit;
  const sheet = styled(el("div", { "aria-hidden": "true", dir: "ltr" }), "display:flex;flex-wrap:wrap;gap:3px 1px;max-height:300px;overflow:auto;font:13px/1.5 var(--mono)");
  const acts = Boolean(spec.undone) && !ctx.frozen;
  body.append(sheet);
  /** @type {Token[]} */
  let shown = [];
  let [picked, hover, fresh, cut] = [-1, -1, "", false];
  /** @type {Moment | undefined} */
  let moment;

  if (acts) {
    body.tabIndex = 0;
    body.addEventListener("keydown", key);
    sheet.addEventListener("click", (event) => undo(at(event)));
    sheet.addEventListener("pointermove", (event) => point(at(event)));
    sheet.addEventListener("pointerleave", () => point(-1));
  }

  /** @param {Event} event */
  function at(event) {
    const chip = event.composedPath().find((node) => node instanceof HTMLElement && node.dataset.k);
    return chip instanceof HTMLElement ? Number(chip.dataset.k) : -1;
  }

  /** @param {number} k */
  function point(k) {
    if (k === hover) return;
    hover = k;
    say();
  }

  /** @param {number} k */
  function undo(k) {
    const { word } = shown[k] ?? { word: "" };
    if (word.length < 2 || !moment) return;
    ctx.set(String(spec.undone), [...undoneOf(moment, spec), word].join("\n"));
    ctx.tell(`Undone: ${readable(word)}.`);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || (!by && event.key !== "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!by) return undo(picked);
    picked = Math.max(0, Math.min(shown.length - 1, picked + by));
    paint();
    ctx.tell(described(picked));
  }

  /** @param {number} k */
  function described(k) {
    const { word, id } = shown[k] ?? { word: "" };
    if (!word) return "";
    const number = id === undefined ? "" : `, number ${id}`;
    return `${readable(word)}, ${word.length} byte${word.length > 1 ? "s" : ""}${number}`;
  }

  /** @param {Moment} m */
  function update(m) {
    const text = store.row(spec.columns[0], m.position);
    if (typeof text !== "string") return;
    moment = m;
    const ids = typeof spec.ids === "string" ? store.array(spec.ids, m.position) : undefined;
    cut = text.endsWith(" …");
    shown = text.split(" ").filter((word) => word && word !== "…").slice(0, MOST).map((word, k) => ({ word, id: ids?.data[k] }));
    const pair = typeof spec.pair === "string" ? store.row(spec.pair, m.position) : "";
    fresh = typeof pair === "string" ? pair.replace(" ", "") : "";
    paint();
  }

  function paint() {
    while (sheet.childElementCount > shown.length) sheet.lastElementChild?.remove();
    while (sheet.childElementCount < shown.length) sheet.append(chip(sheet.childElementCount));
    const palette = ctx.palette(), { value } = kit.ramps(palette);
    shown.forEach(({ word, id }, k) => {
      const node = /** @type {HTMLElement} */ (sheet.children[k]), text = /** @type {HTMLElement} */ (node.firstElementChild);
      put(text, readable(word).slice(0, LONGEST));
      const colour = word.length > 1 ? kit.at(value, Math.log(word.length) / Math.log(ROOM)) : "";
      const style = colour ? `background:${colour};color:${kit.inkOn(colour, palette)}` : "background:none;color:var(--ink)";
      const ring = k === picked ? "outline:2px solid var(--accent)" : word === fresh ? "outline:2px solid var(--ink);outline-offset:-1px" : "outline:1px solid var(--rule);outline-offset:-1px";
      const css = `padding:1px 3px;border-radius:3px;white-space:pre;${ring};${style};cursor:${acts && word.length > 1 ? "pointer" : "default"}`;
      if (text.style.cssText !== css && text.dataset.css !== css) styled(text, (text.dataset.css = css));
      const below = node.children[1];
      if (below) put(below, id === undefined ? "" : String(id));
    });
    say();
  }

  /** @param {number} k */
  function chip(k) {
    const id = spec.ids ? [styled(el("span"), "font-size:10px;color:var(--ink-2);padding:0 3px")] : [];
    return styled(el("span", { "data-k": k }, el("span"), ...id), "display:inline-flex;flex-direction:column");
  }

  function say() {
    const bytes = shown.reduce((sum, { word }) => sum + word.length, 0);
    const all = shown.length ? `${cut ? "the first " : ""}${kit.cell(bytes, "int")} bytes in ${kit.cell(shown.length, "int")} tokens` : "no tokens";
    const one = described(hover >= 0 ? hover : picked);
    ctx.say(one ? `: ${one}` : "", all);
  }

  const summary = () => `${shown.length} tokens: ${shown.slice(0, 60).map(({ word }) => readable(word)).join(" | ")}.`;
  const rows = () => ({
    head: ["token", "bytes", ...(spec.ids ? ["number"] : [])],
    body: shown.map(({ word, id }) => [readable(word), String(word.length), ...(spec.ids ? [String(id ?? "–")] : [])]),
  });
  return { update, summary, rows };
}

/** The pairs that occur most, each with a button that forbids it; and what is undone, with what it changed. @param {Ctx} ctx @param {Kit} kit @returns {View} */
function pairs(ctx, kit) {
  const { store, spec, body } = ctx, { el, put } = kit;
  const [labels, counts] = spec.columns;
  const list = el("div"), taken = styled(el("div", { role: "group", "aria-label": "Undone" }), "margin-top:8px");
  const difference = styled(el("p"), "margin:6px 0 0;font-size:12px;color:var(--ink-2);overflow-wrap:anywhere");
  body.setAttribute("role", "group");
  body.append(list, taken, difference);
  /** @type {{word: string, n: number, off: boolean}[]} */
  let items = [];
  /** @type {string[]} */
  let undone = [];
  /** @type {ReturnType<typeof row>[]} */
  const nodes = [];
  let written = "";

  /** @param {Moment} m */
  function update(m) {
    const words = store.row(labels, m.position), n = store.array(counts, m.position);
    if (!Array.isArray(words) || !n) return;
    undone = undoneOf(m, spec);
    items = words.map((word, k) => ({ word: String(word), n: n.data[k], off: undone.includes(String(word)) || undone.includes(String(word).replace(" ", "")) }));
    const made = text("pair", m), often = store.value(String(spec.count), m.position);
    paint();
    allow();
    const [lost, gained] = [text("lost", m), text("gained", m)].map((t) => t.split(" ").filter(Boolean).map(readable));
    const [rho, free] = ["rho", "free"].map((name) => store.value(String(spec[name]), m.position));
    const idle = !lost.length && !gained.length && rho === free;
    if (undone.length && idle) put(difference, `None of the merges so far has made ${undone.length > 1 ? "these" : "this"}: nothing has changed.`);
    else put(difference, undone.length && !Number.isNaN(free) ? `${undone.length > 1 ? "Without them" : "Without it"}: ${kit.num(rho)} bytes a token, not ${kit.num(free)}. Not learned: ${lost.join(" ") || "none"}. In ${lost.length > 1 ? "their" : "its"} place: ${gained.join(" ") || "none"}.` : "");
    ctx.say("", made ? `merged ${readable(made.split(" ")[0])} + ${readable(made.split(" ")[1])}, ${kit.cell(often, "int")} times` : "");
  }

  /** @param {string} name @param {Moment} m */
  function text(name, m) {
    const value = typeof spec[name] === "string" ? store.row(String(spec[name]), m.position) : "";
    return typeof value === "string" ? value : "";
  }

  function paint() {
    while (nodes.length < items.length) nodes.push(row(nodes.length));
    nodes.forEach(({ node }, k) => (node.style.display = k < items.length ? "grid" : "none"));
    const most = Math.max(1, ...items.map(({ n }) => n)), next = items.findIndex(({ off }) => !off);
    items.forEach(({ word, n, off }, k) => {
      const at = nodes[k], [a, b] = word.split(" ").map(readable);
      put(at.name, `${a} + ${b}`);
      put(at.number, kit.cell(n, "int"));
      at.name.style.textDecoration = off ? "line-through" : "none";
      at.name.style.fontWeight = k === next ? "600" : "400";
      at.bar.style.width = `${(100 * n) / most}%`;
      at.bar.style.opacity = off ? "0.35" : "1";
      at.button.hidden = off || ctx.frozen;
      at.button.setAttribute("aria-label", `Do not merge ${a} and ${b}`);
    });
  }

  /** @param {number} k */
  function row(k) {
    const [name, number] = [styled(el("span", { dir: "ltr" }), "font:13px var(--mono);white-space:pre;overflow:hidden;text-overflow:ellipsis"), styled(el("span"), "font:12px var(--mono);text-align:right")];
    const bar = styled(el("div"), "height:12px;background:var(--value);border-radius:0 2px 2px 0");
    const button = styled(el("button", { type: "button", onclick: () => forbid(k) }, "Skip"), "height:24px;padding:0 6px;font-size:12px;color:var(--accent)");
    const node = styled(el("div", {}, name, bar, number, styled(el("span"), "display:block;min-width:40px")), "display:grid;grid-template-columns:minmax(76px,4fr) minmax(14px,3fr) minmax(36px,auto) auto;gap:0 8px;align-items:center;min-height:24px");
    node.lastElementChild?.append(button);
    list.append(node);
    return { node, name, number, bar, button };
  }

  /** @param {number} k */
  function forbid(k) {
    const { word } = items[k] ?? {};
    if (word) choose(undone.concat(word), `Not merged: ${readable(word.split(" ").join(""))}.`);
  }

  /** @param {string[]} now @param {string} words */
  function choose(now, words) {
    ctx.set(String(spec.undone), now.join("\n"));
    ctx.tell(words);
  }

  /** What is undone, each with a button that allows it again. */
  function allow() {
    const now = undone.join("\n");
    if (now === written) return;
    written = now;
    const buttons = undone.map((line) => {
      const words = line.split(" ").map(readable).join(" + ");
      const again = () => choose(undone.filter((other) => other !== line), `Allowed again: ${words}.`);
      return styled(el("button", { type: "button", disabled: ctx.frozen, "aria-label": `Allow ${words} again`, onclick: again }, `${words} ×`), "height:24px;padding:0 6px;font:12px var(--mono);color:var(--accent)");
    });
    taken.replaceChildren(...(buttons.length ? [styled(el("span", {}, "Undone "), "font-size:12px;color:var(--ink-2)"), ...buttons] : []));
  }

  const summary = () => `Commonest pairs: ${items.slice(0, 5).map(({ word, n }) => `${word.split(" ").map(readable).join(" + ")} ${n} times`).join(", ") || "none"}.${undone.length ? ` Undone: ${undone.map(readable).join(", ")}.` : ""}`;
  const rows = () => ({ head: ["pair", "times"], body: items.map(({ word, n }) => [word.split(" ").map(readable).join(" + "), kit.cell(n, "int")]) });
  return { update, summary, rows };
}

/** @template {HTMLElement} T @param {T} node @param {string} css @returns {T} */
function styled(node, css) {
  node.style.cssText = css;
  return node;
}

/** @param {Moment} moment @param {Ctx["spec"]} spec */
function undoneOf(moment, spec) {
  return String(moment.params[String(spec.undone)] ?? "").split("\n").filter(Boolean);
}

/** @type {Record<string, string>} */
const SIGNS = { " ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥", "\x7f": "␡" };
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** @type {Map<string, string>} */
const known = new Map();

/** A token to look at: blanks have a sign, and what cannot be printed is written out. @param {string} word */
function readable(word) {
  let found = known.get(word);
  if (found !== undefined) return found;
  const more = word.endsWith("…") ? "…" : ""; // of a very long token the beginning is there
  const bytes = Uint8Array.from(more ? word.slice(0, -1) : word, (letter) => BYTE.get(letter) ?? 63);
  try {
    found = [...decoder.decode(bytes)].map(sign).join("");
  } catch {
    found = [...bytes].map((b) => (b > 32 && b < 127 ? String.fromCharCode(b) : `⟨${b.toString(16).padStart(2, "0")}⟩`)).join("");
  }
  found += more;
  if (known.size > 20_000) known.clear();
  known.set(word, found);
  return found;
}

/** @param {string} letter */
function sign(letter) {
  if (letter in SIGNS) return SIGNS[letter];
  const code = letter.codePointAt(0) ?? 0;
  if (code < 32) return String.fromCharCode(0x2400 + code);
  return /[\p{C}\p{Z}]/u.test(letter) ? `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩` : letter;
}
