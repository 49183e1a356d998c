/** The board editor: choose a kind of square, paint with mouse, touch or keys. */
import { el, put, set } from "./dom.js";
import { base, kindOf } from "./views/board.js";

/** @import { Legend, Param } from "./types" */

const KNOWN = ["floor", "wall", "cliff", "goal"];

/** One square painted. The start is one: painting it elsewhere moves it. @param {string[]} rows @param {number} r @param {number} c @param {string} char @param {Legend[]} legend */
export function painted(rows, r, c, char, legend) {
  const floor = legend.find((entry) => entry.name === "floor")?.char ?? ".";
  const single = base(kindOf(char, legend)) === "start";
  return rows.map((row, i) => {
    const cleared = single ? row.replaceAll(char, floor) : row;
    return i === r ? cleared.slice(0, c) + char + cleared.slice(c + 1) : cleared;
  });
}

/**
 * @param {Param} param @param {string[]} value
 * @param {(rows: string[], final: boolean) => void} change
 * @param {() => void} close
 */
export function paint(param, value, change, close) {
  const legend = param.legend?.length ? param.legend : [{ char: ".", name: "floor" }, { char: "#", name: "wall" }];
  let rows = [...value];
  let char = (legend.find((entry) => entry.name === "wall") ?? legend[0]).char;
  let painting = false, dirty = false;
  let at = [0, 0];
  const cells = rows.map((row, r) => [...row].map((_, c) => square(r, c)));
  const grid = el("div", { class: "board", role: "grid", "aria-label": `${param.label || param.name}, ${rows.length} by ${rows[0]?.length}`, onkeydown: key },
    ...cells.map((row) => el("div", { role: "row" }, ...row)));
  grid.style.gridTemplateColumns = `repeat(${rows[0]?.length ?? 1}, minmax(24px, 62px))`;
  grid.addEventListener("pointerdown", (event) => begin(event));
  grid.addEventListener("pointermove", (event) => painting && under(event));
  for (const end of ["pointerup", "pointercancel"]) grid.addEventListener(end, () => finish());
  const node = el("section", { class: "paint", "aria-label": `Paint ${param.label || param.name}` }, kinds(), el("div", { class: "scroll" }, grid),
    el("p", { class: "hint" }, "Choose a kind of square, then paint. Arrow keys and space paint too; Escape leaves."));
  node.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), close()));
  show();

  function kinds() {
    const name = `kind-${param.name}`;
    const radios = legend.map((entry) => {
      const radio = el("input", { type: "radio", name, class: "unseen", onchange: () => (char = entry.char) });
      radio.checked = entry.char === char;
      return el("label", {}, radio, el("span", { class: `swatch ${colour(entry.name)}` }), entry.name);
    });
    return el("fieldset", { class: "kinds" }, el("legend", { class: "unseen" }, "Kind of square"), ...radios,
      el("button", { class: "link done", type: "button", onclick: close }, "Done painting"));
  }

  /** @param {number} r @param {number} c */
  function square(r, c) {
    return el("button", { type: "button", role: "gridcell", "data-r": r, "data-c": c, tabindex: -1 });
  }

  function show() {
    cells.forEach((row, r) => row.forEach((cell, c) => {
      const name = kindOf(rows[r][c], legend);
      if (cell.dataset.kind === name) return;
      cell.dataset.kind = name;
      set(cell, { class: colour(name), "aria-label": `row ${r + 1}, column ${c + 1}: ${name}` });
      put(cell, ["floor", "wall"].includes(base(name)) ? "" : base(name));
    }));
    cells.flat().forEach((cell) => (cell.tabIndex = -1));
    cells[at[0]][at[1]].tabIndex = 0;
  }

  /** @param {number} r @param {number} c */
  function apply(r, c) {
    const next = painted(rows, r, c, char, legend);
    at = [r, c];
    if (next.every((row, i) => row === rows[i])) return;
    rows = next;
    dirty = true;
    show();
    change(rows, false);
  }

  /** @param {PointerEvent} event */
  function begin(event) {
    painting = true;
    event.preventDefault();
    grid.setPointerCapture(event.pointerId);
    under(event);
    cells[at[0]][at[1]].focus();
  }

  /** @param {PointerEvent} event */
  function under(event) {
    const root = /** @type {ShadowRoot} */ (grid.getRootNode());
    const cell = /** @type {HTMLElement | undefined} */ (root.elementsFromPoint(event.clientX, event.clientY).find((n) => n instanceof HTMLElement && n.dataset.r));
    if (cell) apply(Number(cell.dataset.r), Number(cell.dataset.c));
  }

  function finish() {
    painting = false;
    if (dirty) change(rows, true);
    dirty = false;
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (!move && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    if (!move) {
      apply(at[0], at[1]);
      return finish();
    }
    at = [Math.max(0, Math.min(rows.length - 1, at[0] + move[0])), Math.max(0, Math.min(rows[0].length - 1, at[1] + move[1]))];
    show();
    cells[at[0]][at[1]].focus();
  }

  return { node, focus: () => node.querySelector("input")?.focus() };
}

/** @param {string} name */
function colour(name) {
  const kind = base(name);
  return kind === "start" ? "floor" : kind === "hole" ? "cliff" : KNOWN.includes(kind) ? kind : "other";
}
