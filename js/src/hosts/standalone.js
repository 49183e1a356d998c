/** A page without a kernel: the widget's contract on data islands. What is recorded is shown; nothing is computed anew. */

import { restored } from "../delta.js";
import { parting } from "../parting.js";
import { Variants } from "./varied.js";

/** @import { Card, DataMessage, Group, Info, LaneState, Model, State, WireColumn } from "../types" */
/** @typedef {WireColumn & {delta?: boolean, text?: boolean, scale?: [number, number], rounded?: boolean}} Packed */
/** @typedef {{cols: Packed[], count: number, buffers?: string[], gz?: boolean | boolean[], runs?: {at: number, each: string}}} TraceIsland */
/** @typedef {{cols: WireColumn[], count: number, buffers: ArrayBuffer[]}} Decoded */
/** @typedef {{label: string, group?: Group | null}} Words */
/** @typedef {{state: State, trace: TraceIsland, place?: number, beside?: Words, card?: Card, data?: Promise<Decoded>}} Recorded */
/** @typedef {{name: string, of: Recorded, pale: boolean} & Words} Laid */

const OVER = ["done", "stopped", "failed"];

/** @param {ParentNode} root @param {string} name @param {boolean} [needed] */
export function island(root, name, needed = true) {
  const script = root.querySelector(`script[type="application/json"][data-mlwidgets="${name}"]`);
  if (!script && needed) throw new Error(`unknown island: ${name} (known: info, state, trace, runs)`);
  return JSON.parse(script?.textContent ?? "null");
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

/** The columns as a store takes them: what was rounded to shades is numbers again. @param {TraceIsland} trace @returns {Promise<Decoded>} */
export async function decoded({ cols, count, buffers = [], gz = false }) {
  /** @type {ArrayBuffer[]} */
  const plain = await Promise.all(buffers.map(async (text, k) => {
    const packed = bytes(text);
    return (Array.isArray(gz) ? gz[k] : gz) ? await unzipped(packed) : packed.buffer;
  }));
  const whole = cols.map((col) => {
    const { delta, scale, text, ...rest } = col, k = col.buffer ?? -1;
    if (text) return { ...rest, json: JSON.parse(new TextDecoder().decode(plain[k])), buffer: undefined };
    if (delta) plain[k] = restored(plain[k], col.dtype ?? "f8", count);
    if (scale) plain[k] = unshaded(new Uint8Array(plain[k]), scale);
    return { ...rest, dtype: scale ? "f4" : col.dtype };
  });
  return { cols: whole, count, buffers: plain };
}

/** @param {Uint8Array} shades 255 is what is no number @param {[number, number]} scale the value of 0, and a step */
function unshaded(shades, [low, step]) {
  const values = new Float32Array(shades.length);
  for (let k = 0; k < shades.length; k++) values[k] = shades[k] === 255 ? NaN : low + shades[k] * step;
  return values.buffer;
}

/** @param {ParentNode} root @returns {Promise<Model>} */
export async function pageModel(root) {
  const state = /** @type {State} */ (island(root, "state"));
  const info = /** @type {Info} */ (island(root, "info")), trace = /** @type {TraceIsland} */ (island(root, "trace"));
  if (trace.runs) {
    const variants = new Variants(info, state, await decoded(trace), await told(trace.runs.each), trace.runs.at);
    return new Saved(info, [variants.run()], variants);
  }
  const first = { state, trace, place: state.place };
  const model = new Saved(info, [first, ...(island(root, "runs", false) ?? [])]);
  await model.ready();
  return model;
}

/** @param {string} text gzipped JSON */
const told = async (text) => JSON.parse(new TextDecoder().decode(await unzipped(bytes(text))));

/** What a kernel would answer of runs that are recorded: which is shown, who is beside it, where they part. */
export class Saved {
  live = false;
  able = ["show", "compare", "parted", "vary"];

  /** @param {Info} info @param {Recorded[]} runs the one that is shown first @param {Variants} [variants] */
  constructor(info, runs, variants) {
    this.variants = variants;
    this.info = info;
    this.runs = runs;
    this.shown = runs[0];
    this.epoch = 1;
    this.serial = 0;
    /** @type {Map<string, Set<(...args: any[]) => void>>} */
    this.listeners = new Map([["msg:custom", new Set()], ["change:state", new Set()]]);
    /** @type {Laid[]} */
    this.laid = runs.flatMap((of) => (of.beside ? [this.lane(of, of.beside)] : []));
    if (!this.laid.length) this.behind();
    this.traits = { info, state: this.state(), first: null };
  }

  /** @param {Recorded} of @param {Words} words @returns {Laid} */
  lane(of, words, pale = false) {
    return { name: `lane ${++this.serial}`, of, pale, ...words };
  }

  /** The run that it comes from stands behind a branch, pale. */
  behind() {
    const { place, state } = this.shown;
    const from = this.runs[0].state.family?.find((kin) => kin.place === place)?.parent;
    const parent = from == null || !state ? undefined : this.at(from);
    this.laid = parent ? [this.lane(parent, { label: "" }, true)] : [];
  }

  /** @param {unknown} place */
  at(place) {
    return this.runs.find((run) => run.place === place);
  }

  /** @returns {State} */
  state() {
    const { state, place } = this.shown;
    const { family, label, unlike, group } = this.runs[0].state;
    const compared = this.laid.some((lane) => !lane.pale);
    const own = this.shown === this.runs[0] ? { label, unlike, group } : {};
    return { ...state, count: this.shown.trace.count, ...(compared ? own : {}), ...(compared && !own.label ? { label: this.called(this.shown) } : {}),
      family, place, status: settled(state.status), epoch: this.epoch, lanes: this.laid.map(laneState) };
  }

  /** @param {Recorded} run */
  called(run) {
    return this.runs[0].state.family?.find((kin) => kin.place === run.place)?.label ?? "";
  }

  /** All that is drawn at first is there. */
  async ready() {
    await Promise.all([this.shown, ...this.laid.map((lane) => lane.of)].map(dataOf));
  }

  /** @param {string} name */
  get(name) {
    return this.traits[/** @type {"info" | "state" | "first"} */ (name)];
  }

  /** @param {string} event @param {(...args: any[]) => void} handler */
  on(event, handler) {
    this.listeners.get(event)?.add(handler);
  }

  /** @param {string} event @param {(...args: any[]) => void} [handler] */
  off(event, handler) {
    if (handler) this.listeners.get(event)?.delete(handler);
  }

  /** @param {any} content */
  send(content) {
    if (content.type === "ready") void this.tell();
    if (content.type === "do") void this.answer(content);
  }

  /** @param {any} content */
  async answer({ id, client, action, ...asked }) {
    let result = null, error = null;
    try {
      result = (await this.obey(action, asked)) ?? null;
    } catch (fault) {
      error = fault instanceof Error ? fault.message : String(fault);
    }
    this.post({ type: "done", client, id, error, result });
  }

  /** @param {string} action @param {any} asked @returns {Promise<unknown>} */
  async obey(action, asked) {
    if (action === "parted") return this.parted(Number(asked.tolerance));
    if (action === "show") return this.show(asked.place);
    if (action === "vary") return this.vary(asked.name, asked.value);
    const others = this.runs.filter((run) => run !== this.shown && asked.places.includes(run.place));
    if (others.length) this.laid = others.map((run) => this.lane(run, { label: this.called(run) }));
    else this.behind();
    return this.renew();
  }

  /** @param {unknown} place */
  async show(place) {
    const run = this.at(place);
    if (!run) throw new Error(`run ${place} is not in this file`);
    this.shown = run;
    this.epoch++;
    Object.assign(this.info, { card: run.card });
    this.behind();
    await this.renew();
  }

  /** Another of the recorded runs. @param {string} name @param {unknown} value */
  async vary(name, value) {
    if (!this.variants) throw new Error("one run is in this file");
    this.shown = this.runs[0] = this.variants.other(name, value);
    this.epoch++;
    await this.renew();
  }

  /** Says who is shown once all that it takes is there, so that nothing flickers. */
  async renew() {
    await this.ready();
    this.traits.state = this.state();
    for (const heard of this.listeners.get("change:state") ?? []) heard();
    await this.tell();
  }

  /** The rows of all that is shown. */
  async tell() {
    await this.ready();
    this.post(...(await message(this.shown, this.epoch)));
    for (const lane of this.laid) this.post(...(await message(lane.of, 1, lane.name)));
  }

  /** @param {object} content @param {ArrayBuffer[]} [buffers] */
  post(content, buffers = []) {
    for (const heard of this.listeners.get("msg:custom") ?? []) heard(content, buffers);
  }

  /** @param {number} tolerance */
  async parted(tolerance) {
    if (!(tolerance >= 0)) throw new Error("The tolerance must be a number of at least 0.");
    const place = (/** @type {{group?: Group | null}} */ { group }) => group?.[2] ?? 0; // among the runs as they were given
    const { label = "", group } = this.state();
    const [first, ...others] = [{ of: this.shown, label, group }, ...this.laid.filter((lane) => !lane.pale)].sort((a, b) => place(a) - place(b));
    const mine = await dataOf(first.of);
    const of = this.info.rounded ? " (of values as they are in this file)" : "";
    return Promise.all(others.map(async (lane) => {
      const found = parting(mine, await dataOf(lane.of), lane.label, tolerance);
      return { ...found, text: found.text + of };
    }));
  }
}

/** Unpacked once. @param {Recorded} run */
const dataOf = (run) => (run.data ??= decoded(run.trace));

/** @param {Recorded} run @param {number} epoch @param {string} [lane] @returns {Promise<[DataMessage, ArrayBuffer[]]>} */
async function message(run, epoch, lane) {
  const { count, cols, buffers } = await dataOf(run);
  return [{ type: "data", epoch, count, light: [0, count], heavy: [0, count], cols, ...(lane ? { lane } : {}) }, buffers];
}

/** Nothing goes on here. @param {string} status */
const settled = (status) => (OVER.includes(status) ? status : "loaded");

/** @param {Laid} lane @returns {LaneState} */
function laneState({ of: { state }, name, label, group, pale }) {
  const { number, events, params, start, line, error } = state;
  return { name, label, group, pale, status: settled(state.status), number, events, params, start, line, error };
}
