/** Builds the player and the shim into mlwidgets/static/, the same bytes every time. Every player carries the shim, so it is small. */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.env.MLWIDGETS_STATIC ?? at("../mlwidgets/static");
const shared = { bundle: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none", logLevel: "warning", absWorkingDir: at(".") };
const banner = (source) => ({ js: `// Built from js/src/${source} by js/build.mjs.` });

await build({ ...shared, entryPoints: ["src/player.js"], outfile: `${out}/player.js`, minify: true, loader: { ".css": "text" }, banner: banner("player.js") });
await build({ ...shared, entryPoints: ["src/page.js"], outfile: `${out}/page.js`, format: "iife", minify: true, loader: { ".css": "text" }, banner: banner("page.js") });
const reveal = "// With reveal.js 6.0.2, https://revealjs.com, copyright 2011-2026 Hakim El Hattab and contributors, MIT licence.";
await build({ ...shared, entryPoints: ["src/deck.js"], outfile: `${out}/deck.js`, format: "iife", minify: true, loader: { ".css": "text" }, banner: { js: `${banner("deck.js").js}\n${reveal}` } });
for (const name of ["notebook", "deck"]) await build({ ...shared, entryPoints: [`src/${name}.css`], outfile: `${out}/${name}.css`, minify: true });
await build({ ...shared, entryPoints: ["src/shim.js"], outfile: `${out}/shim.js`, minify: true, banner: banner("shim.js") });
await build({ ...shared, entryPoints: ["src/unpack.js"], outfile: `${out}/unpack.js`, format: "iife", minify: true });
