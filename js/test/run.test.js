import assert from "node:assert/strict";
import { test } from "node:test";
import { Cursor } from "../src/cursor.js";
import { decoded, Saved } from "../src/hosts/standalone.js";
import { Run } from "../src/run.js";
import { info, message } from "./trace.js";

/** A model that writes down what it is sent. */
function model(state = {}) {
  const handlers = {}, sent = [];
  const traits = { info, state: { status: "paused", epoch: 1, count: 0, number: 0, params: {}, start: { episodes: 5 }, events: [], ...state }, first: null };
  return {
    traits, sent, get: (name) => traits[name], off: () => {},
    on: (event, handler) => (handlers[event] = handler), send: (content) => sent.push(content),
    tell: (content, buffers) => handlers["msg:custom"](content, buffers),
    become: (change) => (Object.assign(traits, { state: { ...traits.state, ...change } }), handlers["change:state"]()),
    last: () => sent.at(-1),
  };
}

/** @param {object} [state] */
function opened(state) {
  const m = model(state);
  const run = new Run(m, () => {}, new AbortController().signal);
  m.tell(...message({ light: [0, 8], heavy: [7, 8] }));
  const cursor = new Cursor(run, () => {});
  cursor.sync();
  return { m, run, cursor };
}

test("a page says that it is there, and what it has drawn", () => {
  const { m, run } = opened();
  assert.equal(m.sent[0].type, "ready");
  m.tell({ ...message({ light: [8, 9] })[0], seq: 4 }, message({ light: [8, 9] })[1]);
  run.acknowledge();
  assert.deepEqual([m.last().type, m.last().seq, m.last().client], ["ack", 4, run.client]);
});

test("lost rows are asked for once, however many messages come after them", () => {
  const { m } = opened();
  for (const light of [[20, 22], [22, 24], [24, 26]]) m.tell(...message({ light }));
  assert.equal(m.sent.filter((s) => s.type === "ready").length, 2);
});

test("a parameter is set one value at a time, and the latest wins", async () => {
  const { m, run } = opened();
  void run.set("epsilon", 0.1);
  void run.set("epsilon", 0.2);
  void run.set("epsilon", 0.3);
  const sets = () => m.sent.filter((s) => s.action === "set");
  assert.deepEqual(sets().map((s) => s.value), [0.1]);
  m.tell({ type: "done", id: sets()[0].id, error: null });
  await new Promise(setImmediate);
  assert.deepEqual(sets().map((s) => s.value), [0.1, 0.3]);
  m.tell({ type: "done", id: sets()[1].id, error: null });
});

test("play pulls the run at the head, at its pace", () => {
  const { m, cursor } = opened();
  cursor.play();
  const { action, pace, step, id } = m.last();
  assert.deepEqual([action, pace, step], ["play", 20, "episode"]);
  m.tell({ type: "done", id, error: null });
});

test("play in the past goes through what is recorded, then pulls", () => {
  const { m, cursor } = opened();
  cursor.go(0);
  cursor.play();
  assert.equal(m.sent.filter((s) => s.type === "do").length, 0);
  const seen = [];
  for (let k = 0; k < 40 && cursor.playing; k++) {
    cursor.tick(0.25);
    seen.push(cursor.position);
  }
  assert.deepEqual([...new Set(seen)], [0, 3, 6, 7]);
  assert.equal(m.last().action, "play");
  m.tell({ type: "done", id: m.last().id, error: null });
});

test("a run that has ended is seen again from its start", () => {
  const { m, cursor } = opened({ status: "done" });
  cursor.play();
  assert.deepEqual([cursor.position, cursor.playing], [0, true]);
  assert.equal(m.sent.filter((s) => s.type === "do").length, 0);
});

test("the cursor stays where it is while the run goes on, and follows at the head", () => {
  const { m, cursor } = opened({ status: "running" });
  cursor.go(2);
  m.tell(...message({ light: [8, 20] }));
  cursor.sync();
  assert.deepEqual([cursor.position, cursor.atHead], [2, false]);
  cursor.toHead();
  m.tell(...message({ light: [20, 22] }));
  cursor.sync();
  assert.equal(cursor.position, 21);
});

test("when rows are dropped, the cursor keeps its frame; a restart brings it to the head", () => {
  const { m, cursor } = opened({ status: "running" });
  cursor.go(5);
  m.tell(...message({ epoch: 2, light: [0, 4], frame: (k) => 2 * k }));
  cursor.sync();
  assert.deepEqual([cursor.position, cursor.frame], [2, 4]);
  m.tell(...message({ epoch: 3, light: [0, 1] }));
  cursor.sync();
  assert.deepEqual([cursor.position, cursor.following], [0, true]);
});

test("a step forward moves in the past and drives the run at the head", () => {
  const { m, cursor } = opened();
  cursor.go(1);
  cursor.forward();
  assert.equal(cursor.position, 3);
  cursor.toHead();
  cursor.forward();
  assert.deepEqual([m.last().action, m.last().step], ["step", "episode"]);
  m.tell({ type: "done", id: m.last().id, error: null });
  cursor.back();
  assert.equal(cursor.position, 6);
});

test("a saved page looks and does not touch", async () => {
  const [whole, buffers] = message({ light: [0, 8], heavy: [0, 8] });
  const trace = { cols: whole.cols, count: 8, buffers: buffers.map((b) => Buffer.from(b.buffer).toString("base64")) };
  const saved = new Saved(info, [{ state: { ...model().traits.state, status: "paused" }, trace }]);
  const run = new Run(saved, () => {}, new AbortController().signal);
  await saved.tell();
  assert.deepEqual([run.store.known, run.store.row("say", 3), run.state.status], [8, "row 3", "loaded"]);
  assert.match((await run.do("play")).error, /no kernel/);
});

test("packed buffers are unpacked", async () => {
  const { gzipSync } = await import("node:zlib");
  const { buffers: [buffer] } = await decoded({ cols: [], count: 0, gz: true, buffers: [gzipSync(Uint8Array.of(1, 2, 3)).toString("base64")] });
  assert.deepEqual([...new Uint8Array(buffer)], [1, 2, 3]);
});
