import assert from "node:assert/strict";
import { test } from "node:test";
import { inForce, instead, marks, steered } from "../src/force.js";

const state = {
  status: "paused", start: { alpha: 0.5, epsilon: 0.3 }, params: { alpha: 0.5, epsilon: 0.05 },
  events: [{ frame: 10, name: "epsilon", old: 0.3, new: 0.1 }, { frame: 20, name: "epsilon", old: 0.1, new: 0.05 }],
  line: "%ml rl.q_learning alpha=0.5 epsilon=0.3",
};

test("what holds at a frame is the start and the steering up to it", () => {
  assert.deepEqual([0, 9, 10, 19, 20, 99].map((frame) => inForce(state, frame).epsilon), [0.3, 0.3, 0.1, 0.1, 0.05, 0.05]);
});

test("at the head the run's own word counts, also before the next frame", () => {
  assert.equal(inForce({ ...state, events: [] }, 5, true).epsilon, 0.05);
});

test("a control is marked as steered from the change on", () => {
  assert.deepEqual([[...steered(state, 9)], [...steered(state, 10)]], [[], ["epsilon"]]);
});

test("near changes of one name make one mark", () => {
  const near = (a, b) => b.frame - a.frame < 15;
  assert.deepEqual(marks(state.events, near), [{ frame: 10, name: "epsilon", old: 0.3, new: 0.05, last: 20 }]);
  assert.equal(marks(state.events, () => false).length, 2);
});

test("a parameter says which of several others it gives way to", () => {
  const param = { name: "points", kind: "points", unless: "data image" };
  assert.equal(instead(param, { data: null, image: "8x8:" }), "image");
  assert.equal(instead(param, { data: null }), undefined);
  assert.equal(instead({ name: "k", kind: "int" }, {}), undefined);
});
