import assert from "node:assert/strict";
import { test } from "node:test";
import { unpacked } from "../src/wire.js";
import { message, store } from "./trace.js";

test("light columns grow with every message", () => {
  const s = store({ light: [0, 5] }, { light: [5, 700] });
  assert.deepEqual([s.known, s.value("v", 699), s.value("v", 0)], [700, 699, 0]);
  assert.ok(Number.isNaN(s.value("v", 700)));
});

test("an empty light part is no gap, a later one is", () => {
  const s = store({ light: [0, 5] });
  assert.equal(s.accept(...message({ light: [9, 9], heavy: [1, 3] })).gap, false);
  assert.equal(s.accept(...message({ light: [9, 12] })).gap, true);
  assert.equal(s.known, 5);
});

test("a new epoch drops every row, an old one is not taken", () => {
  const s = store({ light: [0, 5], heavy: [4, 5] });
  assert.equal(s.accept(...message({ epoch: 2, light: [0, 2] })).reset, true);
  assert.deepEqual([s.known, s.heavy.size], [2, 0]);
  s.accept(...message({ epoch: 1, light: [2, 9] }));
  assert.equal(s.known, 2);
});

test("heavy rows are cells; a row that is not here is undefined, an absent column null", () => {
  const s = store({ light: [0, 5], heavy: [2, 4] });
  assert.deepEqual([...s.array("Q", 3).data], [3, -3]);
  assert.equal(s.row("say", 2), "row 2");
  assert.equal(s.array("Q", 4), undefined);
  assert.equal(s.array("nothing", 3), null);
});

test("ragged rows have each its own shape", () => {
  const s = store({ light: [0, 2] });
  const cols = [{ name: "Q", part: "heavy", dtype: "f8", sizes: [[1], [3]], buffer: 0 }];
  s.accept({ type: "data", epoch: 1, count: 2, light: [2, 2], heavy: [0, 2], cols }, [Float64Array.from([7, 8, 9, 10]).buffer]);
  assert.deepEqual([[...s.array("Q", 0).data], [...s.array("Q", 1).data]], [[7], [8, 9, 10]]);
});

test("bytes that start anywhere are read", () => {
  const whole = new Uint8Array(8 * 3 + 3);
  new Float64Array(whole.buffer, 0, 3).set([0, 0, 0]);
  const shifted = new DataView(whole.buffer, 3, 24);
  [1.5, 2.5, 3.5].forEach((v, k) => shifted.setFloat64(8 * k, v, true));
  const s = store({ light: [0, 3] });
  s.accept({ type: "data", epoch: 1, count: 3, light: [0, 3], heavy: [0, 0], cols: [{ name: "v", dtype: "f8", part: "light", buffer: 0 }] }, [shifted]);
  assert.equal(s.value("v", 2), 3.5);
});

test("one request at a time, for neighbours that are wanted; what one looks at overtakes what may come next", () => {
  const s = store({ light: [0, 100], heavy: [50, 51] });
  s.want([50, 51, 52, 60, 49]);
  s.want([50, 60]);
  assert.equal(s.sent.length, 1);
  s.want([80]);
  assert.deepEqual(s.sent.pop(), { type: "fetch", epoch: 1, from: 80, to: 81 });
  s.want([70]);
  assert.deepEqual(s.sent, [{ type: "fetch", epoch: 1, from: 51, to: 53 }]);
  s.accept(...message({ light: [100, 100], heavy: [51, 53] }));
  s.want([70]);
  assert.equal(s.sent.length, 1, "the frame looked at is still on its way");
  s.accept(...message({ light: [100, 100], heavy: [80, 81] }));
  s.want([70]);
  assert.equal(s.sent.length, 2);
});

test("old rows make room, the newest stay", () => {
  const s = store({ light: [0, 100] });
  const big = { data: new Float64Array(2 ** 20), shape: [2 ** 20] };
  for (let p = 0; p < 40; p++) s.keep(p, new Map([["Q", big]]));
  s.evict();
  assert.ok(s.used <= 96 * 2 ** 20 && s.heavy.has(39) && !s.heavy.has(0));
});

test("a position is found by its frame number", () => {
  const s = store({ light: [0, 10], frame: (k) => 4 * k });
  assert.deepEqual([s.position(0), s.position(11), s.position(1e9)], [0, 2, 9]);
});

test("the first row travels as one run of bytes", () => {
  const [header, buffers] = message({ light: [0, 1], heavy: [0, 1] });
  const text = new TextEncoder().encode(JSON.stringify(header));
  const parts = [new Uint8Array(Uint32Array.of(text.length).buffer), text, ...buffers.map((b) => new Uint8Array(b.buffer))];
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  parts.reduce((at, p) => (whole.set(p, at), at + p.length), 0);
  const read = unpacked(new DataView(whole.buffer));
  const s = store();
  s.accept(read.message, read.buffers);
  assert.deepEqual([s.known, [...s.array("Q", 0).data]], [1, [0, -0]]);
  assert.equal(unpacked(new DataView(new ArrayBuffer(0))), null);
});

test("an unknown column or dtype is named with those that are known", () => {
  assert.throws(() => store().column("loss"), /unknown column: loss \(known: v, episode, Q, say\)/);
});
