import assert from "node:assert/strict";
import { test } from "node:test";
import { linearTicks, niceStep, scale } from "../src/scale.js";

const texts = (s) => s.ticks.map((tick) => tick.text);

test("a linear scale maps ends to ends and holds what lies outside", () => {
  const y = scale("linear", [-300, 0], [100, 0]);
  assert.deepEqual([y(-300), y(-150), y(0), y(-5000)], [100, 50, 0, 100]);
  assert.deepEqual(texts(y), ["−300", "−200", "−100", "0"]);
});

test("there are at most four grid lines, on round numbers", () => {
  for (const [lo, hi] of [[0, 1], [-3.2, 17.9], [0.001, 0.0042], [0, 299], [-1e6, 3]]) {
    const ticks = linearTicks(lo, hi);
    assert.ok(ticks.length >= 1 && ticks.length <= 4, `${lo}..${hi}: ${ticks.length}`);
    assert.ok(ticks.every(({ value }) => value >= lo - 1e-9 && value <= hi + 1e-9));
  }
});

test("a log scale counts in powers and says that values lie under its lowest line", () => {
  const y = scale("log", [1e-5, 3], [100, 0], { floor: true });
  assert.deepEqual(texts(y), ["≤ 1e−5", "0.01", "1"]);
  assert.equal(y(0), 100);
  assert.ok(Math.abs(y(0.01) - (100 - (100 * 3) / (5 + Math.log10(3)))) < 1e-9);
});

test("zero can have a line of its own", () => assert.equal(texts(scale("log", [0.001, 1], [1, 0], { floor: "0" }))[0], "0"));

test("a symlog scale is symmetric about zero", () => {
  const y = scale("symlog", [-100, 100], [0, 200]);
  assert.ok(Math.abs(y(0) - 100) < 1e-9);
  assert.ok(Math.abs(y(10) - 100 - (100 - y(-10))) < 1e-9);
  assert.deepEqual(texts(y), ["−100", "0", "100"]);
});

test("inversion undoes the scale", () => {
  for (const kind of ["linear", "log", "symlog"]) {
    const x = scale(kind, [1, 250], [42, 600]);
    assert.ok(Math.abs(x.invert(x(120)) - 120) < 1e-6, kind);
  }
});

test("a domain without width or number still draws", () => {
  assert.equal(scale("linear", [5, 5], [0, 1])(5), 0.5);
  assert.equal(scale("linear", [Infinity, -Infinity], [0, 1])(1), 1);
});

test("nice steps are 1, 2, 5", () => assert.deepEqual([0.7, 1.3, 3, 60].map(niceStep), [1, 2, 5, 100]));
