/** What stands behind a few words at the foot: one pane is open at a time, under the figures. */
import { el, unique } from "./dom.js";

/** @import { Moment, Pane } from "./types" */

/** @param {Pane[]} all those without content have no button */
export function panes(all) {
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
      pane.node.hidden = pane !== chosen || !pane.node.hidden;
      buttons[k].setAttribute("aria-expanded", String(!pane.node.hidden));
    });
    if (!chosen.node.hidden) chosen.opened?.();
  }

  return {
    buttons,
    nodes: there.map((pane) => pane.node),
    /** @param {Moment} m */
    update(m) {
      for (const pane of there) if (!pane.node.hidden) pane.update?.(m);
    },
  };
}
