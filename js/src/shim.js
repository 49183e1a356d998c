// Every player's _esm. The player's code travels once a kernel, in a hidden model, and is evaluated once a page.
/** @import { Model } from "./types" */
/** @typedef {{open(model: Model, el: HTMLElement): Promise<() => void>}} Player */

/** @type {any} */
const page = globalThis;
/** @type {Map<string, Promise<Player>>} by hash */
const cache = (page.__mlwidgets ??= new Map());

/** @param {number} ms @returns {Promise<never>} */
const late = (ms) => new Promise((_, no) => setTimeout(no, ms, new Error("the kernel did not send it; run the cell again")));

/** @param {any} model @param {any} host @param {string} hash @param {string} ref @returns {Promise<any>} */
async function pull(model, host, hash, ref) {
  try {
    const found = host?.getModel ? host.getModel(ref) : model.widget_manager.get_model(ref.split(":").pop());
    const code = (await Promise.race([found, late(4000)])).get("code");
    if (code?.byteLength) return code;
  } catch {} // the hidden model went with its cell, or the host has no such door: ask the player's own model
  const sent = new Promise((yes) => {
    /** @param {any} message @param {DataView[]} buffers */
    const take = (message, buffers) => message.type === "code" && message.hash === hash && (model.off("msg:custom", take), yes(buffers[0]));
    model.on("msg:custom", take);
    model.send({ type: "code", hash });
  });
  return Promise.race([sent, late(20000)]);
}

/** @param {Model} model @param {any} host @param {string} hash @param {string} ref @returns {Promise<Player>} */
async function evaluate(model, host, hash, ref) {
  const { buffer, byteOffset, byteLength } = await pull(model, host, hash, ref);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const digest = await page.crypto?.subtle?.digest("SHA-256", bytes); // absent on plain http
  const hex = digest && [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
  if (digest && hex !== hash) throw new Error("it is not what the kernel meant to send");
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = await new Response(stream, { headers: { "content-type": "text/javascript" } }).blob();
  const url = URL.createObjectURL(code);
  return import(url).finally(() => URL.revokeObjectURL(url));
}

/** JupyterLab saves only widgets that have a kernel. Ours are looked at without one: they stay in the notebook. @param {any} manager */
function lasting(manager) {
  const { get_state_sync: all, _modelsSync: models } = manager ?? {};
  if (!all || !models || manager.__mlwidgets) return;
  manager.__mlwidgets = true;
  manager.get_state_sync = (/** @type {unknown} */ options) => {
    const players = [...manager._modelsSync.values()].filter((m) => m.get("_chunks"));
    const needed = players.flatMap((m) => [m, m.get("layout"), ...m.get("_chunks").map((/** @type {string[]} */ chunk) => manager._modelsSync.get(chunk[2].split(":").pop()))]);
    const dead = needed.filter((m) => m && !m.comm_live);
    for (const m of dead) m._comm_live = true; // without its event: nothing has come back to life
    try {
      return all.call(manager, options);
    } finally {
      for (const m of dead) m._comm_live = false;
    }
  };
}

export default {
  /** @param {{model: Model}} context */
  initialize: ({ model }) => lasting(model.widget_manager),
  // The rest in render only: a host gives initialize two seconds, and a slow one makes the widget deaf.
  /** @param {{model: Model, el: HTMLElement, host?: any, experimental?: any, signal?: AbortSignal}} context */
  async render({ model, el, host, experimental, signal }) {
    const [, hash, ref] = model.get("_chunks").find((/** @type {string[]} */ [name]) => name === "player");
    el.textContent = "Loading the player…";
    try {
      if (!cache.has(hash)) cache.set(hash, evaluate(model, host ?? experimental, hash, ref));
      const player = await cache.get(hash);
      el.textContent = "";
      return signal?.aborted ? undefined : player?.open(model, el);
    } catch (error) {
      cache.delete(hash);
      el.textContent = `The player could not be loaded: ${error instanceof Error ? error.message : error}`;
    }
  },
};
