/** Numbers as they stand on the page. */

/** A minus sign is a minus sign. @param {string} text */
export const minus = (text) => text.replace(/-/g, "−");

/**
 * About three significant digits, as a caption wants them.
 * @param {unknown} v
 */
export function num(v) {
  if (typeof v === "boolean") return v ? "yes" : "no";
  if (typeof v !== "number" || Number.isNaN(v)) return "–";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  const size = Math.abs(v);
  if (v === 0) return "0";
  if (size < 0.01 || size >= 1e6) return minus(v.toExponential(1).replace("+", ""));
  if (size < 10) return minus(v.toFixed(2));
  if (size < 100 && !Number.isInteger(v)) return minus(v.toFixed(1));
  return minus(v.toFixed(0));
}

/** @param {number} v @param {number} digits */
export function fixed(v, digits) {
  return Number.isFinite(v) ? minus(v.toFixed(digits)).replace(/^−(0(\.0*)?)$/, "$1") : num(v);
}

/** Digits after the point that a step needs. @param {number | null | undefined} step */
export function decimals(step) {
  if (!step || !Number.isFinite(step)) return 0;
  return Math.max(0, Math.min(8, -Math.floor(Math.log10(Math.abs(step)) + 1e-9)));
}

/** A column's value at the cursor: counts are exact, measures rounded. @param {number} v @param {string} kind */
export function cell(v, kind) {
  if (Number.isNaN(v)) return "–";
  if (kind === "bool") return v ? "yes" : "no";
  return kind === "int" ? minus(String(v)) : num(v);
}

const LONG = 24; // letters of a text where others stand beside it

/**
 * A parameter's value as its control shows it.
 * @param {import("./types").Param} param
 * @param {any} v
 */
export function shown(param, v) {
  if (v == null) return "–";
  if (param.kind === "image") return "a drawing";
  if (param.kind === "points") return points(v);
  if (typeof v === "boolean") return v ? "on" : "off";
  if (Array.isArray(v)) return v.join(", ");
  if (typeof v !== "number") return v.length > LONG ? `${String(v).slice(0, LONG)}…` : String(v);
  if (param.kind === "int" || param.log || !param.step) return plain(v);
  return fixed(v, Math.max(decimals(param.step), Math.min(4, decimals(trail(v)))));
}

/** A set of points by its name, or how many there are. @param {any} v */
export function points(v) {
  const count = v?.count ?? v?.xy?.length ?? 0;
  return typeof v === "string" ? v : v?.name || `${plain(count)} point${count === 1 ? "" : "s"}`;
}

/** A number as a person would type it. @param {number} v */
export function plain(v) {
  if (!Number.isFinite(v)) return num(v);
  const short = String(Number.isSafeInteger(v) ? v : Number(v.toPrecision(6)));
  return minus(short.replace("e+", "e"));
}

/** The place of the last digit of v: 0.125 has 0.001. @param {number} v */
function trail(v) {
  const text = String(v);
  const point = text.indexOf(".");
  return point < 0 || text.includes("e") ? 1 : 10 ** -(text.length - point - 1);
}

/** A value that is there: one that is no number says so. @param {number} v @param {string} [kind] of its column */
export const told = (v, kind = "float") => (Number.isNaN(v) ? "NaN" : cell(v, kind));

/** A column's value at a position; a dash where there is none. @param {import("./store.js").Store} store @param {{name: string, kind: string}} column @param {number} position */
export const valueAt = (store, { name, kind }, position) => (store.has(name, position) ? told(store.value(name, position), kind) : "–");

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** Sentence parts: "a", "a and b", "a, b and c". @param {string[]} parts */
export function listed(parts) {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** What a hand did to a parameter that no number tells. @param {import("./types").Param} param @returns {string} "" where its values say it */
export const handled = (param) => ({ grid: "painted", image: "drawn", points: "drawn" })[param.kind] ?? "";

/** "epochs", "batches". @param {string} noun */
export const plural = (noun) => noun + (/(s|x|tch|sh)$/.test(noun) ? "es" : "s");
