/** Export: the run as a page, one frame as a picture for print, and its frames as a film for decks that hold no page. */
import { el, put, set } from "./dom.js";
import { film, planned } from "./film.js";
import { plain } from "./format.js";
import { download } from "./run.js";
import { makesWebm } from "./webm.js";

/** @import { Cursor } from "./cursor.js" */
/** @import { Stage } from "./film.js" */
/** @import { Run } from "./run.js" */
/** @import { Pane } from "./types" */
/** @typedef {{name: string, read(): number, node: HTMLElement, input: HTMLInputElement}} Number_ */

/** How the kernel keeps values in a page, and what we call that. */
const CODECS = { exact: "every value exact", single: "about 7 digits", small: "rounded, to be looked at" };

/** @param {Run} run @param {Cursor} cursor @param {() => Stage} stage @param {AbortSignal} signal @returns {Pane} */
export function exporting(run, cursor, stage, signal) {
  const made = filming(run, stage, signal), page = paging(run);
  const parts = [...(run.live ? [page, picturing(run, cursor)] : []), made];
  return {
    label: "Export",
    node: el("section", { class: "pane export" }, ...parts.map((part) => part.node)),
    opened() {
      made.opened();
      if (run.live) page.opened();
    },
    update: () => made.update(),
  };
}

/** @param {string} name @param {(Node | string)[]} row */
function group(name, ...row) {
  const said = el("p", { class: "said", role: "status" }), wrong = el("p", { class: "wrong", role: "alert" });
  const node = el("div", { class: "group-of", role: "group", "aria-label": name }, el("b", {}, name), el("div", { class: "row" }, ...row), said, wrong);
  /** @param {string} words @param {string | null} [fault] */
  const say = (words, fault) => {
    put(said, fault ? "" : words);
    put(wrong, fault ?? "");
  };
  return { node, say };
}

/** How many bytes it will be is asked when the pane opens, and again for another part of the frames. @param {Run} run */
function paging(run) {
  const codec = choice("Values", Object.values(CODECS));
  const every = number("one frame in", 1);
  const save = el("button", { class: "act", type: "button", onclick: () => void made() }, "Save page");
  const { node, say } = group("Page", codec.label, every.node, save);
  every.input.addEventListener("change", () => void weigh());

  async function weigh() {
    say("One HTML file that plays this run with no kernel and no network", fault());
    if (fault()) return;
    const { error, result } = await run.do("sizes", { every: every.read() });
    if (error === run.notice) run.notice = ""; // a page without it is still a page
    codec.label.hidden = every.node.hidden = !result;
    [...codec.select.options].forEach((option, k) => {
      const [name, words] = Object.entries(CODECS)[k];
      put(option, result?.[name] ? `${words}, about ${size(result[name])}` : words);
    });
  }

  function fault() {
    const v = every.read();
    return Number.isInteger(v) && v >= 1 ? null : `one frame in: ${every.input.value || "nothing"}: must be a whole number of at least 1`;
  }

  async function made() {
    if (fault()) return say("", fault());
    say("Making the page…");
    const { error } = await run.do("export", { codec: Object.keys(CODECS)[codec.select.selectedIndex], every: every.read() });
    say("The page is on its way to your downloads.", error);
  }
  return { node, opened: () => void weigh() };
}

/** @param {Run} run @param {Cursor} cursor */
function picturing(run, cursor) {
  const kind = choice("Picture as", ["SVG", "PNG", "PDF"]);
  const width = el("input", { class: "field", type: "text", value: "160mm", "aria-label": "Width of the picture", title: "mm, cm, in, pt or px", spellcheck: "false", autocomplete: "off" });
  const save = el("button", { class: "act", type: "button", onclick: () => void made() }, "Save picture");
  const { node, say } = group("This frame", kind.label, el("label", {}, "width ", width), save);
  async function made() {
    const { frame } = cursor;
    say("Making the picture…");
    const { error } = await run.do("picture", { kind: kind.select.value.toLowerCase(), width: width.value.trim(), frame });
    if (error === run.notice) run.notice = ""; // it is said here
    say(`Frame ${plain(frame)} is on its way to your downloads.`, error);
  }
  return { node };
}

