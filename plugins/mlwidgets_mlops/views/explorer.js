// @ts-check
/**
 * The documentation of a service without a network: each operation, what it takes, what it may answer; the request of
 * the frame; and a body of the reader's own.
 * @type {import("mlwidgets").OwnMaker}
 */
export default function explorer(ctx, kit) {
  const { el, put } = kit, { spec, store, body } = ctx;
  const [OPENAPI, REQUEST, STATUS, ANSWER, ASKED, URL] = spec.columns;
  const ask = String(spec.ask ?? "");
  const root = el("div", { class: "service" });
  let dressed = false;
  body.removeAttribute("role"); // it is no picture: its words are read as they stand
  body.append(root);

  const where = el("span", { class: "told" }), list = el("ul", { "aria-label": "Operations" }), place = el("code", {}), fault = el("p", { role: "alert", hidden: true }, "");
  const status = el("span", { class: "verdict mono" }), said = el("span", { class: "mono" }), sent = el("pre", { tabindex: 0, "aria-label": "What was sent" }), got = el("pre", { tabindex: 0, "aria-label": "What came back" });
  const field = el("textarea", { "aria-label": "A body of your own", spellcheck: "false", placeholder: '{"rows": [{…}]}' });
  const button = el("button", { type: "button", onclick: () => ctx.set(ask, field.value) }, "Send it");
  field.addEventListener("keydown", (event) => event.stopPropagation()); // keys are the field's own
  const own = el("div", {}, el("div", { class: "row" }, el("b", {}, "Ask it yourself"), el("span", { class: "told" }, "POST /predict"), button), field);
  root.append(el("div", { class: "row" }, where, place), fault, list,
    el("div", { class: "row" }, status, said), sent, got, ...(ask && !ctx.frozen ? [own] : []));

  let known = "", label = "";

  /** Its style stands beside the player's, once it is on the page. */
  function dress() {
    const at = body.getRootNode();
    if (dressed || !(at instanceof ShadowRoot)) return;
    dressed = true;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    at.adoptedStyleSheets = [...at.adoptedStyleSheets, sheet];
  }

  /** Is somebody there? @param {string} status of the run @param {boolean} answered */
  function standing(status, answered) {
    if (ctx.frozen || !["ready", "running", "paused"].includes(status)) return "listened while the run went on, on this machine only:";
    return answered ? "listens on this machine only:" : "nobody listens now at";
  }

  /** @type {{name: string, told: string, statuses: string[], node: HTMLElement}[]} */
  let operations = [];

  /** @param {any} openapi */
  function renew(openapi) {
    operations = Object.entries(openapi.paths ?? {}).flatMap(([path, methods]) => Object.entries(methods).map(([method, told]) => operation(openapi, `${method.toUpperCase()} ${path}`, told)));
    list.replaceChildren(...operations.map(({ node }) => el("li", {}, node)));
    const example = exampled(openapi);
    if (!field.value && example) field.value = example;
  }

  /** @param {any} openapi @param {string} name @param {any} told */
  function operation(openapi, name, told) {
    const statuses = Object.keys(told.responses ?? {});
    const takes = fields(openapi, told.requestBody?.content?.["application/json"]?.schema);
    const node = el("details", {}, el("summary", {}, el("b", { class: "mono" }, name), el("span", { class: "told" }, String(told.description ?? told.summary ?? "")), el("span", { class: "mono told" }, statuses.join(" "))),
      el("div", { class: "inside" }, ...(told.security ? [el("p", {}, "Needs the token: Authorization: Bearer …")] : []), ...(takes.length ? [tabled("Takes", ["name", "is", "range"], takes)] : []),
        tabled("Answers", ["status", "means"], Object.entries(told.responses ?? {}).map(([code, response]) => [code, String(/** @type {any} */ (response).description ?? "")]))));
    return { name, told: String(told.description ?? ""), statuses, node };
  }

  /** @param {string} title @param {string[]} head @param {string[][]} rows */
  function tabled(title, head, rows) {
    return el("table", { "aria-label": title }, el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((text) => el("td", {}, text))))));
  }

  /** Follows a reference. @param {any} openapi @param {any} schema @returns {any} */
  function followed(openapi, schema) {
    const name = String(schema?.$ref ?? "").split("/").pop();
    return name ? openapi.components?.schemas?.[name] : schema;
  }

  /** The fields of a body, those of an array's items after it. @param {any} openapi @param {any} schema @param {string} [before] @returns {string[][]} */
  function fields(openapi, schema, before = "") {
    return Object.entries(followed(openapi, schema)?.properties ?? {}).slice(0, 60).flatMap(([name, given]) => {
      const of = followed(openapi, given), list = of?.type === "array";
      const rows = [[before + name, list ? "list" : String(of?.type ?? ""), list ? between(of.minItems, of.maxItems) : between(of?.minimum, of?.maximum)]];
      return list && before.length < 9 ? [...rows, ...fields(openapi, of.items, `${before}${name}[].`)] : rows;
    });
  }

  /** @param {unknown} lo @param {unknown} hi */
  function between(lo, hi) {
    const far = (/** @type {unknown} */ v) => typeof v !== "number" || Math.abs(v) >= 1e299;
    return far(lo) && far(hi) ? "finite" : `${far(lo) ? "" : kit.plain(Number(lo))} … ${far(hi) ? "" : kit.plain(Number(hi))}`;
  }

  /** A body that fits, in the middle of each range. @param {any} openapi */
  function exampled(openapi) {
    const schema = followed(openapi, openapi.paths?.["/predict"]?.post?.requestBody?.content?.["application/json"]?.schema);
    const row = followed(openapi, schema?.properties?.rows?.items)?.properties ?? {};
    const middle = (/** @type {any} */ of) => (Math.abs(of.minimum ?? 1e300) < 1e299 ? Number(((of.minimum + of.maximum) / 2).toPrecision(3)) : 0);
    return JSON.stringify({ rows: [Object.fromEntries(Object.entries(row).map(([name, of]) => [name, middle(of)]))] });
  }

  return {
    update(m) {
      dress();
      const text = store.row(OPENAPI, m.position);
      if (typeof text !== "string") return; // not here yet
      label = m.label;
      if (text !== known) {
        known = text;
        try {
          renew(JSON.parse(text));
          fault.hidden = true;
        } catch {
          fault.hidden = false;
          put(fault, "Its documentation cannot be read.");
        }
      }
      const word = (/** @type {string} */ name) => String(store.row(name, m.position) ?? "");
      const code = store.value(STATUS, m.position);
      put(where, standing(m.state.status, Boolean(code)));
      put(place, word(URL));
      put(status, code ? String(code) : "no answer");
      status.className = `verdict mono ${code === 200 ? "good" : "bad"}`;
      put(said, word(REQUEST));
      put(sent, word(ASKED));
      put(got, word(ANSWER));
      sent.hidden = !sent.textContent;
      got.hidden = !got.textContent;
      button.disabled = ctx.frozen;
      for (const { name, node } of operations) node.classList.toggle("here", word(REQUEST).startsWith(`${name}:`));
      ctx.say("", code ? String(code) : "");
    },
    summary: () => `${operations.length} operations: ${kit.listed(operations.map(({ name }) => name))}, ${label}; ${status.textContent}: ${said.textContent}.`,
    rows: () => ({ head: ["operation", "does", "statuses"], body: operations.map(({ name, told, statuses }) => [name, told, statuses.join(" ")]) }),
  };
}

