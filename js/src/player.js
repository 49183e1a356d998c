/** The player: one run, its figures, and what one may do with it. */
import { branching } from "./branching.js";
import { citing } from "./cite.js";
import { compare, multiples } from "./compare.js";
import { apply, controls, steers } from "./controls.js";
import { Cursor } from "./cursor.js";
import { el } from "./dom.js";
import { equations } from "./equations.js";
import { family } from "./family.js";
import { figure } from "./figure.js";
import { finder } from "./find.js";
import { inForce, paramOf } from "./force.js";
import { how } from "./how.js";
import { notebookModel } from "./hosts/notebook.js";
import { pageModel } from "./hosts/standalone.js";
import { keys } from "./keys.js";
import { lecture } from "./lecture.js";
import { naming } from "./naming.js";
import { pictured } from "./pictured.js";
import { asModule, asScript, prepare } from "./own.js";
import { paint } from "./paint.js";
import { panes } from "./panes.js";
import { Run } from "./run.js";
import { exporting } from "./saving.js";
import { alarm, status } from "./status.js";
import { label } from "./steps.js";
import { Stops } from "./stops.js";
import { adoptStyle, isDark, paletteOf, watchTheme } from "./theme.js";
import { transport } from "./transport.js";
import { verifying } from "./verify.js";
import { footer, header, tries } from "./words.js";

/** @import { Model, Moment, Param } from "./types" */

/** @typedef {{dispose(): void, stops: Stops, run: Run, cursor: Cursor, enlarge(): void}} Mounted `enlarge`: into lecture mode */

/**
 * Mounts a player on a widget's model.
 * @param {Model} model @param {HTMLElement} root
 * @returns {Mounted}
 */
export function mount(model, root) {
  const host = el("div", { class: "mlwidgets", "data-lm-suppress-shortcuts": "true" }); // JupyterLab keeps its keys off
  root.append(host);
  const shadow = host.attachShadow({ mode: "open" });
  adoptStyle(shadow);
  const stop = new AbortController();
  const mounted = player(model, shadow, stop.signal);
  const dispose = () => {
    stop.abort();
    host.remove();
  };
  return { ...mounted, dispose };
}

/**
 * Mounts a player on a widget of a notebook, also on one that has outlived its kernel.
 * @param {Model} model @param {HTMLElement} root @returns {Promise<() => void>}
 */
export async function open(model, root) {
  let close = () => {}, gone = false;
  const begin = async () => {
    const host = await notebookModel(model, root, (node) => {
      close();
      root.append(node);
    });
    await prepare(host.get("info"), asModule);
    close();
    const only = host.live === false && host.first?.message.type === "picture";
    close = only ? pictured(host, root) : mount(host, root).dispose;
    if (gone) close(); // it was taken off the page meanwhile
  };
  await begin();
  model.on("change:info", begin); // the run began anew with other columns or views
  return () => {
    gone = true;
    model.off("change:info", begin);
    close();
  };
}

/** Mounts a player on the data islands inside an element, without a kernel. @param {ParentNode} root @returns {Promise<Mounted>} */
export async function page(root) {
  const place = root instanceof HTMLElement ? root : document.body;
  const model = await pageModel(root);
  await prepare(model.get("info"), asScript);
  return mount(model, place);
}

