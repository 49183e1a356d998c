/** The drawing pad: an image parameter's control. Mouse, finger and keys draw at the image's own size; a stroke is sent when the pen is lifted, a file or the camera's still shrunk. */
import { hasCamera, still } from "./camera.js";
import { el, put, set } from "./dom.js";
import { asInk, blank, decoded, encoded, fromRgba, stroke } from "./pixels.js";

/** @import { Param } from "./types" */
/** @import { Pixels } from "./pixels.js" */

const SIDE = 256; // pixels a side of an uploaded image whose size is free
const DRAWN = 64; // a larger image is uploaded, not drawn
const PAGE = 28; // pixels a side of a drawing whose size is free
const CELL = 24; // canvas pixels of one
const MOST = 40e6; // pixels of a file, as the kernel allows

/**
 * @param {Param} param @param {{name: string, label: (Node | string)[]}} words
 * @param {(value: string, final: boolean) => void} change @param {boolean} off
 */
export function drawFace(param, { name, label }, change, off) {
  const free = !param.size && param.channels !== 3;
  let [rows, cols] = param.size ?? [0, 0];
  let pad = rows > 0 && Math.max(rows, cols) <= DRAWN && param.channels !== 3;
  const canvas = el("canvas");
  const said = el("span", { class: "unseen", role: "status" });
  const nothing = el("span", { class: "note", hidden: true }, "Nothing is drawn: it answers an empty page.");
  const wrong = el("span", { class: "wrong", role: "alert", hidden: true });
  const file = el("input", { type: "file", accept: "image/*", class: "unseen", tabindex: -1, "aria-hidden": "true", onchange: () => void upload() });
  const act = (/** @type {string} */ text, /** @type {() => void} */ does) =>
    el("button", { class: "act", type: "button", "aria-label": `${text.replace("…", "")} ${name}`, disabled: off, onclick: does }, text);
  const acts = [...(free ? [act("Draw", () => begin())] : pad ? [act("Clear", () => wipe())] : []),
    ...(hasCamera() && !off ? [act("Camera", () => void look())] : []), act("Upload…", () => file.click())];
  const node = el("div", { class: "param drawn", role: "group", "aria-label": name },
    el("div", { class: "top" }, el("span", { class: "name" }, ...label), el("span", { class: "acts" }, ...acts)), canvas, file, nothing, wrong, said);
  const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {Pixels} */
  let image = blank(rows || 1, cols || 1);
  let word = "", drawn = "";
  /** @type {{id: number, at: [number, number]} | null} the pointer that draws: a second finger does not */
  let pen = null;
  let at = [rows >> 1, cols >> 1], keyed = false;
  become(pad);

  /** A pad to draw on, or a picture to look at. @param {boolean} draws */
  function become(draws) {
    pad = draws;
    if (free && draws) [rows, cols] = [image.rows, image.cols];
    at = [Math.min(at[0], rows - 1), Math.min(at[1], cols - 1)];
    set(canvas, { class: pad ? "pad" : "pad still", tabindex: pad && !off ? 0 : null, role: pad ? "application" : "img" });
  }

  /** An empty page in place of a picture. */
  function begin() {
    [rows, cols] = [PAGE, PAGE];
    wipe();
    become(true);
    draw();
    canvas.focus({ preventScroll: true });
  }

  /** What is in force; never while the pen is down. @param {unknown} value */
  function show(value) {
    if (!pen && value === null) [image, word] = [blank(rows || 1, cols || 1), ""];
    else if (!pen && typeof value === "string" && value !== word) {
      const next = decoded(value);
      if (next) [image, word] = [next, value];
      if (next && free) become(next.colours === 1 && Math.max(next.rows, next.cols) <= DRAWN && !value.includes("#"));
    }
    draw();
  }

  function draw() {
    canvas.hidden = !pad && !word;
    const ink = getComputedStyle(canvas).color;
    const key = `${word} ${ink} ${keyed ? at : ""} ${pen ? performance.now() : ""}`;
    if (key === drawn) return;
    drawn = key;
    const size = Math.max(1, Math.min(CELL, Math.floor(384 / Math.max(image.rows, image.cols))));
    [canvas.width, canvas.height] = [image.cols * size, image.rows * size];
    const gap = pad && size > 6 ? 1 : 0, empty = image.data.every((v) => v === 0);
    for (let k = 0; k < image.rows * image.cols; k++) {
      const [r, c] = [Math.floor(k / image.cols), k % image.cols];
      g.fillStyle = image.colours === 3 ? `rgb(${image.data.subarray(3 * k, 3 * k + 3).join(" ")})` : ink;
      g.globalAlpha = image.colours === 3 ? 1 : gap ? 0.06 + (0.94 * image.data[k]) / 255 : image.data[k] / 255;
      g.fillRect(c * size, r * size, size - gap, size - gap);
    }
    g.globalAlpha = 1;
    if (keyed) {
      g.strokeStyle = getComputedStyle(canvas).outlineColor;
      g.lineWidth = 3;
      g.strokeRect(at[1] * size + 1, at[0] * size + 1, size - 3, size - 3);
    }
    if (pad && empty) hint(ink);
    nothing.hidden = !(pad && empty && !pen);
    const keys = pad && !off ? ". Arrow keys move, space draws, backspace rubs out" : "";
    set(canvas, { "aria-label": `${name}, ${image.rows} by ${image.cols} pixels, ${empty ? "nothing drawn" : "drawn"}${keys}` });
  }

  /** @param {string} ink */
  function hint(ink) {
    g.fillStyle = ink;
    g.globalAlpha = 0.75;
    g.textAlign = "center";
    g.font = `${Math.round(canvas.width / 11)}px ${getComputedStyle(canvas).fontFamily}`;
    g.fillText("Draw here", canvas.width / 2, canvas.height / 2);
    g.globalAlpha = 1;
  }

  /** A whole stroke: one change of the run, that a replay repeats. */
  function tell() {
    word = encoded(image);
    change(word, true);
  }

  /** A drawing of one's own: what was shown may be a photo, or shared with the run. */
  function own() {
    if (image.colours === 3 || image.rows !== rows || image.cols !== cols) image = blank(rows, cols);
    else image = { ...image, data: image.data.slice() };
    wrong.hidden = true;
  }

  function wipe() {
    image = blank(rows, cols);
    wrong.hidden = true;
    pen = null;
    tell();
    draw();
    put(said, "nothing drawn");
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * cols, ((event.clientY - box.top) / box.height) * rows];
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (pen?.id !== event.pointerId) return;
    for (const part of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const next = place(part);
      stroke(image, pen.at, next);
      pen.at = next;
    }
    draw();
  }

  if ((pad || free) && !off) {
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button || pen || !pad) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      keyed = false;
      own();
      pen = { id: event.pointerId, at: place(event) };
      stroke(image, pen.at, pen.at);
      draw();
    });
    canvas.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => {
        if (pen?.id !== /** @type {PointerEvent} */ (event).pointerId) return;
        pen = null;
        tell();
        draw();
      });
    }
    canvas.addEventListener("keydown", key);
    canvas.addEventListener("blur", () => {
      keyed = false;
      draw();
    });
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (!pad) return;
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const by = moves[event.key], draws = event.key === " ", rubs = event.key === "Backspace" || event.key === "Delete";
    if ((!by && !draws && !rubs) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    keyed = true;
    if (by) at = [Math.max(0, Math.min(rows - 1, at[0] + by[0])), Math.max(0, Math.min(cols - 1, at[1] + by[1]))];
    const k = at[0] * cols + at[1];
    if (draws || rubs) {
      own();
      if (draws) stroke(image, [at[1] + 0.5, at[0] + 0.5], [at[1] + 0.5, at[0] + 0.5]);
      else image.data[k] = 0;
      tell();
    }
    put(said, `row ${at[0] + 1}, column ${at[1] + 1}: ${Math.round((100 * image.data[k]) / 255)}% ink`);
    draw();
  }

  async function upload() {
    const chosen = file.files?.[0];
    file.value = "";
    if (!chosen) return;
    await take(async () => opened(chosen), chosen.name);
  }

  const look = () => take(still, "The camera");

  /** A picture from elsewhere, or why there is none. @param {() => Promise<ImageBitmap>} source @param {string} whose */
  async function take(source, whose) {
    try {
      image = shrunk(await source(), param);
    } catch (error) {
      wrong.hidden = false;
      return put(wrong, `${whose}: ${error instanceof RangeError ? error.message : "is not an image that this browser reads"}`);
    }
    wrong.hidden = true;
    tell();
    if (free) become(false);
    draw();
  }

  return { node, show };
}

