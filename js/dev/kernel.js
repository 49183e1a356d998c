/** A kernel in the page: a true run of Q-learning behind the widget's contract, to work on the front end alone. */

const [ROWS, COLS, CAP] = [4, 12, 10000];
const MOVES = [[-1, 0], [0, 1], [1, 0], [0, -1]];
const GRID = ["............", "............", "............", "SCCCCCCCCCCG"];
const mi = (name, text) => ["mi", { name }, text], mo = (text) => ["mo", {}, text], plain = (text) => ["mi", {}, text];
const q = (name, s, a) => ["mrow", { name }, plain("Q"), mo("("), plain(s), mo(","), plain(a), mo(")")];

export const info = {
  name: "rl.q_learning", title: "Q-learning", summary: "learn what each action is worth by acting, off policy.",
  cite: "Watkins & Dayan, 1992", citation: 'Watkins & Dayan (1992), "Q-learning", Machine Learning 8, 279-292.', doi: "10.1007/BF00992698",
  watch: "The agent learns the path along the edge although exploring makes it fall: its values ask what the best action is worth, not the next one.",
  tries: [
    { line: "epsilon=0", label: "ε = 0", question: "Does it ever leave the first path it finds?", params: { epsilon: 0 } },
    { line: "alpha=1", label: "α = 1", question: "Why is this fine here?", params: { alpha: 1 } },
  ],
  equations: [
    { n: 1, words: "TD error of the last move", math: ["mrow", {}, mi("delta", "δ"), mo("="), mi("r", "r"), mo("+"), mi("gamma", "γ"),
      ["mrow", { name: "best" }, ["munder", {}, mo("max"), ["msup", {}, plain("a"), mo("′")]], plain("Q"), mo("("), plain("s′"), mo(","), plain("a′"), mo(")")], mo("−"), q("old", "s", "a")] },
    { n: 2, words: "update", math: ["mrow", {}, q("", "s", "a"), mo("←"), q("old", "s", "a"), mo("+"), mi("alpha", "α"), mi("delta", "δ")] },
  ],
  where: { alpha: "learning rate", epsilon: "exploration", gamma: "discount" },
  params: [
    { name: "grid", kind: "grid", symbol: "", label: "board", live: true, legend: [{ char: ".", name: "floor" }, { char: "#", name: "wall" }, { char: "S", name: "start" }, { char: "G", name: "goal" }, { char: "C", name: "cliff", value: -100 }] },
    { name: "alpha", kind: "float", symbol: "α", label: "learning rate", live: true, lo: 0, hi: 1, step: 0.01, default: 0.5 },
    { name: "epsilon", kind: "float", symbol: "ε", label: "exploration", live: true, lo: 0, hi: 1, step: 0.01, default: 0.3 },
    { name: "gamma", kind: "float", symbol: "γ", label: "discount", live: false, lo: 0, hi: 1, step: 0.01, default: 1 },
    { name: "episodes", kind: "int", symbol: "", label: "episodes", live: false, lo: 1, hi: 2000, step: 1, default: 300 },
    { name: "seed", kind: "int", symbol: "", label: "seed", live: false, lo: null, hi: null, default: 0 },
  ],
  columns: [
    { name: "Q", kind: "array", shape: [48, 4], axes: ["state", "action"], light: false, words: "action values" },
    { name: "delta", kind: "float", light: true, words: "TD error" }, { name: "ret", kind: "float", light: true, better: "higher", words: "return" },
    { name: "r", kind: "float", light: true, words: "reward" }, { name: "best", kind: "float", light: true }, { name: "old", kind: "float", light: true },
    { name: "state", kind: "int", light: true }, { name: "episode", kind: "int", light: true },
  ],
  steps: [{ name: "move", column: "" }, { name: "episode", column: "episode", total: "episodes" }],
  views: [
    { kind: "board", columns: ["Q"], title: "Value and greedy action", note: "of each square", wide: true, grid: "grid", agent: "state" },
    { kind: "line", columns: ["ret"], title: "Return", note: "of an episode", x: "episode", each: "last", mean: 10, lo: -300, hi: 0 },
    { kind: "line", columns: ["delta"], title: "TD error", note: ", mean |δ| of an episode", x: "episode", each: "mean_abs", log: true, lo: 1e-5, hue: "error" },
  ],
  controls: null, at: 0, seconds: 20,
};
const LIGHT = ["delta", "ret", "r", "best", "old", "state", "episode"];

