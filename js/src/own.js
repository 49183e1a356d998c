/** A topic's own views: their modules are evaluated once a page, before the player that draws them is mounted. */
import * as canvas from "./canvas.js";
import * as colour from "./colour.js";
import { el, put, set } from "./dom.js";
import * as format from "./format.js";
import * as pixels from "./pixels.js";
import * as scales from "./scale.js";
import { thinned } from "./table.js";

/** @import { Info, Kit, OwnMaker } from "./types" */
/** @typedef {(sha: string, text: string) => Promise<unknown>} Evaluate */

/** What a module may use of ours. @type {Kit} */
const kit = { ...canvas, ...colour, ...format, ...pixels, ...scales, el, put, set, thinned };

/** @type {Map<string, OwnMaker | Error>} by hash */
const makers = new Map();

/** Evaluates what is not known yet; a module that fails is told of in the view's place. @param {Info} info @param {Evaluate} evaluate */
export async function prepare({ modules = {} }, evaluate) {
  for (const { sha, text } of Object.values(modules)) {
    if (!sha || !text || typeof makers.get(sha) === "function") continue;
    try {
      const made = await evaluate(sha, text);
      if (typeof made !== "function") throw new Error("it could not be run here");
      makers.set(sha, /** @type {OwnMaker} */ (made));
    } catch (error) {
      makers.set(sha, error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** In a notebook, whose saved state may hold any text: a module of its own, if it is the one that its hash names. @type {Evaluate} */
export async function asModule(sha, text) {
  const digest = await globalThis.crypto?.subtle?.digest("SHA-256", new TextEncoder().encode(text)); // absent on plain http
  const hex = digest && [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
  if (hex && hex.slice(0, 16) !== sha) throw new Error("its text is not the one that its hash names");
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** On a page whose policy lists the script's hash, and lets no other act: it leaves its function behind. @type {Evaluate} */
export async function asScript(sha, text) {
  const script = document.createElement("script");
  script.textContent = text;
  document.head.append(script);
  script.remove();
  return /** @type {any} */ (globalThis)[`mlwidgets:${sha}`];
}

/** @type {import("./types").ViewMaker} */
export function own(ctx) {
  const name = String(ctx.spec.module), { sha = "", fault } = ctx.info.modules?.[name] ?? {};
  const make = makers.get(sha);
  if (typeof make !== "function") throw new Error(fault ?? `the view ${name} is not here${make ? `: ${make.message}` : ": its topic is not installed"}`);
  const view = make(ctx, kit);
  const missing = ["update", "summary", "rows"].filter((part) => typeof view?.[/** @type {"update"} */ (part)] !== "function");
  if (missing.length) throw new Error(`the view ${name} has no ${missing.join(", ")}()`);
  const { alt } = ctx.spec;
  if (typeof alt !== "string") return view;
  let position = 0;
  return {
    history: view.history,
    update(m) {
      position = m.position;
      view.update(m);
    },
    summary: () => filled(alt, ctx, position),
    rows: () => view.rows(),
    dispose: () => view.dispose?.(),
  };
}

/** "{x} metres" with the value of a column at the cursor. @param {string} template @param {import("./types").Ctx} ctx @param {number} position */
function filled(template, { store }, position) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => {
    const column = store.columns.get(name);
    if (!column) return whole;
    const heavy = store.row(name, position);
    return typeof heavy === "string" ? heavy : format.valueAt(store, column, position);
  });
}