/** A file's image; its size is known before it is decoded. RangeError says what is wrong with it. @param {Blob} file */
async function opened(file) {
  if (!file.size) throw new RangeError("is empty, not an image");
  const url = URL.createObjectURL(file), picture = new Image();
  try {
    await new Promise((resolve, reject) => Object.assign(picture, { onload: resolve, onerror: reject, src: url }));
    const { naturalWidth: width, naturalHeight: height } = picture;
    if (width * height > MOST) throw new RangeError(`must have at most ${MOST / 1e6} million pixels, has ${width} x ${height}`);
    return await createImageBitmap(picture);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A picture at the size that is asked for, never larger than SIDE. @param {ImageBitmap} bitmap @param {Param} param @returns {Pixels} */
function shrunk(bitmap, { size, channels, ink }) {
  const fit = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const [rows, cols] = size ?? [Math.max(1, Math.round(bitmap.height * fit)), Math.max(1, Math.round(bitmap.width * fit))];
  const pick = ink ? Math.min : Math.max; // a drawing is kept whole, a photo fills the frame
  const scale = pick(cols / bitmap.width, rows / bitmap.height);
  const [w, h] = [bitmap.width * scale, bitmap.height * scale];
  const canvas = new OffscreenCanvas(cols, rows);
  const g = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  g.imageSmoothingQuality = "high";
  g.drawImage(halved(bitmap, w, h), (cols - w) / 2, (rows - h) / 2, w, h);
  const pixels = fromRgba(g.getImageData(0, 0, cols, rows).data, rows, cols, channels === 1 ? 1 : 3);
  bitmap.close();
  return ink ? asInk(pixels) : pixels;
}

/** Halved until the last step is small: a canvas skips pixels in larger ones. @param {ImageBitmap} bitmap @param {number} w @param {number} h @returns {CanvasImageSource} */
function halved(bitmap, w, h) {
  let now = /** @type {ImageBitmap | OffscreenCanvas} */ (bitmap);
  while (now.width > 2 * w && now.height > 2 * h && Math.min(now.width, now.height) > 1) {
    /** @type {OffscreenCanvas} */
    const next = new OffscreenCanvas(Math.ceil(now.width / 2), Math.ceil(now.height / 2));
    const g = /** @type {OffscreenCanvasRenderingContext2D} */ (next.getContext("2d"));
    g.imageSmoothingQuality = "high";
    g.drawImage(now, 0, 0, next.width, next.height);
    now = next;
  }
  return now;
}
