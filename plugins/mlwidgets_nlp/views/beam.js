// @ts-check
/** @import { Cell, Ctx, Kit, Moment, View } from "mlwidgets" */
/** @typedef {{x: number, y: number, step: number, at: number, char: string, s: number, parent: number, alive: boolean, best: boolean}} Twig */

/**
 * The last steps of a text as a tree: each column a character, the likeliest on top. What still goes on is coloured, the
 * best in ink, what was given up is pale. A branch that is pointed at tells its text and its score.
 * @param {Ctx} ctx @param {Kit} kit @returns {View}
 */
export default function (ctx, kit) {
  const { store, spec, body } = ctx;
  const [WIDE, HIGH, LEFT, RIGHT, TOP] = [21, 21, 20, 56, 14];
  const { open } = kit.canvasIn(body);
  /** @type {Twig[][]} */
  let steps = [];
  /** @type {Moment | undefined} */
  let moment;
  /** @type {Twig | null} */
  let pointed = null;

  body.tabIndex = 0;
  kit.pointer(body, { hover: (x, y) => point(near(x, y)), leave: () => point(null) });
  body.addEventListener("blur", () => point(null));
  body.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by || !steps.length || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const from = pointed ?? { step: steps.length - 1 - by[0], at: -by[1] };
    const step = steps[Math.max(0, Math.min(steps.length - 1, from.step + by[0]))];
    point(step[Math.max(0, Math.min(step.length - 1, from.at + by[1]))]);
    if (pointed) ctx.tell(words(pointed));
  });

  /** @param {Twig | null} twig */
  function point(twig) {
    if (twig === pointed || !moment) return;
    pointed = twig;
    draw();
  }

  /** @param {number} x @param {number} y */
  const near = (x, y) => steps.flat().find((twig) => Math.abs(twig.x - x) <= WIDE / 2 && Math.abs(twig.y - y) <= HIGH / 2) ?? null;

  /** From the first step that is shown to this one. @param {Twig} twig @returns {Twig[]} */
  function path(twig) {
    const found = [twig];
    for (let step = twig.step; step > 0; step--) {
      const before = steps[step - 1][found[0].parent];
      if (!before) break;
      found.unshift(before);
    }
    return found;
  }

  /** @param {Twig} twig */
  const words = (twig) => `${path(twig).map((one) => one.char).join("")}: ${beams() ? kit.num(twig.s) : kit.fixed(Math.exp(twig.s), 3)}`;
  const beams = () => moment?.params.way === "beam";

  /** @param {Moment} m */
  function update(m) {
    const [parent, s] = spec.columns.map((name) => store.array(name, m.position));
    const tips = store.array("tips", m.position), chars = store.row("chars", m.position);
    if (!parent || !s || !tips || !Array.isArray(chars)) return;
    moment = m;
    pointed = null;
    steps = grown(parent, s, chars.map(String));
    const last = steps.at(-1) ?? [];
    for (const at of tips.data) if (last[at]) for (const twig of path(last[at])) twig.alive = true;
    const first = last[tips.data[0]];
    if (first) for (const twig of path(first)) twig.best = true;
    draw();
  }

  /** @param {Cell} parent @param {Cell} s @param {string[]} chars @returns {Twig[][]} */
  function grown(parent, s, chars) {
    const [n, wide] = parent.shape;
    return Array.from({ length: n }, (_, step) =>
      Array.from({ length: wide }, (_, at) => step * wide + at)
        .filter((k) => parent.data[k] >= 0)
        .map((k, at) => ({ x: 0, y: TOP + at * HIGH, step, at, char: chars[k] ?? "", s: s.data[k], parent: parent.data[k], alive: false, best: false })),
    );
  }

  function draw() {
    const palette = ctx.palette(), high = Math.max(1, ...steps.map((step) => step.length));
    const { g, w } = open(TOP + high * HIGH);
    const room = Math.max(1, Math.floor((w - LEFT - RIGHT) / WIDE)), from = Math.max(0, steps.length - room);
    for (const twig of steps.flat()) twig.x = twig.step < from ? -WIDE : LEFT + (twig.step - from) * WIDE;
    const shown = steps.slice(from).flat(), lit = pointed ? new Set(path(pointed)) : null;
    const hue = (/** @type {Twig} */ twig) => (lit ? (lit.has(twig) ? "accent" : "rule") : twig.best ? "ink" : twig.alive ? "value" : "rule");
    const rank = (/** @type {Twig} */ twig) => ["rule", "value", "ink", "accent"].indexOf(hue(twig));
    for (const twig of [...shown].sort((a, b) => rank(a) - rank(b))) {
      const before = twig.step > from ? steps[twig.step - 1][twig.parent] : null;
      g.strokeStyle = palette.css(hue(twig));
      g.lineWidth = rank(twig) > 1 ? 2 : 1;
      g.beginPath();
      g.moveTo(before ? before.x + 6 : twig.x - WIDE + 6, before ? before.y : twig.y);
      if (before) g.bezierCurveTo(before.x + 12, before.y, twig.x - 12, twig.y, twig.x - 6, twig.y);
      else if (from) g.lineTo(twig.x - 6, twig.y);
      g.stroke();
    }
    for (const twig of shown) {
      g.font = palette.font(12, "mono", twig.best ? 700 : 400);
      g.fillStyle = palette.css(hue(twig) === "rule" ? "ink-2" : hue(twig));
      g.globalAlpha = rank(twig) ? 1 : 0.55;
      kit.write(g, twig.char, twig.x, twig.y + 4, "center");
      g.globalAlpha = 1;
    }
    ends(g, palette);
    ctx.say(pointed ? ` · ${words(pointed)}` : beams() ? " · each with the sum of its log probabilities" : " · and the likeliest that it passed by", "");
  }

  /** What each branch of the last step has reached. @param {CanvasRenderingContext2D} g @param {ReturnType<Ctx["palette"]>} palette */
  function ends(g, palette) {
    g.font = palette.font(10.5, "mono");
    g.fillStyle = palette.css("ink-2");
    for (const twig of steps.at(-1) ?? []) kit.write(g, beams() ? kit.fixed(twig.s, 1) : kit.fixed(Math.exp(twig.s), 3), twig.x + 12, twig.y + 4);
  }

  const tips = () => (steps.at(-1) ?? []).filter((twig) => twig.alive);
  const summary = () => (steps.length ? `${tips().length} of ${steps.at(-1)?.length} branches go on: ${kit.listed(tips().slice(0, 4).map(words))}.` : "Not here yet.");
  const rows = () => ({
    head: ["text", beams() ? "sum of log probabilities" : "probability", "goes on"],
    body: (steps.at(-1) ?? []).map((twig) => [path(twig).map((one) => one.char).join(""), beams() ? kit.num(twig.s) : kit.fixed(Math.exp(twig.s), 4), twig.alive ? "yes" : "no"]),
  });
  return { update, summary, rows };
}
