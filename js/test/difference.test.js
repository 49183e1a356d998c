/** The difference of two runs as it is drawn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Difference, largest } from "../src/difference.js";

const cell = (data, shape) => ({ data: Float64Array.from(data), shape });
const store = (of) => ({ array: () => of });

function difference(first, other, kind = "board") {
  const run = {
    info: { params: [{ name: "grid", kind: "grid" }] }, state: { start: { grid: [".."] } },
    store: { known: 1, column: (name) => ({ name, kind: "array", words: "action value" }) },
  };
  return new Difference(run, store(first), store(other), { kind, columns: ["Q"] });
}

test("two tables that part in an action that is not the best one show it on the board", () => {
  const parted = difference(cell([1, 0, 5, 5], [2, 2]), cell([1, -3, 5, 5], [2, 2]));
  assert.deepEqual([...parted.cell().data], [-3, 0]);
  assert.deepEqual(parted.cell().shape, [1, 2]);
  assert.equal(parted.most, 3);
});

test("of a square the largest difference, with its sign; what is no number before all", () => {
  assert.deepEqual([...largest(cell([1, -2, 0.5, 0, NaN, 9, 0, 0, 0], [3, 3]))], [-2, NaN, 0]);
});

test("what is alike is no difference, also infinity", () => {
  const same = difference(cell([Infinity, 1], [1, 2]), cell([Infinity, 1], [1, 2]), "heatmap");
  assert.deepEqual([...same.cell().data], [0, 0]);
  assert.equal(same.most, 0);
});
