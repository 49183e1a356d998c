// @ts-check
/**
 * A network as neurons and arrows: answers in one colour, adjoints in another, a neuron's rule when it is chosen.
 * @param {import("../../../js/src/types").Ctx} ctx @param {import("../../../js/src/types").Kit} kit
 * @returns {import("../../../js/src/types").View}
 */
export default function (ctx, kit) {
  const { store, body } = ctx;
  const { open, canvas } = kit.canvasIn(body);
  const rule = kit.el("p", { class: "hint" });
  rule.style.cssText = "margin:4px 0 0;overflow-wrap:anywhere;white-space:pre-line"; // an exported page lets no attribute style
  body.append(rule);
  body.tabIndex = 0;
  const RADIUS = 27, GAP = 76; // a neuron holds −5.1e−4
  /** @type {import("../../../js/src/types").Moment} */
  let moment;
  /** @type {number[]} */
  let sizes = [];
  /** @type {{x: number, y: number, layer: number}[]} */
  let places = [];
  let chosen = -1;

  kit.pointer(body, { hover: (x, y) => void (canvas.style.cursor = near(x, y) < 0 ? "" : "pointer") });
  body.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    choose(near(event.clientX - box.left, event.clientY - box.top));
  });
  body.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey || !places.length) return;
    event.preventDefault();
    event.stopPropagation();
    choose((Math.max(shown(), 0) + by + places.length) % places.length);
    ctx.tell(rule.textContent ?? "");
  });

  /** @param {number} x @param {number} y */
  const near = (x, y) => places.findIndex((p) => Math.hypot(p.x - x, p.y - y) <= RADIUS);

  /** @param {number} k */
  function choose(k) {
    chosen = k === chosen ? -1 : k;
    if (moment) update(moment);
  }

  /** The neuron whose rule is told: the chosen one, else the one at work. */
  const shown = () => (chosen >= 0 ? chosen : Number(store.value("at", moment.position)));

  /** @param {string} name */
  const numbers = (name) => store.array(name, moment.position)?.data;

  /** @param {string} name @returns {string[]} */
  const texts = (name) => {
    const found = /** @type {unknown} */ (store.row(name, moment.position));
    return Array.isArray(found) ? found.map(String) : [];
  };

  /** @param {number} width */
  function arrange(width) {
    const height = Math.max(140, GAP * Math.max(...sizes) + 24);
    const step = (width - 80) / Math.max(1, sizes.length - 1);
    places = sizes.flatMap((n, layer) => Array.from({ length: n }, (_, j) => ({
      layer, x: 40 + layer * step, y: height / 2 + 8 + (j - (n - 1) / 2) * GAP,
    })));
    return height + 8;
  }

  /** @param {import("../../../js/src/types").Moment} m */
  function update(m) {
    moment = m;
    const of = numbers("sizes");
    const [h, dh, w, dw] = ["h", "dh", "w", "dw"].map(numbers);
    if (!of || !h || !dh || !w || !dw) return;
    sizes = [...of].map(Number);
    const palette = ctx.palette();
    const height = arrange(kit.widthOf(body));
    const { g } = open(height);
    const at = shown(), names = texts("names");
    edges((i, j, k) => edge(g, palette, places[i], places[j], w[k], dw[k], at === i ? 0.66 : at === j ? 0.34 : 0));
    places.forEach((place, k) => neuron(g, palette, place, names[k] ?? "", h[k], dh[k], k === at));
    kit.put(rule, texts("rules")[at] ?? "");
    ctx.say("", m.label);
  }

  /** @param {(from: number, to: number, weight: number) => void} each in the order of the column of weights */
  function edges(each) {
    let first = 0, k = 0;
    for (let layer = 1; layer < sizes.length; layer++) {
      const next = first + sizes[layer - 1];
      for (let i = 0; i < sizes[layer - 1]; i++) for (let j = 0; j < sizes[layer]; j++) each(first + i, next + j, k++);
      first = next;
    }
  }

  /** @param {CanvasRenderingContext2D} g @param {any} palette @param {{x: number, y: number}} a @param {{x: number, y: number}} b @param {number} w @param {number} dw @param {number} told how far along its numbers stand, 0 for none */
  function edge(g, palette, a, b, w, dw, told) {
    const long = Math.hypot(b.x - a.x, b.y - a.y), [ux, uy] = [(b.x - a.x) / long, (b.y - a.y) / long];
    const [x0, y0, x1, y1] = [a.x + ux * RADIUS, a.y + uy * RADIUS, b.x - ux * RADIUS, b.y - uy * RADIUS];
    const back = !Number.isNaN(dw);
    g.strokeStyle = palette.css(back ? "error" : "edge");
    g.globalAlpha = told ? 1 : 0.45;
    g.lineWidth = 0.7 + 2.3 * Math.min(1, Math.abs(w));
    g.setLineDash(w < 0 ? [5, 3] : []);
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
    g.setLineDash([]);
    g.globalAlpha = 1;
    if (!told || long < 150) return;
    const [x, y] = [a.x + ux * long * told, a.y + uy * long * told];
    label(g, palette, kit.num(w), x, y - (back ? 7 : 0), palette.css("value"));
    if (back) label(g, palette, kit.num(dw), x, y + 7, palette.css("error"));
  }

  /** @param {CanvasRenderingContext2D} g @param {any} palette @param {string} text @param {number} x @param {number} y @param {string} colour */
  function label(g, palette, text, x, y, colour) {
    g.font = palette.font(11, "mono");
    const wide = g.measureText(text).width + 4;
    g.fillStyle = palette.css("paper");
    g.fillRect(x - wide / 2, y - 7, wide, 14);
    g.fillStyle = colour;
    kit.write(g, text, x, y + 4, "center");
  }

  /** @param {CanvasRenderingContext2D} g @param {any} palette @param {{x: number, y: number}} place @param {string} name @param {number} h @param {number} dh @param {boolean} now */
  function neuron(g, palette, { x, y }, name, h, dh, now) {
    g.beginPath();
    g.arc(x, y, RADIUS, 0, 2 * Math.PI);
    g.fillStyle = palette.css("paper");
    g.fill();
    g.strokeStyle = palette.css(now ? "ink" : "edge");
    g.lineWidth = now ? 2.5 : 1;
    g.stroke();
    const both = !Number.isNaN(dh);
    g.font = palette.font(11, "mono");
    if (!Number.isNaN(h)) {
      g.fillStyle = palette.css("value");
      kit.write(g, kit.num(h), x, y + (both ? -2 : 4), "center");
    }
    if (both) {
      g.fillStyle = palette.css("error");
      kit.write(g, kit.num(dh), x, y + 12, "center");
    }
    g.font = palette.font(11, "sans", 600);
    g.fillStyle = palette.css("ink");
    kit.write(g, name, x, y - RADIUS - 5, "center");
  }

  return {
    update,
    summary() {
      const done = texts("rules").filter((text) => text.includes("∂L")).length;
      return `Network of ${sizes.join(", ")} neurons, ${moment?.label ?? ""}; ${done} adjoints known. ${rule.textContent}`;
    },
    rows() {
      const [h, dh, names] = [numbers("h"), numbers("dh"), texts("names")];
      const body = names.map((name, k) => [name, kit.num(h?.[k] ?? NaN), kit.num(dh?.[k] ?? NaN), texts("rules")[k] ?? ""]);
      return { head: ["neuron", "answer", "adjoint", "rule"], body };
    },
  };
}
