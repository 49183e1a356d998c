// Built from js/src/shim.js by js/build.mjs.

// src/shim.js
var page = globalThis;
var cache = page.__mlwidgets ??= /* @__PURE__ */ new Map();
var late = (ms) => new Promise((_, no) => setTimeout(no, ms, new Error("the kernel did not send it; run the cell again")));
async function pull(model, host, hash, ref) {
  try {
    const found = host?.getModel ? host.getModel(ref) : model.widget_manager.get_model(ref.split(":").pop());
    const code = (await Promise.race([found, late(4e3)])).get("code");
    if (code?.byteLength) return code;
  } catch {
  }
  const sent = new Promise((yes) => {
    const take = (message, buffers) => message.type === "code" && message.hash === hash && (model.off("msg:custom", take), yes(buffers[0]));
    model.on("msg:custom", take);
    model.send({ type: "code", hash });
  });
  return Promise.race([sent, late(2e4)]);
}
async function evaluate(model, host, hash, ref) {
  const { buffer, byteOffset, byteLength } = await pull(model, host, hash, ref);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const digest = await page.crypto?.subtle?.digest("SHA-256", bytes);
  const hex = digest && [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
  if (digest && hex !== hash) throw new Error("it is not what the kernel meant to send");
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = await new Response(stream, { headers: { "content-type": "text/javascript" } }).blob();
  const url = URL.createObjectURL(code);
  return import(url).finally(() => URL.revokeObjectURL(url));
}
var shim_default = {
  // In render only: a host gives initialize two seconds, and a slow one makes the widget deaf.
  /** @param {{model: Model, el: HTMLElement, host?: any, experimental?: any, signal?: AbortSignal}} context */
  async render({ model, el, host, experimental, signal }) {
    const [, hash, ref] = model.get("_chunks").find(([name]) => name === "player");
    el.textContent = "Loading the player…";
    try {
      if (!cache.has(hash)) cache.set(hash, evaluate(model, host ?? experimental, hash, ref));
      const player = await cache.get(hash);
      el.textContent = "";
      return signal?.aborted ? void 0 : player?.mount(model, el);
    } catch (error) {
      cache.delete(hash);
      el.textContent = `The player could not be loaded: ${error instanceof Error ? error.message : error}`;
    }
  }
};
export {
  shim_default as default
};