const STYLE = `
  .service { font: 13px/1.5 var(--sans); color: var(--ink); }
  .service ul { margin: 0; padding: 0; list-style: none; }
  .service summary { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: baseline; min-height: 28px; padding: 3px 6px; cursor: pointer; border-bottom: 1px solid var(--rule); }
  .service summary::before { content: "▸"; color: var(--ink-2); }
  .service details[open] > summary::before { content: "▾"; }
  .service :is(summary, textarea, button, pre):focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .service :is(code, pre, textarea, td, .mono) { font: 12px/1.5 var(--mono); }
  .service td:last-child { font-family: var(--sans); }
  .service .here { box-shadow: inset 3px 0 var(--value); }
  .service .told { color: var(--ink-2); }
  .service .inside { padding: 6px 6px 10px 22px; overflow-x: auto; }
  .service table { margin-bottom: 6px; border-collapse: collapse; }
  .service :is(th, td) { text-align: left; padding: 1px 16px 1px 0; vertical-align: top; white-space: normal; }
  .service pre { margin: 4px 0; padding: 6px 8px; max-height: 130px; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--rule); border-radius: 3px; }
  .service .verdict { font-weight: 600; }
  .service .good { color: var(--value); }
  .service .bad { color: var(--error); }
  .service .row { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; margin-top: 10px; }
  .service .row:first-child { margin-top: 0; }
  .service textarea { box-sizing: border-box; width: 100%; min-height: 72px; max-height: 220px; field-sizing: content; margin-top: 4px; padding: 6px 8px; color: var(--ink); background: var(--paper); border: 1px solid var(--edge); border-radius: 3px; resize: vertical; }
  .service button { font: inherit; min-height: 26px; padding: 2px 12px; color: var(--accent-ink); background: var(--accent); border: 0; border-radius: 4px; cursor: pointer; }
  .service [hidden] { display: none; }`;
