import assert from "node:assert/strict";
import { test } from "node:test";
import { at, inkOn, mix, ramps } from "../src/colour.js";
import { movedTo, parsed, sliderScale } from "../src/controls.js";
import { restored } from "../src/delta.js";
import { allowed } from "../src/equations.js";
import { painted } from "../src/paint.js";
import { thinned } from "../src/table.js";
import { patches } from "../src/views/board.js";
import { viewOf } from "../src/views/index.js";
import { question } from "../src/words.js";

const legend = [{ char: ".", name: "floor" }, { char: "S", name: "start" }, { char: "C", name: "cliff", value: -100 }, { char: "G", name: "goal" }, { char: "#", name: "wall" }];

test("an unknown view is named with those that are known", () => {
  assert.throws(() => viewOf("pie"), /unknown view: pie \(known: line, curve, heatmap, board, .*\)/);
});

test("only mathematics stands in an equation", () => {
  const tree = ["math", { onclick: "x", displaystyle: "true" }, ["script", { src: "x" }, "alert(1)"], ["mi", { name: "alpha", style: "x" }, "α"]];
  assert.deepEqual(allowed(tree), ["math", { displaystyle: "true" }, ["mrow", {}, "alert(1)"], ["mi", { name: "alpha" }, "α"]]);
});

test("neighbours of one kind are one patch, with the words of the board in it", () => {
  assert.deepEqual(patches(["..#.", "SCCG"], legend, null), [
    { row: 0, col: 2, span: 1, name: "wall", text: "" },
    { row: 1, col: 1, span: 2, name: "cliff", text: "cliff −100" },
    { row: 1, col: 3, span: 1, name: "goal", text: "goal" },
  ]);
});

test("painting changes one square; the start moves", () => {
  assert.deepEqual(painted(["S..", "..G"], 1, 0, "#", legend), ["S..", "#.G"]);
  assert.deepEqual(painted(["S..", "..G"], 1, 0, "S", legend), ["...", "S.G"]);
});

test("a logarithmic slider gives round values inside its range", () => {
  const scale = sliderScale({ kind: "float", lo: 1e-4, hi: 1, log: true });
  assert.deepEqual([scale.from(scale.min), scale.from(scale.max), scale.from(scale.to(0.01))], [1e-4, 1, 0.01]);
});

test("each key moves a logarithmic slider to another value, both ways, and none past its ends", () => {
  for (const param of [{ lo: 1e-5, hi: 1 }, { lo: 0.01, hi: 10 }, { lo: 0.5, hi: 2 }, { lo: 1, hi: 1000, kind: "int" }]) {
    const scale = sliderScale({ name: "lr", kind: "float", log: true, ...param });
    for (const by of [1, -1]) {
      const end = by > 0 ? param.hi : param.lo;
      let now = by > 0 ? param.lo : param.hi;
      for (let keys = 0; now !== end; keys++) {
        const next = movedTo(scale, now, scale.to(now) + by);
        assert.ok(by * (next - now) > 0 && keys < 500, `${now} is followed by ${next}`);
        now = next;
      }
      assert.equal(movedTo(scale, now, scale.to(now)), end);
    }
  }
});

test("a field sends numbers, and what is none as it was typed", () => {
  const list = { name: "l", kind: "list" }, float = { name: "f", kind: "float" };
  assert.deepEqual([parsed(float, " −0.5 "), parsed(float, "fast"), parsed(list, "[3, 4.5, a]")], [-0.5, "fast", [3, 4.5, "a"]]);
});

test("a question follows its label without a capital", () => {
  assert.equal(question({ label: "ε = 0", question: "Does it leave?", params: {} }), "ε = 0: does it leave?");
  assert.equal(question({ label: "", question: "SARSA: who falls less?", params: {} }), "SARSA: who falls less?");
});

test("a long table keeps its ends", () => {
  const { picked, note } = thinned(1000, 5);
  assert.deepEqual([picked, note], [[0, 250, 500, 749, 999], "5 of 1000 rows"]);
});

const palette = { rgb: (name) => ({ ink: [27, 31, 36], paper: [255, 255, 255], ramp0: [243, 245, 244], ramp1: [0, 121, 107], error: [123, 74, 158], ramp2: [123, 74, 158] })[name], css: (name) => name };

test("a signed ramp has the paper in the middle", () => {
  const [r, g, b] = mix([255, 255, 255], [0, 121, 107], 0);
  assert.deepEqual([r, g, b].map(Math.round), [255, 255, 255]);
  assert.match(at(ramps(palette).signed, 0.5), /rgb\(25\d 25\d 25\d\)/);
});

test("ink on a colour is the one that reads better", () => {
  assert.deepEqual([inkOn("rgb(240 240 240)", palette), inkOn("rgb(20 40 60)", palette)], ["ink", "paper"]);
  assert.equal(inkOn("rgb(50, 134, 121)", palette), "#000", "neither of them has a contrast of 4.5");
});

test("a legend may say more than the kind", () => {
  const said = [{ char: "C", name: "cliff −100" }, { char: ".", name: "floor" }];
  assert.deepEqual(patches(["CC."], said, null), [{ row: 0, col: 0, span: 2, name: "cliff −100", text: "cliff −100" }]);
});

/** What the kernel does to a column before it is packed. */
function packed(values, Type, rows) {
  const size = Type.BYTES_PER_ELEMENT, width = values.length / rows;
  const bits = size === 8 ? new BigUint64Array(Float64Array.from(values).buffer) : new Uint32Array(Type.from(values).buffer);
  const changes = bits.map((v, k) => (k < width ? v : v - bits[k - width]));
  const flat = new Uint8Array(changes.buffer);
  return Uint8Array.from({ length: flat.length }, (_, k) => flat[(k % values.length) * size + Math.floor(k / values.length)]).buffer;
}

test("differences and byte planes are undone, bit for bit", () => {
  const values = Array.from({ length: 60 }, (_, k) => Math.sin(k * k) * 10 ** (k % 7) * (k % 5 ? 1 : -1));
  assert.deepEqual(new Float64Array(restored(packed(values, Float64Array, 10), "f8", 10)), Float64Array.from(values));
  assert.deepEqual(new Float32Array(restored(packed(values, Float32Array, 20), "f4", 20)), Float32Array.from(values));
  assert.throws(() => restored(new ArrayBuffer(8), "f16", 1), /unknown dtype: f16 \(known: f8, f4, i4, u1\)/);
});
