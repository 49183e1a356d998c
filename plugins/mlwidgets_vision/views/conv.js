// @ts-check
/** @import { Cell, Ctx, Kit, Moment, View } from "mlwidgets" */

/**
 * Picture, kernel and sums side by side: the window of one sum, the kernel's cells to edit, and the multiply-adds written out.
 * @param {Ctx} ctx @param {Kit} kit @returns {View}
 */
export default function (ctx, kit) {
  const { store, spec, body } = ctx;
  const { el, put, set, num } = kit;
  const [EDITED, WRITTEN, HIGH, GAP, NARROW] = [7, 49, 340, 18, 420]; // cells a side that can be edited, products written out, px
  const [DIGIT, TERM] = [7, 9]; // px of a digit, and the digits of a product before its weight
  const presets = /** @type {Record<string, string>} */ (spec.presets ?? {});
  const colours = ["red", "green", "blue"];

  const left = panel("Picture"), right = panel("Sums");
  const grid = styled(el("div", { role: "group", "aria-label": "Kernel cells" }), "display:grid;gap:2px;justify-content:start;margin-bottom:6px");
  const wrong = styled(el("p", { role: "alert", hidden: true }), "color:var(--bad);margin:4px 0;font-size:12px");
  const waits = styled(el("p", { hidden: true }), "color:var(--live);margin:4px 0;font-size:12px");
  const elsewhere = styled(el("p", { hidden: true }, `More than ${EDITED} × ${EDITED} cells: their numbers are edited in the line "kernel".`), "color:var(--ink-2);margin:0 0 4px;font-size:12px");
  const [smaller, larger] = [button("Smaller", () => resize(-1)), button("Larger", () => resize(1))];
  const named = Object.fromEntries(Object.keys(presets).map((name) => [name, button(name, () => tell(parsed(presets[name])))]));
  const chips = styled(el("div", { role: "group", "aria-label": "Kernels with a name" }, ...Object.values(named)), "display:flex;flex-wrap:wrap;gap:0 2px;margin-left:-6px");
  const title = el("span");
  const sizes = styled(el("div", {}, smaller, larger), "display:flex;margin-left:-6px");
  const middle = el("div", {}, head(title), grid, ...(ctx.frozen ? [] : [elsewhere, sizes, chips]), waits, wrong);
  const channel = styled(el("div", { role: "group", "aria-label": "Colour", hidden: true }, ...colours.map((name, c) => button(name, () => see(c)))), "display:flex;margin-left:-6px");
  const sum = styled(el("div"), "font:11.5px/1.7 var(--mono);overflow-x:auto;font-variant-numeric:tabular-nums");
  const products = styled(el("div", {}, head("The sum that is framed"), channel, sum), "min-width:0");
  const stage = styled(el("div", {}, left.node, right.node, middle, products), "display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);align-items:start");
  body.setAttribute("role", "group");
  body.append(stage);

  /** @type {Moment | undefined} */
  let moment;
  /** @type {{x: Cell, K: Cell, y: Cell, s: number, p: number, d: number, o: number, q: number, n: number, m: number, k: number, l: number, depth: number} | null} */
  let now = null;
  /** @type {[number, number] | null} the sum that is looked at */
  let chosen = null;
  let seen = 0; // colour
  /** @type {number[][]} what the inputs show, and what was asked for */
  let cells = [];
  /** @type {{left: number, top: number, size: number}} */
  let scaleIn = { left: 0, top: 0, size: 1 }, scaleOut = { left: 0, top: 0, size: 1 };

  for (const side of [left, right]) {
    const at = (/** @type {number} */ x, /** @type {number} */ y) => (side === left ? ofPicture(x, y) : ofSums(x, y));
    kit.pointer(side.node, { hover: (x, y) => choose(at(x, y)), drag: (x, y) => choose(at(x, y)), leave: () => choose(null) });
    side.canvas.style.cursor = "crosshair";
  }
  set(right.holder, { tabindex: 0, role: "img" });
  right.holder.addEventListener("keydown", key);

  /** @template {HTMLElement} T @param {T} node @param {string} css @returns {T} */
  function styled(node, css) {
    node.style.cssText = css;
    return node;
  }

  /** @param {...(Node | string)} words */
  function head(...words) {
    return styled(el("div", {}, ...words), "font-size:12px;color:var(--ink-2);margin-bottom:4px;white-space:nowrap");
  }

  /** @param {string} name */
  function panel(name) {
    const said = el("span"), foot = el("span"), holder = styled(el("div"), "outline-offset:2px");
    const node = el("div", {}, head(said), holder, styled(head(foot), "font-size:12px;color:var(--ink-2)"));
    return { name, said, foot, holder, node, ...kit.canvasIn(holder) };
  }

  /** @param {string} text @param {() => void} act */
  function button(text, act) {
    const made = el("button", { type: "button", onclick: act }, text);
    return styled(made, "height:24px;padding:0 6px;font-size:12px;color:var(--accent)");
  }

  /** "0,1;2,3" as rows of numbers. @param {unknown} text */
  function parsed(text) {
    const one = (/** @type {string} */ cell) => cell.split("/").map(Number).reduce((a, b) => a / b);
    return String(text ?? "").split(";").filter(Boolean).map((row) => row.split(",").map(one));
  }

  /** @param {number[][]} rows */
  const written = (rows) => rows.map((row) => row.join(",")).join(";");

  /** @param {Cell} cell @returns {number[][]} */
  const matrix = ({ data, shape: [k = 0, l = 0] }) => Array.from({ length: k }, (_, u) => Array.from(data.slice(u * l, (u + 1) * l), Number));

  /** Asks for another kernel. @param {number[][]} rows */
  function tell(rows) {
    wrong.hidden = true;
    ctx.set("kernel", written(rows));
  }

  /** Zeros around the kernel, or its border away. @param {-1 | 1} by */
  function resize(by) {
    const width = cells[0]?.length ?? 1;
    if (by < 0) return tell(cells.slice(1, -1).map((row) => row.slice(1, -1)));
    const none = new Array(width + 2).fill(0);
    tell([none, ...cells.map((row) => [0, ...row, 0]), none]);
  }

  /** @param {number} u @param {number} v @param {HTMLInputElement} input */
  function edit(u, v, input) {
    const text = input.value.trim().replace(/[−–]/g, "-").replace(",", "."), value = text.split("/").map(Number).reduce((a, b) => a / b);
    const fine = text !== "" && Number.isFinite(value) && Math.abs(value) <= 1e6;
    set(input, { "aria-invalid": fine ? null : "true" });
    if (fine) return tell(cells.map((row, r) => row.map((old, c) => (r === u && c === v ? value : old))));
    wrong.hidden = false;
    put(wrong, `"${text.slice(0, 20)}" must be a number, such as 2, −0.5 or 1/9.`);
  }

  /** Up and down go from cell to cell; so does Enter, after it has set one. @param {KeyboardEvent} event @param {number} u @param {number} v */
  function walk(event, u, v) {
    const by = { ArrowUp: -1, ArrowDown: 1, Enter: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const width = cells[0]?.length ?? 1, next = grid.children[(u + by) * width + v];
    if (next instanceof HTMLInputElement) next.select(), next.focus();
    else if (event.key === "Enter") /** @type {HTMLInputElement} */ (event.target).blur();
  }

  /** The kernel's inputs, made anew when its size changes. */
  function drawKernel() {
    const palette = ctx.palette(), rows = cells.length, width = cells[0]?.length ?? 0, edited = Math.max(rows, width) <= EDITED;
    const side = edited ? Math.max(width > 5 ? 34 : 44, Math.ceil(widest(short) * DIGIT) + 8) : Math.max(5, Math.floor(200 / Math.max(rows, width)));
    if (grid.dataset.size !== `${rows} ${width} ${side}`) {
      grid.dataset.size = `${rows} ${width} ${side}`;
      grid.style.gridTemplateColumns = `repeat(${width}, ${side}px)`;
      grid.style.gap = edited ? "2px" : "0";
      grid.style.width = edited ? "" : "max-content";
      grid.style.outline = edited ? "" : "1px solid var(--edge)";
      elsewhere.hidden = edited;
      grid.replaceChildren(...cells.flatMap((row, u) => row.map((_, v) => (edited ? cellInput(u, v, side) : styled(el("span"), `height:${side}px`)))));
    }
    const most = Math.max(1e-12, ...cells.flat().map(Math.abs)), ramp = kit.ramps(palette).signed;
    const active = /** @type {ShadowRoot | Document} */ (grid.getRootNode()).activeElement;
    cells.flat().forEach((value, k) => {
      const node = /** @type {HTMLElement} */ (grid.children[k]), colour = kit.at(ramp, 0.5 + value / most / 2);
      node.style.background = colour;
      if (!(node instanceof HTMLInputElement) || node === active) return;
      node.style.color = kit.inkOn(colour, palette);
      if (node.getAttribute("aria-invalid") !== "true" || wrong.hidden) {
        node.value = short(value);
        set(node, { "aria-invalid": null, title: String(value) });
      }
    });
    put(title, `Kernel ${rows} × ${width}`);
    smaller.hidden = Math.min(rows, width) < 3;
    larger.hidden = Math.max(rows, width) > 29;
    for (const [name, chip] of Object.entries(named)) set(chip, { "aria-pressed": String(written(parsed(presets[name])) === written(cells)) });
    for (const chip of Object.values(named)) chip.style.fontWeight = chip.getAttribute("aria-pressed") === "true" ? "600" : "400";
  }

  /** @param {number} u @param {number} v @param {number} side */
  function cellInput(u, v, side) {
    const input = el("input", { type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", disabled: ctx.frozen, "aria-label": `Kernel row ${u + 1}, column ${v + 1}` });
    input.addEventListener("change", () => edit(u, v, input));
    input.addEventListener("keydown", (event) => walk(event, u, v));
    return styled(input, `width:${side}px;height:30px;padding:0;border:1px solid var(--edge);border-radius:2px;text-align:center;font:12px var(--mono)`);
  }

  /** @param {Moment} m */
  function update(m) {
    moment = m;
    const [x, K, y] = ["x", "K", "y"].map((name) => store.array(name, m.position));
    if (!x || !K || !y) return;
    const [s, p, d, o] = ["s", "p", "d", "o"].map((name) => store.value(name, m.position));
    now = { x, K, y, s, p, d, o, q: o && y.shape.length > 1 ? y.shape[1] : 0, n: x.shape[0], m: x.shape[1], k: K.shape[0], l: K.shape[1], depth: x.shape[2] ?? 1 };
    const shown = matrix(K), asked = parsed(m.state.params.kernel), newest = m.position >= store.head;
    const later = newest && written(asked) !== written(shown) && asked.length > 0 && asked.flat().every(Number.isFinite);
    cells = later ? asked : shown;
    waits.hidden = !later;
    if (later) put(waits, "holds from the next row on");
    drawKernel();
    layout();
    draw();
  }

  /** Picture and sums side by side; what is summed stands below them. */
  function layout() {
    const width = Math.max(240, kit.widthOf(body)), side = Math.floor((width - GAP) / 2);
    stage.style.gap = `12px ${GAP}px`;
    for (const one of [left, right]) one.holder.style.width = `${side}px`;
    const long = side < (cells[0] ?? []).reduce((px, _, v) => px + 10 + DIGIT * (TERM + widest(signed, v)), 0);
    middle.style.gridColumn = width < NARROW ? "1 / -1" : "1";
    products.style.gridColumn = long || width < NARROW ? "1 / -1" : "2";
    for (const one of [left, right]) kit.measure(one.holder);
  }

  function draw() {
    if (!now) return;
    const at = place();
    drawPicture(at);
    drawSums(at);
    drawSum(at);
  }

  /** The sum that is looked at: the chosen one, else the middle of the newest row, or of all. @returns {[number, number] | null} */
  function place() {
    if (!now) return null;
    const done = now.y.shape[0];
    if (!done || !now.q) return null;
    if (chosen) return [Math.min(chosen[0], done - 1), Math.min(chosen[1], now.q - 1)];
    return [done < now.o ? done - 1 : now.o >> 1, now.q >> 1];
  }

  /** @param {[number, number] | null} at */
  function drawPicture(at) {
    if (!now) return;
    const { x, n, m, p, s, d, k, l, depth } = now, palette = ctx.palette();
    const size = Math.min(kit.widthOf(left.holder) / (m + 2 * p), HIGH / (n + 2 * p)), edge = p * size;
    const { g } = left.open(Math.ceil((n + 2 * p) * size));
    scaleIn = { left: edge, top: edge, size };
    if (p) {
      g.fillStyle = palette.css("rule");
      g.fillRect(0, 0, (m + 2 * p) * size, (n + 2 * p) * size);
    }
    kit.drawPixels(g, { data: x.data, from: 0, rows: n, cols: m, colours: depth, lo: 0, hi: 1, table: kit.shades(palette, "light") }, { x: edge, y: edge, w: m * size, h: n * size });
    put(left.said, `Picture ${n} × ${m}`);
    put(left.foot, p ? `${p} ${p > 1 ? "zeros" : "zero"} around` : "");
    if (!at) return;
    const [top, start] = [at[0] * s * size, at[1] * s * size], [high, wide] = [(d * (k - 1) + 1) * size, (d * (l - 1) + 1) * size];
    outlined(g, start, top, wide, high);
    if (d > 1 && k * l <= WRITTEN) for (let u = 0; u < k; u++) for (let v = 0; v < l; v++) outlined(g, start + v * d * size, top + u * d * size, size, size);
  }

  /** Seen on any picture: ink with paper around. @param {CanvasRenderingContext2D} g @param {number} x @param {number} y @param {number} w @param {number} h */
  function outlined(g, x, y, w, h) {
    for (const [name, line] of /** @type {const} */ ([["paper", 4], ["ink", 2]])) {
      g.strokeStyle = ctx.palette().css(name);
      g.lineWidth = line;
      g.strokeRect(x + 1, y + 1, Math.max(2, w - 2), Math.max(2, h - 2));
    }
  }

  /** @param {[number, number] | null} at */
  function drawSums(at) {
    if (!now || !moment) return;
    const { y, o, q, K, depth } = now, palette = ctx.palette(), done = y.shape[0];
    const size = q ? Math.min(kit.widthOf(right.holder) / q, HIGH / o) : 1;
    const { g } = right.open(q ? Math.ceil(o * size) : 40);
    scaleOut = { left: 0, top: 0, size };
    const total = Array.from(K.data, Number).reduce((a, b) => a + b, 0), photo = Math.abs(total - 1) < 1e-6;
    const least = store.value("least", moment.position), end = Math.max(store.value("bound", moment.position), 1e-9);
    const [lo, hi] = photo ? [0, 1] : [least < 0 ? -end : 0, end];
    if (q) {
      g.fillStyle = palette.css("panel");
      g.fillRect(0, 0, q * size, o * size);
    }
    if (done && q) kit.drawPixels(g, { data: y.data, from: 0, rows: done, cols: q, colours: depth, lo, hi, table: kit.shades(palette, photo || least >= 0 ? "light" : "signed") }, { x: 0, y: 0, w: q * size, h: done * size });
    if (at) outlined(g, at[1] * size, at[0] * size, size, size);
    const beyond = y.data.length ? Array.from(y.data, Number).filter((v) => v < lo - 1e-6 || v > hi + 1e-6).length / y.data.length : 0;
    put(right.said, q ? `Sums ${o} × ${q}` : "No window fits");
    const [low, high] = photo || least >= 0 || depth > 1 ? ["black", "white"] : ["violet", "green"];
    put(right.foot, q ? `${low} ${num(lo)}, ${high} ${num(hi)}${beyond ? `; ${kit.fixed(100 * beyond, 1)}% beyond` : ""}` : "");
    ctx.say("", at ? `row ${at[0]}, column ${at[1]}: ${num(valueOf(at))}` : "");
    set(right.holder, { "aria-label": at ? `Sum at row ${at[0]}, column ${at[1]}: ${num(valueOf(at))}. Arrow keys move` : "No sums" });
  }

  /** @param {[number, number]} at */
  function valueOf([i, j]) {
    if (!now) return NaN;
    return now.y.data[(i * now.q + j) * now.depth + Math.min(seen, now.depth - 1)];
  }

  /** The products of one sum. @param {[number, number]} at @returns {{x: number, weight: number, out: boolean}[][]} */
  function terms([i, j]) {
    if (!now) return [];
    const { x, K, s, p, d, n, m, k, l, depth } = now, c = Math.min(seen, depth - 1);
    return Array.from({ length: k }, (_, u) => Array.from({ length: l }, (_, v) => {
      const [r, t] = [s * i + d * u - p, s * j + d * v - p], out = r < 0 || t < 0 || r >= n || t >= m;
      return { x: out ? 0 : x.data[(r * m + t) * depth + c], weight: K.data[u * l + v], out };
    }));
  }

  /** @param {[number, number] | null} at */
  function drawSum(at) {
    channel.hidden = !now || now.depth < 2;
    [...channel.children].forEach((child, c) => set(child, { "aria-pressed": String(c === seen) }));
    for (const child of channel.children) /** @type {HTMLElement} */ (child).style.fontWeight = child.getAttribute("aria-pressed") === "true" ? "600" : "400";
    if (!now || !at) return sum.replaceChildren(String(store.row("said", moment?.position ?? 0) ?? ""));
    const all = terms(at), total = all.flat().reduce((sum, { x, weight }) => sum + x * weight, 0);
    const few = all.flat().length <= WRITTEN, width = all[0]?.length ?? 1;
    const term = (/** @type {{x: number, weight: number, out: boolean}} */ { x, weight, out }) => el("span", { title: out ? "outside the picture: a zero" : null }, `${kit.fixed(x, 2)} × ${signed(weight)}`);
    const rows = few ? all.map((row, u) => row.map((product, v) => [u || v ? "+ " : "", term(product)])) : [];
    const table = styled(el("div"), `display:grid;grid-template-columns:repeat(${width}, max-content);gap:0 10px`);
    table.append(...rows.flat().map((parts) => el("span", {}, ...parts)));
    const sums = all.map((row) => row.reduce((sum, { x, weight }) => sum + x * weight, 0));
    const lines = few ? [table] : [el("div", {}, `${all.length * width} products; of the kernel's rows: ${sums.map((v) => kit.fixed(v, 2)).join(" + ").replace(/\+ −/g, "− ")}`)];
    const value = valueOf(at), same = Math.abs(value - total) <= 1e-5 * Math.max(1, Math.abs(total));
    sum.replaceChildren(...lines, styled(el("div", {}, `= ${kit.fixed(total, 4)}, ${same ? "the sum" : `not ${kit.fixed(value, 4)},`} at row ${at[0]}, column ${at[1]}${now.depth > 1 ? `, ${colours[seen]}` : ""}`), "font-weight:600"));
  }

  /** @param {number} v */
  const short = (v) => kit.plain(Number(v.toPrecision(3)));

  /** A factor after ×. @param {number} v */
  const signed = (v) => (v < 0 ? `(${short(v)})` : short(v));

  /** Digits of the longest weight, of all or of a column. @param {(weight: number) => string} text @param {number} [v] */
  const widest = (text, v) => Math.max(1, ...(v === undefined ? cells.flat() : cells.map((row) => row[v])).map((weight) => text(weight).length));

  /** @param {number} x @param {number} y @returns {[number, number] | null} the sum whose window's middle is nearest */
  function ofPicture(x, y) {
    if (!now || !now.q) return null;
    const { s, d, k, l, o, q } = now, top = left.holder.offsetTop - left.node.offsetTop, { size } = scaleIn;
    const one = (/** @type {number} */ at, /** @type {number} */ count, /** @type {number} */ end) => Math.max(0, Math.min(end - 1, Math.round((at / size - 0.5 - (d * (count - 1)) / 2) / s)));
    return y < top ? null : [one(y - top, k, o), one(x, l, q)];
  }

  /** @param {number} x @param {number} y @returns {[number, number] | null} */
  function ofSums(x, y) {
    if (!now || !now.q) return null;
    const top = right.holder.offsetTop - right.node.offsetTop, [i, j] = [Math.floor((y - top) / scaleOut.size), Math.floor(x / scaleOut.size)];
    return i < 0 || j < 0 || i >= now.y.shape[0] || j >= now.q ? null : [i, j];
  }

  /** @param {[number, number] | null} next */
  function choose(next) {
    if (String(next) === String(chosen)) return;
    chosen = next;
    draw();
  }

  /** @param {number} c */
  function see(c) {
    seen = c;
    draw();
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const from = place();
    if (!by || !now || !from || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    choose([Math.max(0, Math.min(now.y.shape[0] - 1, from[0] + by[0])), Math.max(0, Math.min(now.q - 1, from[1] + by[1]))]);
    ctx.tell(`row ${chosen?.[0]}, column ${chosen?.[1]}: ${(sum.textContent ?? "").slice(0, 400)}`);
  }

  return {
    update,
    summary: () => String(store.row("said", moment?.position ?? 0) ?? "Not here yet."),
    rows() {
      const at = place();
      const body = at ? terms(at).flatMap((row, u) => row.map(({ x, weight }, v) => [`${u}, ${v}`, num(x), num(weight), num(x * weight)])) : [];
      return { head: ["kernel row, column", "pixel", "weight", "product"], body: body.slice(0, 200), note: at ? `the sum at row ${at[0]}, column ${at[1]}: ${num(valueOf(at))}` : "no sums" };
    },
  };
}
