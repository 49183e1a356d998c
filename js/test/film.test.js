import assert from "node:assert/strict";
import { test } from "node:test";
import { planned } from "../src/film.js";
import { file } from "../src/webm.js";

const store = (count, each = 1) => ({ position: (frame) => Math.max(0, Math.min(count - 1, Math.floor(frame / each))) });

test("a film has as many pictures as it lasts, in even steps from end to end", () => {
  const places = planned(store(2001), { from: 0, to: 2000, seconds: 8, rate: 15 });
  assert.equal(places.length, 120);
  assert.deepEqual([places[0], places.at(-1)], [0, 2000]);
  const gaps = places.slice(1).map((p, k) => p - places[k]);
  assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1);
});

test("a film of fewer frames than there is time for has each of them once", () => {
  assert.deepEqual(planned(store(50, 10), { from: 100, to: 130, seconds: 8, rate: 15 }), [10, 11, 12, 13]);
  assert.deepEqual(planned(store(50), { from: 7, to: 7, seconds: 8, rate: 15 }), [7]);
  assert.deepEqual(planned(store(50), { from: 0, to: 49, seconds: 0.5, rate: 1 }).length, 1);
});

/** The elements of EBML, as [id, content] with the places where their contents begin. */
function elements(bytes, from = 0, to = bytes.length) {
  const found = [];
  for (let at = from; at < to; ) {
    const wide = Math.clz32(bytes[at]) - 23;
    const id = bytes.slice(at, at + wide).reduce((n, b) => n * 256 + b, 0);
    assert.equal(bytes[at + wide], 1, "a length of eight bytes");
    const size = bytes.slice(at + wide + 1, at + wide + 8).reduce((n, b) => n * 256 + b, 0);
    const begin = at + wide + 8;
    found.push({ id, at, begin, end: begin + size });
    at = begin + size;
  }
  return found;
}

const number = (bytes, { begin, end }) => bytes.slice(begin, end).reduce((n, b) => n * 256 + b, 0);

test("the index of a WebM points at its clusters, and every picture keeps its time", () => {
  const packets = [0, 500, 1999, 2600, 70_000, 70_500].map((time, k) => ({ time, key: [0, 3, 4].includes(k), data: Uint8Array.of(k, 255, k) }));
  const bytes = file({ width: 640, height: 360, duration: 71_000, packets });
  const [head, segment] = elements(bytes);
  assert.deepEqual([head.id, segment.id, segment.end], [0x1a45dfa3, 0x18538067, bytes.length]);
  const parts = elements(bytes, segment.begin, segment.end);
  const clusters = parts.filter(({ id }) => id === 0x1f43b675), [cues] = parts.filter(({ id }) => id === 0x1c53bb6b);
  const points = elements(bytes, cues.begin, cues.end).map((point) => {
    const [time, places] = elements(bytes, point.begin, point.end);
    return [number(bytes, time), number(bytes, elements(bytes, places.begin, places.end)[1])];
  });
  assert.deepEqual(points, clusters.map(({ at }, k) => [[0, 2600, 70_000][k], at - segment.begin]));
  const times = clusters.flatMap(({ begin, end }) => {
    const [first, ...blocks] = elements(bytes, begin, end);
    return blocks.map((block) => number(bytes, first) + bytes[block.begin + 1] * 256 + bytes[block.begin + 2]);
  });
  assert.deepEqual(times, packets.map(({ time }) => time));
});
