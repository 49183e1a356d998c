/** What a symbol is at the frame under the cursor: its words, its value or shape, and how a number went. */
import { el, put, set, unique } from "./dom.js";
import { inForce, paramOf } from "./force.js";
import { num, plain, shown, valueAt } from "./format.js";

/** @import { Run } from "./run.js" */
/** @import { Column, Moment } from "./types" */
/** @typedef {{node: HTMLElement, knows(name: string): boolean, attach(at: HTMLElement | SVGElement | MathMLElement, name: string): void, update(m: Moment): void, hide(): void, follow(): void}} Inspector */

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [180, 36];
const LINGER = 150; // ms to come from the symbol to its card

/** @param {Run} run @returns {Inspector} */
export function inspector(run) {
  const { info, store } = run;
  const spark = sparkline();
  const name_ = el("b"), words = el("span"), value = el("p", { class: "value" }), range = el("p", { class: "range" });
  const node = el("div", { class: "tip", role: "tooltip", id: unique("mlw-tip"), hidden: true }, el("p", { class: "words" }, name_, " ", words), value, spark.node, range);
  let name = "", timer = 0, drawn = "";
  /** @type {Element | null} */
  let at = null;
  /** @type {Moment | null} */
  let moment = null;

  node.addEventListener("pointerenter", () => clearTimeout(timer));
  node.addEventListener("pointerleave", leave);

  /** @param {Element} place @param {string} which */
  function show(place, which) {
    clearTimeout(timer);
    at?.removeAttribute("aria-describedby");
    at = place;
    name = which;
    drawn = "";
    node.hidden = false;
    at.setAttribute("aria-describedby", node.id);
    if (moment) update(moment);
    stand(place);
  }

  /** Under its symbol, inside the pane. @param {Element} place */
  function stand(place) {
    const home = node.offsetParent?.getBoundingClientRect();
    if (!home) return;
    const { left, bottom } = place.getBoundingClientRect();
    node.style.left = `${Math.max(4, Math.min(left - home.left, home.width - node.offsetWidth - 4))}px`;
    node.style.top = `${bottom - home.top + 3}px`;
  }

  /** What it belongs to has been scrolled. */
  function follow() {
    if (!at) return;
    const frame = at.closest("pre")?.getBoundingClientRect(), place = at.getBoundingClientRect();
    if (frame && (place.bottom < frame.top || place.top > frame.bottom)) hide();
    else stand(at);
  }

  function leave() {
    timer = window.setTimeout(hide, LINGER);
  }

  function hide() {
    clearTimeout(timer);
    node.hidden = true;
    at?.removeAttribute("aria-describedby");
    at = null;
  }

  /** @param {Moment} m */
  function update(m) {
    moment = m;
    if (node.hidden) return;
    const column = store.columns.get(name), param = paramOf(info, name);
    put(name_, name);
    put(words, column?.words || param?.label || info.where?.[name] || "");
    put(value, column ? cellOf(column, m) : param ? shown(param, m.params[name]) : "");
    trace(m);
  }

  /** @param {Moment} m */
  function trace(m) {
    const key = `${name} ${store.epoch} ${store.known} ${run.version}`;
    if (key !== drawn) put(range, spark.draw(seriesOf(), store.known));
    drawn = key;
    spark.mark(m.position / Math.max(1, store.known - 1));
  }

  /** The number at each recorded position. @returns {((position: number) => number) | null} */
  function seriesOf() {
    const column = store.columns.get(name), param = paramOf(info, name);
    if (column) return ["float", "int", "bool"].includes(column.kind) ? (p) => store.value(name, p) : null;
    if (!param || !["float", "int"].includes(param.kind)) return null;
    return (p) => Number(inForce(run.state, store.frame(p))[name] ?? NaN);
  }

  /** @param {Column} column @param {Moment} m */
  function cellOf(column, { position }) {
    if (["float", "int", "bool"].includes(column.kind)) return [valueAt(store, column, position), column.unit].filter(Boolean).join(" ");
    const found = store.row(column.name, position);
    if (found === undefined) return "…";
    if (found === null) return "–";
    if (typeof found === "string" || Array.isArray(found)) return clip(Array.isArray(found) ? found.join(" ") : found);
    return `${found.shape.join(" × ")}${column.axes?.length ? ` (${column.axes.join(", ")})` : ""}, ${reach(found.data)}`;
  }

  return {
    node,
    hide,
    follow,
    update,
    knows: (which) => store.columns.has(which) || Boolean(paramOf(info, which)),
    attach(place, which) {
      place.addEventListener("pointerenter", () => show(place, which));
      place.addEventListener("pointerleave", leave);
      place.addEventListener("focus", () => show(place, which));
      place.addEventListener("blur", hide);
      place.addEventListener("click", () => place.focus());
      place.addEventListener("keydown", (event) => {
        if (/** @type {KeyboardEvent} */ (event).key === "Escape") hide();
      });
    },
  };
}

