/** Elements by hand: text only ever enters through textContent. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * el("button", { class: "play", onclick: f }, "Play"): functions become listeners, the rest attributes.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  set(node, props);
  node.append(...children);
  return node;
}

/** @param {Element} node @param {Record<string, unknown>} props */
export function set(node, props) {
  for (const [key, value] of Object.entries(props)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (value === false || value == null) node.removeAttribute(key);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
}

/** Writes only what differs, so that a frame in which nothing moved costs nothing. @param {Node} node @param {string} text */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A 16 by 16 line icon. @param {string} path @param {boolean} [solid] */
export function icon(path, solid = false) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  set(svg, { viewBox: "0 0 16 16", "aria-hidden": "true", class: solid ? "solid" : "stroke" });
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Upright strokes side by side, at parts of the width from 0 to 1; those that would coincide are one. @param {string} name */
export function strokes(name) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  set(svg, { viewBox: "0 0 1000 1", preserveAspectRatio: "none", "aria-hidden": "true", class: name });
  svg.append(line);
  /** @param {number[]} parts */
  const draw = (parts) => set(line, { d: [...new Set(parts.map((part) => Math.round(1000 * part)))].map((x) => `M${x} 0v1`).join("") });
  return { node: svg, draw };
}

let serial = 0;
/** An id no other player on the page has. @param {string} stem */
export const unique = (stem) => `${stem}-${++serial}`;