/** One frame a move. */
function* qLearning(params) {
  let seed = 7 + params.seed;
  const random = () => (seed = (seed * 1664525 + 1013904223) % 4294967296) / 4294967296;
  const Q = new Float64Array(ROWS * COLS * 4);
  const best = (s) => Math.max(...Q.subarray(4 * s, 4 * s + 4));
  const nothing = { delta: NaN, ret: NaN, r: NaN, best: NaN, old: NaN };
  let last = NaN;
  yield { Q, ...nothing, state: params.grid.join("").indexOf("S"), episode: 0 };
  for (let k = 0; k < params.episodes; k++) {
    let s = params.grid.join("").indexOf("S"), ret = 0;
    for (let n = 0; n < 400; n++) {
      const a = random() < params.epsilon ? Math.floor(random() * 4) : Q.subarray(4 * s, 4 * s + 4).indexOf(best(s));
      const [row, col] = [Math.floor(s / COLS) + MOVES[a][0], (s % COLS) + MOVES[a][1]];
      const char = params.grid[row]?.[col] ?? "#";
      let s2 = char === "#" ? s : row * COLS + col, r = -1;
      if (char === "C") [r, s2] = [-100, params.grid.join("").indexOf("S")];
      const next = char === "G" ? 0 : best(s2), old = Q[4 * s + a];
      const delta = r + params.gamma * next - old;
      Q[4 * s + a] += params.alpha * delta;
      ret += r;
      s = s2;
      const over = char === "G" || n === 399;
      if (over) last = ret;
      yield { Q, delta, ret: last, r, best: next, old, state: s, episode: k + over };
      if (over) break;
    }
  }
}

/** The widget's model, and the run behind it. */
export class FakeModel {
  constructor({ start = {}, extra = {} } = {}) {
    this.handlers = new Map();
    this.traits = { info: { ...info, ...extra }, first: null, state: null };
    this.defaults = { ...Object.fromEntries(info.params.map((p) => [p.name, p.default])), grid: GRID, ...start };
    this.epoch = 0;
    this.seq = 0;
    this.unacknowledged = 0;
    this.reset(this.defaults);
    setInterval(() => this.send_(), 33);
  }

