/** Where two runs part, in words that say no more than their kept frames do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parting } from "../src/parting.js";

/** @param {number[]} frames @param {(frame: number) => number} x */
const rows = (frames, x) => ({
  cols: [{ name: "#frame", part: /** @type {"light"} */ ("light"), dtype: "f8", buffer: 0 }, { name: "x", part: /** @type {"light"} */ ("light"), dtype: "f8", buffer: 1 }],
  count: frames.length,
  buffers: [Float64Array.from(frames).buffer, Float64Array.from(frames, x).buffer],
});
/** @param {number} stride */
const every = (stride) => Array.from({ length: 8 }, (_, k) => k * stride);
/** @param {number[]} frames @param {(frame: number) => number} x */
const said = (frames, x, tolerance = 1) => parting(rows(frames, () => 0), rows(frames, x), "b", tolerance).text;

test("with every frame there, it is that frame", () => {
  assert.equal(said(every(1), (f) => (f > 3 ? 2 : 0)), "b: parts at frame 4 in x; by more than 1 at frame 4 in x");
  assert.equal(said(every(1), () => 0), "b: equal in all 8 frames");
});

test("what lies between two kept frames is not known, and not claimed", () => {
  assert.equal(said(every(2), (f) => (f > 4 ? 2 : 0)), "b: equal at frame 4, parts by frame 6 in x (none between is kept); by more than 1 at frame 6 in x");
  assert.equal(said(every(2), (f) => f / 5), "b: equal at frame 0, parts by frame 2 in x (none between is kept); by more than 1 at frame 6 in x, not at 4");
  assert.equal(said(every(2), () => 0), "b: equal in all 8 frames that both have kept, of 15");
  assert.equal(said([4, 6], () => 2, 9), "b: parts at frame 4 in x (no earlier frame is kept); never by more than 9");
});
