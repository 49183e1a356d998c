import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { notebookModel } from "../src/hosts/notebook.js";
import { Run } from "../src/run.js";
import { Store } from "../src/store.js";
import { opened } from "../src/wire.js";
import { info } from "./trace.js";

const ANEW = { line: "%ml rl.q_learning alpha=0.3", cell: 3, lacks: [] };
const root = { classList: { remove() {} } };

/** Bytes of a column, in planes and as differences. @param {Float64Array} values */
function shuffled(values) {
  const bits = new BigUint64Array(values.buffer.slice(0)), out = new Uint8Array(values.byteLength);
  for (let k = bits.length - 1; k > 0; k--) bits[k] -= bits[k - 1];
  const bytes = new Uint8Array(bits.buffer);
  for (let k = 0; k < bits.length; k++) for (let b = 0; b < 8; b++) out[b * bits.length + k] = bytes[8 * k + b];
  return out;
}

/** What a kernel keeps: frames, and a pair of numbers for every other one. */
function kept(more = {}) {
  const frames = shuffled(Float64Array.from([0, 1, 2, 3, 4])), pairs = shuffled(Float64Array.from([10, 11, 12]));
  const cols = [
    { name: "#frame", dtype: "f8", part: "light", buffer: 0, delta: true },
    { name: "Q", dtype: "f8", part: "heavy", buffer: 1, shape: [1], delta: true },
  ];
  const header = JSON.stringify({ type: "data", epoch: 2, count: 5, number: 4, light: [0, 5], heavy: [0, 3], every: 2, thinned: 1, cols, sizes: [40, 24], anew: ANEW, ...more });
  const text = new TextEncoder().encode(header), length = new Uint8Array(new Uint32Array([text.length]).buffer);
  return gzipSync(Buffer.concat([length, text, frames, pairs]));
}

/** A widget's model as a notebook restores it. */
function widget({ first = kept(), state = {}, live = false, kernel = null, more = {} } = {}) {
  const traits = {
    first, info: { ...info, ...more }, _chunks: [["player", "hash", "ref", "id"]],
    state: { status: "paused", epoch: 2, count: 5, number: 4, params: {}, start: {}, events: [], line: "%ml saved", ...state },
  };
  const handlers = {}, own = { comm_live: live, model_id: "id" };
  return {
    own, handlers, get: (name) => traits[name], on: (event, handler) => (handlers[event] = handler), off: () => {}, send: () => {},
    widget_manager: { kernel, get_model: async (id) => (id === "id" ? own : { id }), create_view: async (model) => ({ el: `view of ${model.id}` }) },
  };
}

/** A kernel that answers a comm. */
function kernelThat(answer, status = "ok") {
  const said = [];
  return {
    said,
    requestExecute: (request) => (said.push(request.code), { done: Promise.resolve({ content: { status, evalue: "no module" } }) }),
    createComm: () => ({ open(data) { said.push(data); queueMicrotask(() => this.onMsg({ content: { data: answer } })); }, close() {} }),
  };
}

test("what is kept is unpacked exactly", async () => {
  const { message, buffers } = await opened(kept());
  assert.deepEqual([...new Float64Array(buffers[0])], [0, 1, 2, 3, 4]);
  assert.deepEqual([...new Float64Array(buffers[1])], [10, 11, 12]);
  assert.equal(message.every, 2);
});

test("arrays of every other row stand for those after them where no more will come", async () => {
  const { message, buffers } = await opened(kept());
  const store = new Store({ columns: [{ name: "Q", kind: "array" }] }, () => {});
  store.accept(message, buffers);
  const at = (position) => store.array("Q", position)?.data[0];
  assert.deepEqual([0, 1, 2, 3, 4].map(at), [10, undefined, 11, undefined, 12]);
  store.every = 2;
  assert.deepEqual([0, 1, 2, 3, 4].map(at), [10, 10, 11, 11, 12]);
});

test("a widget that has outlived its kernel is a saved run with all its rows", async () => {
  const host = await notebookModel(widget(), root, () => {});
  const run = new Run(host, () => {}, new AbortController().signal);
  assert.deepEqual([run.live, run.outlived, run.state.status, run.store.known], [false, true, "loaded", 5]);
  assert.match(run.state.note, /one in 2 is kept/);
});

test("one that lives is as it was, and asks for the rows that are not kept", async () => {
  const sent = [], model = { ...widget({ live: true, first: kept({ thinned: 3 }) }), send: (content) => sent.push(content) };
  const run = new Run(await notebookModel(model, root, () => {}), () => {}, new AbortController().signal);
  assert.deepEqual([run.live, run.state.status, run.store.known, sent[0].type], [true, "paused", 0, "ready"]);
});

test("where the kernel goes, what it had kept stays", async () => {
  const model = widget({ live: true }), host = await notebookModel(model, root, () => {});
  const run = new Run(host, () => {}, new AbortController().signal);
  model.own.comm_live = false;
  model.handlers.comm_live_update();
  for (let k = 0; k < 50 && run.state.status !== "loaded"; k++) await new Promise((then) => setTimeout(then, 5));
  assert.deepEqual([run.state.status, run.store.keepAll, run.store.known], ["loaded", true, 5]);
  assert.match(run.notice, /kernel has gone/);
});

test("it is said what was not saved", async () => {
  const note = async (given) => (await notebookModel(widget(given), root, () => {})).get("state").note;
  assert.match(await note({ state: { count: 9 } }), /of 9 frames the first 5 are kept/);
  assert.match(await note({ state: { epoch: 3 } }), /this is the run before/);
  assert.match(await note({ first: kept({ thinned: 4 }) }), /Of its frames, one in 4/);
  assert.match(await note({ first: new Uint8Array(0) }), /Its frames were not kept/);
  assert.match(await note({ state: { family: [1, 2] } }), /beside it are not kept/);
});

test("restart sends the line as data, and only one fixed text to be executed", async () => {
  const kernel = kernelThat({ model: "id2" });
  let node;
  const host = await notebookModel(widget({ kernel }), root, (found) => (node = found));
  assert.deepEqual(kernel.said, [], "nothing before it is asked for");
  assert.equal(await host.revive(), "");
  assert.equal(node, "view of id2");
  assert.deepEqual(kernel.said[1], { line: ANEW.line, cell: 3, model: "id" });
  assert.equal(kernel.said[0].includes("rl."), false);
});

test("what keeps it from beginning anew is said, with the cell", async () => {
  const refused = async (given) => (await notebookModel(widget(given), root, () => {})).revive();
  const kernel = kernelThat({ error: "no algorithm 'tiny'." });
  assert.match(await refused({}), /no kernel here/);
  assert.match(await refused({ kernel, first: kept({ anew: { ...ANEW, lacks: ["model (a Net of yours)"] } }) }), /lacks model \(a Net of yours\): run cell \[3\]/);
  assert.match(await refused({ kernel, first: kept({ anew: { line: "", cell: 7, fixed: "it was recorded" } }) }), /it was recorded\): run cell \[7\]/);
  assert.match(await refused({ kernel, more: { compared: true } }), /made by their cell/);
  assert.match(await refused({ kernel: kernelThat({}, "error") }), /has no mlwidgets that can \(no module\)/);
  assert.match(await refused({ kernel, first: kept({ anew: { ...ANEW, defines: 2 } }) }), /'tiny'\. Its function is in cell \[2\]/);
});
