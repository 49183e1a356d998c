/** A widget of a notebook: of its own kernel, or one that has outlived the kernel that made it. */
import { plain } from "../format.js";
import { opened } from "../wire.js";

/** @import { Anew, Kept, Model, State } from "../types" */

// All that the kernel is ever asked to execute, and only when the reader presses Restart. The run's line goes as data.
const LISTEN = "from mlwidgets import revival as _mlw\n_mlw.listen()\ndel _mlw";
const TARGET = "mlwidgets.restart";
const NO_KERNEL = "There is no kernel here: open the notebook where one can run, and press Restart, or run its cell.";

/**
 * @param {Model} model @param {HTMLElement} root
 * @param {(node: HTMLElement) => void} replace the old player by another
 * @returns {Promise<Model>}
 */
export async function notebookModel(model, root, replace) {
  const first = await opened(model.get("first"));
  const own = await widgetOf(model);
  if (own) await heard(own);
  const gone = () => own?.comm_live === false;
  const past = gone() ? asSaved(model, first) : null;
  if (past) root.classList.remove("jupyter-widgets-disconnected"); // the player says it in words
  /** @type {Map<Function, () => void>} */
  const watchers = new Map();
  const host = {
    first,
    get live() {
      return !gone();
    },
    /** @param {string} name */
    get: (name) => past?.[name] ?? (gone() && name === "state" ? atRest(model.get(name)) : model.get(name)),
    /** @param {string} event @param {any} handler */
    on(event, handler) {
      model.on(event, handler);
      if (event !== "change:state") return;
      watchers.set(handler, () => void opened(model.get("first")).then((kept) => (gone() ? ((host.first = kept), handler()) : undefined)));
      model.on("comm_live_update", watchers.get(handler) ?? handler);
    },
    /** @param {string} event @param {any} handler */
    off(event, handler) {
      model.off(event, handler);
      if (event === "change:state") model.off("comm_live_update", watchers.get(handler));
    },
    /** @param {unknown} content */
    send(content) {
      if (!gone()) model.send(content);
    },
    get kernel() {
      return Boolean(model.widget_manager?.kernel);
    },
    revive: async () => {
      const { node, error } = await revived(model, { ...lineOf(model), ...host.first?.message.anew }, own?.model_id);
      if (node) replace(node);
      return error ?? "";
    },
  };
  return host;
}

/** The widget itself: what a host hands to its view says nothing of the comm. @param {Model} model */
async function widgetOf(model) {
  try {
    return await model.widget_manager?.get_model(model.get("_chunks")[0][3]);
  } catch {
    return null;
  }
}

/**
 * anywidget gives a module two seconds to begin. On a page that was busier than that it passes no message of the
 * kernel on, ever: such a widget gets them past it, and what it has missed.
 * @param {any} own
 */
export async function heard(own) {
  if (!own._handle_comm_msg) return; // another host's
  try {
    await own._handle_comm_msg({ content: { data: { method: "none" } }, buffers: [] });
  } catch {
    const handlers = [];
    for (let proto = own; proto; proto = Object.getPrototypeOf(proto)) if (Object.hasOwn(proto, "_handle_comm_msg")) handlers.push(proto._handle_comm_msg);
    const handle = handlers.at(-1).bind(own); // the one of ipywidgets
    own._handle_comm_msg = handle;
    own.comm?.on_msg(handle);
    own.comm?.send({ method: "request_state" });
  }
}

/** What makes the run anew, where nothing was kept that says so. @param {Model} model @returns {Anew} */
function lineOf(model) {
  const { line = "", steering = "" } = model.get("state"), { fixed = "" } = model.get("info");
  return { line: fixed ? "" : line + steering, fixed };
}

/** @param {State} state @returns {State} */
const atRest = (state) => ({ ...state, status: state.status === "failed" ? "failed" : "loaded" });

/** What a saved notebook knows of a run, and says of what it does not. @param {Model} model @param {Kept | null} first @returns {Record<string, any>} */
function asSaved(model, first) {
  const info = model.get("info"), state = atRest(model.get("state"));
  const { lanes = [], family = [], ...alone } = state;
  const note = [state.note, "A saved run: Restart makes it anew in a kernel.", ...lacking(state, first), lanes.length || family.length > 1 ? "The runs beside it are not kept." : ""];
  return {
    info: { ...info, compared: false, sweep: false },
    state: { ...alone, epoch: first?.message.epoch ?? state.epoch, note: note.filter(Boolean).join(" ") },
  };
}

/** @param {State} state @param {Kept | null} first */
function lacking(state, first) {
  if (!first || first.message.type === "picture") return ["Its frames were not kept."];
  const { epoch, every = 1, thinned = 1, heavy, light } = first.message;
  const said = [];
  if (epoch !== state.epoch) said.push("It was saved while it ran anew: this is the run before.");
  else if (thinned === 1 && light[1] < state.count) said.push(`It was saved before it stood: of ${plain(state.count)} frames the first ${plain(light[1])} ${light[1] > 1 ? "are" : "is"} kept.`);
  if (thinned > 1) said.push(`Of its frames, one in ${thinned} is kept.`);
  if (!heavy[1] && light[1] && first.message.cols.length > 1 && every > 1) said.push("Its arrays were too large to be kept.");
  else if (every > 1) said.push(`Of its arrays, one in ${every * thinned} is kept.`);
  return said;
}

/**
 * @param {Model} model @param {Anew} anew @param {string} [id]
 * @returns {Promise<{node?: HTMLElement, error?: string}>}
 */
async function revived(model, anew, id) {
  const manager = model.widget_manager, kernel = manager?.kernel;
  if (!kernel) return { error: NO_KERNEL };
  const cell = anew.cell ? `run cell [${anew.cell}]` : "run its cell";
  if (!anew.line) return { error: `No line makes this run again${anew.fixed ? ` (${anew.fixed})` : ""}: ${cell}.` };
  if (model.get("info").compared) return { error: "Runs that are compared are made by their cell: run it." };
  if (anew.lacks?.length) return { error: `Its line lacks ${anew.lacks.join(", ")}: ${cell}.` };
  try {
    await prepared(kernel);
    const { model: found, error } = await asked(kernel, { line: anew.line, cell: anew.cell ?? 0, model: id });
    if (error) return { error: anew.defines ? `${error} Its function is in cell [${anew.defines}]: run that, then press Restart.` : error };
    const view = await manager.create_view(await manager.get_model(found));
    return { node: view.el };
  } catch (error) {
    return { error: `It could not be made again: ${error instanceof Error ? error.message : error}` };
  }
}

/** @param {any} kernel */
async function prepared(kernel) {
  const { content } = await kernel.requestExecute({ code: LISTEN, silent: true, store_history: false, stop_on_error: false }).done;
  if (content.status !== "ok") throw new Error(`this kernel has no mlwidgets that can (${content.evalue ?? content.status})`);
}

/** @param {any} kernel @param {Record<string, unknown>} data @returns {Promise<{model?: string, error?: string}>} */
function asked(kernel, data) {
  const comm = kernel.createComm(TARGET);
  return new Promise((yes, no) => {
    comm.onMsg = (/** @type {any} */ message) => (yes(message.content.data), comm.close());
    comm.onClose = () => no(new Error("the kernel ended"));
    comm.open(data);
  });
}
