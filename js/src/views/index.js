/** The table of views: a kind names a small function. */
import { bars } from "./bars.js";
import { board } from "./board.js";
import { confusion } from "./confusion.js";
import { curve } from "./curve.js";
import { heads } from "./heads.js";
import { heatmap } from "./heatmap.js";
import { image } from "./image.js";
import { images } from "./images.js";
import { line } from "./line.js";
import { own } from "../own.js";
import { scatter } from "./scatter.js";
import { tokens } from "./tokens.js";
import { values } from "./values.js";
import { words } from "./words.js";

/** @type {Record<string, import("../types").ViewMaker>} */
export const VIEWS = { line, curve, heatmap, board, bars, values, words, heads, tokens, image, images, confusion, scatter, own };

/** @param {string} kind */
export function viewOf(kind) {
  const view = VIEWS[kind];
  if (!view) throw new Error(`unknown view: ${kind} (known: ${Object.keys(VIEWS).join(", ")})`);
  return view;
}
