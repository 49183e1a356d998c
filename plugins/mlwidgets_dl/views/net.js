// @ts-check
/**
 * A network as pictures and lines: what each neuron answers over the plane, and every weight between those that are shown.
 * @param {import("../../../js/src/types").Ctx} ctx @param {import("../../../js/src/types").Kit} kit
 * @returns {import("../../../js/src/types").View}
 */
export default function (ctx, kit) {
  const { store, body, spec } = ctx;
  const { open } = kit.canvasIn(body);
  const told = kit.el("p", { class: "hint" });
  told.style.cssText = "margin:4px 0 0;min-height:1lh;overflow-wrap:anywhere"; // an exported page lets no attribute style
  body.append(told);
  body.tabIndex = 0;
  const EACH = Number(spec.each) || 8, [HEAD, FOOT, NEAR] = [22, 40, 6];
  /** @typedef {{x: number, y: number, layer: number}} Place the middle of a picture */
  /** @typedef {{from: number, to: number, weight: number}} Edge */
  /** @type {import("../../../js/src/types").Moment} */
  let moment;
  /** @type {number[]} */
  let sizes = [];
  /** @type {Place[]} */
  let places = [];
  /** @type {Edge[]} */
  let edges = [];
  let side = 38, node = -1, edge = -1;

  /** @param {number} x @param {number} y */
  const over = (x, y) => {
    const found = places.findIndex((p) => Math.abs(p.x - x) <= side / 2 && Math.abs(p.y - y) <= side / 2);
    choose(found, found < 0 ? nearest(x, y) : -1);
  };
  kit.pointer(body, { hover: over, drag: over, leave: () => choose(-1, -1) });
  body.addEventListener("blur", () => choose(-1, -1));
  body.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey || !places.length) return;
    event.preventDefault();
    event.stopPropagation();
    choose(node < 0 ? 0 : (node + by + places.length) % places.length, -1);
    ctx.tell(told.textContent ?? "");
  });

  /** @param {number} a @param {number} b */
  function choose(a, b) {
    if (a === node && b === edge) return;
    [node, edge] = [a, b];
    if (moment) update(moment);
  }

  /** @param {Edge} e @returns {[number, number, number, number]} */
  const ends = ({ from, to }) => [places[from].x + side / 2, places[from].y, places[to].x - side / 2, places[to].y];

  /** The edge under a place, -1 for none. @param {number} x @param {number} y */
  function nearest(x, y) {
    let [found, least] = [-1, NEAR];
    edges.forEach((e, k) => {
      const [x0, y0, x1, y1] = ends(e);
      if (x < x0 || x > x1) return;
      const far = Math.abs((y1 - y0) * (x - x0) - (x1 - x0) * (y - y0)) / Math.hypot(x1 - x0, y1 - y0);
      if (far < least) [found, least] = [k, far];
    });
    return found;
  }

  /** @param {string} name */
  const numbers = (name) => store.array(name, moment.position)?.data;

  /** @returns {string[]} */
  const names = () => {
    const found = /** @type {unknown} */ (store.row("names", moment.position));
    return Array.isArray(found) ? found.map(String) : [];
  };

  /** @param {number} layer */
  const shown = (layer) => Math.min(EACH, sizes[layer]);
  /** @param {number} layer */
  const layerName = (layer) => (layer === 0 ? "inputs" : layer === sizes.length - 1 ? "outputs" : `layer ${layer}`);

  /** Where pictures stand; how high it is. @param {number} width @param {string[]} all */
  function arrange(width, all) {
    const last = shown(sizes.length - 1);
    /** @param {string[]} some */
    const room = (some) => Math.min(width * 0.2, 110, Math.max(20, ...some.map((t) => 6.6 * t.length)) + 10);
    const left = room(all.slice(0, shown(0))), right = room(all.slice(-last));
    const free = width - left - right, many = sizes.length;
    side = Math.max(14, Math.min(38, free / (1.7 * many - 0.7)));
    const step = (free - side) / Math.max(1, many - 1), pitch = side + 8;
    const high = pitch * Math.max(...sizes.map((_, layer) => shown(layer)));
    places = sizes.flatMap((_, layer) => Array.from({ length: shown(layer) }, (_, j) => ({
      layer, x: left + side / 2 + layer * step, y: HEAD + high / 2 + (j - (shown(layer) - 1) / 2) * pitch,
    })));
    return { left, right, step, height: HEAD + high + FOOT, foot: HEAD + high + 12 };
  }

  /** @param {ArrayLike<number>} weights in the order of the column: layer by layer, from each neuron to each */
  function joined(weights) {
    edges = [];
    for (let layer = 1, first = 0; layer < sizes.length; first += shown(layer - 1), layer++) {
      for (let i = 0; i < shown(layer - 1); i++) for (let j = 0; j < shown(layer); j++) {
        edges.push({ from: first + i, to: first + shown(layer - 1) + j, weight: weights[edges.length] });
      }
    }
  }

  /** @param {import("../../../js/src/types").Moment} m */
  function update(m) {
    moment = m;
    const of = numbers("sizes"), weights = numbers("weights"), cell = store.array("neurons", m.position);
    if (!of || !weights || !cell) return;
    sizes = [...of].map(Number);
    const palette = ctx.palette(), all = names();
    const { left, right, step, height, foot } = arrange(kit.widthOf(body), all);
    joined(weights);
    const { g, w } = open(height);
    edges.forEach((e, k) => line(g, palette, e, node < 0 && edge < 0 ? 1 : k === edge || e.from === node || e.to === node ? 2 : 0));
    g.globalAlpha = 1;
    pictures(g, palette, cell);
    words(g, palette, all, { left, right, step, foot });
    key(g, palette, height - 8, w);
    kit.put(told, node >= 0 ? ofNode(node) : edge >= 0 ? ofEdge(edges[edge]) : widest());
    const cut = sizes.flatMap((n, layer) => (n > EACH ? [`${EACH} of ${n} ${layer && layer < sizes.length - 1 ? `neurons of ${layerName(layer)}` : layerName(layer)}`] : []));
    ctx.say(cut.length ? `; ${kit.listed(cut)} shown` : "", "");
  }

  /** @param {any} palette @param {number} weight */
  const inkOf = (palette, weight) => palette.css(weight >= 0 ? "value" : weight < 0 ? "error" : "edge");

  /** @param {CanvasRenderingContext2D} g @param {any} palette @param {Edge} e @param {0 | 1 | 2} rank of others, of all, of what is under the pointer */
  function line(g, palette, e, rank) {
    const [x0, y0, x1, y1] = ends(e), size = Math.abs(e.weight) || 0;
    g.strokeStyle = inkOf(palette, e.weight);
    g.globalAlpha = rank === 2 ? 1 : (0.3 + 0.6 * Math.min(1, size)) * (rank ? 1 : 0.2);
    g.lineWidth = Math.min(7, 0.4 + 1.6 * size) * (palette.strong ? 1.4 : 1);
    g.setLineDash(e.weight < 0 && palette.css("value") === palette.css("error") ? [5, 3] : []); // forced colours
    g.beginPath();
    g.moveTo(x0, y0);
    g.lineTo(x1, y1);
    g.stroke();
    g.setLineDash([]);
  }

  /** A layer's pictures have one scale. @param {CanvasRenderingContext2D} g @param {any} palette @param {import("../../../js/src/types").Cell} cell */
  function pictures(g, palette, { data, shape: [, rows, cols] }) {
    const area = rows * cols;
    for (let layer = 0, first = 0; layer < sizes.length; first += shown(layer), layer++) {
      const range = kit.extent(data.subarray(first * area, (first + shown(layer)) * area), {});
      const table = kit.shades(palette, range.signed ? "signed" : "value");
      for (let k = first; k < first + shown(layer); k++) {
        const [x, y] = [places[k].x - side / 2, places[k].y - side / 2];
        kit.drawPixels(g, { data, from: k * area, rows, cols, colours: 1, lo: range.lo, hi: range.hi, table }, { x, y, w: side, h: side });
        g.strokeStyle = palette.css(k === node ? "ink" : "edge");
        g.lineWidth = k === node ? 2.5 : 1;
        g.strokeRect(x, y, side, side);
      }
    }
  }

  /** @param {CanvasRenderingContext2D} g @param {any} palette @param {string[]} all @param {{left: number, right: number, step: number, foot: number}} at */
  function words(g, palette, all, { left, right, step, foot }) {
    g.font = palette.font(11);
    places.forEach(({ x, y, layer }, k) => {
      g.fillStyle = palette.css("ink");
      if (layer === 0) kit.fitted(g, all[k] ?? "", x - side / 2 - 6, y + 4, left - 8, "right");
      if (layer === sizes.length - 1) kit.fitted(g, all[k] ?? "", x + side / 2 + 6, y + 4, right - 8);
    });
    g.fillStyle = palette.css("ink-2");
    sizes.forEach((n, layer) => {
      const x = left + side / 2 + layer * step;
      kit.write(g, first(g, step - 4, layerName(layer), layer ? String(layer) : "in"), x, 12, "center");
      if (n > EACH) kit.write(g, first(g, step - 4, `${EACH} of ${n} shown`, `${EACH} of ${n}`, `${EACH}/${n}`), x, foot, "center");
    });
  }

  /** The first of some texts that has room, else the last. @param {CanvasRenderingContext2D} g @param {number} room @param {string[]} texts */
  const first = (g, room, ...texts) => texts.find((text) => g.measureText(text).width <= room) ?? texts.at(-1) ?? "";

  /** @param {CanvasRenderingContext2D} g @param {any} palette @param {number} y @param {number} width */
  function key(g, palette, y, width) {
    g.font = palette.font(11);
    const parts = /** @type {[number, string][]} */ ([[1, "weight above 0"], [-1, "below 0"]]);
    const all = parts.reduce((sum, [, text]) => sum + 40 + g.measureText(text).width, -14);
    let x = Math.max(0, (width - all) / 2);
    for (const [sign, text] of parts) {
      g.strokeStyle = inkOf(palette, sign);
      g.lineWidth = 2.5;
      g.setLineDash(sign < 0 && palette.css("value") === palette.css("error") ? [5, 3] : []);
      g.beginPath();
      g.moveTo(x, y - 4);
      g.lineTo(x + 20, y - 4);
      g.stroke();
      g.setLineDash([]);
      g.fillStyle = palette.css("ink-2");
      kit.write(g, text, x + 26, y);
      x += 40 + g.measureText(text).width;
    }
  }

  /** @param {Edge} e */
  const ofEdge = ({ from, to, weight }) => `${names()[from]} → ${names()[to]}: weight ${kit.num(weight)}`;

  function widest() {
    const most = edges.reduce((a, b) => (Math.abs(b.weight) > Math.abs(a.weight) ? b : a));
    return `A line is as wide as its weight is large; the largest now: ${ofEdge(most)}`;
  }

  /** Least and largest answer over the plane. @param {number} k @returns {[number, number]} */
  function range(k) {
    const cell = store.array("neurons", moment.position);
    if (!cell) return [NaN, NaN];
    const area = cell.shape[1] * cell.shape[2];
    const part = Array.from(cell.data.subarray(k * area, (k + 1) * area));
    return [Math.min(...part), Math.max(...part)];
  }

  /** @param {number} k */
  const bias = (k) => numbers("biases")?.[k - shown(0)] ?? NaN;

  /** @param {number} k */
  function ofNode(k) {
    const { layer } = places[k], [lo, hi] = range(k).map(kit.num), name = names()[k];
    if (!layer) return `${name}, in standard deviations from its mean: ${lo} to ${hi} over the plane`;
    const what = layer === sizes.length - 1 ? `${name}: its probability is` : `neuron ${name}: answers`;
    return `${what} ${lo} to ${hi} over the plane; bias ${kit.num(bias(k))}`;
  }

  return {
    update,
    summary() {
      if (!edges.length) return "A network, not here yet.";
      return `Network of ${sizes.join(", ")} neurons, ${edges.length} weights shown, ${moment.label}. ${told.textContent}`;
    },
    rows() {
      const all = names();
      const neurons = places.map(({ layer }, k) => [all[k], layerName(layer), layer ? kit.num(bias(k)) : "", ...range(k).map(kit.num)]);
      const weights = edges.map(({ from, to, weight }) => [`${all[from]} → ${all[to]}`, "weight", kit.num(weight), "", ""]);
      return { head: ["neuron or edge", "where", "bias or weight", "least answer", "most"], body: [...neurons, ...weights] };
    },
  };
}
