/** A grid world: the value of each square, the greedy action in it, and the words of the board in the picture. */
import { canvasIn, pointer, widthOf, write } from "../canvas.js";
import { at as colourAt, inkOn, ramps } from "../colour.js";
import { paramOf } from "../force.js";
import { fixed, num } from "../format.js";

/** @import { Cell, Ctx, Legend, Moment, View } from "../types" */
/** @import { Palette } from "../theme.js" */
/** @typedef {{row: number, col: number, span: number, name: string, text: string}} Patch a run of equal squares that are not floor */

/** @type {Record<string, [number, number]>} */
const MOVES = { up: [0, -1], right: [1, 0], down: [0, 1], left: [-1, 0], stay: [0, 0] };
const ROOMY = 40;

/** @param {Ctx} ctx @returns {View} */
export function board(ctx) {
  const { spec, info, store, body } = ctx;
  const { open } = canvasIn(body);
  const name = String(spec.grid ?? info.params.find((p) => p.kind === "grid")?.name ?? "grid");
  const legend = paramOf(info, name)?.legend ?? [];
  const moves = (Array.isArray(spec.actions) ? spec.actions : ["up", "right", "down", "left"]).map((a) => MOVES[a] ?? MOVES.stay);
  /** @type {Moment} */
  let moment;
  /** @type {Square[]} */
  let squares = [];
  let size = 0, columns = 0;
  let pointed = -1;

  pointer(body, { hover: (x, y) => point(x, y), leave: () => point(-1, -1) });
  body.addEventListener("click", (event) => point(event.offsetX, event.offsetY));

  /** @param {number} x @param {number} y */
  function point(x, y) {
    const k = x < 0 || !size ? -1 : Math.floor(y / size) * columns + Math.floor(x / size);
    if (k === pointed || !moment) return;
    pointed = k;
    update(moment);
  }

  /** @param {Moment} m */
  function update(m) {
    const rows = /** @type {string[]} */ (m.params[name] ?? []);
    const cell = spec.columns[0] ? store.array(spec.columns[0], m.position) : null;
    if (cell === undefined || !rows.length) return;
    moment = m;
    columns = rows[0].length;
    size = Math.min(widthOf(body) / columns, 80);
    const palette = ctx.palette();
    const { g } = open(Math.ceil(size * rows.length));
    squares = squaresOf(cell, rows.length * columns);
    drawSquares(g, squares, { rows, legend, moves, size, palette, spec });
    for (const patch of patches(rows, legend, spec.labels)) drawPatch(g, patch, size, palette);
    drawStart(g, rows, legend, size, palette);
    if (typeof spec.agent === "string") drawAgent(g, store.value(spec.agent, m.position), columns, size, palette);
    ctx.say("", squares[pointed] ? pointedWords(squares[pointed], pointed) : m.label);
  }

  /** @param {Square} square @param {number} k */
  const pointedWords = ({ value, seen }, k) =>
    `row ${Math.floor(k / columns) + 1}, column ${(k % columns) + 1}: ${seen ? num(value) : "not visited"}`;

  const summary = () => {
    const rows = /** @type {string[]} */ (moment?.params[name] ?? []);
    const start = startOf(rows, legend);
    const worth = squares[start]?.seen ? ` The greedy path from the start is worth ${num(squares[start].value)}.` : "";
    const seen = squares.filter((s) => s.seen).length;
    return `Board of ${rows.length} by ${columns} squares, ${moment?.label ?? ""}; ${seen} visited.${worth}`;
  };
  const rows = () => ({
    head: ["row", "column", "square", "value", "action"],
    body: squares.map(({ value, seen, best }, k) => {
      const [r, c] = [Math.floor(k / columns), k % columns];
      const rows = /** @type {string[]} */ (moment.params[name]);
      const action = seen && best >= 0 ? String((Array.isArray(spec.actions) ? spec.actions : Object.keys(MOVES))[best]) : "–";
      return [String(r + 1), String(c + 1), kindOf(rows[r]?.[c], legend), seen ? num(value) : "–", action];
    }),
  });
  return { update, summary, rows };
}

/** @typedef {{value: number, best: number, seen: boolean}} Square */

/** @param {Cell | null} cell @param {number} count @returns {Square[]} */
function squaresOf(cell, count) {
  const actions = cell ? cell.data.length / count : 0;
  return Array.from({ length: count }, (_, k) => {
    let value = -Infinity, best = -1, seen = false;
    for (let a = 0; cell && a < actions; a++) {
      const v = cell.data[k * actions + a];
      if (v > value) [value, best] = [v, a];
      seen ||= v !== 0 && !Number.isNaN(v);
    }
    return { value: seen ? value : 0, best: actions > 1 ? best : -1, seen };
  });
}

/** @param {string} char @param {Legend[]} legend */
export const kindOf = (char, legend) => legend.find((entry) => entry.char === char)?.name ?? "floor";

