/** The rows behind a figure, as a real table. */
import { el } from "./dom.js";

/** @import { Table } from "./types" */

const MOST = 200;

/** Evenly picked indices of n rows, first and last among them. @param {number} n @param {number} [most] */
export function thinned(n, most = MOST) {
  if (n <= most) return { picked: Array.from({ length: n }, (_, k) => k), note: "" };
  const picked = Array.from({ length: most }, (_, k) => Math.round((k * (n - 1)) / (most - 1)));
  return { picked, note: `${most} of ${n} rows` };
}

/** @param {Table} table @param {string} title */
export function tableOf({ head, body, note }, title) {
  return el("table", {},
    el("caption", {}, note ? `${title}: ${note}` : title),
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...body.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), ...rest.map((text) => el("td", {}, text))))));
}
