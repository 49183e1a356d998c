import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Cursor } from "../src/cursor.js";
import { Run } from "../src/run.js";
import { Stops } from "../src/stops.js";
import { info, message } from "./trace.js";

const STOPS = [[2, "two"], [4, "four"], [8, "eight"]];

/** A run of ten frames in episodes of three; `known` of them are here. @param {object} [state] @param {object} [rows] */
function opened(state = {}, rows = { light: [0, 10] }, live = false) {
  const handlers = {}, sent = [];
  const traits = { info, state: { status: "done", epoch: 1, count: 10, number: 9, params: {}, start: { episodes: 5 }, events: [], stops: STOPS, ...state } };
  const model = { live, get: (name) => traits[name], off: () => {}, on: (event, handler) => (handlers[event] = handler), send: (content) => sent.push(content) };
  const run = new Run(model, () => {}, new AbortController().signal);
  const cursor = new Cursor(run, () => {});
  const give = (more) => (handlers["msg:custom"](...message(more)), cursor.sync());
  const become = (change) => (Object.assign(traits, { state: { ...traits.state, ...change } }), handlers["change:state"]());
  give(rows);
  cursor.go(0);
  return { run, cursor, stops: new Stops(run, cursor), sent, give, become, asked: () => sent.filter((m) => m.type === "do").map(({ action, pace }) => [action, pace]) };
}

/** Until it stands. @param {Cursor} cursor */
function played(cursor) {
  const seen = [cursor.position];
  for (let k = 0; k < 200 && cursor.playing; k++) {
    cursor.tick(0.25);
    if (seen.at(-1) !== cursor.position) seen.push(cursor.position);
  }
  assert.equal(cursor.playing, false);
  return seen;
}

afterEach(() => delete globalThis.matchMedia);

test("next plays to the stop, though it lies inside an episode, and stands there", () => {
  const { cursor, stops } = opened();
  assert.equal(stops.caption, "");
  assert.equal(stops.next(), true);
  assert.equal(cursor.playing, true);
  assert.deepEqual(played(cursor), [0, 2]);
  assert.equal(stops.caption, "two");
  stops.next();
  assert.deepEqual(played(cursor), [2, 3, 4], "by episodes, the last one cut short");
  assert.equal(stops.caption, "four");
});

test("once more while it plays, and it is there", () => {
  const { cursor, stops } = opened();
  stops.next();
  assert.equal(stops.next(), true);
  assert.deepEqual([cursor.position, cursor.playing, stops.caption], [2, false, "two"]);
});

test("after the last stop there is none, and nothing moves", () => {
  const { cursor, stops } = opened();
  const walked = [];
  while (stops.next()) {
    played(cursor);
    walked.push(stops.caption);
  }
  assert.deepEqual([walked, cursor.position], [["two", "four", "eight"], 8]);
});

test("previous goes back to the stop before, then to the beginning, then no further", () => {
  const { cursor, stops } = opened();
  stops.last();
  const seen = [[cursor.position, stops.caption]];
  while (stops.previous()) seen.push([cursor.position, stops.caption]);
  assert.deepEqual(seen, [[8, "eight"], [4, "four"], [2, "two"], [0, ""]]);
});

test("first is the beginning; a run without stops stays where it is", () => {
  const { cursor, stops } = opened();
  cursor.go(5);
  stops.first();
  assert.equal(cursor.position, 0);
  const bare = opened({ stops: [] });
  bare.cursor.go(5);
  bare.stops.first();
  bare.stops.last();
  assert.deepEqual([bare.cursor.position, bare.stops.next(), bare.stops.previous(), bare.stops.list], [5, false, false, []]);
});

test("with reduced motion nothing plays", () => {
  globalThis.matchMedia = () => ({ matches: true });
  const { cursor, stops } = opened();
  assert.equal(stops.next(), true);
  assert.deepEqual([cursor.position, cursor.playing], [2, false]);
});