  get(name) { return this.traits[name]; }
  on(event, handler) { this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]); }
  off(event, handler) { this.handlers.set(event, (this.handlers.get(event) ?? []).filter((h) => h !== handler)); }
  emit(event, ...args) { for (const handler of this.handlers.get(event) ?? []) setTimeout(() => handler(...args), 3); }

  reset(start) {
    Object.assign(this, { start: { ...start }, params: { ...start }, events: [], rows: [], frames: [], number: -1, every: 1, status: "ready", sent: 0, epoch: this.epoch + 1, dirty: true });
    this.generator = qLearning(this.params);
    this.advance();
    this.say();
  }

  advance() {
    const { value, done } = this.generator.next();
    if (done) return (this.status = "done"), false;
    this.number++;
    if (this.number % this.every === 0 || value.episode !== this.rows.at(-1)?.episode) {
      this.rows.push({ ...value, Q: value.Q.slice() });
      this.frames.push(this.number);
    }
    if (this.rows.length > CAP) this.thin();
    this.dirty = true;
    return true;
  }

  thin() {
    this.every *= 2;
    const kept = this.frames.map((f, k) => f % this.every === 0 || this.rows[k].episode !== this.rows[k - 1]?.episode);
    this.rows = this.rows.filter((_, k) => kept[k]);
    this.frames = this.frames.filter((_, k) => kept[k]);
    Object.assign(this, { epoch: this.epoch + 1, sent: 0 });
  }

  say(error = null) {
    const line = `%ml ${info.name} ${Object.entries(this.start).filter(([k]) => k !== "grid").map(([k, v]) => `${k}=${v}`).join(" ")}`;
    this.traits.state = { status: this.status, epoch: this.epoch, count: this.rows.length, number: this.number, params: { ...this.params }, start: { ...this.start },
      events: [...this.events], line, pace: this.pace ?? null, driving: this.status === "running", error, note: "" };
    this.emit("change:state");
  }

  send_() {
    if (!this.dirty || this.unacknowledged >= 2) return;
    this.dirty = false;
    this.data([Math.min(this.sent, this.rows.length), this.rows.length], [this.rows.length - 1, this.rows.length]);
    this.sent = this.rows.length;
    this.say(this.traits.state.error);
  }

  data(light, heavy) {
    const buffers = [], cols = [];
    const add = (name, part, values, more = {}) => {
      cols.push({ name, dtype: "f8", part, buffer: buffers.length, ...more });
      buffers.push(new DataView(Float64Array.from(values).buffer));
    };
    add("#frame", "light", this.frames.slice(...light));
    for (const name of LIGHT) add(name, "light", this.rows.slice(...light).map((row) => row[name]));
    add("Q", "heavy", this.rows.slice(...heavy).flatMap((row) => [...row.Q]), { shape: [48, 4] });
    this.unacknowledged++;
    this.emit("msg:custom", { type: "data", seq: ++this.seq, epoch: this.epoch, count: this.rows.length, number: this.number, status: this.status, light, heavy, cols }, buffers);
  }

  send(message) {
    if (message.type === "ready") return void ((this.sent = 0), (this.dirty = true), (this.unacknowledged = 0));
    if (message.type === "ack") return void (this.unacknowledged = Math.max(0, this.unacknowledged - 1));
    if (message.type === "fetch") return message.epoch === this.epoch ? this.data([message.from, message.from], [message.from, message.to]) : undefined;
    if (message.type === "do") this.act(message);
  }

  act({ id, action, ...more }) {
    let error = null;
    if (action === "play") this.drive(more);
    if (action === "pause") this.halt("paused");
    if (action === "step") this.stepOn(more.step);
    if (action === "restart") this.again(more);
    if (action === "set") error = this.steer(more.name, more.value);
    this.emit("msg:custom", { type: "done", id, error, param: error ? more.name : null }, []);
    this.say(this.traits.state.error);
  }

  steer(name, value) {
    if (typeof value === "number" && (value < 0 || value > 1)) return `${name}=${value}: must lie in [0, 1]`;
    this.events.push({ frame: this.number, name, old: this.params[name], new: value });
    this.params[name] = value;
    return null;
  }

  again({ params, play, ...more }) {
    this.halt("ready");
    this.reset({ ...this.start, ...params });
    if (play) this.drive(more);
  }

  halt(status) {
    clearInterval(this.timer);
    if (this.status !== "done") this.status = status;
  }

  stepOn(unit) {
    const { episode } = this.rows.at(-1);
    do if (!this.advance()) break; while (unit === "episode" && this.rows.at(-1).episode === episode);
    if (this.status !== "done") this.status = "paused";
  }

  drive({ pace, step }) {
    this.halt("running");
    this.pace = pace;
    this.status = "running";
    let carry = 0;
    this.timer = setInterval(() => {
      carry += pace === "step" ? 0.08 : pace === null ? 12 : (this.params.episodes / pace) * 0.02;
      while (carry > 0 && this.status === "running") {
        const { episode } = this.rows.at(-1);
        if (!this.advance()) break;
        if (step === "move" && pace === "step") carry -= 1;
        else if (this.rows.at(-1).episode !== episode) carry -= 1;
      }
      if (this.status === "done") clearInterval(this.timer), this.say();
    }, 20);
  }
}
