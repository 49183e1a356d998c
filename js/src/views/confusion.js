/** Counts of true and answered classes: the diagonal is quiet, errors are loud. */
import { canvasIn, pointer, widthOf, write } from "../canvas.js";
import { at as colourAt, inkOn, mix } from "../colour.js";

/** @import { Cell, Ctx, Moment, View } from "../types" */
/** @import { Palette } from "../theme.js" */

const [TOP, MOST] = [32, 30];

/** @param {Ctx} ctx @returns {View} */
export function confusion(ctx) {
  const { spec, store, body } = ctx;
  const column = store.column(spec.columns[0]);
  const [down, across] = [column.axes?.[0] ?? "true", column.axes?.[1] ?? "answered"];
  const { open, canvas } = canvasIn(body);
  /** @type {Cell | null} */
  let cell = null;
  /** @type {Moment} */
  let moment;
  let n = 0, m = 0, wide = 1, high = 1, left = 36, cursor = -1;
  const given = Array.isArray(spec.labels) ? spec.labels.map(String) : [];
  const name = (/** @type {number} */ k) => given[k] ?? String(k);
  const count = (/** @type {number} */ r, /** @type {number} */ c) => cell?.data[r * m + c] ?? NaN;
  body.tabIndex = 0;
  canvas.style.cursor = "crosshair";
  body.addEventListener("keydown", (event) => key(event));
  body.addEventListener("blur", () => move(-1));
  pointer(body, { hover: (x, y) => move(square(x, y)), drag: (x, y) => move(square(x, y)), leave: () => move(-1) });

  /** @param {Moment} at */
  function update(at) {
    const found = store.array(column.name, at.position);
    if (!found) return;
    [cell, moment] = [found, at];
    [n, m] = [found.shape[0] ?? 0, found.shape[1] ?? 0];
    const palette = ctx.palette();
    const width = widthOf(body);
    left = 22 + Math.min(72, Math.max(8, 6.2 * Math.max(...Array.from({ length: n }, (_, k) => name(k).length))));
    wide = Math.min(44, (width - left) / Math.max(1, m));
    high = Math.min(26, wide);
    const { g } = open(Math.ceil(TOP + n * high + 2));
    drawNames(g, palette);
    drawCounts(g, palette);
    if (cursor >= 0 && cursor < n * m) {
      g.strokeStyle = palette.css("ink");
      g.lineWidth = 2;
      g.strokeRect(left + (cursor % m) * wide, TOP + Math.floor(cursor / m) * high, wide - 1, high - 1);
    }
    const { wrong, all } = totals();
    ctx.say("", cursor >= 0 && cursor < n * m ? words(cursor) : `${wrong} of ${all} wrong`);
  }

  /** @param {CanvasRenderingContext2D} g @param {Palette} palette */
  function drawNames(g, palette) {
    g.font = palette.font(10.5);
    g.fillStyle = palette.css("ink-2");
    write(g, across, left + (m * wide) / 2, 11, "center");
    g.save();
    g.translate(11, TOP + (n * high) / 2);
    g.rotate(-Math.PI / 2);
    write(g, down, 0, 0, "center");
    g.restore();
    g.font = palette.font(11, "mono");
    g.fillStyle = palette.css("ink");
    for (let k = 0; k < Math.max(n, m); k++) {
      if (k < m) g.textAlign = "center", g.fillText(name(k), left + (k + 0.5) * wide, TOP - 6, wide);
      if (k < n && high > 9) g.textAlign = "right", g.fillText(name(k), left - 7, TOP + (k + 0.5) * high + 4, left - 22);
    }
  }

  /** @param {CanvasRenderingContext2D} g @param {Palette} palette */
  function drawCounts(g, palette) {
    const loud = Math.max(1, ...errors().map((e) => e.times));
    const ramp = Array.from({ length: 256 }, (_, k) => `rgb(${mix(palette.rgb("paper"), palette.rgb("ramp2"), 0.22 + (0.7 * k) / 255).map(Math.round).join(" ")})`);
    const quiet = `rgb(${mix(palette.rgb("paper"), palette.rgb("ink"), 0.045).map(Math.round).join(" ")})`;
    const right = `rgb(${mix(palette.rgb("paper"), palette.rgb("value"), 0.16).map(Math.round).join(" ")})`;
    g.font = palette.font(wide > 26 ? 11 : 10, "mono");
    for (let r = 0; r < n; r++) {
      for (let c = 0; c < m; c++) {
        const v = count(r, c);
        const colour = r === c ? right : v > 0 ? colourAt(ramp, v / loud) : quiet;
        g.fillStyle = colour;
        g.fillRect(left + c * wide, TOP + r * high, wide - 1, high - 1);
        if (!(v > 0) || n > MOST || wide < 15) continue;
        g.fillStyle = r === c ? palette.css("ink-2") : inkOn(colour, palette);
        g.textAlign = "center";
        g.fillText(String(v), left + (c + 0.5) * wide - 0.5, TOP + (r + 0.5) * high + 3.5, wide - 2);
      }
    }
  }

  function totals() {
    let all = 0, right = 0;
    for (let r = 0; r < n; r++) for (let c = 0; c < m; c++) [all, right] = [all + count(r, c), right + (r === c ? count(r, c) : 0)];
    return { all, wrong: all - right };
  }

  function errors() {
    const found = Array.from({ length: n * m }, (_, k) => ({ r: Math.floor(k / m), c: k % m, times: count(Math.floor(k / m), k % m) }));
    return found.filter((e) => e.r !== e.c && e.times > 0).sort((a, b) => b.times - a.times);
  }

  /** @param {number} k */
  function words(k) {
    const [r, c] = [Math.floor(k / m), k % m];
    let all = 0;
    for (let i = 0; i < m; i++) all += count(r, i);
    return `${down} ${name(r)}, ${across} ${name(c)}: ${count(r, c)} of ${all}`;
  }

  /** @param {number} x @param {number} y */
  function square(x, y) {
    const [r, c] = [Math.floor((y - TOP) / high), Math.floor((x - left) / wide)];
    return r < 0 || c < 0 || r >= n || c >= m ? -1 : r * m + c;
  }

  /** @param {number} next */
  function move(next) {
    if (next === cursor || !cell) return;
    cursor = next;
    update(moment);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -m, ArrowDown: m }[event.key];
    if (!by || !cell || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(cursor < 0 ? 0 : Math.max(0, Math.min(n * m - 1, cursor + by)));
    ctx.tell(words(cursor));
  }

  const summary = () => {
    if (!cell) return "Confusion matrix, not here yet.";
    const { all, wrong } = totals();
    const worst = errors().slice(0, 3).map((e) => `${name(e.r)} as ${name(e.c)} ${e.times} times`);
    return `Confusion matrix of ${n} classes, ${moment.label}: ${wrong} of ${all} wrong${worst.length ? `; most often ${worst.join(", ")}` : ""}.`;
  };
  const rows = () => ({
    head: [`${down} \\ ${across}`, ...Array.from({ length: m }, (_, c) => name(c))],
    body: cell ? Array.from({ length: n }, (_, r) => [name(r), ...Array.from({ length: m }, (_, c) => String(count(r, c)))]) : [],
  });
  return { update, summary, rows };
}
