/** A page inside another's frame: it says how high it is, and takes the other's theme. */

/** @param {Window} [outer] */
export function framed(outer = window.parent) {
  if (outer === window) return;
  const root = document.documentElement;
  root.dataset.framed = ""; // opaque from now on: what stands behind the frame is no longer needed
  addEventListener("message", ({ source, data }) => {
    if (source === outer && data?.mlwidgets === "theme" && ["light", "dark"].includes(data.theme)) root.dataset.theme = data.theme;
  });
  let said = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== said) outer.postMessage({ mlwidgets: "height", height: (said = height) }, "*"); // to whoever embeds it
  }).observe(document.body);
}