test("in a thinned trace the nearest recorded frame stands for a stop", () => {
  const { cursor, stops } = opened({ stops: [[2, "two"], [7, "seven"], [8, "eight"]], number: 12 }, { light: [0, 5], frame: (k) => 3 * k, episode: () => 0 });
  const seen = [];
  while (stops.next()) {
    played(cursor);
    seen.push([cursor.frame, stops.caption]);
  }
  assert.deepEqual(seen, [[3, "two"], [6, "seven"], [9, "eight"]]);
});

test("stops after the end of a run that is over are not in the way", () => {
  const { stops } = opened({ stops: [...STOPS, [40, "never"]] });
  assert.deepEqual(stops.list.map((stop) => stop.name), ["two", "four", "eight"]);
});

test("a live run is played to its stop, held there, and one stands at the stop itself", () => {
  const { run, cursor, stops, give, become, asked } = opened({ status: "paused", number: 2, count: 3 }, { light: [0, 3] }, true);
  cursor.toHead();
  assert.equal(stops.caption, "two");
  assert.equal(stops.next(), true);
  assert.deepEqual(asked(), [["play", 20]]);
  become({ status: "running" });
  give({ light: [3, 4] });
  assert.deepEqual(asked().length, 1, "not there yet");
  assert.equal(stops.next(), true);
  assert.deepEqual(asked().at(-1), ["step", undefined], "pressed again, at full speed");
  give({ light: [4, 7] });
  assert.deepEqual(asked().at(-1)[0], "pause");
  assert.deepEqual([cursor.frame, stops.caption], [4, "four"]);
  give({ light: [7, 8] });
  assert.equal(cursor.frame, 4, "what comes after the pause moves nobody");
  for (const { timer } of run.waiting.values()) clearTimeout(timer);
});

test("a live run that ends before its stop ends the walk", () => {
  const { run, cursor, stops, give, become } = opened({ status: "paused", number: 2, count: 3 }, { light: [0, 3] }, true);
  cursor.toHead();
  stops.next();
  become({ status: "done", number: 3 });
  give({ light: [3, 4] });
  assert.deepEqual([cursor.aim, stops.next()], [-1, false]);
  for (const { timer } of run.waiting.values()) clearTimeout(timer);
});

test("a live run that is over before its rows are here still comes to its stop", () => {
  const { run, cursor, stops, give, become } = opened({ status: "paused", number: 2, count: 3 }, { light: [0, 3] }, true);
  cursor.toHead();
  stops.next();
  become({ status: "done", number: 7, count: 8 });
  give({ light: [3, 4] });
  assert.equal(cursor.aim, 4, "the stop may be among those on their way");
  give({ light: [4, 8] });
  assert.deepEqual([cursor.frame, stops.caption], [4, "four"]);
  for (const { timer } of run.waiting.values()) clearTimeout(timer);
});

test("a kernel that has gone holds nobody up", () => {
  const { run, cursor, stops } = opened({ status: "paused", number: 2, count: 3 }, { light: [0, 3] }, true);
  cursor.toHead();
  run.lost = true;
  assert.equal(stops.next(), false);
});

test("a frame is named, renamed and unnamed, and the other stops stay", () => {
  const { run, stops, sent } = opened({ status: "paused" }, { light: [0, 10] }, true);
  void stops.set(5, "five");
  void stops.set(4, "vier");
  void stops.set(2, " ");
  assert.deepEqual(sent.filter((m) => m.type === "do").map((m) => m.stops), [
    [...STOPS, [5, "five"]], [[2, "two"], [8, "eight"], [4, "vier"]], [[4, "four"], [8, "eight"]],
  ]);
  for (const { timer } of run.waiting.values()) clearTimeout(timer);
});

test("the first stop and the last are kept to while rows are still on their way", () => {
  for (const [way, position] of [["first", 0], ["last", 8]]) {
    const { cursor, stops, give } = opened({}, { light: [0, 1] });
    stops[way]();
    give({ light: [1, 10] });
    assert.deepEqual([way, cursor.position], [way, position]);
  }
});
