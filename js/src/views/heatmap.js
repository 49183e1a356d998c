/** A matrix as colour, with the number under the pointer or the keyboard's cell cursor. */
import { canvasIn, fitted, pointer, widthOf, write } from "../canvas.js";
import { at as colourAt, inkOn, ramps } from "../colour.js";
import { num, plain, told } from "../format.js";
import { thinned } from "../table.js";

/** @import { Cell, Ctx, Moment, View } from "../types" */
/** @import { Palette } from "../theme.js" */
/** @typedef {{rows: number, cols: number, panels: number, across: number, size: number, high: number, left: number, top: number, gap: number}} Layout */

const MOST_PANELS = 16;
const BAR = 26;

/** @param {Ctx} ctx @returns {View} */
export function heatmap(ctx) {
  const { spec, store, body } = ctx;
  const column = store.column(spec.columns[0]);
  const { canvas, open } = canvasIn(body);
  /** @type {Cell | null} */
  let data = null;
  /** @type {Layout} */
  let layout;
  /** @type {Moment} */
  let moment;
  let [lo, hi] = [0, 1];
  let cursor = -1;
  let signed = spec.signed === true;
  /** @type {{rows: string[], cols: string[]}} */
  let names = { rows: [], cols: [] };

  body.tabIndex = 0;
  body.addEventListener("keydown", (event) => key(event));
  body.addEventListener("blur", () => move(-1));
  pointer(body, { hover: (x, y) => move(cellAt(x, y)), drag: (x, y) => move(cellAt(x, y)), leave: () => move(-1) });

  /** @param {Moment} m */
  function update(m) {
    const cell = store.array(column.name, m.position);
    if (!cell) return;
    moment = m;
    data = cell;
    names = { rows: labels(ctx, "rows", m.position), cols: labels(ctx, "cols", m.position) };
    [lo, hi] = extent(cell.data, false, spec);
    if (spec.signed !== false && lo < 0 && hi > 0) signed = true; // and stays so: a ramp that changes its meaning misleads
    [lo, hi] = extent(cell.data, signed, spec);
    const palette = ctx.palette();
    layout = layoutOf(cell.shape, widthOf(body), names);
    const { g } = open(heightOf(layout));
    const ramp = signed ? ramps(palette).signed : ramps(palette).value;
    drawCells(g, cell, { layout, ramp, lo, hi, palette, print: spec.labels !== false });
    drawNames(g, { layout, names, axes: axesOf(ctx), palette });
    if (cell.data.some(Number.isFinite)) drawBar(g, { layout, ramp, lo, hi, palette, width: widthOf(body) });
    if (cursor >= 0 && cursor < cell.data.length) drawCursor(g, cursor, layout, palette);
    ctx.say("", cursor >= 0 && cursor < cell.data.length ? words(cursor) : span());
  }

  /** From the least to the largest number, and how many are none. */
  function span() {
    const all = data?.data ?? [];
    if (spec.none && all.length && Array.prototype.every.call(all, (v) => v === 0)) return String(spec.none);
    let [odd, nan] = [0, 0];
    for (let k = 0; k < all.length; k++) if (!Number.isFinite(all[k])) [odd, nan] = [odd + 1, nan + Number(Number.isNaN(all[k]))];
    if (!odd) return `${num(lo)} to ${num(hi)}`;
    if (odd === all.length) return nan < odd ? "no finite number" : begun() ? "NaN" : "–";
    return `${num(lo)} to ${num(hi)}, ${plain(odd)} ${nan === odd ? "NaN" : "not finite"}`;
  }

  /** Was there a number before? What is NaN from the first frame on is not computed yet. */
  function begun() {
    return [...(store.heavy ?? [])].some(([at, row]) => {
      const cell = at < moment.position ? row.get(column.name) : null;
      return cell && typeof cell === "object" && "data" in cell && Array.prototype.some.call(cell.data, Number.isFinite);
    });
  }

  /** @param {number} x @param {number} y */
  function cellAt(x, y) {
    if (!layout) return -1;
    const { rows, cols, across, panels, size, high, left, top, gap } = layout;
    const [w, h] = [cols * size + gap, rows * high + gap];
    const [px, py] = [Math.floor((x - left) / w), Math.floor((y - top) / h)];
    const [c, r] = [Math.floor((x - left - px * w) / size), Math.floor((y - top - py * h) / high)];
    const panel = py * across + px;
    if (px < 0 || px >= across || py < 0 || panel >= panels || c >= cols || r >= rows || c < 0 || r < 0) return -1;
    return (panel * rows + r) * cols + c;
  }

  /** @param {number} next */
  function move(next) {
    if (next === cursor || !moment) return;
    cursor = next;
    update(moment);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -(layout?.cols ?? 1), ArrowDown: layout?.cols ?? 1 };
    const by = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!by || !data || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(cursor < 0 ? 0 : Math.max(0, Math.min(data.data.length - 1, cursor + by)));
    ctx.tell(words(cursor));
  }

  /** @param {number} k */
  function words(k) {
    const { rows, cols, panels } = layout;
    const [p, r, c] = [Math.floor(k / (rows * cols)), Math.floor(k / cols) % rows, k % cols];
    const [row, col] = axesOf(ctx);
    const place = [`${row} ${names.rows[r] ?? r}`, `${col} ${names.cols[c] ?? c}`];
    if (panels > 1) place.unshift(`${column.axes?.[0] ?? "panel"} ${p}`);
    if (rows === 1) place.shift();
    return `${place.join(", ")}: ${data ? told(data.data[k]) : "–"}`;
  }

  const summary = () => {
    if (!data) return `Matrix ${column.words || column.name}, not here yet.`;
    const { rows, cols, panels } = layout;
    return `Matrix of ${panels > 1 ? `${panels} times ` : ""}${rows} by ${cols}, ${column.words || column.name}, ${moment.label}: ${span()}.`;
  };
  const rows = () => {
    if (!data) return { head: [column.name], body: [] };
    const { rows: count, cols } = layout;
    const all = thinned(Math.floor(data.data.length / cols)), wide = Math.min(cols, 64);
    return {
      head: [axesOf(ctx)[0], ...Array.from({ length: wide }, (_, c) => names.cols[c] ?? String(c))],
      body: all.picked.map((r) => [names.rows[r % count] ?? String(r), ...Array.from({ length: wide }, (_, c) => told(data?.data[r * cols + c] ?? NaN))]),
      note: all.note || (wide < cols ? `${wide} of ${cols} columns` : ""),
    };
  };
  canvas.style.cursor = "crosshair";
  return { update, summary, rows };
}

