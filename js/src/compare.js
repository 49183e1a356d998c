/** Runs compared: curves in one chart, everything else as small multiples on one scale, with the differences. */
import { best, Difference, flattened } from "./difference.js";
import { el, put, set, unique } from "./dom.js";
import { figure } from "./figure.js";
import { inForce, paramOf } from "./force.js";
import { plain } from "./format.js";
import { label } from "./steps.js";

/** @import { Cell, Group, Lane, Moment, Pane, Parting, ViewSpec } from "./types" */
/** @import { Store } from "./store.js" */
/** @import { Cursor } from "./cursor.js" */
/** @import { Run } from "./run.js" */
/** @import { Branching } from "./branching.js" */
/** @typedef {Parameters<typeof figure>[1]} Page */
/** @typedef {ReturnType<typeof figure>} Figure */
/** @typedef {{figure: Figure, of: number, spec: ViewSpec, difference?: Difference, from: number}} Part `of`: the lane it shows, 0 our own; `from`: the one that a difference is taken from */

const MOST = 6; // lanes drawn as small multiples
const MOST_DIFFERENCES = 3;
const ENDED = ["done", "stopped", "failed"];
const SCALED = ["heatmap", "board"];

/**
 * The figures of runs side by side. They replace the run's own while lanes are there.
 * @param {Run} run @param {Cursor} cursor @param {Page} page
 */