/** @param {string} text */
const clip = (text) => (text.length > 120 ? `${text.slice(0, 119)}…` : text);

/** The least and the largest of the finite numbers. @param {ArrayLike<number>} data */
function reach(data) {
  let [lo, hi, odd] = [Infinity, -Infinity, 0];
  for (let k = 0; k < data.length; k++) {
    const v = data[k];
    if (!Number.isFinite(v)) odd++;
    else [lo, hi] = [Math.min(lo, v), Math.max(hi, v)];
  }
  const rest = odd ? `, ${plain(odd)} not finite` : "";
  return lo > hi ? `no finite number` : `${num(lo)} … ${num(hi)}${rest}`;
}

/** A line as wide as the card: each of its points spans the values that it stands for. */
function sparkline() {
  const node = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path"), cursor = document.createElementNS(SVG, "path");
  set(node, { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", class: "spark" });
  cursor.setAttribute("class", "cursor");
  node.append(line, cursor);

  /** @param {((position: number) => number) | null} value @param {number} count @returns {string} its range */
  function draw(value, count) {
    const bins = value ? binned(value, count) : [];
    const [lo, hi] = [Math.min(...bins.map((b) => b.lo)), Math.max(...bins.map((b) => b.hi))];
    node.toggleAttribute("hidden", bins.length < 2);
    if (bins.length < 2) return "";
    const y = (/** @type {number} */ v) => (hi > lo ? 2 + ((hi - v) / (hi - lo)) * (HEIGHT - 4) : HEIGHT / 2).toFixed(1);
    set(line, { d: bins.map((b, k) => `${k && bins[k - 1].k === b.k - 1 ? "L" : "M"}${x(b.at)} ${y(b.lo)}V${y(b.hi)}`).join("") });
    return lo < hi ? `${num(lo)} … ${num(hi)} in ${plain(count)} frames` : `the same in all ${plain(count)} frames`;
  }

  const x = (/** @type {number} */ part) => (1 + part * (WIDTH - 2)).toFixed(1);
  return { node, draw, mark: (/** @type {number} */ part) => set(cursor, { d: `M${x(Math.min(1, part))} 0v${HEIGHT}` }) };
}

/** @param {(position: number) => number} value @param {number} count */
export function binned(value, count) {
  /** @type {{k: number, at: number, lo: number, hi: number}[]} */
  const bins = [];
  const width = Math.max(1, Math.ceil(count / WIDTH));
  for (let k = 0; k * width < count; k++) {
    let [lo, hi] = [Infinity, -Infinity];
    for (let p = k * width; p < Math.min(count, (k + 1) * width); p++) {
      const v = value(p);
      if (Number.isFinite(v)) [lo, hi] = [Math.min(lo, v), Math.max(hi, v)];
    }
    if (lo <= hi) bins.push({ k, at: (k * width) / Math.max(1, count - 1), lo, hi });
  }
  return bins;
}
