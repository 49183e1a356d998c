/** What stands behind a few words at the foot: one pane is open at a time, under the figures. */
import { el, unique } from "./dom.js";

/** @import { Moment, Pane } from "./types" */

/** @param {Pane[]} all those without content have no button @param {() => void} changed */
export function panes(all, changed) {
  const there = all.filter((pane) => pane.node.childElementCount);
  const buttons = there.map((pane) => {
    pane.node.id = unique("mlw-pane");
    pane.node.hidden = true;
    pane.node.setAttribute("aria-label", pane.label);
    return el("button", { class: "link", type: "button", "aria-expanded": "false", "aria-controls": pane.node.id, onclick: () => toggle(pane) }, pane.label);
  });

  /** @param {Pane} chosen */
  function toggle(chosen) {
    there.forEach((pane, k) => {
      const was = !pane.node.hidden;
      pane.node.hidden = pane !== chosen || !pane.node.hidden;
      buttons[k].setAttribute("aria-expanded", String(!pane.node.hidden));
      if (was && pane.node.hidden) pane.closed?.();
    });
    if (!chosen.node.hidden) chosen.opened?.();
    changed();
  }

  return {
    buttons,
    /** Opens a pane from the beginning. @param {string} label */
    open(label) {
      const pane = there.find((one) => one.label === label);
      if (pane?.node.hidden) toggle(pane);
    },
    nodes: there.map((pane) => pane.node),
    /** @param {Moment} m */
    update(m) {
      for (const pane of there) if (!pane.node.hidden) pane.update?.(m);
    },
  };
}
