import assert from "node:assert/strict";
import { test } from "node:test";
import { apply } from "../src/controls.js";
import { Cursor } from "../src/cursor.js";
import { Run } from "../src/run.js";
import { info, message, store } from "./trace.js";

const branch = branchless();

/** Nobody branches here. */
function branchless() {
  return { from: () => assert.fail("no branch is asked for") };
}

/** A run whose frames come at once, shown from its end. */
function opened() {
  const handlers = {}, sent = [];
  const traits = { info: { ...info, at: -1, params: [{ name: "text", kind: "text" }] }, state: { status: "done", epoch: 1, count: 5, number: 4, params: { text: "a" }, start: { text: "a" }, events: [] }, first: null };
  const model = { get: (name) => traits[name], off: () => {}, on: (event, handler) => (handlers[event] = handler), send: (content) => sent.push(content) };
  const run = new Run(model, () => {}, new AbortController().signal);
  const arrives = (epoch, count) => handlers["msg:custom"](...message({ epoch, light: [0, count], heavy: [0, count] }));
  const answer = (error = null) => {
    const restarts = sent.filter((m) => m.action === "restart");
    handlers["msg:custom"]({ type: "done", id: restarts.at(-1).id, error, param: error && "text" });
    return new Promise(setImmediate);
  };
  arrives(1, 5);
  const cursor = new Cursor(run, () => {});
  cursor.sync();
  return { run, cursor, arrives, answer, texts: () => sent.filter((m) => m.action === "restart").map((m) => m.params) };
}

test("keys typed while a restart is under way go together into the next", async () => {
  const { run, cursor, answer, texts } = opened();
  const answers = ["t", "te", "tex", "text"].map((value) => apply(run, cursor, branch, run.info.params[0], value));
  assert.deepEqual(texts(), [{ text: "t" }]);
  await answer();
  assert.deepEqual(texts(), [{ text: "t" }, { text: "text" }]);
  await answer("text: too long");
  assert.deepEqual((await Promise.all(answers)).map((a) => a.error), [null, "text: too long", "text: too long", "text: too long"]);
  assert.equal(texts().length, 2);
});

test("the cursor stays on its step when the run begins anew", () => {
  const { run, cursor, arrives } = opened();
  assert.equal(cursor.position, 4, "it begins at the last");
  cursor.go(2);
  void apply(run, cursor, branch, run.info.params[0], "b");
  arrives(2, 5);
  cursor.sync();
  assert.deepEqual([cursor.position, cursor.frame], [2, 2]);
  cursor.toHead();
  void apply(run, cursor, branch, run.info.params[0], "c");
  arrives(3, 7);
  cursor.sync();
  assert.equal(cursor.position, 6, "who looks at the end goes on looking at the end");
});

test("large rows are fetched when they are looked at, not before", () => {
  const kept = store({ light: [0, 9], heavy: [8, 9] });
  kept.used = 3 * 2 ** 20;
  kept.want([5, 6, 7, 4, 3]);
  assert.deepEqual(kept.sent, [{ type: "fetch", epoch: 1, from: 5, to: 6 }]);
  const small = store({ light: [0, 9], heavy: [8, 9] });
  small.want([8, 7, 6]);
  assert.deepEqual(small.sent.map(({ from, to }) => [from, to]), [[6, 8]]);
});