export function multiples(run, cursor, page) {
  const node = el("div", { class: "lanes wide", hidden: true });
  /** @type {Part[][]} each view's parts */
  let groups = [];
  let built = "";

  /** @param {Moment} m */
  function build(m) {
    for (const { figure } of groups.flat()) figure.dispose();
    groups = [];
    node.replaceChildren();
    for (const spec of run.info.views) {
      if (spec.kind === "line") overlays(spec);
      else group(spec, m);
    }
  }

  /** One chart for each quantity, a curve for each run. @param {ViewSpec} spec */
  function overlays(spec) {
    for (const column of spec.columns) {
      const words = run.store.column(column).words || column;
      const one = { ...spec, columns: [column], wide: true, title: spec.columns.length > 1 ? words : spec.title };
      const drawn = figure(one, { ...page, first: false });
      node.append(drawn.node);
      groups.push([{ figure: drawn, of: 0, from: 0, spec: one }]);
    }
  }

  /** @param {ViewSpec} spec @param {Moment} m */
  function group(spec, m) {
    const lanes = [{ label: m.state.label || "this run", store: run.store, group: m.state.group }, ...m.lanes.filter((lane) => !lane.pale)];
    /** @type {Part[]} */
    const parts = chosen(lanes).map((of) => {
      const lane = lanes[of];
      const one = { ...spec, wide: false, title: lane.label || `run ${of + 1}`, note: "" };
      return { of, from: of, spec: one, figure: figure(one, { ...page, store: lane.store, first: false, frozen: true }) };
    });
    const [from, ...rest] = ordered(lanes);
    const differ = flattened(run, spec) && !run.info.sweep ? rest.slice(0, MOST_DIFFERENCES) : [];
    for (const of of differ) parts.push({ ...apart(spec, lanes[from].store, lanes[of].store, `${lanes[of].label} − ${lanes[from].label}`), of, from });
    const title = String(spec.title || spec.columns.join(", "));
    const shown = parts.filter((part) => !part.difference).length;
    const all = (lanes.length > shown ? `; ${shown} of ${lanes.length} runs` : "") + (differ.length && differ.length < rest.length ? `; ${differ.length} of ${rest.length} differences from ${lanes[from].label}` : "");
    node.append(el("section", { class: "multiples", role: "group", "aria-label": title },
      el("p", { class: "over" }, el("b", {}, title), all), el("div", { class: "row" }, ...parts.map((part) => part.figure.node))));
    groups.push(parts);
  }

  /** The places of lanes, in the order in which the runs were given: the first is what others are measured from. @param {{group?: Group | null}[]} lanes */
  const ordered = (lanes) => lanes.map((_, k) => k).sort((j, k) => (lanes[j].group?.[2] ?? j) - (lanes[k].group?.[2] ?? k));

  /** Of many lanes, one for each group: seeds are many, values few. @param {{group?: Group | null}[]} lanes @returns {number[]} their places */
  function chosen(lanes) {
    const places = ordered(lanes);
    if (lanes.length <= MOST) return places;
    const group = (/** @type {number} */ k) => lanes[k].group?.[0] ?? k;
    const firsts = places.filter((k, i) => !places.slice(0, i).some((j) => group(j) === group(k)));
    const all = (firsts.length > 1 ? firsts : places).sort((j, k) => group(j) - group(k));
    return all.filter((_, k) => MOST >= all.length || Math.round(Math.round((k * (MOST - 1)) / (all.length - 1)) * ((all.length - 1) / (MOST - 1))) === k);
  }

  /** @param {ViewSpec} spec @param {Store} first @param {Store} other @param {string} title */
  function apart(spec, first, other, title) {
    const difference = new Difference(run, first, other, spec);
    /** @type {ViewSpec} */
    const one = { kind: "heatmap", columns: [difference.name], title, signed: true, labels: false, none: "no difference" };
    return { spec: one, difference, figure: figure(one, { ...page, store: /** @type {any} */ (difference), first: false, frozen: true }) };
  }

  return {
    node,
    get figures() {
      return groups.flat().map((part) => part.figure);
    },
    /** @param {Moment} m @param {string} version */
    draw(m, version) {
      const lanes = m.lanes.filter((lane) => !lane.pale);
      const key = `${m.state.label} ${lanes.map((lane) => `${lane.name} ${lane.label}`).join("|")}`;
      node.hidden = !lanes.length;
      if (!lanes.length) return;
      if (key !== built) build(m);
      built = key;
      for (const { figure } of groups.flat()) figure.measure();
      const moments = [m, ...lanes.map((lane) => momentOf(cursor, m, lane))];
      const stores = [run.store, ...lanes.map((lane) => lane.store)];
      for (const of of new Set(groups.flat().map((part) => part.of))) {
        if (of) lanes[of - 1].store.want([0, 1, -1].map((by) => lanes[of - 1].position + by));
      }
      for (const parts of groups) {
        for (const part of parts) part.difference?.at(moments[part.from].position, moments[part.of].position);
        const scale = (SCALED.includes(parts[0].spec.kind) ? together(run, parts, stores, moments) : "") + evenly(parts);
        for (const part of parts) {
          part.figure.draw(moments[part.of], `${version} ${scale} ${part.difference?.version ?? ""}`);
        }
      }
    },
  };
}

/** What holds in a lane. @param {Cursor} cursor @param {Moment} m @param {Lane} lane @returns {Moment} */
function momentOf(cursor, m, lane) {
  const { store, position, state } = lane;
  const frame = store.frame(position);
  const whole = { ...m.state, ...state };
  return { ...m, position, frame, state: whole, lanes: [], params: inForce(whole, frame), label: label(store, cursor.steps, position) };
}

/** One scale for all lanes of a view, unless its author gave one. @param {Run} run @param {Part[]} parts @param {Store[]} stores @param {Moment[]} moments */
function together(run, parts, stores, moments) {
  const given = run.info.views.find((spec) => spec.columns[0] === parts[0].spec.columns[0] && spec.kind === parts[0].spec.kind) ?? parts[0].spec;
  let [lo, hi] = [Infinity, -Infinity];
  for (const part of parts) {
    if (part.difference) continue;
    const cell = stores[part.of].array(part.spec.columns[0], moments[part.of].position);
    for (const v of (cell && flat(given, cell)) ?? []) {
      if (v < lo) lo = v;
      if (v > hi) hi = v;
    }
  }
  if (lo > hi) return "";
  for (const part of parts) if (!part.difference) Object.assign(part.spec, { lo: given.lo ?? lo, hi: given.hi ?? hi });
  return `${lo} ${hi}`;
}

