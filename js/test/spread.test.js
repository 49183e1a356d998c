/** The mean of lanes that differ in their seed, and its band. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Mean } from "../src/spread.js";

/** @param {{X: number[], Y: number[]}[]} lanes */
function meanOf(...lanes) {
  const mean = new Mean((p) => p);
  mean.grow(lanes, "1");
  return mean;
}

test("the mean, and one sample standard deviation", () => {
  const mean = meanOf({ X: [0, 1], Y: [1, 10] }, { X: [0, 1], Y: [2, 10] }, { X: [0, 1], Y: [6, 10] });
  assert.deepEqual(mean.X, [0, 1]);
  assert.deepEqual(mean.Y, [3, 10]);
  assert.deepEqual(mean.N, [3, 3]);
  assert.ok(Math.abs(mean.by[0] - Math.sqrt(7)) < 1e-12);
  assert.equal(mean.by[1], 0);
  assert.ok(Math.abs(mean.lo - (3 - Math.sqrt(7))) < 1e-12);
  assert.equal(mean.hi, 10);
});

test("where lanes end at different lengths, it is over those that are there", () => {
  const mean = meanOf({ X: [0, 1, 2], Y: [0, 0, 0] }, { X: [0, 1], Y: [2, 4] });
  assert.deepEqual(mean.Y, [1, 2, 0]);
  assert.deepEqual(mean.N, [2, 2, 1]);
  assert.equal(mean.by[2], 0);
});

test("a lane whose points are rarer counts with its last one", () => {
  const mean = meanOf({ X: [0, 1, 2], Y: [0, 2, 4] }, { X: [0, 2], Y: [10, 20] });
  assert.deepEqual(mean.X, [0, 1, 2]);
  assert.deepEqual(mean.Y, [5, 6, 12]);
});

test("what is no finite number has no part in it", () => {
  const mean = meanOf({ X: [0, 1], Y: [Infinity, 1] }, { X: [0, 1], Y: [3, NaN] });
  assert.deepEqual(mean.Y, [3, 1]);
  assert.deepEqual(mean.N, [1, 1]);
  assert.deepEqual(mean.odd, [1, 1], "and is counted");
  assert.deepEqual(meanOf({ X: [0, 1], Y: [1, NaN] }, { X: [0, 1], Y: [3, NaN] }).Y, [2, NaN], "a point where none is");
});

test("it is made anew only where a lane has grown", () => {
  const lane = { X: [0], Y: [1] };
  const mean = meanOf(lane);
  lane.X.push(1);
  lane.Y.push(5);
  mean.grow([lane], "1");
  assert.equal(mean.X.length, 1);
  mean.grow([lane], "2");
  assert.deepEqual(mean.Y, [1, 5]);
});

test("points are known up to what has been counted at a position", () => {
  const mean = new Mean((p) => 10 * p);
  mean.grow([{ X: [0, 10, 20, 30], Y: [1, 2, 3, 4] }], "1");
  assert.equal(mean.until(1), 2);
  assert.equal(mean.until(Infinity), 4);
});
