/** What makes a point of a curve: a value that is there, also one that is no number. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { valueAt } from "../src/format.js";
import { Series, smoothed } from "../src/series.js";
import { info, message } from "./trace.js";
import { Store } from "../src/store.js";
import { readings } from "../src/views/line.js";

const ABSENT = "absent";

/** A store as the kernel fills it: None travels as a NaN of its own. */
function recorded(values, episode = (k) => k) {
  const [head, buffers] = message({ light: [0, values.length], v: (k) => (values[k] === ABSENT ? NaN : values[k]), episode });
  const halves = new Uint32Array(buffers[1].buffer);
  values.forEach((v, k) => v === ABSENT && halves.set([0x7a2, 0x7ff80000], 2 * k));
  const store = new Store(info, () => {});
  store.accept(head, buffers);
  return store;
}

function points(store, ...more) {
  const series = new Series(store, "v", ...more);
  series.grow();
  return series.X.map((x, k) => [x, series.Y[k]]);
}

test("from a column's first finite value on, NaN and infinity are points; what is absent is none", () => {
  const store = recorded([NaN, ABSENT, 3, NaN, ABSENT, Infinity, 1, ABSENT, NaN]);
  assert.deepEqual(points(store, ""), [[2, 3], [3, NaN], [5, Infinity], [6, 1], [8, NaN]]);
});

test("absent stays absent when the store makes room for more", () => {
  const values = Array.from({ length: 1000 }, (_, k) => (k % 10 ? ABSENT : k));
  assert.equal(points(recorded(values), "").length, 100);
});

test("what is not a number in a unit is told of the unit", () => {
  const store = recorded([1, 2, 5, NaN, ABSENT, 6, 3], (k) => Math.ceil(k / 2));
  assert.deepEqual(points(store, "episode", "sum"), [[0, 1], [1, 2], [2, NaN], [3, 6]]);
});

test("a value that is no number says so; a dash says that there is none", () => {
  const store = recorded([NaN, 0.5, NaN, ABSENT, -Infinity]);
  const column = { name: "v", kind: "float" };
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((k) => valueAt(store, column, k)), ["–", "0.50", "NaN", "–", "−∞", "–"]);
});

test("a mean passes over what is not finite, and is not drawn there", () => {
  assert.deepEqual(smoothed([1, 3, NaN, 5, Infinity, 7], 3), [1, 2, NaN, 4, Infinity, 6]);
});

test("a goal alone is told from the value that is not here yet", () => {
  const [goal, mean] = [{ name: "solved" }, { name: "mean return" }], valued = () => "475";
  assert.equal(readings([goal], true, valued), "solved 475");
  assert.equal(readings([goal], false, valued), "475");
  assert.equal(readings([mean, goal], true, valued), "mean return 475   solved 475");
});
