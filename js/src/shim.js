// Every player's _esm. The player's code travels once a kernel, in a hidden model, and is evaluated once a page.
/** @import { Model } from "./types" */

/** @type {Map<string, Promise<{mount(model: Model, el: HTMLElement): () => void}>>} by hash */
const cache = (/** @type {any} */ (globalThis).__mlwidgets ??= new Map());

/** @param {any} model @param {any} host @param {string} hash @param {string} ref @returns {Promise<DataView>} */
async function pull(model, host, hash, ref) {
  try {
    const chunk = await (host?.getModel ? host.getModel(ref) : model.widget_manager.get_model(ref.split(":").pop()));
    const code = chunk.get("code");
    if (code?.byteLength) return code;
  } catch {} // the hidden model went with its cell, or the host has no such door: ask the player's own model
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The kernel did not send the player. Run the cell again.")), 20000);
    model.on("msg:custom", function take(/** @type {any} */ message, /** @type {DataView[]} */ buffers) {
      if (message.type !== "code" || message.hash !== hash) return;
      clearTimeout(timer);
      model.off("msg:custom", take);
      resolve(buffers[0]);
    });
    model.send({ type: "code", hash });
  });
}

/** @param {Model} model @param {any} host @param {string} hash @param {string} ref */
async function evaluate(model, host, hash, ref) {
  const { buffer, byteOffset, byteLength } = await pull(model, host, hash, ref);
  const bytes = new Uint8Array(/** @type {ArrayBuffer} */ (buffer), byteOffset, byteLength);
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", bytes); // absent on plain http
  if (digest && hash !== [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("")) throw new Error("The player's code is not the code the kernel meant.");
  const text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).blob();
  const url = URL.createObjectURL(text.slice(0, text.size, "text/javascript"));
  return import(url).finally(() => URL.revokeObjectURL(url));
}

export default {
  // In render only: a host gives initialize two seconds, and a slow one makes the widget deaf.
  /** @param {{model: Model, el: HTMLElement, host?: any, experimental?: any, signal?: AbortSignal}} context */
  async render({ model, el, host, experimental, signal }) {
    const [, hash, ref] = model.get("_chunks").find((/** @type {string[]} */ [name]) => name === "player");
    el.textContent = "Loading the player…";
    try {
      if (!cache.has(hash)) cache.set(hash, evaluate(model, host ?? experimental, hash, ref));
      const player = await cache.get(hash);
      if (!player || signal?.aborted) return;
      el.textContent = "";
      return player.mount(model, el);
    } catch (error) {
      cache.delete(hash);
      el.textContent = `The player could not be loaded: ${error instanceof Error ? error.message : error}`;
    }
  },
};
