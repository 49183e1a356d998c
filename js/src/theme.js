/** The theme in force, and its colours for canvases. */
import lecture from "./lecture.css";
import text from "./theme.css";

/** @typedef {[number, number, number]} Rgb */
/** @typedef {{dark: boolean, version: number, strong: boolean, css(name: string): string, rgb(name: string): Rgb, font(size: number, face?: string, weight?: number): string}} Palette `strong` in lecture mode: thick lines, nothing pale */

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** @param {ShadowRoot} root */
export function adoptStyle(root) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(text + lecture);
  }
  root.adoptedStyleSheets = [sheet];
}

/** JupyterLab and VS Code say it on the body; else the reader's system does. */
export function isDark() {
  const { body, documentElement } = document;
  const said = body.dataset.jpThemeLight ?? documentElement.dataset.jpThemeLight;
  if (said) return said === "false";
  const theme = documentElement.dataset.theme ?? body.dataset.theme ?? body.dataset.vscodeThemeKind;
  if (theme) return theme.includes("dark");
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * Calls back when the theme may have changed.
 * @param {() => void} changed @param {AbortSignal} signal
 */
export function watchTheme(changed, signal) {
  const watcher = new MutationObserver(changed);
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "data-theme", "data-vscode-theme-kind", "class"];
  for (const node of [document.body, document.documentElement]) watcher.observe(node, { attributes: true, attributeFilter });
  signal.addEventListener("abort", () => watcher.disconnect());
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", changed, { signal });
  }
}

let version = 0;
const LEGIBLE = 12; // px, of the smallest type in a lecture: twice that on a screen of 1080 lines

/**
 * The tokens of theme.css as colours that a canvas takes: read once a theme, through a probe and one pixel.
 * @param {HTMLElement} player
 * @returns {Palette}
 */
export function paletteOf(player) {
  const probe = document.createElement("span");
  probe.hidden = true;
  player.append(probe);
  const style = getComputedStyle(probe);
  const pixel = /** @type {OffscreenCanvasRenderingContext2D} */ (
    new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
  );
  /** @type {Map<string, Rgb>} */
  const known = new Map();
  /** @param {string} name @returns {Rgb} */
  const rgb = (name) => {
    let colour = known.get(name);
    if (!colour) known.set(name, (colour = read(name)));
    return colour;
  };
  /** @param {string} name @returns {Rgb} */
  const read = (name) => {
    // A translucent ink (JupyterLab's is) is read as it looks on paper.
    pixel.fillStyle = name === "paper" ? "white" : `rgb(${rgb("paper").join(" ")})`;
    pixel.fillRect(0, 0, 1, 1);
    probe.style.color = `var(--${name})`;
    pixel.fillStyle = style.color;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b];
  };
  /** @type {Map<string, string>} */
  const faces = new Map();
  /** @param {string} face */
  const family = (face) => {
    let name = faces.get(face);
    if (!name) {
      probe.style.fontFamily = `var(--${face})`;
      faces.set(face, (name = style.fontFamily));
    }
    return name;
  };
  const strong = player.matches(".lecture, .slide");
  return {
    dark: player.classList.contains("dark"),
    strong,
    version: ++version,
    rgb,
    css: (name) => `rgb(${rgb(name).join(" ")})`,
    font: (size, face = "sans", weight = 400) => `${weight} ${strong ? Math.max(LEGIBLE, size) : size}px ${family(face)}`,
  };
}
