// @ts-check
/** @import { Ctx, Kit, Moment, View } from "mlwidgets" */

/**
 * The cart and the pole of the run, until a reader takes it: from there it moves here, by hand in slow motion, then by the
 * policy of the frame under the cursor, fifty steps a second. Nothing of the run is changed, so that it works without a kernel, too.
 * @param {Ctx} ctx @param {Kit} kit @returns {View}
 */
export default function (ctx, kit) {
  const { store, spec, body } = ctx;
  const { el, put, set } = kit;
  const [GRAVITY, MASS, MOMENT, HALF, POLE, FORCE, TAU] = [9.8, 1.1, 0.05, 0.5, 0.1, 10, 0.02]; // as in cartpole.py
  const [PLACE, LEAN, CUT] = [2.4, (12 * Math.PI) / 180, 500];
  const [SPAN, ABOVE, BELOW, LATE] = [5.4, 1.12, 44, 0.1]; // m across, m above the axle, px below it, s that are made up for
  const SLOW = 0.4; // of the speed of time while a hand holds it: the cart is quicker than a hand
  const [state, theta] = spec.columns;
  const css = (/** @type {HTMLElement} */ node, /** @type {string} */ text) => ((node.style.cssText = text), node);

  const stage = css(el("div", { tabindex: 0, role: "application", "aria-roledescription": "cart and pole" }), "outline-offset:2px;touch-action:pan-y");
  const { open } = kit.canvasIn(stage);
  const take = button("Take the pole", () => (mode === "run" ? seize() : mode === "you" ? handBack() : leave()));
  const [left, right] = [push("◀ Push left", -1), push("Push right ▶", 1)];
  const said = css(el("span", { role: "status" }), "font-size:12px;color:var(--ink-2)");
  body.setAttribute("role", "group");
  body.append(stage, css(el("div", {}, take, left, right, said), "display:flex;flex-wrap:wrap;align-items:center;gap:2px 8px;min-height:26px"));

  /** @type {Moment | undefined} */
  let moment;
  /** who moves what is drawn: the run, the reader, or the policy from where the reader left it @type {"run" | "you" | "policy"} */
  let mode = "run";
  /** @type {number[]} place, speed, angle, its speed */
  let now = [0, 0, 0, 0];
  let force = 0, steps = 0, over = false, last = 0, owed = 0, asked = 0;
  /** @type {Set<number>} directions that are held down, the last one pushes */
  const held = new Set();

  stage.addEventListener("keydown", (event) => key(event, true));
  stage.addEventListener("keyup", (event) => key(event, false));
  stage.addEventListener("blur", () => (held.clear(), steer()));

  /** @param {string} text @param {() => void} act */
  function button(text, act) {
    return css(el("button", { type: "button", onclick: act }, text), "height:24px;padding:0 8px;margin-left:-8px;font-size:12px;color:var(--accent)");
  }

  /** A button that pushes while it is held. @param {string} text @param {number} way */
  function push(text, way) {
    const made = css(button(text, () => {}), "height:24px;padding:0 8px;font-size:12px;color:var(--accent);touch-action:none");
    made.hidden = true;
    made.addEventListener("pointerdown", () => (held.add(way), steer()));
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) made.addEventListener(end, () => (held.delete(way), steer()));
    return made;
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  function key(event, down) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way && !(event.key === "Escape" && mode !== "run")) return;
    event.preventDefault();
    event.stopPropagation();
    if (way) {
      if (down && (mode !== "you" || over)) seize();
      if (down) held.delete(way), held.add(way);
      else held.delete(way);
      steer();
    } else if (down) mode === "you" ? handBack() : leave();
  }

  function steer() {
    if (mode === "you") force = FORCE * ([...held].pop() ?? 0);
  }

  /** From here on by hand; anew from upright after a fall. */
  function seize() {
    if (over || mode === "run") anew();
    go("you");
    stage.focus();
    ctx.tell("You hold the pole: the arrow keys push, Escape hands it back.");
  }

  function anew() {
    if (over) now = [0, 0, 0.02, 0];
    [steps, over] = [0, false];
  }

  function handBack() {
    if (over) anew();
    go("policy");
    ctx.tell("The policy holds it again, from where you left it.");
  }

  function leave() {
    go("run");
    over = false;
    if (moment) update(moment);
    ctx.tell("Back to the run.");
  }

  /** @param {"run" | "you" | "policy"} next */
  function go(next) {
    mode = next;
    held.clear();
    [force, owed] = [0, 0];
    put(take, { run: "Take the pole", you: "Hand it back", policy: "Back to the run" }[mode]);
    left.hidden = right.hidden = mode !== "you";
    if (mode === "run") cancelAnimationFrame(asked), (asked = 0);
    else if (!asked) (last = performance.now()), (asked = requestAnimationFrame(tick));
  }

  /** As many steps as the clock asks for. @param {number} time */
  function tick(time) {
    owed = Math.min(owed + ((mode === "you" ? SLOW : 1) * (time - last)) / 1000, LATE);
    last = time;
    for (; owed >= TAU && !over; owed -= TAU) step();
    draw();
    asked = mode === "run" || over ? 0 : requestAnimationFrame(tick);
  }

  /** One step of the cart, as in cartpole.py. */
  function step() {
    if (mode === "policy") force = (chance(now) ?? 0.5) > 0.5 ? FORCE : -FORCE;
    const [x, v, angle, spin] = now, [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const pushed = (force + MOMENT * spin * spin * sin) / MASS;
    const turn = (GRAVITY * sin - cos * pushed) / (HALF * (4 / 3 - (POLE * cos * cos) / MASS));
    const gain = pushed - (MOMENT * turn * cos) / MASS;
    now = [x + TAU * v, v + TAU * gain, angle + TAU * spin, spin + TAU * turn];
    steps += 1;
    over = Math.abs(now[0]) > PLACE || Math.abs(now[2]) > LEAN || (mode === "policy" && steps >= CUT);
    if (over) ctx.tell(`${fallen() ? "It fell" : "Still up"} after ${seconds()}.`);
  }

  const fallen = () => Math.abs(now[0]) > PLACE || Math.abs(now[2]) > LEAN;
  const seconds = () => `${(steps * TAU).toFixed(1)} s`;

  /** How likely the policy of this frame pushes to the right; null where its weights are not here. @param {number[]} s */
  function chance(s) {
    const W = moment && theta ? store.array(theta, moment.position) : null;
    const hidden = Number(moment?.params.hidden);
    if (!W || W.data.length !== hidden * (hidden + 8) + 2) return null;
    let at = 0;
    /** @param {number[]} x @param {number} out */
    const layer = (x, out) => {
      const bias = at + x.length * out;
      const z = Array.from({ length: out }, (_, j) => x.reduce((sum, value, i) => sum + value * Number(W.data[at + i * out + j]), Number(W.data[bias + j])));
      at = bias + out;
      return z;
    };
    const z = layer(layer(layer(s, hidden).map(Math.tanh), hidden).map(Math.tanh), 2);
    return 1 / (1 + Math.exp(z[0] - z[1]));
  }

  /** @param {Moment} m */
  function update(m) {
    const cell = state ? store.array(state, m.position) : null;
    if (!cell) return;
    moment = m;
    if (mode === "run") now = Array.from(cell.data, Number);
    if (!asked) draw();
  }

  function draw() {
    const palette = ctx.palette(), w = Math.max(160, kit.widthOf(stage)), k = w / SPAN;
    const { g } = open(Math.ceil(ABOVE * k + BELOW));
    const y = ABOVE * k, right = chance(now);
    g.lineWidth = 1;
    stroke(g, palette.css("edge"), [[w / 2 - PLACE * k, y], [w / 2 + PLACE * k, y]]);
    for (const end of [-1, 1]) stroke(g, palette.css("edge"), [[w / 2 + end * PLACE * k, y - 7], [w / 2 + end * PLACE * k, y + 7]]);
    const cell = mode !== "run" && moment ? store.array(state, moment.position) : null;
    if (cell) {
      g.globalAlpha = 0.25; // where the run is meanwhile
      cart(g, Array.from(cell.data, Number), w, k, palette.css("ink"), palette.css("ink"));
      g.globalAlpha = 1;
    }
    limits(g, palette, w, y, k);
    cart(g, now, w, k, palette.css("ink"), palette.css(mode === "you" ? "live" : "value"));
    pushes(g, palette, w / 2 + now[0] * k, y, right, k);
    tellState();
  }

  /** @param {CanvasRenderingContext2D} g @param {ReturnType<Ctx["palette"]>} palette @param {number} w @param {number} y @param {number} k */
  function limits(g, palette, w, y, k) {
    g.font = palette.font(11);
    g.fillStyle = palette.css("ink-2");
    kit.write(g, "−2.4 m", w / 2 - PLACE * k + 5, y - 6, "left");
    kit.write(g, "2.4 m", w / 2 + PLACE * k - 5, y - 6, "right");
  }

  /** @param {CanvasRenderingContext2D} g @param {string} colour @param {number[][]} points */
  function stroke(g, colour, points) {
    g.strokeStyle = colour;
    g.beginPath();
    points.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.stroke();
  }

  /** @param {CanvasRenderingContext2D} g @param {number[]} s @param {number} w @param {number} k px a metre @param {string} ink @param {string} hue */
  function cart(g, s, w, k, ink, hue) {
    const [x, y] = [w / 2 + s[0] * k, ABOVE * k];
    g.setLineDash([3, 3]);
    for (const end of [-1, 1]) stroke(g, ctx.palette().css("rule"), [[x, y], [x + Math.sin(end * LEAN) * k, y - Math.cos(LEAN) * k]]);
    g.setLineDash([]);
    g.fillStyle = ink;
    g.beginPath();
    g.roundRect(x - 0.25 * k, y - 0.09 * k, 0.5 * k, 0.18 * k, 3);
    g.fill();
    g.lineWidth = Math.max(4, 0.06 * k);
    g.lineCap = "round";
    stroke(g, hue, [[x, y], [x + Math.sin(s[2]) * k, y - Math.cos(s[2]) * k]]);
    g.lineWidth = 1;
    g.fillStyle = ctx.palette().css("paper");
    g.beginPath();
    g.arc(x, y, Math.max(2, 0.02 * k), 0, 2 * Math.PI);
    g.fill();
  }

  /** What the policy would do here, and what pushes now. @param {CanvasRenderingContext2D} g @param {ReturnType<Ctx["palette"]>} palette @param {number} x @param {number} y @param {number | null} right @param {number} k */
  function pushes(g, palette, x, y, right, k) {
    const long = 0.6 * k, low = y + 0.09 * k + 9;
    g.lineWidth = 3;
    g.lineCap = "butt";
    if (right !== null) {
      stroke(g, palette.css("value"), [[x, low], [x + right * long, low]]);
      stroke(g, palette.css("error"), [[x, low], [x - (1 - right) * long, low]]);
      g.font = palette.font(11);
      g.fillStyle = palette.css("ink-2");
      kit.write(g, `π right ${right.toFixed(2)}`, x, low + 15, "center");
    }
    if (mode === "you" && force) stroke(g, palette.css("live"), [[x, low + 4], [x + Math.sign(force) * long, low + 4]]);
    g.lineWidth = 1;
  }

  function tellState() {
    const up = { run: "", you: "You hold it, in slow motion", policy: "The policy holds it" }[mode];
    put(said, !up ? "" : over ? `${fallen() ? "Fell" : "Still up"} after ${seconds()}.${mode === "you" ? " An arrow key begins anew." : ""}` : `${up}: ${seconds()}`);
    if (mode === "run" && moment) ctx.say("", store.has("so_far", moment.position) ? standing(store.value("so_far", moment.position)) : "");
    else ctx.say("", "");
    set(stage, { "aria-label": `${summary()} Left and right arrow keys take the pole, Escape hands it back.` });
  }

  const standing = (/** @type {number} */ n) => `${n} step${n === 1 ? "" : "s"} up`;
  const degrees = () => (now[2] * 180) / Math.PI;
  const summary = () => {
    const [right, lean] = [chance(now), degrees()];
    const who = { run: "Of the run", you: "By your hand", policy: "By the policy, after your hand" }[mode];
    const would = right === null ? "" : ` The policy pushes right with probability ${right.toFixed(2)}.`;
    return `${who}: cart at ${kit.fixed(now[0], 2)} m, pole leans ${kit.fixed(Math.abs(lean), 1)}° to the ${lean < 0 ? "left" : "right"}.${would}`;
  };
  const rows = () => ({
    head: ["quantity", "value"],
    body: [["place, m", kit.num(now[0])], ["speed, m/s", kit.num(now[1])], ["angle, °", kit.num(degrees())], ["its speed, °/s", kit.num((now[3] * 180) / Math.PI)]],
  });
  return { update, summary, rows, dispose: () => cancelAnimationFrame(asked) };
}
