/** What a hand does on a plane: draws points, moves marks, or only points at them. Mouse, finger and keys alike. */
import { placeOn, pointer } from "../canvas.js";
import { awaited, instead, paramOf } from "../force.js";
import { listed, plain, told } from "../format.js";
import { added, drawingOf, rounded, sampled, Sketch, sprayed, STEP, toolsOf, without } from "../sketch.js";
import { MARK } from "./plane.js";

/** @import { Cell, Ctx, Moment, Param } from "../types" */
/** @import { Palette } from "../theme.js" */
/** @import { Plane } from "./plane.js" */
/** @import { Drawing, Place } from "../sketch.js" */

const REACH = 14; // px around a mark, or a point that is rubbed out
const NUDGES = 40; // presses of an arrow key from one side to the other
const SETTLE = 3000; // ms for the run to take a mark's place

/**
 * @param {Ctx} ctx @param {string[]} names
 * @param {{plane(): Plane, marks(): Cell | null | undefined, point(px: number, py: number): void, step(by: number): void, redraw(): void}} view
 */
export function hands(ctx, names, view) {
  const { body, spec } = ctx;
  const draws = acting(ctx, spec.draws), moves = acting(ctx, spec.moves);
  const sketch = new Sketch({ least: draws?.least ?? 0, most: draws?.most ?? 20_000 }, (value) => void ask(String(spec.draws), value));
  const tools = draws ? toolsOf(draws, names, { undo: () => act(() => sketch.undo()), clear: () => act(() => sketch.clear()), chosen: () => body.focus?.({ preventScroll: true }) }) : null;
  let held = -1, able = false, aimed = false, waits = false, crowd = 0, moved = 0;
  /** @type {Place | null} pixels of the last sprayed point, while a stroke goes on */
  let stroke = null;
  /** @type {Place | null} the keyboard's cursor, on the plane */
  let at = null;
  /** @type {number[] | null} the marks as they are dragged */
  let places = null;

  body.tabIndex = 0;
  if (draws || moves) body.setAttribute("role", "application");
  if (tools) body.previousElementSibling?.append(tools.node);
  body.addEventListener("keydown", key);
  body.addEventListener("blur", () => {
    if (at) [at, held] = [null, aimed ? -1 : held];
    aimed = false;
    if (view.plane()) view.redraw();
  });
  body.addEventListener("touchstart", (event) => touches(event) && event.preventDefault(), { passive: false });
  pointer(body, { hover, drag, lift, cancel, leave: () => view.plane() && view.point(-1e4, -1e4) });

  /** @param {() => void} change */
  function act(change) {
    change();
    view.redraw();
  }

  /** @param {number} px @param {number} py @returns {Place} */
  function placeAt(px, py) {
    const { x, y, extent: [x0, x1, y0, y1] } = view.plane();
    const kept = (/** @type {number} */ v, /** @type {number} */ lo, /** @type {number} */ hi) => rounded(Math.max(lo, Math.min(hi, v)), hi - lo);
    return [kept(x.invert(px), x0, x1), kept(y.invert(py), y0, y1)];
  }

  /** The mark under a pointer. @param {number} px @param {number} py */
  function markAt(px, py, reach = REACH) {
    const data = moves ? places ?? view.marks()?.data ?? [] : [], { x, y } = view.plane();
    if (!data.length || !data.every(Number.isFinite)) return -1; // all places are one value: not before all are there
    let best = reach * reach, found = -1;
    for (let k = 0; 2 * k < data.length; k++) {
      const far = (x(data[2 * k]) - px) ** 2 + (y(data[2 * k + 1]) - py) ** 2;
      if (far <= best) [best, found] = [far, k];
    }
    return found;
  }

  /** Would a finger here do something else than scroll? @param {TouchEvent} event */
  function touches(event) {
    if (!view.plane() || event.touches.length !== 1) return false;
    return able || markAt(...placeOn(body, event.touches[0])) >= 0;
  }

  /** @param {number} px @param {number} py */
  function hover(px, py) {
    if (!view.plane()) return;
    body.style.cursor = markAt(px, py) >= 0 ? "grab" : "";
    view.point(px, py);
  }

  /** @param {number} px @param {number} py */
  function drag(px, py) {
    if (!view.plane()) return;
    at = null;
    if (held < 0 && !stroke) begin(px, py);
    else if (held >= 0) carry(placeAt(px, py));
    else if (stroke) spray(px, py);
  }

  /** @param {number} px @param {number} py */
  function begin(px, py) {
    held = markAt(px, py);
    if (held >= 0) return act(() => (places = [...(view.marks()?.data ?? [])]));
    if (!able || !tools || px < view.plane().left - 4) return;
    sketch.begin();
    stroke = [px, py];
    if (tools.erasing) rub(px, py);
    else act(() => sketch.hold(added(sketch.value, placeAt(px, py), tools.label)));
  }

  /** @param {number} px @param {number} py */
  function spray(px, py) {
    if (!stroke || !tools) return;
    if (tools.erasing) return rub(px, py);
    if (Math.hypot(px - stroke[0], py - stroke[1]) < STEP) return;
    stroke = [px, py];
    act(() => sketch.hold(added(sketch.value, placeAt(...sprayed(px, py)), tools.label)));
  }

  /** @param {number} px @param {number} py */
  function rub(px, py) {
    const { x, y } = view.plane();
    const near = (/** @type {Place} */ place) => Math.hypot(x(place[0]) - px, y(place[1]) - py) < REACH;
    act(() => sketch.hold(without(sketch.value, near)));
  }

  function lift() {
    if (stroke) act(() => sketch.end());
    if (held >= 0) drop();
    stroke = null;
  }

  /** A stroke or a mark that is taken from the hand, as by a second finger, was none. */
  function cancel() {
    if (stroke) sketch.cancel();
    if (held >= 0) places = null;
    [stroke, held, aimed] = [null, -1, false];
    if (view.plane()) view.redraw();
  }

  /** What is refused does not stay on the screen. @param {string} name @param {unknown} value */
  async function ask(name, value) {
    const answer = await ctx.set(name, value);
    if (!answer?.error || stroke || held >= 0) return;
    act(() => (sketch.mine = places = null));
  }

  /** @param {Place} place */
  function carry([x, y]) {
    if (places) [places[2 * held], places[2 * held + 1]] = [x, y];
    view.redraw();
  }

  /** All marks' places are one value. */
  function drop() {
    if (places) {
      const marks = places, xy = Array.from({ length: marks.length / 2 }, (_, k) => [marks[2 * k], marks[2 * k + 1]]);
      moved = performance.now();
      void ask(String(spec.moves), { xy, labels: xy.map(() => 0) });
    }
    held = -1;
    aimed = false;
    view.redraw();
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const { plane } = view;
    if (!plane() || event.altKey || event.metaKey) return;
    if (event.ctrlKey && event.key === "z" && able) return taken(event, () => act(() => sketch.undo()));
    if (event.ctrlKey) return;
    const by = ARROWS[event.key];
    if (by && !able && !moves) return taken(event, () => view.step(by[0] - by[1] > 0 ? 1 : -1));
    if (by) return taken(event, () => nudge(by, event.shiftKey));
    if (!at) return;
    if (event.key === " " && able) return taken(event, () => put(at));
    if ((event.key === "Delete" || event.key === "Backspace") && able) return taken(event, () => away());
    if (event.key === "Enter" && moves) return taken(event, () => (aimed ? drop() : take()));
    if (event.key === "Escape" && aimed) return taken(event, () => act(() => ([held, aimed, places] = [-1, false, null])));
    if (able && tools && tools.many > 1 && /^[1-9]$/.test(event.key) && Number(event.key) <= tools.many) taken(event, () => tools.choose(Number(event.key) - 1));
  }

  /** @param {Event} event @param {() => void} does */
  function taken(event, does) {
    event.preventDefault();
    event.stopPropagation();
    does();
  }

  /** @param {[number, number]} by @param {boolean} far */
  function nudge([dx, dy], far) {
    const [x0, x1, y0, y1] = view.plane().extent, step = (far ? 5 : 1) / NUDGES;
    const [x, y] = at ?? [(x0 + x1) / 2, (y0 + y1) / 2];
    const fresh = !at;
    at = fresh ? [rounded(x, x1 - x0), rounded(y, y1 - y0)] : placeAt(view.plane().x(x + dx * step * (x1 - x0)), view.plane().y(y + dy * step * (y1 - y0)));
    if (aimed) carry(at);
    else view.redraw();
    ctx.tell(`${aimed ? `mark ${held + 1} at ` : ""}${told(at[0])}, ${told(at[1])}`);
  }

  /** @param {Place | null} place */
  function put(place) {
    if (!place || !tools) return;
    act(() => {
      sketch.begin();
      sketch.hold(added(sketch.value, place, tools.label));
      sketch.end();
    });
    ctx.tell(`added: ${sketch.value.xy.length} points`);
  }

  /** The points at the keyboard's cursor go. */
  function away() {
    if (!at) return;
    const { x, y } = view.plane();
    sketch.begin();
    rub(x(at[0]), y(at[1]));
    act(() => sketch.end());
    ctx.tell(`${sketch.value.xy.length} points are left`);
  }

  /** The mark nearest to the keyboard's cursor follows it. */
  function take() {
    if (!at) return;
    held = markAt(view.plane().x(at[0]), view.plane().y(at[1]), Infinity);
    if (held < 0) return;
    places = [...(view.marks()?.data ?? [])];
    [aimed, at] = [true, [places[2 * held], places[2 * held + 1]]];
    ctx.tell(`mark ${held + 1} is taken: arrow keys move it, Enter leaves it there`);
    view.redraw();
  }

  /** What can be done here, in a sentence. */
  function hint() {
    if (crowd) return `${plain(crowd)} points: clear to draw your own.`;
    if (able && sketch.full && !tools?.erasing) return `At most ${plain(sketch.most)} points.`;
    if (sketch.wanting && sketch.mine) return `${plain(sketch.wanting)} more point${sketch.wanting === 1 ? "" : "s"} to begin.`;
    const ways = [...(able ? [tools?.erasing ? "Rub over points" : "Click to add, drag to spray"] : []), ...(moves ? ["drag a mark to move it"] : [])];
    return ways.length ? `${ways.join("; ")}.` : "";
  }

  return {
    get held() {
      return held;
    },
    get marks() {
      return places;
    },
    get many() {
      return draws?.classes ?? 1;
    },
    /** What the hand has drawn and no frame shows yet. @returns {Drawing | null} */
    get drawing() {
      return able ? sketch.mine ?? (waits ? sketch.value : null) : null;
    },
    get words() {
      if (held >= 0 && places) return `${told(places[2 * held])}, ${told(places[2 * held + 1])}`;
      return at ? `${told(at[0])}, ${told(at[1])}` : "";
    },
    get help() {
      const keys = [...(able ? ["Space adds a point", "Delete takes one away"] : []), ...(moves ? ["Enter takes and leaves the nearest mark"] : [])];
      return keys.length ? ` Arrow keys move a cursor; ${listed(keys)}.` : "";
    },
    /** @param {Moment} m */
    update(m) {
      const value = draws ? m.params[draws.name] : null;
      sketch.settle(drawingOf(value));
      crowd = sketch.mine ? 0 : sampled(value);
      waits = Boolean(draws && awaited(m, draws.name));
      able = Boolean(draws) && !crowd && !(draws && instead(draws, m.params));
      const marks = view.marks()?.data;
      if (places && held < 0 && marks && (performance.now() - moved > SETTLE || places.every((v, k) => Math.abs(v - marks[k]) < 1e-9))) places = null;
      body.classList.toggle("drawing", able);
      tools?.update({ empty: !crowd && !sketch.value.xy.length, past: sketch.past.length > 0, words: hint(), shown: able || crowd > 0 });
    },
    /** The keyboard's cursor. @param {CanvasRenderingContext2D} g @param {Palette} palette */
    draw(g, palette) {
      if (!at) return;
      const { x, y } = view.plane(), [px, py] = [x(at[0]), y(at[1])];
      g.strokeStyle = palette.css("accent");
      g.lineWidth = 2;
      g.strokeRect(px - MARK, py - MARK, 2 * MARK, 2 * MARK);
    },
    dispose: () => tools?.node.remove(),
  };
}

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** The parameter that a hand may change here. @param {Ctx} ctx @param {unknown} name @returns {Param | undefined} */
const acting = ({ frozen, info }, name) => (frozen || typeof name !== "string" ? undefined : paramOf(info, name));
