import assert from "node:assert/strict";
import { test } from "node:test";
import { picking } from "../src/views/picking.js";

const node = () => ({ style: {}, classList: { toggle() {} }, setAttribute() {}, removeAttribute() {}, append() {}, after() {}, addEventListener() {}, setPointerCapture() {}, getBoundingClientRect: () => ({ left: 0, top: 0, width: 100 }), clientWidth: 100 });
const scale = Object.assign((/** @type {number} */ v) => 100 * v, { invert: (/** @type {number} */ px) => px / 100 });
const axis = Array.from({ length: 11 }, (_, k) => k * 0.1); // 0.30000000000000004 is among them

/** A curve over 0 to 1, 100 px wide, with picks at 0.2 and 0.7. @param {boolean} [frozen] */
function figure(frozen = false) {
  globalThis.document = /** @type {any} */ ({ createElement: node });
  const heard = {}, asked = [], body = { ...node(), addEventListener: (name, does) => (heard[name] = does) };
  const ctx = { body, frozen, set: async (name, value) => void asked.push([name, value]) };
  const hand = picking(/** @type {any} */ (ctx), "picks", { axis: () => axis, picks: () => [0.2, 0.7], x: () => /** @type {any} */ (scale), point() {}, redraw() {} });
  const send = (/** @type {string} */ name, /** @type {number} */ x) => heard[name]?.({ button: 0, pointerId: 1, clientX: x, clientY: 5 });
  return { hand, asked, drag: (...places) => (send("pointerdown", places[0]), places.slice(1).forEach((x) => send("pointermove", x)), () => send("pointerup", NaN)), cancel: () => send("pointercancel", NaN) };
}
const settled = () => new Promise((yes) => setImmediate(yes));

test("a click adds the nearest place, as a person writes it, or takes away the pick that is there", async () => {
  for (const [px, picks] of [[31, [0.2, 0.7, 0.3]], [22, [0.7]], [68, [0.2]]]) {
    const { asked, drag } = figure();
    drag(px)();
    await settled();
    assert.deepEqual(asked, [["picks", picks]]);
  }
});

test("a pick that is dragged follows the hand and is moved where it is left, once", async () => {
  const { asked, drag, hand } = figure();
  const lift = drag(21, 30, 44);
  assert.deepEqual([hand.shown(), asked], [[0.4, 0.7], []]);
  lift();
  await settled();
  assert.deepEqual([asked, hand.shown()], [[["picks", [0.4, 0.7]]], [0.2, 0.7]]);
});

test("what begins beside a pick is picked where it ends; what is broken off is nothing", async () => {
  const { asked, drag, cancel } = figure();
  drag(50, 55, 61)();
  drag(20, 40), cancel();
  await settled();
  assert.deepEqual(asked, [["picks", [0.2, 0.7, 0.6]]]);
});

test("nothing is picked where nothing can be changed", async () => {
  const { asked, drag } = figure(true);
  drag(31)();
  await settled();
  assert.deepEqual(asked, []);
});
