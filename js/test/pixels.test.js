import assert from "node:assert/strict";
import { test } from "node:test";
import { asInk, blank, decoded, encoded, extent, fromRgba, stroke } from "../src/pixels.js";
import { tilesOf } from "../src/views/images.js";

test("an image is one word, and comes back from it", () => {
  const image = { rows: 2, cols: 3, colours: 1, data: Uint8ClampedArray.from([0, 1, 128, 254, 255, 7]) };
  assert.equal(encoded(image), "2x3:AAGA/v8H");
  assert.deepEqual(decoded("2x3:AAGA/v8H"), image);
  assert.equal(decoded("1x1x3:AQID")?.colours, 3);
});

test("the likeness of a large image is drawn, its digest aside", () => {
  assert.deepEqual([...(decoded("1x2:AAE=#00ff00ff00ff00ff")?.data ?? [])], [0, 1]);
});

test("what is no image is none", () => {
  for (const word of ["", "china", "2x2:AAA=", "2x2", "1x1:<script>", null, 7, "99999x99999:AA=="]) assert.equal(decoded(word), null, String(word));
});

test("a touch is dark in the middle and soft at its edge; ink only grows", () => {
  const image = blank(5, 5);
  assert.equal(stroke(image, [2.5, 2.5], [2.5, 2.5]), true);
  const [middle, beside, corner, far] = [12, 11, 6, 10].map((k) => image.data[k]);
  assert.equal(middle, 255);
  assert.ok(beside > 0 && beside < 255 && corner < beside && far === 0);
  assert.equal(stroke(image, [2.5, 2.5], [2.5, 2.5]), false);
});

test("a quick stroke leaves no gaps", () => {
  const image = blank(8, 8);
  stroke(image, [0.5, 0.5], [7.5, 7.5]);
  for (let k = 0; k < 8; k++) assert.equal(image.data[9 * k], 255, `pixel ${k}`);
});

test("grey is as the eye sees it, and what is transparent is paper", () => {
  const rgba = [255, 0, 0, 255, 0, 255, 0, 255, 9, 9, 9, 0];
  assert.deepEqual([...fromRgba(rgba, 1, 3, 1).data], [76, 150, 255]);
  assert.deepEqual([...fromRgba(rgba, 1, 3, 3).data], [255, 0, 0, 0, 255, 0, 255, 255, 255]);
});

test("a photographed page is turned over, a chalk board is not", () => {
  const page = { rows: 3, cols: 3, colours: 1, data: Uint8ClampedArray.from([250, 250, 250, 250, 10, 250, 250, 250, 250]) };
  const board = { ...page, data: page.data.map((v) => 255 - v) };
  assert.deepEqual([asInk(page).data[4], asInk(page).data[0]], [245, 5]);
  assert.equal(asInk(board), board);
});

test("colours span what is there; bytes and ink their whole scale; signs have zero in the middle", () => {
  assert.deepEqual(extent(Float64Array.from([2, 5]), {}), { lo: 2, hi: 5, signed: false });
  assert.deepEqual(extent(Float64Array.from([2, 5]), { lo: 0 }), { lo: 0, hi: 5, signed: false });
  assert.deepEqual(extent(Uint8Array.from([7, 9]), {}), { lo: 0, hi: 255, signed: false });
  assert.deepEqual(extent(Float64Array.from([0.2, 0.5]), { shade: "ink" }), { lo: 0, hi: 1, signed: false });
  assert.deepEqual(extent(Float64Array.from([-1, 5]), {}), { lo: -5, hi: 5, signed: true });
});

test("images stand in even rows inside the width", () => {
  const { across, step, count } = tilesOf([16, 8, 8], null, 400);
  assert.deepEqual([across, count], [6, 16]);
  assert.ok(across * step <= 408);
  assert.equal(tilesOf([12, 8, 8], ["a", "b"], 400).count, 2, "as many as there are captions");
  assert.equal(tilesOf([500, 8, 8], null, 400).count, 64);
});
