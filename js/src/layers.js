/** Curves painted once, strong and pale, and cut at the cursor while one scrubs: many lanes cost what one costs. */

/** @typedef {"past" | "future"} Layer */

export class Layers {
  constructor() {
    this.before = "";
    this.painted = "";
    /** @type {Map<Layer, OffscreenCanvas>} */
    this.canvases = new Map();
  }

  /**
   * Whether they could be used: from the second time on that nothing has changed but the cursor.
   * @param {CanvasRenderingContext2D} g @param {string} key changes with all but the cursor @param {number} px the cursor
   * @param {(g: CanvasRenderingContext2D, layer: Layer) => void} paint the whole of a layer
   */
  draw(g, key, px, paint) {
    key = `${key} ${g.canvas.width}`;
    const same = key === this.before;
    this.before = key;
    if (!same) return false;
    if (key !== this.painted) for (const layer of /** @type {const} */ (["past", "future"])) paint(this.context(g, layer), layer);
    this.painted = key;
    const { width, height } = g.canvas;
    const at = Math.max(0, Math.min(width, Math.round(px * g.getTransform().a)));
    g.save();
    g.setTransform(1, 0, 0, 1, 0, 0);
    for (const [layer, from, to] of /** @type {[Layer, number, number][]} */ ([["past", 0, at], ["future", at, width]])) {
      const canvas = this.canvases.get(layer);
      if (canvas && to > from) g.drawImage(canvas, from, 0, to - from, height, from, 0, to - from, height);
    }
    g.restore();
    return true;
  }

  /** A clean canvas like another, with its scale and font. @param {CanvasRenderingContext2D} g @param {Layer} layer */
  context(g, layer) {
    const canvas = new OffscreenCanvas(g.canvas.width, g.canvas.height);
    this.canvases.set(layer, canvas);
    const own = /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (canvas.getContext("2d")));
    own.setTransform(g.getTransform());
    return own;
  }
}