/** @param {Run} run @param {() => Stage} stage @param {AbortSignal} signal */
function filming(run, stage, signal) {
  const kind = choice("Film as", makesWebm() ? ["WebM", "GIF"] : ["GIF"]);
  const from = number("from frame", 0), to = number("to", 0), seconds = number("seconds", 8), rate = number("pictures a second", 15), width = number("pixels wide", 960);
  const start = el("button", { class: "act", type: "button", onclick: () => void make() }, "Make film");
  const bar = el("progress", { "aria-label": "Film", max: 1, value: 0 });
  const stop = el("button", { class: "act", type: "button", onclick: () => cancel?.abort() }, "Cancel");
  const far = el("span", { class: "far", hidden: true }, bar, stop);
  const { node, say } = group("Film", kind.label, ...[from, to, seconds, rate, width].map((one) => one.node), start, far);
  /** @type {AbortController | null} */
  let cancel = null;
  let touched = false, seen = -1;
  for (const { input } of [from, to]) input.addEventListener("input", () => (touched = true));
  for (const { input } of [from, to, seconds, rate, width]) input.addEventListener("input", () => foretell());
  signal.addEventListener("abort", () => cancel?.abort());

  /** What is asked for; RangeError for what cannot be. */
  function wish() {
    const { store } = run, end = store.frame(store.head);
    const all = { from: within(from, store.frame(0), end), to: within(to, from.read(), end), seconds: within(seconds, 0.5, 120), rate: within(rate, 1, 30), width: within(width, 160, 1920) };
    return { ...all, kind: kind.select.value.toLowerCase() };
  }

  function foretell() {
    if (cancel) return;
    try {
      const asked = wish(), positions = planned(run.store, asked), n = positions.length;
      const span = run.store.position(asked.to) - run.store.position(asked.from) + 1;
      const every = span > n ? `, about one in ${plain(Math.round(span / n))}` : "";
      const slow = n < asked.seconds * asked.rate - 1 ? `, ${plain(Number((n / asked.seconds).toPrecision(2)))} a second` : "";
      say(`${plain(n)} of ${plain(span)} ${span === 1 ? "frame" : "frames"}${every}${slow}`);
    } catch (error) {
      say("", told(error));
    }
  }

  async function make() {
    /** @type {ReturnType<typeof wish>} */
    let asked;
    try {
      asked = wish();
    } catch (error) {
      return say("", told(error));
    }
    cancel = new AbortController();
    busy(true);
    say("Making the film…");
    try {
      const blob = await film(stage(), asked, progress, cancel.signal);
      download(`${fileName(run)}.${asked.kind}`, blob);
      say(`The film, ${size(blob.size)}, is in your downloads.`);
    } catch (error) {
      const gone = cancel.signal.aborted;
      say(gone ? "Cancelled: no film was made." : "", gone ? null : told(error));
    }
    cancel = null;
    busy(false);
  }

  /** @param {boolean} on */
  function busy(on) {
    const had = node.contains(/** @type {ShadowRoot} */ (node.getRootNode()).activeElement);
    far.hidden = !on;
    start.hidden = on;
    for (const { input } of [from, to, seconds, rate, width]) input.disabled = on;
    kind.select.disabled = on;
    if (had) (on ? stop : start).focus();
    run.changed();
  }

  /** @param {number} done @param {number} of */
  function progress(done, of) {
    set(bar, { max: of, value: done });
    if (done % 10 === 0) say(`${done} of ${of} pictures`);
  }

  /** The whole run, until one says otherwise. */
  function opened() {
    const { store } = run;
    seen = store.known;
    if (!touched) [from.input.value, to.input.value] = [plain(store.frame(0)), plain(store.frame(store.head))];
    foretell();
  }

  return {
    node,
    opened,
    update() {
      if (!cancel && seen !== run.store.known) opened();
    },
  };
}

/** @param {string} name @param {string[]} words */
function choice(name, words) {
  const select = el("select", { "aria-label": name }, ...words.map((word) => el("option", {}, word)));
  return { select, label: select };
}

/** @param {string} name @param {number} value @returns {Number_} */
function number(name, value) {
  const input = el("input", { class: "field short", type: "text", inputmode: "decimal", value, spellcheck: "false", autocomplete: "off" });
  const words = el("span", {}, name);
  const after = /^(seconds|pictures|pixels)/.test(name);
  return { name, input, node: el("label", {}, ...(after ? [input, words] : [words, input])), read: () => Number(input.value.trim().replace(/−/g, "-") || NaN) };
}

/** @param {Number_} one @param {number} lo @param {number} hi */
function within({ name, read, input }, lo, hi) {
  const v = read();
  if (!(v >= lo && v <= hi)) throw new RangeError(`${name}: ${input.value || "nothing"}: must lie in [${plain(lo)}, ${plain(hi)}]`);
  return v;
}

/** @param {unknown} error */
const told = (error) => (error instanceof Error ? error.message : String(error));

/** As the kernel names its files. @param {Run} run */
const fileName = ({ info }) => info.name.replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 80) || "run";

/** @param {number} bytes */
const size = (bytes) => (bytes < 1e6 ? `${plain(Math.ceil(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
