import assert from "node:assert/strict";
import { test } from "node:test";
import { binned } from "../src/symbol.js";

test("a point of a sparkline spans the least and the largest of the frames it stands for", () => {
  const bins = binned((p) => (p === 777 ? -5 : p === 778 ? 9 : 1), 1800);
  assert.equal(bins.length, 180);
  assert.deepEqual(bins.filter(({ lo, hi }) => lo !== 1 || hi !== 1), [{ k: 77, at: 770 / 1799, lo: -5, hi: 9 }]);
});

test("few frames are each a point, and what is not finite is a gap", () => {
  const values = [3, NaN, Infinity, 4];
  assert.deepEqual(binned((p) => values[p], 4), [{ k: 0, at: 0, lo: 3, hi: 3 }, { k: 3, at: 1, lo: 4, hi: 4 }]);
  assert.deepEqual(binned(() => NaN, 3), []);
  assert.deepEqual(binned(() => 1, 0), []);
});
