/** Marks that a finger cannot tell apart are one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, next } from "../src/marks.js";

const marks = [0, 3, 5, 40, 41, 90].map((place) => ({ place, part: place / 100, text: String(place) }));

test("marks nearer than a target are one group, and the groups' buttons never overlap", () => {
  const groups = grouped(marks, 0.06);
  assert.deepEqual(groups.map((group) => group.map(({ place }) => place)), [[0, 3, 5], [40, 41], [90]]);
  const firsts = groups.map(([{ part }]) => part);
  assert.ok(firsts.every((part, k) => !k || part - firsts[k - 1] >= 0.06));
});

test("a press steps through the marks of a group, and begins again", () => {
  const [group] = grouped(marks, 0.06);
  const seen = [50];
  for (let k = 0; k < 4; k++) seen.push(next(group, seen[seen.length - 1]).place);
  assert.deepEqual(seen.slice(1), [0, 3, 5, 0]);
});

test("two marks at one frame are passed in one press", () => {
  const pair = [7, 7, 8].map((place) => ({ place, part: place / 100, text: "" }));
  assert.deepEqual([next(pair, 0).place, next(pair, 7).place, next(pair, 8).place], [7, 8, 7]);
});
