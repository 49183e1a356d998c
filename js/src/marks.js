/** Marks on the scrubber: those nearer than a finger's width are one button, which steps through them. */
import { el, set } from "./dom.js";

/** @import { Cursor } from "./cursor.js" */
/** @typedef {{place: number, part: number, text: string, name?: string, kind?: string}} Mark `place`: its position; `part`: where on the rail, 0 to 1; `kind`: a class */

const TARGET = 24; // px, of a button

/**
 * One row of marks. Each draws only where something has changed.
 * @param {HTMLElement} reach @param {Cursor} cursor @param {string} kind a class @param {string} [words] before what a mark says
 */
export function markRow(reach, cursor, kind, words = "") {
  /** @type {{button: HTMLButtonElement, marks: Mark[]}[]} */
  const buttons = [];

  function add() {
    /** @type {typeof buttons[number]} */
    const one = { marks: [], button: el("button", { type: "button", onclick: () => cursor.go(next(one.marks, cursor.position).place) }) };
    buttons.push(one);
    reach.append(one.button);
  }

  /** @param {Mark[]} marks @param {number} width of the rail, px */
  return (marks, width) => {
    const found = grouped(marks, TARGET / Math.max(width, TARGET));
    while (buttons.length > found.length) buttons.pop()?.button.remove();
    while (buttons.length < found.length) add();
    found.forEach((group, k) => {
      const one = buttons[k], [{ part }] = group;
      const text = words + group.map((mark) => mark.text).join("; "), name = group.map((mark) => mark.name).filter(Boolean).join(" · ");
      one.marks = group;
      one.button.className = ["mark", kind, group.find((mark) => mark.kind)?.kind, group.length > 1 ? "many" : ""].filter(Boolean).join(" ");
      set(one.button, { "aria-label": text, title: name ? null : text, "data-name": name || null, "data-side": part > 0.66 ? "left" : part < 0.33 ? "right" : "middle" });
      one.button.style.left = `calc(8px + (100% - 16px) * ${part.toFixed(4)})`;
    });
  };
}

/** Groups whose first marks are at least `near` apart. @param {Mark[]} marks @param {number} near */
export function grouped(marks, near) {
  /** @type {Mark[][]} */
  const groups = [];
  for (const mark of [...marks].sort((a, b) => a.place - b.place)) {
    const last = groups[groups.length - 1];
    if (last && mark.part - last[0].part < near) last.push(mark);
    else groups.push([mark]);
  }
  return groups;
}

/** Of a group the mark after the cursor; from its last, and from elsewhere, the first. @param {Mark[]} group @param {number} position */
export function next(group, position) {
  const at = group.findLastIndex((mark) => mark.place === position);
  return group[(at + 1) % group.length];
}
