// Words for the page: what is painted, and when. Every time is taken after the paint itself.
(() => {
  // Each view opens its canvas with clearRect and draws on it in the same task.
  const draws = new WeakMap();
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    draws.set(this.canvas, (draws.get(this.canvas) ?? 0) + 1);
    return clearRect.apply(this, box);
  };

  /** Milliseconds of the epoch, right after the next animation frame was painted. */
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(Date.now());
    port2.postMessage(0);
  }));

  const cells = () => [...document.querySelectorAll(".jp-Notebook .jp-Notebook-cell")];
  const within = (i) => (i < 0 ? document : cells()[i]);
  const hosts = (i) => [...within(i).querySelectorAll(".jp-OutputArea .mlwidgets")];
  const canvases = (host) => [...host.shadowRoot.querySelectorAll("canvas")];
  const isPainted = (host) => canvases(host).some((canvas) => draws.get(canvas));
  const fresh = (i) => hosts(i).filter((host) => !host.dataset.old);
  const named = (host, label) => host.shadowRoot.querySelector(`[aria-label="${label}"]`);
  const inked = (canvas) => {
    const { width, height } = canvas;
    return canvas.getContext("2d").getImageData(0, 0, width, height).data.some((v, k) => k % 4 === 3 && v);
  };

  const conditions = {
    players: (i, n) => fresh(i).filter(isPainted).length >= n,
    mounted: (i, n) => fresh(i).filter((host) => named(host, "Frame")).length >= n,
    present: (i, n, selector) => within(i).querySelectorAll(selector).length >= n,
  };

  async function until(condition, limit) {
    const end = Date.now() + limit;
    for (;;) {
      const now = await painted();
      if (condition()) return now;
      if (now > end) return null;
    }
  }

  globalThis.bench = {
    /** Runs a cell (all for -1): ms to the first paint at which the condition holds, null if never. */
    async run(i, name, n, selector = "", limit = 60000) {
      for (const host of hosts(i)) host.dataset.old = "yes";
      const notebook = lab.panel().content;
      notebook.deselectAll();
      notebook.activeCellIndex = Math.max(0, i);
      const start = Date.now();
      const done = lab.app().commands.execute(i < 0 ? "notebook:run-all-cells" : "notebook:run-cell");
      const at = await until(() => conditions[name](i, n, selector), limit);
      if (at !== null) await done;
      return at === null ? null : at - start;
    },
    count: (selector) => document.querySelectorAll(selector).length,
    /** Have JupyterLab lay out every cell, also those out of sight, which it leaves to the browser by default. */
    layOut() {
      const notebook = lab.panel().content;
      notebook.notebookConfig = { ...notebook.notebookConfig, windowingMode: "none" };
    },
    /** Brings each player into sight, one after another: ms until it is painted, null if it never is. */
    async visit(i) {
      const times = [];
      for (const host of hosts(i)) {
        const start = Date.now();
        host.scrollIntoView();
        const at = await until(() => isPainted(host), 10000);
        times.push(at && at - start);
      }
      return times;
    },
    /** Canvases of painted players, and those of them that hold ink. */
    ink: (i) => {
      const all = hosts(i).filter(isPainted).flatMap(canvases).filter((c) => draws.get(c));
      return [all.length, all.filter(inked).length];
    },
    /** For some time: when the first view was painted anew and at which place, and round trips. */
    async watch(i, ms, ask) {
      const [host] = hosts(i);
      const [canvas] = canvases(host);
      const slider = named(host, "Frame");
      const end = Date.now() + ms, seen = [], trips = [];
      let before = draws.get(canvas), frames = 0;
      const asking = ask ? bench.trips(ms, trips) : null;
      for (let now = 0; now < end; frames++) {
        now = await painted();
        const drawn = draws.get(canvas);
        if (drawn !== before) seen.push([now, Number(slider.value)]);
        before = drawn;
      }
      await asking;
      return { seen, trips, frames };
    },
    /** Round trips of an empty request to the kernel, five a second. */
    async trips(ms, trips = []) {
      for (const end = Date.now() + ms; Date.now() < end; ) {
        const start = performance.now();
        await lab.kernel().requestExecute({ code: "", silent: true, store_history: false }).done;
        trips.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return trips;
    },
    /** Moves the Frame slider to each place, at any moment of an animation frame: ms to the paint in which the first view shows it. */
    async seek(i, places) {
      const [host] = hosts(i);
      const [canvas] = canvases(host);
      const slider = named(host, "Frame"), times = [];
      for (const [k, place] of places.entries()) {
        await painted();
        await new Promise((go) => setTimeout(go, 50 + (7 * k) % 17));
        const before = draws.get(canvas), start = Date.now();
        slider.value = String(place);
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        times.push((await until(() => draws.get(canvas) !== before, 5000)) - start);
      }
      return times;
    },
    /** Moves the Frame slider in every animation frame: how many there were, and in how many the first view was drawn; nothing moves while `still`. */
    async scrub(i, ms, still) {
      const [host] = hosts(i);
      const canvas = canvases(host).find((one) => one.offsetParent && draws.get(one));
      const slider = named(host, "Frame");
      host.scrollIntoView();
      let frames = 0, drawn = 0, before = draws.get(canvas);
      for (const end = Date.now() + ms; Date.now() < end; frames++) {
        if (!still) slider.value = String((Number(slider.value) + 7) % (Number(slider.max) + 1));
        if (!still) slider.dispatchEvent(new Event("input", { bubbles: true }));
        await painted();
        if (draws.get(canvas) !== before) drawn++;
        before = draws.get(canvas);
      }
      return [drawn, frames];
    },
    /** Presses a button of a player: when. */
    press(i, label) {
      const button = named(hosts(i)[0], label);
      const now = Date.now();
      button.click();
      return now;
    },
    /** The newest place of one of the players, brought into sight: out of it nothing is drawn. */
    async newest(i, k) {
      const host = hosts(i)[k];
      host.scrollIntoView();
      await painted();
      return Number(named(host, "Frame").max);
    },
    /** From now on, note when each message of the kernel arrives. */
    listen() {
      bench.arrived = [];
      lab.kernel().anyMessage.connect((_, { msg, direction }) => {
        if (direction === "recv" && msg.channel === "iopub") bench.arrived.push([Date.now(), msg.header.msg_type]);
      });
    },
    heard: () => bench.arrived,
  };
})();
