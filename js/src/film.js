/** A run as a film: its figures at one frame after another, as they stand on the page, each as long as the next. */
import { setDensity } from "./canvas.js";
import { gif } from "./gif.js";
import { shot } from "./shot.js";
import { webm } from "./webm.js";

/** @import { Lane } from "./types" */
/** @import { Palette } from "./theme.js" */
/** @import { Store } from "./store.js" */
/** @typedef {{from: number, to: number, seconds: number, rate: number, width: number, kind: string}} Wish from and to: frames' numbers; width in pixels */
/**
 * What the player lends: its figures, drawn where it is asked to, while it does not draw them itself.
 * @typedef {{
 *   views: HTMLElement, title: string, store: Store, palette(): Palette, lanes(position: number): Lane[],
 *   label(position: number): string, draw(position: number): void, hold(on: boolean): void,
 * }} Stage
 */

const MEASURED = 5; // pictures that say how high the film is
const COLOURED = 24; // and which colours it has
const EVERY = 4; // rows of them: what is smaller is the edge of a letter
const HEAD = 30; // px over the figures, for the title and where the run is
const TALL = 4096; // px
const AHEAD = 24; // rows asked for at once
const PATIENCE = 30_000; // ms for a row to come from the kernel

/** Positions in even steps: so many that they last as long as was asked for, or all there are. @param {Store} store @param {Pick<Wish, "from" | "to" | "seconds" | "rate">} wish */
export function planned(store, { from, to, seconds, rate }) {
  const [first, last] = [store.position(from), store.position(to)];
  const count = Math.max(1, Math.min(last - first + 1, Math.round(seconds * rate)));
  return Array.from({ length: count }, (_, k) => Math.round(first + (k * (last - first)) / Math.max(1, count - 1)));
}

/**
 * Makes the film; an Error where it cannot be, an AbortError where it is cancelled.
 * @param {Stage} stage @param {Wish} wish @param {(done: number, of: number) => void} tell @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
export async function film(stage, wish, tell, signal) {
  const positions = planned(stage.store, wish), duration = wish.seconds * 1000;
  const time = (/** @type {number} */ k) => (k * duration) / positions.length;
  stage.hold(true);
  /** @type {ReturnType<typeof webm> | undefined} */
  let encoder;
  try {
    const canvas = await sheet(stage, some(positions, MEASURED), even(wish.width), signal);
    const g = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: wish.kind === "gif" }));
    encoder = wish.kind === "gif" ? await withColours(stage, some(positions, COLOURED), g, signal) : webm(canvas.width, canvas.height, positions.length / wish.seconds);
    for (const [k, position] of positions.entries()) {
      await drawn(stage, positions.slice(k, k + AHEAD), signal);
      exposed(g, stage, position);
      await encoder.add(canvas, time(k), time(k + 1));
      tell(k + 1, positions.length);
      await breath();
    }
    return await encoder.end(duration);
  } finally {
    encoder?.close();
    setDensity(0);
    stage.hold(false);
  }
}

/** So many, in even steps. @param {number[]} all @param {number} count */
const some = (all, count) => all.filter((_, k) => k === 0 || Math.floor((k * (count - 1)) / (all.length - 1)) !== Math.floor(((k - 1) * (count - 1)) / (all.length - 1)));

/** A canvas that the highest of some frames fits in. @param {Stage} stage @param {number[]} few @param {number} width @param {AbortSignal} signal */
async function sheet(stage, few, width, signal) {
  let tall = 0;
  for (const position of few) {
    await drawn(stage, [position], signal);
    const { width: w, height: h } = stage.views.getBoundingClientRect();
    setDensity(width / w);
    tall = Math.max(tall, (width / w) * (h + HEAD * zoom(stage)));
  }
  if (tall > TALL) throw new Error(`Its figures would be ${Math.ceil(tall)} px high: at most ${TALL}; give a smaller width.`);
  return new OffscreenCanvas(width, even(tall));
}

/** @param {Stage} stage @param {number[]} few @param {OffscreenCanvasRenderingContext2D} g @param {AbortSignal} signal */
async function withColours(stage, few, g, signal) {
  const { width, height } = g.canvas, palette = stage.palette();
  /** @type {Uint8ClampedArray[]} */
  const rows = [];
  for (const position of few) {
    await drawn(stage, [position], signal);
    exposed(g, stage, position);
    const { data } = g.getImageData(0, 0, width, height);
    for (let y = 0; y < height; y += EVERY) rows.push(data.slice(4 * width * y, 4 * width * (y + 1)));
    await breath();
  }
  return gif(width, height, rows, [palette.rgb("paper"), palette.rgb("ink")]);
}

/** The figures at the first of some positions, once its rows are here. @param {Stage} stage @param {number[]} positions @param {AbortSignal} signal */
async function drawn(stage, positions, signal) {
  const began = Date.now();
  const lacks = () => !stage.views.clientWidth || needed(stage, positions[0]).some(([store, p]) => store.hasHeavy && !store.keepAll && !store.heavy.has(p));
  while (lacks()) {
    stage.store.want(positions);
    for (const [store, position] of needed(stage, positions[0]).slice(1)) store.want([position]);
    await new Promise((then) => setTimeout(then, 20));
    signal.throwIfAborted();
    if (Date.now() - began > PATIENCE) throw new Error(stage.views.clientWidth ? "The kernel has not sent all frames: no film was made." : "The player is not on the page: no film was made.");
  }
  signal.throwIfAborted();
  stage.draw(positions[0]);
}

/** The rows that are drawn at a position. @param {Stage} stage @param {number} position @returns {[Store, number][]} */
function needed(stage, position) {
  const beside = stage.lanes(position).map((lane) => /** @type {[Store, number]} */ ([lane.store, lane.position]));
  return [[stage.store, position], ...beside];
}

/** @param {OffscreenCanvasRenderingContext2D} g @param {Stage} stage @param {number} position */
function exposed(g, stage, position) {
  const { width, height } = g.canvas, box = stage.views.getBoundingClientRect(), palette = stage.palette();
  const k = width / box.width, z = zoom(stage), pad = 18 * z;
  g.setTransform(k, 0, 0, k, 0, 0);
  g.fillStyle = palette.css("paper");
  g.fillRect(0, 0, box.width + 1, height / k + 1);
  const label = stage.label(position);
  g.textBaseline = "alphabetic";
  g.textAlign = "right";
  g.fillStyle = palette.css("ink-2");
  g.font = palette.font(12 * z, "mono");
  g.fillText(label, box.width - pad, 25 * z);
  const room = box.width - 3 * pad - g.measureText(label).width;
  g.textAlign = "left";
  g.fillStyle = palette.css("ink");
  g.font = palette.font(17 * z, "serif", 600);
  g.fillText(stage.title, pad, 25 * z, Math.max(40, room));
  g.translate(-box.left, HEAD * z - box.top);
  shot(g, stage.views);
}

/** How much larger the screen shows it: lecture mode is zoomed. @param {Stage} stage */
const zoom = ({ views }) => views.currentCSSZoom ?? 1;

/** Films are made of pairs of pixels. @param {number} n */
const even = (n) => 2 * Math.ceil(n / 2 - 1e-9);

/** The page's turn; also in a tab that nobody looks at, where timers sleep. */
function breath() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((then) => {
    port1.onmessage = () => {
      port1.close();
      then(undefined);
    };
    port2.postMessage(0);
  });
}
