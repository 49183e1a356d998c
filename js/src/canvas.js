/** A canvas as wide as its figure, sharp on any screen. */
import { el } from "./dom.js";

/** @type {WeakMap<HTMLElement, number>} */
const widths = new WeakMap();
/** @type {WeakMap<HTMLElement, number>} how much larger the screen shows it: lecture mode is zoomed */
const zooms = new WeakMap();

let density = 0;

/** Draws all canvases with so many pixels for one of the page's, for a film; 0: with those that the screen has. @param {number} pixels */
export function setDensity(pixels) {
  density = pixels;
}

/** How many pixels a figure has for one of its own. @param {HTMLElement} body */
export const densityOf = (body) => (density || devicePixelRatio || 1) * (zooms.get(body) ?? 1);

/** Reads how wide a figure is. At the beginning of a frame, before anything is written: the page is laid out once. @param {HTMLElement} body */
export function measure(body) {
  widths.set(body, body.clientWidth);
  zooms.set(body, body.currentCSSZoom ?? 1);
}

/** As last measured. @param {HTMLElement} body */
export const widthOf = (body) => widths.get(body) ?? body.clientWidth;

/**
 * @param {HTMLElement} body
 * @returns {{canvas: HTMLCanvasElement, open(height: number): {g: CanvasRenderingContext2D, w: number, h: number}}}
 */
export function canvasIn(body) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  body.append(canvas);
  return {
    canvas,
    /** Clears and sizes; type keeps its size at any width. */
    open(height) {
      const w = Math.max(160, widthOf(body)), ratio = densityOf(body);
      const [px, py] = [Math.round(w * ratio), Math.round(height * ratio)];
      if (canvas.width !== px || canvas.height !== py) [canvas.width, canvas.height] = [px, py];
      if (canvas.style.height !== `${height}px`) canvas.style.height = `${height}px`;
      g.setTransform(ratio, 0, 0, ratio, 0, 0);
      g.clearRect(0, 0, w, height);
      return { g, w, h: height };
    },
  };
}

/** @param {CanvasRenderingContext2D} g @param {string} text @param {number} x @param {number} y @param {CanvasTextAlign} [align] */
export function write(g, text, x, y, align = "left") {
  g.textAlign = align;
  g.fillText(text, x, y);
}

/** A text in so much room: cut, and never squeezed. @param {CanvasRenderingContext2D} g @param {string} text @param {number} x @param {number} y @param {number} room @param {CanvasTextAlign} [align] */
export function fitted(g, text, x, y, room, align) {
  let shown = text.slice(0, 200);
  while (shown.length > 2 && g.measureText(shown).width > room) shown = `${shown.slice(0, -2)}…`;
  write(g, shown, x, y, align);
}

/**
 * Where on an element an event is, in its own pixels: a slide may be scaled.
 * @param {HTMLElement} node @param {{clientX: number, clientY: number}} event @returns {[number, number]}
 */
export function placeOn(node, event) {
  const box = node.getBoundingClientRect(), k = node.clientWidth / (box.width || 1);
  return [(event.clientX - box.left) * k, (event.clientY - box.top) * k];
}

/**
 * Follows a pointer over an element: pressed or only hovering. One that is taken away lifts too, unless it has a cancel.
 * @param {HTMLElement} node
 * @param {{hover?(x: number, y: number): void, drag?(x: number, y: number): void, lift?(): void, cancel?(): void, leave?(): void}} does
 */
export function pointer(node, { hover, drag, lift, cancel = lift, leave }) {
  let pressed = false;
  /** @param {PointerEvent} event */
  const at = (event) => placeOn(node, event);
  node.addEventListener("pointerdown", (event) => {
    if (!drag || event.button) return;
    pressed = true;
    node.setPointerCapture(event.pointerId);
    drag(...at(event));
  });
  node.addEventListener("pointermove", (event) => (pressed ? drag?.(...at(event)) : hover?.(...at(event))));
  for (const [name, end] of /** @type {const} */ ([["pointerup", lift], ["pointercancel", cancel]])) node.addEventListener(name, () => {
    pressed = false;
    end?.();
  });
  node.addEventListener("pointerleave", () => leave?.());
}