/** "cliff −100" is a cliff. @param {string} kind */
export const base = (kind) => kind.split(/[\s:,(]/, 1)[0];

/** Squares to walk on: all that is not a wall, a pit or the goal. @param {string} kind */
const isOpen = (kind) => ["floor", "start", "ice", "free"].includes(base(kind));

/** Neighbours of one kind in a row are one patch. @param {string[]} rows @param {Legend[]} legend @param {unknown} labels @returns {Patch[]} */
export function patches(rows, legend, labels) {
  /** @type {Patch[]} */
  const out = [];
  rows.forEach((line, row) => {
    for (let col = 0; col < line.length; ) {
      const name = kindOf(line[col], legend);
      let span = 1;
      while (col + span < line.length && line[col + span] === line[col]) span++;
      if (!isOpen(name)) out.push({ row, col, span, name, text: textOf(name, legend, labels) });
      col += span;
    }
  });
  return out;
}

/** @param {string} name @param {Legend[]} legend @param {any} labels */
function textOf(name, legend, labels) {
  if (base(name) === "wall") return "";
  if (labels && typeof labels === "object" && labels[name]) return String(labels[name]);
  const value = legend.find((entry) => entry.name === name)?.value;
  return value == null ? name : `${name} ${fixed(value, 0)}`;
}

/** @param {string[]} rows @param {Legend[]} legend */
function startOf(rows, legend) {
  const char = legend.find((entry) => base(entry.name) === "start")?.char;
  return char ? rows.join("").indexOf(char) : -1;
}

/** @param {CanvasRenderingContext2D} g @param {Square[]} squares @param {{rows: string[], legend: Legend[], moves: [number, number][], size: number, palette: Palette, spec: Ctx["spec"]}} at */
function drawSquares(g, squares, { rows, legend, moves, size, palette, spec }) {
  const ramp = ramps(palette).value;
  const columns = rows[0].length;
  const open = squares.filter((s, k) => s.seen && isOpen(kindOf(rows[Math.floor(k / columns)][k % columns], legend)));
  const lo = Number(spec.lo ?? Math.min(...open.map((s) => s.value))), hi = Math.max(Number(spec.hi ?? Math.max(...open.map((s) => s.value))), lo + 1e-9, ...(lo < 0 ? [0] : []));
  squares.forEach((square, k) => {
    const [r, c] = [Math.floor(k / columns), k % columns];
    if (!isOpen(kindOf(rows[r][c], legend))) return;
    const colour = square.seen ? colourAt(ramp, (square.value - lo) / (hi - lo)) : palette.css("ramp0");
    const [x, y] = [c * size, r * size];
    tile(g, x, y, size, size, colour);
    if (!square.seen) return;
    const ink = inkOn(colour, palette);
    const roomy = size > ROOMY;
    if (square.best >= 0) arrow(g, moves[square.best] ?? [0, 0], x + size / 2, y + size / 2 - (roomy ? 5 : 0), size, ink);
    if (!roomy) return;
    g.font = palette.font(10, "mono");
    g.fillStyle = ink;
    write(g, fixed(square.value, Math.abs(square.value) < 1 ? 2 : 1), x + size / 2, y + (square.best >= 0 ? size - 7 : size / 2 + 4), "center");
  });
}

/** @param {CanvasRenderingContext2D} g @param {number} x @param {number} y @param {number} w @param {number} h @param {string} colour */
function tile(g, x, y, w, h, colour) {
  g.fillStyle = colour;
  g.beginPath();
  g.roundRect(x + 1, y + 1, w - 2, h - 2, 3);
  g.fill();
}

/** @param {CanvasRenderingContext2D} g @param {[number, number]} move @param {number} x @param {number} y @param {number} size @param {string} ink */
function arrow(g, [dx, dy], x, y, size, ink) {
  if (!dx && !dy) return;
  const long = Math.max(3, Math.min(9, size * 0.2)), head = long * 0.55;
  const [tx, ty] = [x + dx * long, y + dy * long];
  g.strokeStyle = ink;
  g.lineWidth = 1.5;
  g.lineCap = g.lineJoin = "round";
  g.beginPath();
  g.moveTo(x - dx * long, y - dy * long);
  g.lineTo(tx, ty);
  g.moveTo(tx - dx * head - dy * 0.8 * head, ty - dy * head - dx * 0.8 * head);
  g.lineTo(tx, ty);
  g.lineTo(tx - dx * head + dy * 0.8 * head, ty - dy * head + dx * 0.8 * head);
  g.stroke();
}

/** @param {CanvasRenderingContext2D} g @param {Patch} patch @param {number} size @param {Palette} palette */
function drawPatch(g, { row, col, span, name, text }, size, palette) {
  const kind = base(name);
  const token = { goal: "value", wall: "edge", cliff: "wall", hole: "wall" }[kind] ?? "third";
  tile(g, col * size, row * size, span * size, size, palette.css(token));
  g.font = palette.font(span * size > 60 ? 12 : 10, "sans", 600);
  g.fillStyle = palette.css("paper");
  const words = [text, name, kind].find((t) => g.measureText(t).width < span * size - 4);
  if (text && words) write(g, words, (col + span / 2) * size, (row + 0.5) * size + 4, "center");
}

/** @param {CanvasRenderingContext2D} g @param {string[]} rows @param {Legend[]} legend @param {number} size @param {Palette} palette */
function drawStart(g, rows, legend, size, palette) {
  const k = startOf(rows, legend);
  if (k < 0 || size < 24) return;
  const small = size < 40; // there it keeps out of the arrow's way
  g.font = palette.font(small ? 9 : 10);
  g.fillStyle = palette.css("ink");
  write(g, size < 54 ? "S" : "start", (k % rows[0].length) * size + (small ? 3 : 6), Math.floor(k / rows[0].length) * size + (small ? 9 : 13));
}

/** The agent is ink, in the corner, so that it hides neither arrow nor number. @param {CanvasRenderingContext2D} g @param {number} state @param {number} columns @param {number} size @param {Palette} palette */
function drawAgent(g, state, columns, size, palette) {
  if (Number.isNaN(state)) return;
  const inset = Math.min(9, size / 3.4);
  g.beginPath();
  g.arc(((state % columns) + 1) * size - inset, Math.floor(state / columns) * size + inset, Math.min(4, size / 7), 0, 2 * Math.PI);
  g.fillStyle = palette.css("ink");
  g.strokeStyle = palette.css("paper");
  g.lineWidth = 1.5;
  g.fill();
  g.stroke();
}