/** The words on the two axes. @param {Ctx} ctx @returns {[string, string]} */
function axesOf({ spec, store }) {
  const axes = store.column(spec.columns[0]).axes ?? [];
  const given = (/** @type {unknown} */ v) => (typeof v === "string" && !store.columns.has(v) ? v : "");
  return [given(spec.rows) || axes.at(-2) || "row", given(spec.cols) || axes.at(-1) || "column"];
}

/** Names of the rows or columns: a list in the option, or a text column. @param {Ctx} ctx @param {"rows" | "cols"} side @param {number} position @returns {string[]} */
function labels({ spec, store }, side, position) {
  const option = spec[side];
  if (Array.isArray(option)) return option.map(String);
  if (typeof option !== "string" || !store.columns.has(option)) return [];
  const value = store.row(option, position);
  if (Array.isArray(value)) return value.map(String);
  return typeof value === "string" ? value.split(/\s+/) : [];
}

/** @param {ArrayLike<number>} data @param {boolean} signed @param {Ctx["spec"]} spec @returns {[number, number]} */
function extent(data, signed, spec) {
  let [lo, hi] = [Infinity, -Infinity];
  for (let k = 0; k < data.length; k++) {
    const v = data[k];
    if (!Number.isFinite(v)) continue;
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  if (lo > hi) [lo, hi] = [0, 1];
  if (typeof spec.lo === "number") lo = spec.lo;
  if (typeof spec.hi === "number") hi = spec.hi;
  if (!signed) return [lo, hi];
  const most = Math.max(Math.abs(lo), Math.abs(hi)) || 1;
  return [-most, most];
}

/** @param {number[]} shape @param {number} width @param {{rows: string[], cols: string[]}} names @returns {Layout} */
function layoutOf(shape, width, names) {
  const cols = shape.at(-1) ?? 1, rows = shape.length > 1 ? shape[shape.length - 2] : 1;
  const panels = Math.min(MOST_PANELS, shape.slice(0, -2).reduce((a, b) => a * b, 1));
  const across = Math.min(panels, width > 480 ? 4 : 2);
  const left = Math.max(18, Math.min(84, 8 + 6.2 * Math.max(0, ...names.rows.map((n) => n.length))));
  const gap = panels > 1 ? 8 : 0;
  const room = (width - left - BAR - 40 - gap * (across - 1)) / across;
  const size = Math.max(1, Math.min(room / cols, 40, panels > 1 ? 40 : Math.max(300 / rows, room / cols / 3)));
  const square = Math.min(size, Math.max(1, 340 / rows));
  const high = panels > 1 ? square : Math.max(square, Math.min(12, 220 / rows)); // many columns: taller than wide
  return { rows, cols, panels, across, size: rows === 1 ? Math.min(room / cols, 60) : size, high: rows === 1 ? 32 : high, left, top: names.cols.length ? 20 : 4, gap };
}

/** @param {Layout} l */
const heightOf = (l) => Math.ceil(l.top + Math.ceil(l.panels / l.across) * (l.rows * l.high + l.gap) + 18);

/** @param {number} k @param {Layout} l @returns {[number, number]} */
function corner(k, l) {
  const area = l.rows * l.cols, panel = Math.floor(k / area);
  const [r, c] = [Math.floor((k % area) / l.cols), k % l.cols];
  const x = l.left + (panel % l.across) * (l.cols * l.size + l.gap) + c * l.size;
  return [x, l.top + Math.floor(panel / l.across) * (l.rows * l.high + l.gap) + r * l.high];
}

/** @param {CanvasRenderingContext2D} g @param {Cell} cell @param {{layout: Layout, ramp: string[], lo: number, hi: number, palette: Palette, print: boolean}} at */
function drawCells(g, { data }, { layout, ramp, lo, hi, palette, print }) {
  const { size, high } = layout;
  const pad = Math.min(size, high) > 8 ? 1 : 0;
  const roomy = print && size > 33 && high > 17;
  const strike = Math.min(size, high) >= 5 ? 1 : 0;
  const shown = Math.min(data.length, layout.panels * layout.rows * layout.cols);
  g.font = palette.font(10, "mono");
  for (let k = 0; k < shown; k++) {
    const [x, y] = corner(k, layout);
    const v = data[k];
    const colour = Number.isFinite(v) ? colourAt(ramp, hi > lo ? (v - lo) / (hi - lo) : 0) : palette.css("paper");
    g.fillStyle = colour;
    // Whole pixels, so that no seams show between small cells.
    const [x0, y0] = pad ? [x, y] : [Math.floor(x), Math.floor(y)];
    g.fillRect(x0, y0, pad ? size - pad : Math.ceil(x + size) - x0, pad ? high - pad : Math.ceil(y + high) - y0);
    if (!Number.isFinite(v) && strike && !roomy) struck(g, x, y, size - pad, high - pad, palette);
    if (!roomy) continue;
    g.fillStyle = inkOn(colour, palette);
    write(g, told(v), x + size / 2, y + high / 2 + 3.5, "center");
  }
}

/** What is no number has no colour, and is struck through. @param {CanvasRenderingContext2D} g @param {number} x @param {number} y @param {number} w @param {number} h @param {Palette} palette */
function struck(g, x, y, w, h, palette) {
  g.strokeStyle = palette.css("ink-2");
  g.lineWidth = 1;
  g.beginPath();
  g.moveTo(x, y + h);
  g.lineTo(x + w, y);
  g.stroke();
}

/** @param {CanvasRenderingContext2D} g @param {{layout: Layout, names: {rows: string[], cols: string[]}, axes: [string, string], palette: Palette}} at */
function drawNames(g, { layout: l, names, axes, palette }) {
  g.font = palette.font(10.5);
  g.fillStyle = palette.css("ink-2");
  if (l.high >= 11) names.rows.slice(0, l.rows).forEach((text, r) => fitted(g, text, l.left - 6, l.top + (r + 0.5) * l.high + 3.5, l.left - 8, "right"));
  const fits = names.cols.every((text) => g.measureText(text).width <= l.size - 2);
  if (fits) names.cols.slice(0, l.cols).forEach((text, c) => write(g, text, l.left + (c + 0.5) * l.size, l.top - 6, "center"));
  g.textAlign = "left";
  write(g, `${axes[1]} →`, l.left, l.top + Math.ceil(l.panels / l.across) * (l.rows * l.high + l.gap) + 12);
  if (l.rows < 2 || names.rows.length || l.rows * l.high < 50) return;
  g.save();
  g.translate(11, l.top);
  g.rotate(-Math.PI / 2);
  write(g, `← ${axes[0]}`, 0, 0, "right");
  g.restore();
}

/** The colour bar with its ends. @param {CanvasRenderingContext2D} g @param {{layout: Layout, ramp: string[], lo: number, hi: number, palette: Palette, width: number}} at */
function drawBar(g, { layout: l, ramp, lo, hi, palette }) {
  const x = l.left + l.across * (l.cols * l.size + l.gap) - l.gap + 10;
  const h = Math.min(l.rows * l.high, 120);
  for (let k = 0; k < h; k++) {
    g.fillStyle = colourAt(ramp, 1 - k / h);
    g.fillRect(x, l.top + k, 8, 1.5);
  }
  g.font = palette.font(10, "mono");
  g.fillStyle = palette.css("ink-2");
  write(g, num(hi), x + 12, l.top + 9);
  if (h > 24) write(g, num(lo), x + 12, l.top + h);
  if (lo < 0 && hi === -lo && h > 60) write(g, "0", x + 12, l.top + h / 2 + 4);
}

/** @param {CanvasRenderingContext2D} g @param {number} k @param {Layout} layout @param {Palette} palette */
function drawCursor(g, k, layout, palette) {
  const [x, y] = corner(k, layout);
  g.strokeStyle = palette.css("ink");
  g.lineWidth = 2;
  g.strokeRect(x, y, layout.size - 1, layout.high - 1);
}
