import assert from "node:assert/strict";
import { test } from "node:test";
import { told } from "../src/controls.js";

test("a table says how many columns it has, however many are named", () => {
  assert.equal(told({ rows: 20, columns: ["a", "b"], wide: 1000 }), "20 rows × 1000 columns");
  assert.equal(told({ rows: 20, columns: ["a", "b"] }), "20 rows × 2 columns");
  assert.equal(told(null), "–");
});
