/** A page without a kernel: the widget's contract on data islands. The cursor moves; nothing can be done. */

import { restored } from "../delta.js";

/** @import { DataMessage, Info, Model, State, WireColumn } from "../types" */
/** @typedef {{cols: (WireColumn & {delta?: boolean})[], count: number, buffers?: string[], gz?: boolean | boolean[]}} TraceIsland */

/** @param {ParentNode} root @param {string} name */
function island(root, name) {
  const script = root.querySelector(`script[type="application/json"][data-mlwidgets="${name}"]`);
  if (!script) throw new Error(`unknown island: ${name} (known: info, state, trace)`);
  return JSON.parse(script.textContent ?? "null");
}

/** @param {string} text */
export function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) out[k] = raw.charCodeAt(k);
  return out;
}

/** @param {Uint8Array<ArrayBuffer>} packed @returns {Promise<ArrayBuffer>} */
const unzipped = (packed) => new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();

/** @param {TraceIsland} trace @returns {Promise<ArrayBuffer[]>} */
export function decoded({ cols, count, buffers = [], gz = false }) {
  return Promise.all(buffers.map(async (text, k) => {
    const packed = bytes(text);
    const plain = (Array.isArray(gz) ? gz[k] : gz) ? await unzipped(packed) : packed.buffer;
    const col = cols.find((c) => c.buffer === k);
    return col?.delta ? restored(plain, col.dtype ?? "f8", count) : plain;
  }));
}

/** @param {ParentNode} root @returns {Promise<Model>} */
export async function pageModel(root) {
  const info = /** @type {Info} */ (island(root, "info")), state = /** @type {State} */ (island(root, "state"));
  const trace = /** @type {TraceIsland} */ (island(root, "trace"));
  return savedModel(info, state, trace, await decoded(trace));
}

/** @param {Info} info @param {State} state @param {TraceIsland} trace @param {ArrayBuffer[]} buffers @returns {Model} */
export function savedModel(info, state, trace, buffers) {
  const traits = { info, state: { ...state, status: state.status === "failed" ? "failed" : "loaded" }, first: null };
  /** @type {Set<(content: unknown, buffers: ArrayBuffer[]) => void>} */
  const listeners = new Set();
  /** @type {DataMessage} */
  const whole = { type: "data", epoch: state.epoch, count: trace.count, light: [0, trace.count], heavy: [0, trace.count], cols: trace.cols };
  return {
    live: false,
    get: (name) => traits[/** @type {keyof typeof traits} */ (name)],
    on: (event, handler) => void (event === "msg:custom" && listeners.add(handler)),
    off: (_event, handler) => void (handler && listeners.delete(handler)),
    send(content) {
      if (/** @type {{type: string}} */ (content).type !== "ready") return;
      queueMicrotask(() => listeners.forEach((listener) => listener(whole, buffers)));
    },
  };
}
