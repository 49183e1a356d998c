/** Where one was on the page: what had the focus, and how far everything around was scrolled. */

/** @param {Element} inside @returns {() => void} brings one back there */
export function kept(inside) {
  const focus = focused();
  /** @type {[Element, number, number][]} */
  const scrolled = [];
  for (let node = above(inside); node; node = above(node)) scrolled.push([node, node.scrollLeft, node.scrollTop]);
  return () => {
    for (const [node, left, top] of scrolled) node.scrollTo({ left, top, behavior: "instant" });
    if (focus?.isConnected) focus.focus({ preventScroll: true });
  };
}

/** The element that has the focus, in whatever shadow. */
function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node instanceof HTMLElement ? node : null;
}

/** @param {Element} node @returns {Element | null} */
function above(node) {
  const root = node.getRootNode();
  return node.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}
