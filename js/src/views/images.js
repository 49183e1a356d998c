/** Many images of one size in a grid, each with its caption: feature maps, filters, mistakes. */
import { canvasIn, fitted, pointer, widthOf, write } from "../canvas.js";
import { num } from "../format.js";
import { drawPixels, extent, shades } from "../pixels.js";

/** @import { Cell, Ctx, Moment, View } from "../types" */
/** @import { Shade } from "../pixels.js" */
/** @typedef {{count: number, rows: number, cols: number, colours: number, across: number, size: number, step: number, caption: number}} Tiles */

const MOST = 64;
const GAP = 8;
const [SMALLEST, LARGEST] = [44, 88];

/** @param {Ctx} ctx @returns {View} */
export function images(ctx) {
  const { spec, store, body } = ctx;
  const column = store.column(spec.columns[0]);
  const { open } = canvasIn(body);
  /** @type {Cell | null} */
  let cell = null;
  /** @type {Moment} */
  let moment;
  /** @type {string[] | null} */
  let names = null;
  /** @type {Tiles} */
  let tiles;
  let lo = 0, hi = 1, cursor = -1;
  body.tabIndex = 0;
  body.addEventListener("keydown", (event) => key(event));
  body.addEventListener("blur", () => move(-1));
  pointer(body, { hover: (x, y) => move(tile(x, y)), drag: (x, y) => move(tile(x, y)), leave: () => move(-1) });

  /** @param {Moment} m */
  function update(m) {
    const found = store.array(column.name, m.position);
    if (!found) return;
    [cell, moment, names] = [found, m, captions(ctx, m.position)];
    const range = extent(cell.data, spec);
    ({ lo, hi } = range);
    const palette = ctx.palette();
    tiles = tilesOf(cell.shape, names, widthOf(body));
    const { count, rows, cols, colours, across, size, step, caption } = tiles;
    const { g } = open(Math.max(20, Math.ceil(count / across) * (size * (rows / cols) + caption + GAP)));
    const table = shades(palette, range.signed ? "signed" : /** @type {Shade} */ (spec.shade ?? "value"));
    for (let k = 0; k < count; k++) {
      const [x, y] = corner(k);
      const box = { x, y, w: size, h: size * (rows / cols) };
      drawPixels(g, { data: cell.data, from: k * rows * cols * colours, rows, cols, colours, lo, hi, table }, box);
      if (names) {
        g.font = palette.font(10.5);
        g.fillStyle = palette.css("ink");
        fitted(g, names[k] ?? "", x, y + box.h + 13, step - 4);
      }
      if (k === cursor) {
        g.strokeStyle = palette.css("ink");
        g.lineWidth = 2;
        g.strokeRect(box.x - 1, box.y - 1, box.w + 2, box.h + 2);
      }
    }
    if (!count) {
      g.font = palette.font(12);
      g.fillStyle = palette.css("ink-2");
      write(g, "none", 0, 14);
    }
    const all = names ? names.length : cell.shape[0];
    ctx.say(count < all ? `; ${count} of ${all} shown` : "", cursor >= 0 && cursor < count ? words(cursor) : count ? (names ? String(all) : `${num(lo)} to ${num(hi)}`) : "");
  }

  /** @param {number} k @returns {[number, number]} */
  function corner(k) {
    const { across, size, step, rows, cols, caption } = tiles;
    return [(k % across) * step + 1, Math.floor(k / across) * (size * (rows / cols) + caption + GAP) + 1];
  }

  /** @param {number} x @param {number} y */
  function tile(x, y) {
    if (!tiles) return -1;
    const { count, across, step, size, rows, cols, caption } = tiles;
    const c = Math.floor(x / step), k = Math.floor(y / (size * (rows / cols) + caption + GAP)) * across + c;
    return c < 0 || c >= across || k < 0 || k >= count ? -1 : k;
  }

  /** @param {number} next */
  function move(next) {
    if (next === cursor || !cell) return;
    cursor = next;
    update(moment);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -(tiles?.across ?? 1), ArrowDown: tiles?.across ?? 1 }[event.key];
    if (!by || !tiles?.count || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(cursor < 0 ? 0 : Math.max(0, Math.min(tiles.count - 1, cursor + by)));
    ctx.tell(words(cursor));
  }

  /** @param {number} k */
  function words(k) {
    if (names) return names[k] ?? "";
    const [least, most] = range(k);
    return `${column.axes?.[0] ?? "image"} ${k}: ${num(least)} to ${num(most)}`;
  }

  /** @param {number} k */
  function range(k) {
    const area = tiles.rows * tiles.cols * tiles.colours;
    const part = Array.from(cell?.data.subarray(k * area, (k + 1) * area) ?? []);
    return [Math.min(...part), Math.max(...part), part.reduce((a, b) => a + b, 0) / area];
  }

  const summary = () => {
    if (!cell) return "Images, not here yet.";
    const { count, rows, cols } = tiles;
    if (!count) return `No images, ${moment.label}.`;
    const said = names?.length ? `: ${names.slice(0, 6).join("; ")}` : `: ${num(lo)} to ${num(hi)}`;
    return `${count} ${count === 1 ? "image" : "images"} of ${rows} by ${cols} pixels, ${moment.label}${said}.`;
  };
  const rows = () => ({
    head: [column.axes?.[0] ?? "image", ...(names ? ["caption"] : []), "least", "most", "mean"],
    body: cell ? Array.from({ length: tiles.count }, (_, k) => [String(k), ...(names ? [names[k] ?? ""] : []), ...range(k).map(num)]) : [],
  });
  return { update, summary, rows };
}

/** The captions' column: as many images are drawn as it has. @param {Ctx} ctx @param {number} position @returns {string[] | null} */
function captions({ spec, store }, position) {
  if (typeof spec.labels !== "string") return null;
  const value = store.row(spec.labels, position);
  return Array.isArray(value) ? value.map(String) : [];
}

/** @param {number[]} shape @param {string[] | null} names @param {number} width @returns {Tiles} */
export function tilesOf(shape, names, width) {
  const [n = 0, rows = 1, cols = 1, colours = 1] = shape;
  const count = Math.min(n, MOST, names ? names.length : n);
  const least = names ? 58 : SMALLEST; // a caption wants its width
  const most = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
  const lines = Math.ceil(Math.max(1, count) / most);
  const across = Math.max(1, names ? most : Math.ceil(count / lines)); // rows as even as may be
  const step = Math.min(LARGEST + GAP, (width + GAP) / across);
  return { count, rows, cols, colours, across, size: Math.min(step - GAP, names ? 66 : LARGEST), step, caption: names ? 17 : 0 };
}
