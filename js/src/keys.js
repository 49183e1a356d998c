/** Keys inside the player. What types or slides keeps its own keys. */

/** @import { Cursor } from "./cursor.js" */

/** @param {HTMLElement} box @param {Cursor} cursor @param {Record<string, () => void>} more */
export function keys(box, cursor, more) {
  /** @type {Record<string, () => void>} */
  const does = {
    " ": () => cursor.toggle(),
    ArrowLeft: () => cursor.back(),
    ArrowRight: () => cursor.forward(),
    PageUp: () => cursor.back(10),
    PageDown: () => cursor.forward(10),
    Home: () => cursor.go(0),
    End: () => cursor.toHead(),
    ...more,
  };
  box.addEventListener("keydown", (event) => {
    event.stopPropagation(); // a notebook's own keys are not meant here
    const act = does[event.key];
    if (!act || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (owns(/** @type {HTMLElement} */ (event.target), event.key)) return;
    event.preventDefault();
    act();
  });
}

/** @param {HTMLElement} node @param {string} key */
function owns(node, key) {
  if (node instanceof HTMLInputElement && node.type === "range") return key.length > 1 && node.getAttribute("aria-label") !== "Frame";
  if (node instanceof HTMLInputElement && node.type === "checkbox") return key === " ";
  if (node.matches("input, textarea, select")) return true;
  if (node.matches(".sym")) return false; // one steps, and sees what it becomes
  if (node.closest(".data, pre")) return key !== " ";
  return key === " " && node.matches("button, summary, a");
}
