import assert from "node:assert/strict";
import { test } from "node:test";
import { Series, smoothed } from "../src/series.js";
import { label, nextStop, previousStop, total } from "../src/steps.js";
import { info, message, store } from "./trace.js";

const [move, episode] = info.steps;
// Frames 0 1 2 | 3 4 5 | 6 7 8: the count goes up at 3 and at 6.
const s = () => store({ light: [0, 8] });

test("a step is to the frame that finishes a unit", () => {
  assert.deepEqual([0, 1, 3, 6, 7].map((p) => nextStop(s(), episode, p)), [3, 3, 6, -1, -1]);
  assert.deepEqual([7, 6, 4, 3, 0].map((p) => previousStop(s(), episode, p)), [6, 3, 3, 0, 0]);
});

test("the finer step is one frame", () => {
  assert.deepEqual([nextStop(s(), move, 7), nextStop(s(), move, 2), previousStop(s(), move, 0)], [-1, 3, 0]);
});

test("where one is is said in the unit, and in moves between", () => {
  assert.deepEqual([0, 2, 3, 5].map((p) => label(s(), info.steps, p)), ["at the start", "episode 1, move 2", "after episode 1", "episode 2, move 2"]);
});

test("what is answered after the last unit belongs to none", () => {
  const state = { start: { episodes: 2 } };
  assert.deepEqual([5, 6, 7].map((p) => label(s(), info.steps, p, state)), ["episode 2, move 2", "after episode 2", "after episode 2, answer 1"]);
});

test("the total is a parameter's, or the end of a run that has ended", () => {
  const state = { status: "running", start: { episodes: 300 } };
  assert.equal(total(state, episode, s()), 300);
  assert.equal(total({ ...state, start: { episodes: 1 } }, episode, s()), 2, "never less than there are");
  assert.ok(Number.isNaN(total(state, move, s())));
  assert.equal(total({ ...state, status: "done" }, move, s()), 7);
});

/** @param {string} each */
function points(each, trace = s()) {
  const series = new Series(trace, "v", "episode", each);
  series.grow();
  return [series.X, series.Y];
}

test("a unit's frames become one point, known where the unit ends", () => {
  assert.deepEqual(points("last"), [[0, 1, 2], [0, 3, 6]]);
  assert.deepEqual(points("sum")[1], [0, 6, 15]);
  assert.deepEqual(points("mean")[1], [0, 2, 5]);
  assert.deepEqual(points("max")[1], [0, 3, 6]);
  assert.deepEqual(points("mean_abs", store({ light: [0, 8], v: (k) => -k }))[1], [0, 2, 5]);
  assert.throws(() => points("median"), /unknown each: median \(known: last, sum, mean, mean_abs, max\)/);
});

test("absent values make no point", () => {
  assert.deepEqual(points("last", store({ light: [0, 8], v: (k) => (k < 4 ? NaN : k) })), [[2], [6]]);
});

test("a curve grows with the trace and is the same as one read at once", () => {
  const trace = s();
  const series = new Series(trace, "v", "episode", "mean");
  series.grow();
  for (const m of [{ light: [8, 11] }, { light: [11, 40] }]) {
    trace.accept(...message(m));
    series.grow();
  }
  assert.deepEqual([series.X, series.Y], points("mean", store({ light: [0, 40] })));
});

test("a new epoch starts the curve anew", () => {
  const trace = s();
  const series = new Series(trace, "v", "", "last");
  series.grow();
  trace.accept(...message({ epoch: 2, light: [0, 3], v: () => 9 }));
  series.grow();
  assert.deepEqual([series.Y, series.until(1)], [[9, 9, 9], 2]);
});

test("a smoothed line is the mean of what came before", () => {
  assert.deepEqual(smoothed([2, 4, 6, 8], 2), [2, 3, 5, 7]);
});
