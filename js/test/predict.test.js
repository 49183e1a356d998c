import assert from "node:assert/strict";
import { test } from "node:test";
import { Prediction } from "../src/predict.js";
import { scale } from "../src/scale.js";

function drawn(...points) {
  const curve = new Prediction();
  curve.over(0, 300);
  for (const [x, y] of points) curve.reach(x, y);
  return curve;
}

test("a stroke fills the way between the points that the hand was seen at", () => {
  const curve = drawn([0, 0], [300, 30]);
  for (const x of [0, 1, 77, 150, 299.9, 300]) assert.ok(Math.abs(curve.at(x) - x / 10) < 1e-9, `at ${x}`);
});

test("a stroke back draws over what was there", () => {
  const curve = drawn([0, 0], [300, 30], [150, 1]);
  assert.equal(curve.at(150), 1);
  assert.equal(curve.at(75), 7.5);
});

test("lifted, the next stroke begins anew; between them nothing is predicted", () => {
  const curve = drawn([0, 1], [60, 1]);
  curve.lift();
  curve.reach(240, 5);
  assert.equal(curve.at(30), 1);
  assert.ok(Number.isNaN(curve.at(150)));
  assert.equal(curve.at(240), 5);
});

test("the error is the mean distance over the points that were predicted", () => {
  const curve = drawn([0, 10], [150, 10]);
  const series = { X: [0, 50, 100, 250], Y: [10, 13, 4, 99] };
  assert.deepEqual(curve.error(series, 4), { mean: 3, count: 3 });
  assert.deepEqual(curve.error(series, 2), { mean: 1.5, count: 2 });
  assert.equal(curve.error({ X: [250], Y: [1] }, 1).count, 0);
});

test("what is drawn keeps its place when the range grows", () => {
  const curve = drawn([0, 0], [300, 30]);
  curve.over(0, 600);
  assert.equal(curve.at(150), 15);
});

test("on a logarithmic axis a stroke is straight where it is drawn, and the error counts decades", () => {
  const curve = new Prediction();
  curve.over(0, 100);
  curve.way = scale("log", [1e-4, 1], [100, 0]);
  curve.reach(0, 1);
  curve.reach(100, 1e-4);
  assert.ok(Math.abs(curve.at(50) - 1e-2) < 1e-12);
  const { mean, count } = curve.error({ X: [0, 50, 75, 100], Y: [10, 1e-2, 1e-2, NaN] }, 4);
  assert.equal(count, 3);
  assert.ok(Math.abs(mean - 2 / 3) < 1e-9);
});

test("a logarithmic scale stands where one puts it", () => {
  const y = scale("log", [0.005, 3], [100, 0], { exact: true });
  assert.deepEqual([y.lo, y.hi, y.ticks[0].text], [0.005, 3, "0.005"]);
});
