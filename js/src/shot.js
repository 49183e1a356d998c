/** A part of the page as a picture: its canvases, words and grounds, where they stand, on opaque paper. */

/** @typedef {OffscreenCanvasRenderingContext2D} Pen */

const TOOLS = ".more, .data, .predict, .unseen, .paint"; // what is for hands, or for ears
const CUT = ["hidden", "auto", "scroll", "clip"];
const SIDES = /** @type {const} */ (["Top", "Right", "Bottom", "Left"]);

/**
 * Draws an element and all in it; the pen's origin is the page's.
 * @param {Pen} g @param {Element} node
 */
export function shot(g, node) {
  const style = getComputedStyle(node);
  if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0" || node.matches(TOOLS)) return;
  g.save();
  g.globalAlpha *= Number(style.opacity);
  ground(g, node, style);
  if (CUT.includes(style.overflowX)) {
    const { left, top, width, height } = node.getBoundingClientRect();
    g.beginPath();
    g.rect(left, top, width, height);
    g.clip();
  }
  if (node instanceof HTMLCanvasElement) {
    const { left, top, width, height } = node.getBoundingClientRect();
    if (node.width && node.height) g.drawImage(node, left, top, width, height);
  }
  for (const child of node.childNodes) {
    if (child instanceof Element) shot(g, child);
    else if (child instanceof Text && child.data.trim()) words(g, child, style);
  }
  g.restore();
}

/** Background, borders and outline. @param {Pen} g @param {Element} node @param {CSSStyleDeclaration} style */
function ground(g, node, style) {
  const { left, top, width, height } = node.getBoundingClientRect();
  const radius = parseFloat(style.borderTopLeftRadius) || 0;
  if (seen(style.backgroundColor)) {
    g.fillStyle = style.backgroundColor;
    g.beginPath();
    g.roundRect(left, top, width, height, radius);
    g.fill();
  }
  for (const side of SIDES) {
    const wide = parseFloat(style[`border${side}Width`]), colour = style[`border${side}Color`];
    if (!wide || !seen(colour)) continue;
    g.fillStyle = colour;
    if (side === "Top" || side === "Bottom") g.fillRect(left, side === "Top" ? top : top + height - wide, width, wide);
    else g.fillRect(side === "Left" ? left : left + width - wide, top, wide, height);
  }
  const line = parseFloat(style.outlineWidth);
  if (style.outlineStyle !== "solid" || !line || node.matches(":focus-visible")) return;
  const out = parseFloat(style.outlineOffset) + line / 2;
  g.strokeStyle = style.outlineColor;
  g.lineWidth = line;
  g.beginPath();
  g.roundRect(left - out, top - out, width + 2 * out, height + 2 * out, radius);
  g.stroke();
}

/** @param {string} colour */
const seen = (colour) => colour !== "transparent" && !/^rgba\(.*, 0\)$|\/ 0\)$/.test(colour);

/** A text, line by line as the page has broken it. @param {Pen} g @param {Text} text @param {CSSStyleDeclaration} style */
function words(g, text, style) {
  const { fontStyle, fontWeight, fontSize, fontFamily } = style;
  g.font = `${fontStyle} ${fontWeight} ${parseFloat(fontSize) * (text.parentElement?.currentCSSZoom ?? 1)}px ${fontFamily}`;
  g.fillStyle = style.color;
  g.textBaseline = "alphabetic";
  for (const { said: whole, box } of lines(text)) {
    const said = closest(g, whole, box.width);
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = g.measureText(said);
    g.fillText(said, box.left, box.top + (box.height + up - down) / 2);
  }
}

/** With the blanks at its ends that the page has kept. @param {Pen} g @param {string} text @param {number} width */
function closest(g, text, width) {
  const off = (/** @type {string} */ said) => Math.abs(g.measureText(said).width - width);
  return [text, text.trimEnd(), text.trimStart(), text.trim()].reduce((best, said) => (off(said) < off(best) ? said : best));
}

/** @param {Text} text @returns {{said: string, box: DOMRect}[]} */
function lines(text) {
  const range = document.createRange();
  range.selectNodeContents(text);
  const boxes = [...range.getClientRects()];
  if (boxes.length === 1) return [{ said: text.data.replace(/\s+/g, " "), box: boxes[0] }];
  /** @type {{said: string, box: DOMRect}[]} */
  const found = [];
  for (const word of text.data.matchAll(/\S+/g)) {
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    const pieces = [...range.getClientRects()];
    const last = found.at(-1);
    if (pieces.length > 1) found.push(...letters(text, word.index, word[0]));
    else if (pieces[0] && last && last.box.top === pieces[0].top) last.said += ` ${word[0]}`;
    else if (pieces[0]) found.push({ said: word[0], box: pieces[0] });
  }
  return found;
}

/** A word that is broken. @param {Text} text @param {number} from @param {string} word */
function letters(text, from, word) {
  const range = document.createRange();
  /** @type {{said: string, box: DOMRect}[]} */
  const found = [];
  let at = from;
  for (const letter of word) {
    range.setStart(text, at);
    range.setEnd(text, (at += letter.length));
    const box = range.getBoundingClientRect(), last = found.at(-1);
    if (last && last.box.top === box.top) last.said += letter;
    else found.push({ said: letter, box });
  }
  return found;
}
