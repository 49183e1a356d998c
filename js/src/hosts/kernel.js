/**
 * A page attached to a kernel: the widget's contract over the kernel's own channel, one for all figures. When
 * the kernel is gone, whoever asked to know is told once, and nothing more is sent; a figure that is mounted again
 * then shows what was recorded, at the frame where it stood.
 */
import { asScript, prepare } from "../own.js";
import { mount, page } from "../player.js";
import { opened } from "../wire.js";
import { island } from "./standalone.js";

/** @import { Mounted } from "../player.js" */
/** @import { Model } from "../types" */
/** @typedef {{kernel: string}} Place */
/** @typedef {{header: {msg_type: string, msg_id: string}, parent_header: {msg_id?: string}, content: any, channel: string}} Message */
/** @typedef {(message: Message, buffers: ArrayBuffer[]) => void} Listener */

const PATIENCE = 4000; // milliseconds until a kernel that does not answer is thought gone
/** @type {Promise<Channel | null> | undefined} */
let channel;
/** @type {(() => void)[]} */
const waiting = [];
/** @type {WeakMap<HTMLElement, Mounted>} the players on the kernel's runs */
const attached = new WeakMap();

/** A player on the kernel's own run, or on what was recorded once that is gone; null where there was none. @param {HTMLElement} node */
export async function lively(node) {
  const id = node.closest("[data-model]")?.getAttribute("data-model");
  const live = await (channel ??= joined());
  const before = attached.get(node);
  if (before && !live?.alive) return recorded(node, before.cursor.frame);
  if (!id || !live?.alive) return null;
  const model = await live.model(id);
  if (!model) return null;
  model.first = await opened(model.get("first"));
  if (!live.alive) return null;
  await prepare(island(node, "info"), asScript); // as the page's policy knows it
  const made = mount(model, node);
  attached.set(node, made);
  return made;
}

/** @param {HTMLElement} node @param {number} frame */
async function recorded(node, frame) {
  const made = await page(node);
  made.cursor.comeTo(frame);
  return made;
}

/** @param {() => void} told once the kernel is gone */
export const fallen = (told) => void waiting.push(told);

/** @returns {Promise<Channel | null>} */
async function joined() {
  const text = document.querySelector("script[data-mlwidgets-kernel]")?.textContent;
  if (!text) return null;
  const { kernel } = /** @type {Place} */ (JSON.parse(text));
  const token = new URLSearchParams(location.search).get("token") ?? "";
  const url = `${location.origin.replace(/^http/, "ws")}/api/kernels/${kernel}/channels?token=${encodeURIComponent(token)}`;
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    const made = new Channel(socket);
    socket.onopen = () => resolve(made);
    socket.onerror = () => resolve(null);
    setTimeout(() => resolve(null), PATIENCE);
  });
}

class Channel {
  alive = true;
  session = crypto.randomUUID();
  /** @type {Set<Listener>} */
  listeners = new Set();

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.heard(data));
    socket.addEventListener("close", () => this.fall());
  }

  /** @param {string | ArrayBuffer} data */
  heard(data) {
    const { message, buffers } = taken(data);
    const state = message.header.msg_type === "status" && message.content.execution_state;
    if (state === "dead" || state === "restarting" || state === "autorestarting") return this.fall();
    for (const listener of this.listeners) listener(message, buffers);
  }

  fall() {
    if (!this.alive) return;
    this.alive = false;
    this.socket.close();
    for (const told of waiting) told();
  }

  /** @param {string} id @param {unknown} data */
  send(id, data) {
    if (!this.alive) return "";
    const msg_id = crypto.randomUUID();
    const header = { msg_id, msg_type: "comm_msg", session: this.session, username: "", version: "5.3", date: new Date().toISOString() };
    this.socket.send(JSON.stringify({ header, parent_header: {}, metadata: {}, content: { comm_id: id, data }, channel: "shell", buffers: [] }));
    return msg_id;
  }

  /** The model of that id with the state it has now, or null where the kernel knows none. @param {string} id @returns {Promise<Model | null>} */
  model(id) {
    /** @type {Record<string, unknown>} */
    const traits = {};
    /** @type {Map<string, Set<(content?: unknown, buffers?: ArrayBuffer[]) => void>>} */
    const handlers = new Map();
    /** @param {string} event */
    const of = (event) => handlers.get(event) ?? handlers.set(event, new Set()).get(event) ?? new Set();
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), PATIENCE);
      this.listeners.add(({ header, content }, buffers) => {
        if (header.msg_type !== "comm_msg" || content.comm_id !== id) return;
        const { method, state, content: said, buffer_paths } = content.data;
        if (method === "custom") return of("msg:custom").forEach((handler) => handler(said, buffers));
        if (method !== "update" && method !== "echo_update") return;
        Object.assign(traits, placed(state, buffer_paths ?? [], buffers));
        for (const name of Object.keys(state)) of(`change:${name}`).forEach((handler) => handler());
        clearTimeout(timer);
        resolve(model);
      });
      /** @type {Model} */
      const model = {
        live: true,
        get: (name) => traits[name],
        on: (event, handler) => void of(event).add(/** @type {any} */ (handler)),
        off: (event, handler) => void (handler ? of(event).delete(/** @type {any} */ (handler)) : of(event).clear()),
        send: (content) => void this.send(id, { method: "custom", content }),
      };
      this.send(id, { method: "request_state" });
    });
  }
}

/** Bytes at their places in a state. @param {Record<string, any>} state @param {(string | number)[][]} paths @param {ArrayBuffer[]} buffers */
function placed(state, paths, buffers) {
  paths.forEach((path, k) => {
    const last = path[path.length - 1];
    const inner = path.slice(0, -1).reduce((/** @type {any} */ at, step) => at[step], state);
    inner[last] = new DataView(buffers[k]);
  });
  return state;
}

/** A message of the channel: text, or a count and offsets, the text, and its buffers. @param {string | ArrayBuffer} data */
function taken(data) {
  if (typeof data === "string") return { message: /** @type {Message} */ (JSON.parse(data)), buffers: [] };
  const view = new DataView(data), count = view.getUint32(0);
  const edges = [...Array.from({ length: count }, (_, k) => view.getUint32(4 * (k + 1))), data.byteLength];
  const [text, ...buffers] = edges.slice(0, -1).map((from, k) => data.slice(from, edges[k + 1]));
  return { message: /** @type {Message} */ (JSON.parse(new TextDecoder().decode(text))), buffers };
}
