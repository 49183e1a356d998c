import assert from "node:assert/strict";
import { test } from "node:test";
import { decimals, fixed, listed, num, plain, shown, plural } from "../src/format.js";

test("numbers have about three digits and a true minus sign", () => {
  const said = { "-571": "−571", 0.0812: "0.08", 1: "1.00", 0: "0", 0.000056: "5.6e−5", 23.44: "23.4", 40: "40", 1234567: "1.2e6" };
  for (const [v, text] of Object.entries(said)) assert.equal(num(Number(v)), text);
});

test("what is absent or endless is said, not drawn as a number", () => {
  assert.deepEqual([num(NaN), num(undefined), num(-Infinity), num(true)], ["–", "–", "−∞", "yes"]);
});

test("a control shows as many digits as its step, and never fewer than the value has", () => {
  const rate = { name: "alpha", kind: "float", step: 0.01 };
  assert.deepEqual([shown(rate, 0.5), shown(rate, 1), shown(rate, 0.125)], ["0.50", "1.00", "0.125"]);
  assert.equal(shown({ name: "lr", kind: "float", log: true, step: 0.01 }, 0.0003), "0.0003");
  assert.equal(shown({ name: "n", kind: "int", step: 1 }, 300), "300");
});

test("of a long text the beginning is shown", () => {
  const text = { name: "line", kind: "text" };
  assert.deepEqual([shown(text, "short"), shown(text, "x".repeat(99))], ["short", `${"x".repeat(24)}…`]);
});

test("zero has no sign", () => assert.equal(fixed(-0.001, 1), "0.0"));
test("decimals of a step", () => assert.deepEqual([0.01, 1, 0.5, null].map(decimals), [2, 0, 1, 0]));
test("a plain number is what a person types", () => assert.deepEqual([0.1 + 0.2, -300, 1e-7, 1234567].map(plain), ["0.3", "−300", "1e−7", "1234567"]));
test("lists end in and", () => assert.equal(listed(["a", "b", "c"]), "a, b and c"));

test("nouns in the plural", () => {
  assert.deepEqual(["epoch", "mini-batch", "episode", "loss"].map(plural), ["epochs", "mini-batches", "episodes", "losses"]);
});
