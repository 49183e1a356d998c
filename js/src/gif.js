/** GIF: pictures of 255 colours, chosen once for all of them; what stays the same is written once. */
import * as gifenc from "gifenc";

const COLOURS = 255; // and one that means: as before

/** @param {number} width @param {number} height @param {Uint8ClampedArray[]} samples rows of pictures that hold the film's colours @param {[number, number, number][]} exact colours that must be met */
export function gif(width, height, samples, exact) {
  const all = new Uint8ClampedArray(samples.reduce((sum, s) => sum + s.length, 0));
  samples.reduce((at, s) => (all.set(s, at), at + s.length), 0);
  const palette = [...exact, ...gifenc.quantize(all, COLOURS - exact.length)];
  const same = palette.length;
  const encoder = gifenc.GIFEncoder();
  /** @type {Uint8Array | null} */
  let before = null;

  return {
    /** @param {OffscreenCanvas} canvas @param {number} from @param {number} to in ms */
    async add(canvas, from, to) {
      const g = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
      const now = gifenc.applyPalette(g.getImageData(0, 0, width, height).data, palette);
      const last = before;
      const shown = last ? now.map((v, k) => (v === last[k] ? same : v)) : now;
      // Times are hundredths of a second; rounding the ends, not the lengths, keeps the whole.
      const delay = 10 * Math.max(2, Math.round(to / 10) - Math.round(from / 10));
      encoder.writeFrame(shown, width, height, last
        ? { delay, transparent: true, transparentIndex: same, dispose: 1 }
        : { palette: [...palette, [0, 0, 0]], delay, repeat: 0, dispose: 1 });
      before = now;
    },
    /** @returns {Promise<Blob>} */
    async end() {
      encoder.finish();
      return new Blob([/** @type {BlobPart} */ (encoder.bytes())], { type: "image/gif" });
    },
    close() {},
  };
}
