/** A saved run of which a picture alone was kept. */
import { el, put } from "./dom.js";
import { adoptStyle, isDark, watchTheme } from "./theme.js";

/** @import { Model } from "./types" */

/** @param {Model} host @param {HTMLElement} root @returns {() => void} cleanup */
export function pictured(host, root) {
  const stop = new AbortController();
  const place = el("div", { class: "mlwidgets" });
  root.append(place);
  const shadow = place.attachShadow({ mode: "open" });
  adoptStyle(shadow);
  const { text = "" } = host.first?.message ?? {}, [svg] = host.first?.buffers ?? [];
  const url = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (svg)], { type: "image/svg+xml" }));
  const picture = el("img", { src: url, alt: text });
  picture.style.cssText = "display:block;width:100%";
  const said = el("span", { class: "note", role: "status" }, "Of this run a picture was kept, not its frames.");
  const again = el("button", { class: "link", type: "button", onclick: () => void revive() }, "Restart");
  const box = el("div", { class: "player", role: "group", "aria-label": host.get("info").title, tabindex: -1 },
    picture, el("p", { class: "status" }, said, " ", again));
  shadow.append(box);
  watchTheme(dress, stop.signal);
  dress();

  function dress() {
    box.classList.toggle("dark", isDark());
  }

  async function revive() {
    put(said, "The run is being made anew…");
    put(said, (await host.revive?.()) ?? "");
  }

  return () => {
    stop.abort();
    URL.revokeObjectURL(url);
    place.remove();
  };
}
