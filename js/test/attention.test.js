import assert from "node:assert/strict";
import { test } from "node:test";
import { floorOf, strength, strongest, weightsOf } from "../src/weights.js";
import { headName, toggled } from "../src/views/heads.js";
import { matrixAt, matrixLayout, pooled } from "../src/views/matrices.js";
import { bundles, threadAt, threadLayout } from "../src/views/threads.js";
import { mean } from "../src/views/tokens.js";

const all = { floor: 1, every: 1 };
const near = (a, b, by = 1e-6) => assert.ok(Math.abs(a - b) <= by, `${a} is not ${b}`);
const cell = (values, shape, Type = Float32Array) => ({ data: Type.from(values), shape });
const two = weightsOf(cell([1, 0, 0.25, 0.75, 0.5, 0.5, 0, 1], [2, 2, 2]));

test("bytes are 255 times the root of a weight", () => {
  const weights = weightsOf(cell([0, 51, 255, 102], [1, 2, 2], Uint8Array));
  [0, 0.04, 1, 0.16].forEach((value, k) => near(weights.value(k), value));
  assert.deepEqual([0, 1, 2].map((k) => weights.level(k)), [0, 51, 255]);
  assert.ok(weights.root);
});

test("the full colour is the strongest weight, and an even head is pale, in bytes too", () => {
  const T = 40, even = Array(T * T).fill(1 / T), peak = [...even.slice(1), 0.5];
  const bytes = (/** @type {number[]} */ values) => cell(values.map((v) => Math.round(255 * Math.sqrt(v))), [1, T, T], Uint8Array);
  assert.deepEqual([weightsOf(cell(peak, [1, T, T])).level(T * T - 1), weightsOf(bytes(peak)).level(T * T - 1)], [255, 255]);
  near(weightsOf(cell(even, [1, T, T])).level(0), 64);
  near(weightsOf(bytes(even)).level(0), 127.5, 3);
});

test("scores have zero in the middle, and a masked one has no colour", () => {
  const weights = weightsOf(cell([-2, -Infinity, 0, 4], [1, 2, 2]));
  assert.deepEqual([weights.signed, weights.lo, weights.hi], [true, -4, 4]);
  assert.deepEqual([0, 1, 2, 3].map((k) => weights.level(k)), [64, -1, 128, 255]);
  assert.deepEqual([0, 1, 3].map((k) => strength(weights, k)), [127, 0, 255]);
});

test("the strongest of a row is found, and a masked one never is", () => {
  assert.equal(strongest(two, 2, 2), 3);
  assert.equal(strongest(weightsOf(cell([-Infinity, -1, -3, -2], [1, 2, 2])), 0, 4), 1);
  assert.equal(strongest(weightsOf(cell([NaN], [1, 1, 1])), 0, 1), -1);
});

test("at most so many threads of a head are drawn: the strongest", () => {
  const T = 100;
  const weights = weightsOf(cell(Array.from({ length: T * T }, (_, k) => k / (T * T)), [1, T, T]));
  const drawn = (/** @type {any} */ w) => bundles({ weights: w, place: { h: -1, t: -1, s: -1 } }, 0, floorOf(w, 0, 500)).reduce((n, { lines }) => n + lines.length / 2, 0);
  assert.ok(drawn(weights) > 400 && drawn(weights) <= 520, String(drawn(weights)));
  const even = weightsOf(cell(Array(T * T).fill(1 / T), [1, T, T]));
  assert.ok(drawn(even) > 300 && drawn(even) <= 700, `${drawn(even)} of an even head`);
});

test("where tokens share a pixel, the strongest shows", () => {
  const T = 6, values = new Float32Array(T * T);
  for (let t = 1; t < T; t++) values[t * T + t - 1] = 1;
  const levels = pooled(weightsOf({ data: values, shape: [1, T, T] }), 0, 3);
  assert.deepEqual([...levels], [255, 0, 0, 255, 255, 0, 0, 255, 255]);
});

test("a token's threads are isolated, in every head", () => {
  const scene = { weights: two, place: { h: 0, t: 1, s: -1 } };
  assert.deepEqual(bundles(scene, 0, all).map(({ lines }) => lines), [[1, 0], [1, 1]]);
  assert.deepEqual(bundles(scene, 1, all).map(({ lines }) => lines), [[1, 1]]);
  const into = { weights: two, place: { h: 0, t: -1, s: 0 } };
  assert.deepEqual(bundles(into, 0, all).flatMap(({ lines }) => lines), [1, 0, 0, 0]);
});

const shape = { H: 8, T: 18, big: -1, width: 800, words: 7 };

test("heads stand in rows of equal length, inside the width, and one enlarged stands alone", () => {
  for (const layoutOf of [matrixLayout, threadLayout]) {
    for (const width of [240, 480, 800, 1400]) {
      const { panels, w } = layoutOf({ ...shape, width });
      assert.equal(panels.length, 8);
      assert.ok(panels.every((panel) => panel.x + w <= width + 1), `${width}`);
    }
    const rows = new Set(layoutOf(shape).panels.map((panel) => panel.y));
    assert.equal(rows.size, 2, "4 and 4, not 5 and 3");
    assert.deepEqual(layoutOf({ ...shape, big: 3 }).panels.map((panel) => panel.h), [3]);
  }
});

test("tokens are named where there is room", () => {
  assert.deepEqual([18, 40, 512].map((T) => matrixLayout({ ...shape, T }).labels), [true, false, false]);
  assert.deepEqual([500, 620, 760].map((width) => matrixLayout({ ...shape, width }).labels), [false, true, true], "worth a third row, no fourth");
  assert.ok(matrixLayout({ ...shape, T: 40, big: 0 }).labels, "enlarged there is");
  assert.ok(threadLayout({ ...shape, T: 40 }).labels);
  assert.ok(threadLayout({ ...shape, T: 512 }).height < 1000, "and many stay on the screen");
});

test("the place under the pointer is a head and its tokens", () => {
  const layout = matrixLayout(shape), last = layout.panels[7];
  assert.deepEqual(matrixAt(layout, 18, last.x + 2.5 * layout.wide, last.y + 4.5 * layout.step), { h: 7, t: 4, s: 2 });
  assert.deepEqual(matrixAt(layout, 18, 3, layout.panels[0].y + 1), { h: 0, t: 0, s: -1 }, "a row's name");
  assert.equal(matrixAt(layout, 18, 795, layout.height + 9).h, -1);
  const threads = threadLayout(shape), panel = threads.panels[1];
  assert.deepEqual(threadAt(threads, 18, panel.x + 3, panel.y + 3.5 * threads.step), { h: 1, t: 3, s: -1 });
  assert.deepEqual(threadAt(threads, 18, panel.x + threads.w - 3, panel.y + 1), { h: 1, t: -1, s: 0 });
});

test("a switch puts a head into the list, and takes it out", () => {
  assert.deepEqual([toggled([3], 1), toggled([1, 3], 1), toggled([], 10)], [[1, 3], [3], [10]]);
  assert.deepEqual([headName(["0 same letters"], 0), headName([], 2)], ["0 same letters", "head 2"]);
});

test("many heads of a long sentence are one line: their mean, of bytes too", () => {
  assert.deepEqual([...mean(two.cell).data], [0.75, 0.25, 0.125, 0.875]);
  near(mean(cell([255, 0], [2, 1, 1], Uint8Array)).data[0], 0.5);
});