/** One scale for the differences of a view. @param {Part[]} parts */
function evenly(parts) {
  const most = Math.max(0, ...parts.map(({ difference }) => difference?.most ?? 0));
  for (const { difference, spec } of parts) if (difference) Object.assign(spec, most ? { lo: -most, hi: most } : { lo: undefined, hi: undefined });
  return ` ${most}`;
}

/** @param {ViewSpec} spec @param {Cell} cell */
const flat = (spec, cell) => (spec.kind === "board" ? best(cell) : cell.data);

/**
 * "Compare": who is laid beside the run, and where they first part.
 * @param {Run} run @param {Cursor} cursor @param {Branching} branching
 */
export function compare(run, cursor, branching) {
  const whom = el("div", { class: "whom", role: "group", "aria-label": "Beside this run" });
  const tolerance = el("input", { class: "field", type: "text", inputmode: "decimal", value: "1e-6", "aria-label": "Tolerance", spellcheck: "false", autocomplete: "off", onchange: () => {
    asked = "";
    cursor.changed();
  } });
  const apart = el("ul", { class: "apart", hidden: true });
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const unlike = el("p", { class: "note", hidden: true });
  const lanes = sweep(run);
  const how = curves(run);
  const node = el("section", { class: "pane compare" }, ...(run.info.sweep ? [lanes.node] : []), whom, how.node,
    el("p", { class: "about", hidden: true }, "Where they first part, exactly and by more than ", tolerance), apart, unlike, wrong);
  /** @type {Set<number>} */
  let chosen = new Set();
  let listed = "", asked = "", busy = false;

  async function lay() {
    const { error } = await run.do("compare", { places: [...chosen] });
    if (error) run.notice = error;
  }

  async function anotherSeed() {
    const { place = 0, start } = run.state;
    const { error } = await branching.ask("try", { params: { seed: Number(start.seed) + 1 }, play: true });
    if (error) return;
    chosen = new Set([place]);
    await lay();
  }

  function list() {
    const { family = [], place = 0, start } = run.state;
    const key = `${place} ${JSON.stringify(family.map((kin) => [kin.place, kin.label]))} ${[...chosen]}`;
    if (key === listed) return;
    listed = key;
    const boxes = family.filter((kin) => kin.place !== place).map((kin) => el("label", {},
      el("input", { type: "checkbox", checked: chosen.has(kin.place), onchange: (/** @type {Event} */ event) => {
        const on = /** @type {HTMLInputElement} */ (event.target).checked;
        if (on) chosen.add(kin.place);
        else chosen.delete(kin.place);
        void lay();
      } }), kin.label));
    const seeded = run.live && paramOf(run.info, "seed") && Number.isInteger(start.seed);
    const more = seeded ? [el("button", { class: "link", type: "button", onclick: () => void anotherSeed() }, "Another seed")] : [];
    const none = boxes.length || more.length ? [] : ["A branch, or a question tried, can be compared with this run."];
    whom.hidden = Boolean(run.info.compared);
    whom.replaceChildren(...(boxes.length ? ["Beside this run:"] : []), ...boxes, ...more, ...none);
  }

  async function part() {
    busy = true;
    const { error, result } = await run.do("parted", { tolerance: Number(tolerance.value.replace(/−/g, "-") || NaN) });
    busy = false;
    wrong.hidden = !error;
    put(wrong, error ?? "");
    apart.replaceChildren(...(/** @type {Parting[]} */ (result ?? [])).map((found) => el("li", {}, found.text, ...places(found))));
  }

  /** @param {Parting} found */
  function places({ frame, beyond }) {
    const to = [...new Set([frame, beyond])].filter((f) => f != null);
    return to.map((f) => el("button", { class: "link", type: "button", onclick: () => cursor.comeTo(Number(f)) }, `go to frame ${f}`));
  }

  /** @type {Pane} */
  const pane = {
    label: "Compare", node,
    opened() {
      const { family = [], place = 0 } = run.state;
      chosen = new Set(family.filter((kin) => kin.place !== place).slice(-(MOST - 1)).map((kin) => kin.place));
      if (chosen.size && !run.info.compared) void lay();
    },
    closed() {
      chosen.clear();
      if (run.lanes.compared && !run.info.compared) void lay();
    },
    update(m) {
      list();
      how.update();
      if (run.info.sweep) return lanes.update();
      const beside = m.lanes.filter((lane) => !lane.pale);
      for (const part of node.querySelectorAll(".about, .apart")) /** @type {HTMLElement} */ (part).hidden = !beside.length;
      unlike.hidden = !run.state.unlike?.length;
      put(unlike, `Not in all, so not compared: ${(run.state.unlike ?? []).join(", ")}`);
      const still = [m.state, ...beside].every(({ status }) => status !== "running");
      const key = `${tolerance.value} ${beside.map((lane) => `${lane.name} ${still ? lane.number : ""}`)} ${still ? m.state.number : ""}`;
      if (!beside.length || busy || key === asked) return;
      asked = key;
      void part();
    },
  };
  return pane;
}

