/** The speaker's window: the notes of the slide, what comes next, and the time. It needs no network and no server. */
import { el, put } from "./dom.js";

/** @typedef {{now(): HTMLElement, next(): Element | undefined, caption(): string}} Talk */

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; padding: 20px 26px; font: 22px/1.5 system-ui, sans-serif; display: grid; grid-template-rows: auto 1fr auto; gap: 14px; min-height: 100vh; box-sizing: border-box; }
header, footer { display: flex; justify-content: space-between; gap: 20px; font-variant-numeric: tabular-nums; }
header { font-weight: 600; } footer { opacity: 0.75; font-size: 18px; } main { overflow: auto; } p { margin: 0 0 12px; }`;

/** @param {Talk} talk @param {(key: string) => void} act told of a key pressed in the window */
export function notes(talk, act) {
  /** @type {Window | null} */
  let window_ = null;
  let began = 0, timer = 0;
  const title = el("span"), clock = el("span"), next = el("span"), stop = el("span"), words = el("main");

  function open() {
    if (window_ && !window_.closed) return window_.focus();
    window_ = window.open("", "", "popup,width=860,height=560");
    if (!window_) return;
    const page = window_.document;
    page.title = `Notes: ${document.title}`;
    page.body.replaceChildren(...[el("header", {}, title, clock), words, el("footer", {}, next, stop)].map((node) => page.adoptNode(node)));
    const sheet = new (/** @type {typeof globalThis} */ (/** @type {unknown} */ (window_))).CSSStyleSheet();
    sheet.replaceSync(STYLE);
    page.adoptedStyleSheets = [sheet];
    page.addEventListener("keydown", (event) => {
      if (!["PageDown", "PageUp"].includes(event.key)) return;
      event.preventDefault();
      act(event.key);
    });
    began ||= Date.now();
    clearInterval(timer);
    timer = window.setInterval(tick, 1000);
    renew();
  }

  function renew() {
    if (!window_ || window_.closed) return;
    const page = window_.document;
    const said = [...talk.now().querySelectorAll("aside.notes")];
    put(title, headline(talk.now()));
    put(next, talk.next() ? `Next: ${headline(talk.next())}` : "This is the last slide.");
    put(stop, talk.caption());
    words.replaceChildren(...(said.length ? said.flatMap((aside) => [...aside.childNodes].map((node) => page.importNode(node, true))) : [page.createTextNode("No notes.")]));
    tick();
  }

  function tick() {
    if (!window_ || window_.closed) return clearInterval(timer);
    const minutes = Math.floor((Date.now() - began) / 60_000);
    put(clock, `${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })} · ${minutes} min`);
  }

  window.addEventListener("pagehide", () => window_?.close());
  return { open, renew };
}

/** @param {Element | undefined} slide */
function headline(slide) {
  const heading = slide?.querySelector("h1, h2, h3, h4, h5, h6");
  const text = heading?.textContent ?? slide?.querySelector("p, figcaption")?.textContent ?? "";
  return text.trim() || "(no title)";
}