/** @param {Model} model @param {ShadowRoot} shadow @param {AbortSignal} signal @returns {Omit<Mounted, "dispose">} */
function player(model, shadow, signal) {
  const run = new Run(model, invalidate, signal);
  const cursor = new Cursor(run, invalidate);
  const { info, store } = run;
  const bell = status(run), alert = alarm(run);
  const branch = branching(run, cursor);
  const stops = new Stops(run, cursor);
  const bar = transport(run, cursor, branch, stops);
  const side = controls(run, cursor, branch, openPaint);
  const kin = family(run, cursor);
  const works = how(run);
  const equation = equations(info, store, (n) => {
    behind.open(works.label);
    works.to(n);
  });
  const questions = tries(run, branch);
  const search = finder(run, cursor);
  const named = naming(run, cursor, stops, () => box.focus());
  const behind = panes([search.pane, works, verifying(run), citing(run, tell), named.pane, ...(run.comparable ? [compare(run, cursor, branch)] : []), exporting(run, cursor, lent, signal)], invalidate);
  const large = el("button", { class: "link", type: "button", title: "Fill the screen, in large type (L)", onclick: () => void stage.enter() }, "Lecture mode");
  const foot = footer(run, tell, [...behind.buttons, large]);
  const rounded = info.rounded ? [el("p", { class: "rounded" }, info.rounded)] : [];
  const views = el("div", { class: "views" }, alert.node);
  const bare = side.empty || info.compared; // runs that are compared are not steered together
  const body = el("div", { class: bare ? "body bare" : "body" }, views, ...(bare ? [] : [side.node]), bar.node, named.node, branch.node, bell.node, ...(info.compared ? [] : [kin.node]));
  const box = el("div", { class: "player", role: "group", "aria-label": info.title, tabindex: -1 },
    header(info), body, ...[equation, questions].filter((part) => !part.empty && !(info.compared && part === questions)).map((part) => part.node), ...rounded, foot.node, ...behind.nodes);
  shadow.append(box);
  const stage = lecture(box, views, { run, stops, redraw: () => show(moment()), dress, signal });
  let palette = paletteOf(box);
  const charts = info.views.findIndex((spec) => spec.kind === "line");
  const single = info.views.length === 1;
  const page = { info, store, first: false, palette: () => palette, go: (/** @type {number} */ p) => cursor.go(p), tell, set: change, frozen: run.frozen, coming: () => !box.matches(".lecture, .slide") };
  const figures = info.views.map((spec, k) => figure(single ? { ...spec, wide: true } : spec, { ...page, first: k === charts }));
  const beside = multiples(run, cursor, page);
  views.append(...figures.map((f) => f.node), beside.node);

  let asked = 0, before = 0, timer = 0, visible = true, filmed = false;
  dress();
  if (info.compared) behind.open("Compare");
  keys(box, cursor, { ...search.keys, ...named.keys, l: () => void stage.enter(), "?": () => behind.open(named.pane.label) });
  watchTheme(dress, signal);
  const sizes = new ResizeObserver(invalidate);
  sizes.observe(views);
  const sight = new IntersectionObserver((entries) => {
    visible = entries.some((entry) => entry.isIntersecting);
    if (visible) invalidate();
  }, { rootMargin: "200px" });
  sight.observe(box);
  document.addEventListener("visibilitychange", leave, { signal });
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(asked);
    clearTimeout(timer);
    sizes.disconnect();
    sight.disconnect();
    for (const f of [...figures, ...beside.figures]) f.dispose();
  });

  return { stops, run, cursor, enlarge: () => void stage.enter() };

  function dress() {
    box.classList.toggle("dark", isDark() !== stage.inverted);
    palette = paletteOf(box);
    invalidate();
  }

  /** @param {string} words */
  function tell(words) {
    run.notice = words;
    invalidate();
  }

  /** @param {string} name @param {unknown} value */
  async function change(name, value) {
    const param = paramOf(info, name);
    if (!param) return undefined;
    const answer = await apply(run, cursor, branch, param, value);
    if (answer.error) tell(answer.error);
    return answer;
  }

  /** Nobody looks: time for the kernel to renew the still in the saved notebook. */
  function leave() {
    if (run.live && document.hidden) run.post({ type: "left" });
  }

  /** One animation frame a player, however many things changed. */
  function invalidate() {
    if (asked || signal.aborted) return;
    asked = requestAnimationFrame(draw);
  }

  /** @param {number} now */
  function draw(now) {
    asked = 0;
    cursor.tick(before ? (now - before) / 1000 : 0);
    before = cursor.playing ? now : 0;
    cursor.sync();
    const m = moment();
    if (visible && !box.clientWidth) setTimeout(invalidate, 100); // hidden for a moment, as JupyterLab does to change its theme
    if (visible) show(m);
    run.acknowledge();
    if (visible) store.want(cursor.ahead());
    if (cursor.playing) invalidate();
    timer ||= window.setTimeout(settle, 1000);
  }

  /** @param {Moment} m */
  function show(m) {
    if (!filmed) figured(m);
    for (const part of [bar, side, kin, equation, foot, bell, alert, behind, search, stage]) part.update(m);
  }

  /** @param {Moment} m */
  function figured(m) {
    const version = `${palette.version} ${run.version} ${store.epoch} ${run.lanes.version}`;
    const { compared } = run.lanes;
    for (const f of figures) f.node.hidden = compared;
    for (const f of compared ? [] : figures) f.measure();
    for (const f of compared ? [] : figures) f.draw(m, version);
    beside.draw(m, version);
    for (const f of compared ? beside.figures : figures) f.tell(m);
  }

  /** @returns {Moment} */
  function moment() {
    return momentAt(cursor.position, cursor.frame, cursor.following, !cursor.playing && run.ended);
  }

  /** @param {number} position @returns {Moment} */
  function momentAt(position, frame = store.frame(position), following = false, done = false) {
    const { state } = run;
    return {
      position, frame, state, done, following,
      lanes: run.lanes.at(cursor.step, position),
      spread: run.lanes.spread,
      params: inForce(state, frame, following),
      label: label(store, cursor.steps, position, state),
    };
  }

  /** The figures, lent to a film; the player draws them again when it is made. @returns {import("./film.js").Stage} */
  function lent() {
    return {
      views, store, title: info.title, palette: () => palette,
      lanes: (position) => run.lanes.at(cursor.step, position).filter((lane) => !lane.pale),
      label: (position) => label(store, cursor.steps, position, run.state),
      draw: (position) => figured(momentAt(position)),
      hold(on) {
        filmed = on;
        invalidate();
      },
    };
  }

  /** What is spoken comes once a second at most. */
  function settle() {
    timer = 0;
    const m = moment();
    for (const part of [bar, side, bell, search]) part.update(m); // out of sight, too: what is read aloud is true
    bell.speak(m);
    if (visible) for (const f of run.lanes.compared ? beside.figures : figures) f.describe();
    if (run.notice) timer = window.setTimeout(settle, 1000);
  }

  /** @param {Param} param */
  function openPaint(param) {
    if (param.kind === "points") return figures.find((f) => f.draws === param.name)?.focus();
    const hidden = figures.find((f) => f.grid === param.name)?.node;
    if (steers(run, param)) cursor.toHead(); // paint acts at the head: what is painted over is what holds there
    const value = /** @type {string[]} */ (moment().params[param.name] ?? []);
    const close = () => {
      editor.node.remove();
      if (hidden) hidden.hidden = false;
      box.focus();
      invalidate();
    };
    views.querySelector(".paint")?.remove();
    const editor = paint(param, value, (rows, final) => {
      if (steers(run, param) || final) void apply(run, cursor, branch, param, rows).then(({ error }) => tell(error ?? ""));
    }, close);
    if (hidden) hidden.hidden = true;
    views.prepend(editor.node);
    editor.focus();
  }
}
