// @ts-check
/** @import { Ctx, Kit, Moment, View } from "mlwidgets" */

/**
 * The likeliest next characters and what the cut leaves of them: on the left how likely each is, on the right what they add
 * up to. A rule under the k-th and a rule at top-p, of what those k add up to, are dragged, or moved by the arrow keys.
 * @param {Ctx} ctx @param {Kit} kit @returns {View}
 */
export default function (ctx, kit) {
  const { store, spec, body } = ctx;
  const [ROW, HEAD, NAME] = [19, 18, 26];
  const { canvas, open } = kit.canvasIn(body);
  /** @type {{name: string, p: number, q: number, sum: number}[]} */
  let items = [];
  /** @type {Moment | undefined} */
  let moment;
  let middle = 0, right = 0, pick = "", left = 0, kept = 1;
  /** what the pointer moves @type {"" | "k" | "top_p"} */
  let held = "";

  body.tabIndex = 0;
  body.addEventListener("keydown", key);
  kit.pointer(body, { drag: move, lift: () => (held = ""), hover: (x) => (canvas.style.cursor = !cuts() ? "" : x > middle ? "ew-resize" : "ns-resize") });

  const cuts = () => !ctx.frozen && moment?.params.way === "sample";
  const k = () => Number(moment?.params.k ?? 0);
  const share = () => Number(moment?.params.top_p ?? 1);

  /** @param {number} x @param {number} y */
  function move(x, y) {
    if (!cuts()) return;
    held ||= x > middle ? "top_p" : "k";
    if (held === "k") keep(Math.round((y - HEAD) / ROW));
    else cover((x - middle) / (right - middle) / kept);
  }

  /** At least one; below the last row all. @param {number} next */
  function keep(next) {
    const wanted = next >= items.length ? 0 : Math.max(1, next);
    if (wanted !== k()) ctx.set("k", wanted);
  }

  /** @param {number} next */
  function cover(next) {
    const wanted = Math.round(Math.max(0.01, Math.min(1, next)) * 100) / 100;
    if (wanted !== share()) ctx.set("top_p", wanted);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !cuts()) return;
    const way = { ArrowUp: -1, ArrowDown: 1 }[event.key], by = { ArrowLeft: -0.05, ArrowRight: 0.05 }[event.key];
    if (!way && !by) return;
    event.preventDefault();
    event.stopPropagation();
    if (way) keep((k() || items.length) + way);
    if (by) cover(share() + by);
    ctx.tell(way ? `k ${way < 0 ? "smaller" : "larger"}` : `top-p ${(by ?? 0) < 0 ? "smaller" : "larger"}`);
  }

  /** @param {Moment} m */
  function update(m) {
    const [p, q] = spec.columns.map((name) => store.array(name, m.position));
    const names = store.row("next", m.position);
    if (!p || !q || !Array.isArray(names)) return;
    moment = m;
    pick = String(store.row("pick", m.position) ?? "");
    left = store.value("left", m.position);
    kept = store.value("kept", m.position) || 1;
    let sum = 0;
    items = names.map((name, at) => ({ name: String(name), p: p.data[at], q: q.data[at], sum: (sum += p.data[at]) }));
    draw(m);
  }

  /** @param {Moment} m */
  function draw(m) {
    const palette = ctx.palette(), { g, w } = open(HEAD + items.length * ROW + 8);
    const css = palette.css, cutting = m.params.way === "sample";
    middle = Math.round(w * 0.56);
    right = w - 10;
    const most = Math.max(...items.map((item) => item.p), 1e-9);
    g.font = palette.font(10.5);
    g.fillStyle = css("ink-2");
    kit.write(g, "how likely", NAME, 11);
    kit.write(g, "and all so far", middle, 11);
    items.forEach((item, at) => {
      const y = HEAD + at * ROW, stays = !cutting || item.q > 0;
      g.globalAlpha = stays ? 1 : 0.3;
      g.font = palette.font(12, "mono", item.name === pick ? 700 : 400);
      g.fillStyle = css("ink");
      kit.write(g, item.name, NAME - 8, y + 13, "right");
      g.fillStyle = css("value");
      g.fillRect(NAME, y + 3, Math.max(1, ((middle - NAME - 50) * item.p) / most), ROW - 6);
      g.fillRect(middle, y + 3, Math.max(1, (right - middle) * item.sum), ROW - 6);
      g.fillStyle = css("ink-2");
      g.font = palette.font(10.5, "mono");
      kit.write(g, kit.fixed(item.p, 3), middle - 8, y + 13, "right");
      g.globalAlpha = 1;
      if (item.name !== pick) return;
      g.strokeStyle = css("ink");
      g.strokeRect(2.5, y + 1.5, NAME - 6, ROW - 3);
    });
    if (cutting) rules(g, css);
    const said = cutting ? ` · ${left} left` : "";
    ctx.say(said, pick ? `${pick} is next` : "");
  }

  /** @param {CanvasRenderingContext2D} g @param {(name: string) => string} css */
  function rules(g, css) {
    const bottom = HEAD + items.length * ROW;
    g.strokeStyle = ctx.frozen ? css("ink-2") : css("accent");
    g.lineWidth = 2;
    g.beginPath();
    const y = HEAD + (k() && k() < items.length ? k() : items.length) * ROW, x = middle + (right - middle) * share() * kept;
    g.moveTo(0, y);
    g.lineTo(middle - 4, y);
    g.moveTo(x, HEAD - 4);
    g.lineTo(x, bottom);
    g.stroke();
    g.lineWidth = 1;
  }

  const summary = () => {
    const first = items.slice(0, 3).map((item) => `${item.name} ${kit.fixed(item.p, 2)}`);
    return items.length ? `Likeliest: ${kit.listed(first)}; ${left} left after the cut; ${pick} is chosen.` : "Not here yet.";
  };
  const rows = () => ({
    head: ["character", "probability", "after the cut"],
    body: items.map((item) => [item.name, kit.fixed(item.p, 4), kit.fixed(item.q, 4)]),
  });
  return { update, summary, rows };
}
