/** One image, every pixel a square, with its value under the pointer or the keyboard's cursor. */
import { canvasIn, pointer, widthOf } from "../canvas.js";
import { cell as cellText, num } from "../format.js";
import { drawPixels, extent, shades } from "../pixels.js";
import { thinned } from "../table.js";

/** @import { Cell, Ctx, Moment, View } from "../types" */
/** @import { Shade } from "../pixels.js" */

const [WIDEST, HIGHEST] = [360, 300];

/** @param {Ctx} ctx @returns {View} */
export function image(ctx) {
  const { spec, store, body } = ctx;
  const column = store.column(spec.columns[0]);
  const { open, canvas } = canvasIn(body);
  /** @type {Cell | null} */
  let cell = null;
  /** @type {Moment} */
  let moment;
  let rows = 1, cols = 1, colours = 1, size = 1, cursor = -1, lo = 0, hi = 1;
  body.tabIndex = 0;
  canvas.style.cursor = "crosshair";
  body.addEventListener("keydown", (event) => key(event));
  body.addEventListener("blur", () => move(-1));
  pointer(body, { hover: (x, y) => move(pixel(x, y)), drag: (x, y) => move(pixel(x, y)), leave: () => move(-1) });

  /** @param {Moment} m */
  function update(m) {
    const found = store.array(column.name, m.position);
    if (!found) return;
    [cell, moment] = [found, m];
    [rows, cols, colours] = [cell.shape[0] ?? 1, cell.shape[1] ?? 1, cell.shape[2] ?? 1];
    const range = extent(cell.data, spec);
    ({ lo, hi } = range);
    const palette = ctx.palette();
    size = Math.min(Math.min(widthOf(body), spec.wide ? Infinity : WIDEST) / cols, HIGHEST / rows);
    const { g } = open(Math.ceil(rows * size));
    const table = shades(palette, range.signed ? "signed" : /** @type {Shade} */ (spec.shade ?? "value"));
    drawPixels(g, { data: cell.data, from: 0, rows, cols, colours, lo, hi, table }, { x: 0, y: 0, w: cols * size, h: rows * size });
    if (cursor >= rows * cols) cursor = -1;
    if (cursor >= 0) {
      g.strokeStyle = palette.css("ink");
      g.lineWidth = 2;
      g.strokeRect((cursor % cols) * size + 1, Math.floor(cursor / cols) * size + 1, Math.max(2, size - 2), Math.max(2, size - 2));
    }
    ctx.say("", cursor >= 0 ? words(cursor) : `${rows} × ${cols}`);
  }

  /** @param {number} x @param {number} y */
  function pixel(x, y) {
    const [r, c] = [Math.floor(y / size), Math.floor(x / size)];
    return r < 0 || c < 0 || r >= rows || c >= cols ? -1 : r * cols + c;
  }

  /** @param {number} next */
  function move(next) {
    if (next === cursor || !cell) return;
    cursor = next;
    update(moment);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -cols, ArrowDown: cols }[event.key];
    if (!by || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(cursor < 0 ? 0 : Math.max(0, Math.min(rows * cols - 1, cursor + by)));
    ctx.tell(words(cursor));
  }

  /** @param {number} k */
  function words(k) {
    const values = Array.from({ length: colours }, (_, i) => num(cell?.data[k * colours + i] ?? NaN));
    return `row ${Math.floor(k / cols)}, column ${k % cols}: ${values.join(" ")}`;
  }

  return {
    update,
    summary: () => (cell ? `Image of ${rows} by ${cols} pixels${colours === 3 ? " in colour" : ""}, ${moment.label}: ${num(lo)} to ${num(hi)}.` : "Image, not here yet."),
    rows() {
      const wide = Math.min(cols, 64), { picked, note } = thinned(rows);
      const text = (/** @type {number} */ k) => Array.from({ length: colours }, (_, i) => cellText(cell?.data[k * colours + i] ?? NaN, "")).join(" ");
      return {
        head: ["row", ...Array.from({ length: wide }, (_, c) => String(c))],
        body: cell ? picked.map((r) => [String(r), ...Array.from({ length: wide }, (_, c) => text(r * cols + c))]) : [],
        note: note || (wide < cols ? `${wide} of ${cols} columns` : ""),
      };
    },
  };
}
