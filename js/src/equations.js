/** Equations: a tree of MathML from the kernel, built element by element, with the values of named symbols under them. */
import { el, put } from "./dom.js";
import { plain, valueAt } from "./format.js";

/** @import { Equation, Info, Moment, Tree } from "./types" */
/** @import { Store } from "./store.js" */
/** @typedef {{name: string, out: Element, base: MathMLElement, width: number}} Symbol a symbol that has a value, and where the value stands */

const BLANK = "\u2007"; // as wide as a digit
const MATH = "http://www.w3.org/1998/Math/MathML";
const TAGS = new Set(("math mrow mi mo mn mtext mspace ms msub msup msubsup munder mover munderover mfrac msqrt mroot " +
  "mtable mtr mtd mstyle mpadded mphantom mmultiscripts mprescripts menclose").split(" "));
const ATTRIBUTES = new Set(("mathvariant stretchy fence separator form lspace rspace accent accentunder movablelimits largeop displaystyle " +
  "scriptlevel linethickness columnalign rowalign columnspacing rowspacing minsize maxsize symmetric width height depth voffset display notation").split(" "));

/** What may stand on the page of a tree: unknown tags become rows, unknown attributes go. @param {Tree} tree @returns {Tree} */
export function allowed(tree) {
  if (!Array.isArray(tree)) return String(tree);
  const [tag, attributes, ...children] = tree;
  const kept = Object.entries(attributes ?? {}).filter(([key]) => ATTRIBUTES.has(key) || key === "name");
  return [TAGS.has(tag) ? tag : "mrow", Object.fromEntries(kept), ...children.map(allowed)];
}

/**
 * @param {Tree} tree
 * @param {(name: string) => boolean} valued
 * @param {Symbol[]} symbols filled with what has a value
 * @param {(symbol: MathMLElement, name: string) => void} [named] told of each symbol that stands for a column or a parameter
 * @returns {Node}
 */
function build(tree, valued, symbols, named) {
  if (!Array.isArray(tree)) return document.createTextNode(String(tree));
  const [tag, attributes, ...children] = tree;
  const node = /** @type {MathMLElement} */ (document.createElementNS(MATH, tag));
  for (const [key, value] of Object.entries(attributes)) if (key !== "name") node.setAttribute(key, String(value));
  const primed = isPrimed(tag, children);
  node.append(...children.map((child, k) => build(child, primed && k === 0 ? () => false : valued, symbols, primed && k === 0 ? undefined : named)));
  const name = attributes.name;
  if (typeof name === "string") named?.(node, name);
  return typeof name === "string" && valued(name) ? under(node, name, symbols) : node;
}

/** s′ is another symbol than s. @param {string} tag @param {Tree[]} children */
const isPrimed = (tag, children) => tag === "msup" && /["][′'″]["]/.test(JSON.stringify(children[1]));

/** @param {MathMLElement} node @param {string} name @param {Symbol[]} symbols */
function under(node, name, symbols) {
  const stack = document.createElementNS(MATH, "munder");
  const out = document.createElementNS(MATH, "mtext");
  out.setAttribute("class", "val");
  stack.append(node, out);
  symbols.push({ name, out, base: node, width: 0 });
  return stack;
}

/** @param {Equation} equation @param {(name: string) => boolean} valued @param {(symbol: MathMLElement, name: string) => void} [named] */
export function formula(equation, valued, named) {
  /** @type {Symbol[]} */
  const symbols = [];
  const tree = allowed(equation.math);
  const inner = build(tree, valued, symbols, named);
  const math = Array.isArray(tree) && tree[0] === "math" ? /** @type {Element} */ (inner) : document.createElementNS(MATH, "math");
  if (math !== inner) math.append(inner);
  return { math, symbols };
}

/** The values stand on one line, however deep their symbols reach. @param {Symbol[]} symbols */
function align(symbols) {
  const lows = symbols.map(({ base }) => base.getBoundingClientRect().bottom);
  const deepest = Math.max(...lows);
  symbols.forEach(({ base }, k) => (base.style.paddingBottom = `${deepest - lows[k]}px`));
}

/** A value keeps the widest place it had, so that the symbols stand still. @param {Symbol} symbol @param {string} text */
function write(symbol, text) {
  symbol.width = Math.max(symbol.width, text.length);
  const spare = symbol.width - text.length, left = spare >> 1;
  put(symbol.out, BLANK.repeat(left) + text + BLANK.repeat(spare - left));
}

/** The row that lives under the transport. @param {Info} info @param {Store} store @param {(n: number | string) => void} open its line of code */
export function equations(info, store, open) {
  const all = info.equations ?? [];
  const scalar = (/** @type {string} */ name) => ["float", "int", "bool"].includes(store.columns.get(name)?.kind ?? "");
  const number = (/** @type {string} */ name) => info.params.some((p) => p.name === name && ["float", "int"].includes(p.kind));
  const node = el("div", { class: "eq", role: "group", "aria-label": "Equation" });
  let index = 0;
  /** @type {Symbol[]} */
  let symbols = [];
  let aligned = false;
  choose(0);

  /** @param {number} k */
  function choose(k) {
    const equation = all[(index = k % Math.max(1, all.length))];
    if (!equation) return;
    const made = formula(equation, (name) => scalar(name) || number(name));
    symbols = made.symbols;
    aligned = false;
    const label = `(${equation.n})`;
    const n = all.length > 1
      ? el("button", { class: "n", type: "button", title: "Next equation", "aria-label": `${label} Next equation`, onclick: () => next() }, label)
      : el("span", { class: "n" }, label);
    const code = el("button", { class: "link code", type: "button", "aria-label": `${label} in the code`, onclick: () => open(equation.n) }, "code");
    node.replaceChildren(n, made.math, el("span", { class: "say" }, equation.words ?? ""), code);
  }

  /** @type {Moment | null} */
  let last = null;
  function next() {
    choose(index + 1);
    if (last) update(last);
    node.querySelector("button")?.focus();
  }

  /** @param {Moment} m */
  function update(m) {
    last = m;
    if (!aligned && node.clientWidth) {
      aligned = true;
      align(symbols);
      if (node.scrollWidth > node.clientWidth) node.tabIndex = 0; // so that keys can scroll it
    }
    for (const symbol of symbols) {
      const { name } = symbol;
      write(symbol, scalar(name) ? valueAt(store, store.column(name), m.position) : plain(Number(m.params[name])));
    }
  }
  return { node, update, empty: !all.length };
}
