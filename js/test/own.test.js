import assert from "node:assert/strict";
import { test } from "node:test";
import { asModule, own, prepare } from "../src/own.js";

const view = { update() {}, summary: () => "", rows: () => ({ head: [], body: [] }) };
const ctx = (sha, more = {}) => /** @type {any} */ ({ spec: { kind: "own", columns: [], module: "a:b.js", ...more }, info: { modules: { "a:b.js": { sha, text: "" } } } });
const known = async (sha, maker) => prepare(/** @type {any} */ ({ modules: { "a:b.js": { sha, text: "x" } } }), async () => maker);

test("a module is evaluated once, and gets the helpers", async () => {
  let times = 0;
  for (let k = 0; k < 2; k++) await prepare(/** @type {any} */ ({ modules: { "a:b.js": { sha: "one", text: "x" } } }), async () => (times++, (_ctx, kit) => (assert.equal(typeof kit.canvasIn, "function"), view)));
  assert.equal(times, 1);
  assert.equal(own(ctx("one")), view);
});

test("a module that fails says so in its view's place", async () => {
  await prepare(/** @type {any} */ ({ modules: { "a:b.js": { sha: "two", text: "x" } } }), async () => { throw new Error("unexpected token"); });
  assert.throws(() => own(ctx("two")), /the view a:b.js is not here: unexpected token/);
  await known("three", undefined);
  assert.throws(() => own(ctx("three")), /could not be run here/);
  await known("four", () => ({ update() {} }));
  assert.throws(() => own(ctx("four")), /has no summary, rows\(\)/);
});

test("a text that is not the one of its hash is not run", async (t) => {
  const text = "export default function pole() {}", url = `data:text/javascript,${encodeURIComponent(text)}`;
  t.mock.method(URL, "createObjectURL", () => url);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)), sha = Buffer.from(digest).toString("hex").slice(0, 16);
  assert.equal((await asModule(sha, text)).name, "pole");
  await assert.rejects(asModule(sha, `${text}\n`), /not the one that its hash names/);
});

test("a view whose topic is not installed says so, and code in its spec is not run", () => {
  const spec = { kind: "own", columns: [], module: "a:c.js", text: "throw 1" };
  assert.throws(() => own(/** @type {any} */ ({ spec, info: {} })), /the view a:c.js is not here: its topic is not installed/);
});

test("a summary may be a template of columns", async () => {
  await known("five", () => view);
  const store = { columns: new Map([["x", { name: "x", kind: "float" }]]), row: () => null, has: () => true, value: () => 2.5 };
  const made = own({ ...ctx("five", { alt: "at {x}, {y}" }), store });
  assert.equal(made.summary(), "at 2.50, {y}");
});
