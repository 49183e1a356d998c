import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../src/axes.js";
import { heights, stairs, widths } from "../src/views/curve.js";

const drawing = { X: [0, 1, 2], curves: [{ name: "f", hue: "value", Y: [1, NaN, 3] }], band: [0.5, 0.5, 0.25], dots: { X: [-1, 5], Y: [7, -Infinity] }, at: [2.5], picks: [9] };

test("a curve's scale takes in its band and points, and nothing that is not finite", () => {
  assert.deepEqual(heights(drawing), { lo: 0.5, hi: 7, least: 0.5 });
  assert.deepEqual(heights({ ...drawing, band: null, dots: { X: [], Y: [] } }), { lo: 1, hi: 3, least: 1 });
});

test("its axis takes in points and rules, and not what the reader picks", () => {
  assert.deepEqual(widths(drawing), [-1, 5]);
});

test("in a staircase each value holds to the next point", () => {
  assert.deepEqual(stairs([0, 2, 3], [1, 4, 5]), { X: [0, 2, 2, 3, 3], Y: [1, 1, 4, 4, 5] });
});

test("the nearest of ascending places is found", () => {
  assert.deepEqual([-4, 0.6, 1.4, 7].map((v) => nearest([0, 1, 2], v)), [0, 1, 1, 2]);
});