/** Seeds as lanes, or as their mean with a band. @param {Run} run */
function curves(run) {
  const name = unique("mlw-seeds");
  const spread = option("mean and spread", true), lanes = option("lanes", false);
  const node = el("p", { class: "whom", role: "radiogroup", "aria-label": "Seeds are drawn as", hidden: true }, "Seeds are drawn as", lanes.label, spread.label);

  /** @param {string} words @param {boolean} value */
  function option(words, value) {
    const input = el("input", { type: "radio", name, onchange: () => {
      run.lanes.chosen = value;
      run.changed();
    } });
    return { input, label: el("label", {}, input, words) };
  }

  function update() {
    node.hidden = !run.lanes.groups.some((size) => size > 1);
    spread.input.checked = run.lanes.spread;
    lanes.input.checked = !run.lanes.spread;
  }
  return { node, update };
}

/** How far a sweep is: each lane's state or fault, and Cancel. @param {Run} run */
function sweep(run) {
  const bar = el("progress", { "aria-label": "Lanes that are over" });
  const words = el("span", { "aria-live": "polite" });
  const cancel = el("button", { class: "link", type: "button", onclick: () => void run.do("end_sweep") }, "Cancel");
  const list = el("ul", { class: "each" });
  const node = el("div", { class: "sweep" }, el("p", { class: "far" }, bar, words, cancel), list);

  function update() {
    const all = [{ ...run.state, store: run.store }, ...run.lanes.said.map((lane) => ({ ...lane, store: run.lanes.store(lane.name) }))];
    all.sort((a, b) => (a.group?.[2] ?? 0) - (b.group?.[2] ?? 0));
    const over = all.filter(({ status }) => ENDED.includes(status));
    const failed = over.filter(({ status }) => status === "failed").length;
    set(bar, { max: all.length, value: over.length });
    put(words, `${over.length} of ${all.length} lanes are over${failed ? `, ${failed} failed` : ""}`);
    cancel.hidden = over.length === all.length || !run.live;
    while (list.childElementCount > all.length) list.lastElementChild?.remove();
    while (list.childElementCount < all.length) list.append(el("li"));
    all.forEach(({ label = "", status, error, store }, k) => {
      const item = list.children[k];
      const frame = store.known ? ` at frame ${plain(store.frame(store.head))}` : "";
      item.classList.toggle("bad", Boolean(error));
      put(item, `${label || "this run"}: ${error ? error.text : status === "ready" ? "waiting" : status}${frame}`);
    });
  }
  return { node, update };
}
