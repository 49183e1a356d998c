import assert from "node:assert/strict";
import { test } from "node:test";
import { Sketch } from "../src/sketch.js";
import { hands } from "../src/views/hands.js";
import { there } from "../src/views/scatter.js";

const SCALE = Object.assign((v) => v, { invert: (v) => v });
const plane = { x: SCALE, y: SCALE, left: 0, extent: [0, 100, 0, 100] };

/** A figure with marks at (10, 10) and (50, 50), shown `zoom` times as large. */
function figure(answer, zoom = 1) {
  const heard = {}, asked = [];
  const body = {
    style: {}, classList: { toggle() {} }, clientWidth: 100, setAttribute() {}, setPointerCapture() {},
    addEventListener: (name, does) => (heard[name] = does),
    getBoundingClientRect: () => ({ left: 0, top: 0, width: 100 * zoom }),
  };
  const ctx = { body, spec: { moves: "marks" }, frozen: false, info: { params: [{ name: "marks" }] }, set: async (name, value) => (asked.push([name, value.xy]), answer) };
  const marks = { data: [10, 10, 50, 50], shape: [2, 2] };
  const hand = hands(/** @type {any} */ (ctx), [], /** @type {any} */ ({ plane: () => plane, marks: () => marks, point() {}, step() {}, redraw() {} }));
  const send = (name, x, y) => heard[name]({ button: 0, pointerId: 1, clientX: x, clientY: y, touches: [{ clientX: x, clientY: y }], preventDefault: () => asked.push("kept") });
  return { hand, send, asked };
}
const settled = () => new Promise((yes) => setImmediate(yes));

test("a mark that is refused goes back to where it is in force", async () => {
  for (const error of [null, "must be finite"]) {
    const { hand, send, asked } = figure({ error });
    send("pointerdown", 10, 10);
    send("pointermove", 30, 20);
    assert.deepEqual(hand.marks, [30, 20, 50, 50]);
    send("pointerup", 30, 20);
    await settled();
    assert.deepEqual([asked, hand.marks], [[["marks", [[30, 20], [50, 50]]]], error ? null : [30, 20, 50, 50]]);
  }
});

test("a mark that is taken from the hand is not moved", async () => {
  const { hand, send, asked } = figure({ error: null });
  send("pointerdown", 10, 10);
  send("pointermove", 30, 20);
  send("pointercancel", 30, 20);
  await settled();
  assert.deepEqual([asked, hand.marks, hand.held], [[], null, -1]);
});

test("a finger finds a mark on a slide that is scaled", () => {
  const { send, asked } = figure({ error: null }, 3);
  send("touchstart", 90, 90);
  assert.deepEqual(asked, [], "between the marks the page scrolls");
  send("touchstart", 150, 150);
  assert.deepEqual(asked, ["kept"]);
});

test("what is drawn while a run stands still is shown until a frame shows it", () => {
  const node = () => ({ style: {}, classList: { toggle() {} }, setAttribute() {}, removeAttribute() {}, append() {}, addEventListener() {} });
  globalThis.document = /** @type {any} */ ({ createElement: node });
  const param = { name: "points", kind: "points" }, drawn = { xy: [[1, 2]], labels: [0] };
  const ctx = { body: node(), spec: { draws: "points" }, frozen: false, info: { params: [param] }, set: async () => ({ error: null }) };
  const hand = hands(/** @type {any} */ (ctx), [], /** @type {any} */ ({ plane: () => plane, marks: () => null, point() {}, step() {}, redraw() {} }));
  const shown = (frame, following = true) => {
    const state = { events: [{ frame: 4, name: "points", old: null, new: drawn }] };
    hand.update(/** @type {any} */ ({ state, frame, following, params: { points: drawn } }));
    return hand.drawing;
  };
  assert.deepEqual([shown(3), shown(4), shown(3, false)], [drawn, null, null]);
});

test("points that have no place yet are not counted", () => {
  assert.deepEqual([there([NaN, NaN, NaN, NaN]), there([NaN, NaN, 1, 2]), there([])], [0, 1, 0]);
});

test("a hand stops where its drawing would come back as a sample, which it could only clear", () => {
  const sketch = new Sketch({ least: 0, most: 20_000 }, () => {});
  const drawn = (many) => ({ xy: Array.from({ length: many }, (_, k) => [k, k]), labels: new Array(many).fill(0) });
  sketch.begin();
  for (const many of [1999, 2000, 2001]) sketch.hold(drawn(many));
  assert.deepEqual([sketch.value.xy.length, sketch.full], [2000, true]);
});
