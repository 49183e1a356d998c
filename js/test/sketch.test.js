import assert from "node:assert/strict";
import { test } from "node:test";
import { points, shown } from "../src/format.js";
import { added, drawingOf, rounded, sampled, Sketch, sprayed, without } from "../src/sketch.js";
import { around, planeOf, radius, shadesOf, within } from "../src/views/plane.js";

const two = { xy: [[0, 0], [1, 1]], labels: [0, 1] };
const sent = () => {
  const values = [];
  return { values, sketch: (bounds = { least: 0, most: 9 }) => new Sketch(bounds, (value) => values.push(value)) };
};

test("a sample is not drawn on: its points are not here", () => {
  assert.deepEqual(drawingOf({ ...two, count: 5000, digest: "0" }), { xy: [], labels: [] });
  assert.equal(sampled({ ...two, count: 5000 }), 5000);
  assert.deepEqual(drawingOf({ xy: [[0, 1]] }), { xy: [[0, 1]], labels: [0] });
  assert.deepEqual(drawingOf("moons"), { xy: [], labels: [] });
});

test("a stroke is one change, and is taken back as one", () => {
  const { values, sketch } = sent(), one = sketch();
  one.settle(two);
  one.begin();
  for (const x of [2, 3]) one.hold(added(one.value, [x, x], 1));
  one.end();
  assert.deepEqual(values, [{ xy: [[0, 0], [1, 1], [2, 2], [3, 3]], labels: [0, 1, 1, 1] }]);
  one.settle(values[0]);
  assert.equal(one.mine, null, "what is in force is no longer held");
  one.undo();
  assert.deepEqual(values[1], two);
});

test("nothing is sent of a stroke that changed nothing, or while points are wanting", () => {
  const { values, sketch } = sent(), one = sketch({ least: 3, most: 4 });
  one.settle(two);
  one.begin();
  one.hold(without(one.value, () => false));
  one.end();
  one.clear();
  assert.deepEqual([values, one.wanting, one.past.length], [[], 3, 1]);
  one.begin();
  for (let k = 0; k < 9; k++) one.hold(added(one.value, [k, 0], 0));
  one.end();
  assert.equal(values[0].xy.length, 4, "and no more than are allowed");
});

test("a sample goes when it is cleared, though none of its points are here", () => {
  const { values, sketch } = sent(), one = sketch();
  one.settle(drawingOf({ ...two, count: 5000 }));
  one.clear();
  assert.deepEqual([values, one.past.length], [[{ xy: [], labels: [] }], 0]);
  const few = sketch({ least: 2, most: 9 });
  few.settle(drawingOf({ ...two, count: 5000 }));
  few.clear();
  few.settle(drawingOf({ ...two, count: 5000 }));
  assert.deepEqual([values.length, few.mine, few.wanting], [1, { xy: [], labels: [] }, 2], "it is drawn on before it is in force");
});

test("a stroke that is broken off was none", () => {
  const { values, sketch } = sent(), one = sketch();
  one.settle(two);
  one.begin();
  one.hold(added(one.value, [2, 2], 0));
  one.cancel();
  assert.deepEqual([values, one.mine, one.past, one.value], [[], null, [], two]);
});

test("no more points than are allowed: it is told", () => {
  const one = sent().sketch({ least: 0, most: 3 });
  one.settle(two);
  assert.equal(one.full, false);
  one.hold(added(one.value, [2, 2], 0));
  assert.equal(one.full, true);
});

test("a hand means a thousandth of what it sees", () => {
  assert.deepEqual([rounded(0.123456, 2), rounded(12345.678, 30000), rounded(-1e-9, 1e-6), rounded(-0.00001, 2)], [0.123, 12346, -1e-9, 0]);
});

test("sprayed points lie around the pointer", () => {
  const all = Array.from({ length: 400 }, (_, k) => sprayed(100, 50, () => ((k * 0.618) % 1) * 0.99));
  assert.ok(all.every(([x, y]) => Math.hypot(x - 100, y - 50) < 40));
  assert.ok(new Set(all.map(String)).size > 350);
});

test("the plane shows all that is finite, to one scale where the spans are alike", () => {
  const extent = around([{ data: new Float64Array([0, 0, 10, 4, NaN, 1, Infinity, 2]), shape: [4, 2] }, null]);
  assert.deepEqual(extent, [-0.5, 10.5, -0.2, 4.2]);
  const even = planeOf(extent, 700, { bar: false, legend: false });
  assert.ok(Math.abs(even.wide / even.high - 11 / 4.4) < 1e-9);
  const odd = planeOf([0, 1, 0, 1000], 700, { bar: false, legend: false });
  assert.ok(odd.wide > odd.high);
  assert.deepEqual(around([]), [-1, 1, -1, 1]);
  assert.ok(within([0, 1, 0, 1], [-1, 1, -1, 1]) && !within([0, 2, 0, 1], [-1, 1, -1, 1]));
});

const palette = { rgb: () => [0, 0, 0], css: (name) => name };

test("whole numbers from 0 to 9 are regions, others a ramp with its sign", () => {
  assert.equal(shadesOf([0, 3, 9], palette, true).classes, true);
  assert.equal(shadesOf([0, 3, 9], palette).classes, false);
  assert.equal(shadesOf([0, 3.5], palette, true).classes, false);
  assert.equal(shadesOf(new Int32Array([0, 0]), palette, true).classes, true, "one class everywhere");
  assert.equal(shadesOf(new Float32Array([0, 0]), palette, true).classes, false, "nothing is known anywhere");
  const signed = shadesOf([-1, 4], palette);
  assert.deepEqual([signed.lo, signed.hi], [-4, 4]);
});

test("many points are small, and told by their number", () => {
  assert.ok(radius(10_000) < radius(1000) && radius(1000) < radius(100));
  assert.deepEqual([points("moons"), points({ xy: [[0, 0]] }), points({ xy: [], count: 5000 }), points(two), points({ ...two, name: "xor" })], ["moons", "1 point", "5000 points", "2 points", "xor"]);
  assert.equal(shown({ kind: "points", name: "data" }, two), "2 points");
});
