import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at, inkOn, ramps } from "../src/colour.js";

const css = readFileSync(new URL("../src/lecture.css", import.meta.url), "utf8");
const LEAST = 7; // WCAG 2.2, 1.4.6: contrast for text

/** The colours of a theme of lecture mode, as a view is given them. @param {string} selector */
function palette(selector) {
  const block = css.split(`${selector} {`)[1].split("}")[0];
  const found = Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, hex]) => [name, [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16))]));
  return { names: Object.keys(found), rgb: (name) => found[name], css: (name) => `rgb(${found[name].join(" ")})` };
}

const channels = (colour) => (typeof colour === "string" ? colour.match(/\d+/g).map(Number) : colour);
const linear = (v) => (v <= 10.3 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const luminance = (colour) => channels(colour).map(linear).reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
const contrast = (a, b) => ([a, b].map((c) => luminance(c) + 0.05).sort((x, y) => y - x).reduce((x, y) => x / y));

for (const selector of [".player.lecture", ".player.lecture.dark"]) {
  const theme = palette(selector);

  test(`${selector}: all that is written or drawn in a colour stands out from paper`, () => {
    const inks = theme.names.filter((name) => /^(ink|edge|accent$|live|bad|value|error|third|lane|wall)/.test(name));
    assert.ok(inks.length >= 15);
    for (const name of inks) assert.ok(contrast(theme.rgb(name), theme.rgb("paper")) >= LEAST, name);
  });

  test(`${selector}: a number reads on every colour of the ramps`, () => {
    for (const [name, ramp] of Object.entries(ramps(theme))) {
      for (let t = 0; t <= 1; t += 1 / 64) {
        const ground = at(ramp, t);
        assert.ok(contrast(inkOn(ground, theme), ground) >= LEAST, `${name} ${t} ${ground}`);
      }
    }
  });
}
