/** The run as the page knows it: its words from the kernel, its trace, and what one may ask of it. */
import { Lanes } from "./lanes.js";
import { Store } from "./store.js";
import { unpacked } from "./wire.js";

/** @import { Bytes, DataMessage, DoneMessage, FileMessage, Info, Model, State } from "./types" */
/** @typedef {{error: string | null, param?: string | null, result?: any}} Answer */

const PATIENCE = 5000; // ms until an unanswered request is called unanswered
const LONG = 600_000; // for what takes its time in the kernel
const QUICK = ["play", "pause", "step", "restart", "set", "stop"];
const SETTLE = 400; // ms for the run's own word to arrive after its answer
const ENDED = ["done", "stopped", "failed", "loaded"];

/** @type {State} */
const NOTHING = { status: "ready", epoch: 0, count: 0, number: 0, params: {}, start: {}, events: [] };

export class Run {
  /** @param {Model} model @param {() => void} changed @param {AbortSignal} signal */
  constructor(model, changed, signal) {
    this.model = model;
    this.changed = changed;
    this.client = Math.random().toString(36).slice(2);
    this.info = /** @type {Info} */ (model.get("info"));
    this.state = this.stateNow();
    this.version = 0;
    this.store = new Store(this.info, (message) => this.post(message));
    this.store.keepAll = !this.live;
    this.lanes = new Lanes(this);
    /** @type {{seq: number, lane?: string}[]} messages drawn next, then acknowledged */
    this.unacknowledged = [];
    /** @type {Map<number, {resolve: (answer: Answer) => void, timer: ReturnType<typeof setTimeout>}>} */
    this.waiting = new Map();
    this.serial = 0;
    /** @type {Map<string, {next?: {value: unknown}}>} a parameter being set */
    this.setting = new Map();
    /** @type {Record<string, unknown> | null} for the next restart */
    this.changes = null;
    /** @type {Promise<Answer> | null} */
    this.restarting = null;
    /** @type {Promise<Answer>} the last restart */
    this.restarted = Promise.resolve({ error: null });
    this.lost = false;
    this.askedAgain = 0;
    /** @type {string | null} what was asked for, until the run says so itself */
    this.wish = null;
    this.notice = "";
    /** @type {number[]} frames at which what is searched for holds */
    this.hits = [];
    this.listen(signal);
    this.takeFirst();
    if (this.lacks) this.post({ type: "ready", epoch: this.store.epoch, count: this.store.known });
  }

  /** Is there a kernel that hears? One that was there may have gone. */
  get live() {
    return this.model.live !== false;
  }

  /** Are there rows that did not come with the widget? A page that lacks none need not say that it is there. */
  get lacks() {
    const { epoch, count, status, lanes = [] } = this.state;
    return lanes.length > 0 || epoch !== this.store.epoch || count > this.store.known || status === "running";
  }

  /** @returns {State} */
  stateNow() {
    return { ...NOTHING, ...this.model.get("state") };
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    // Listeners get different arguments on different hosts: always read the model again.
    const onState = () => {
      this.state = this.stateNow();
      this.version++;
      if (!this.live && !this.store.keepAll) this.outlive();
      this.lanes.prune();
      if (this.ended || this.state.status === this.wish) this.wish = null;
      this.changed();
    };
    const onMessage = (/** @type {any} */ content, /** @type {Bytes[]} */ buffers = []) => this.receive(content, buffers);
    this.model.on("change:state", onState);
    this.model.on("msg:custom", onMessage);
    signal.addEventListener("abort", () => {
      this.model.off("change:state", onState);
      this.model.off("msg:custom", onMessage);
    });
  }

  takeFirst() {
    const first = this.model.first ?? unpacked(this.model.get("first"));
    if (first?.message.type !== "data") return;
    const message = /** @type {DataMessage} */ (first.message);
    if (this.live && (message.thinned ?? 1) > 1) return; // the kernel has all of them
    if (message.epoch < 0) message.epoch = this.state.epoch;
    this.store.accept(message, first.buffers);
    if (!this.live) this.store.every = message.every ?? 1;
  }

  /** The kernel has gone: what it had kept is all there will be. */
  outlive() {
    this.store.keepAll = true;
    this.wish = null;
    for (const id of [...this.waiting.keys()]) this.answer(id, { error: null });
    const message = this.model.first?.message;
    if (message?.type === "data" && (message.thinned ?? 1) === 1 && message.epoch === this.store.epoch) this.takeFirst();
    else this.store.every = Infinity;
    this.notice = "The kernel has gone; what is recorded can still be looked at.";
  }

  /** Makes the run anew in the kernel that is there now. */
  async revive() {
    this.notice = this.model.kernel ? "The run is being made anew…" : "";
    this.changed();
    this.notice = (await this.model.revive?.()) ?? "";
    this.changed();
  }

  /** A saved run of a notebook, which a kernel can make anew. */
  get outlived() {
    return !this.live && Boolean(this.model.revive);
  }

  /** @param {DataMessage | DoneMessage | FileMessage} content @param {Bytes[]} buffers */
  receive(content, buffers) {
    this.lost = false;
    if (content.type !== "data" && content.client && content.client !== this.client) return; // another page asked
    if (content.type === "data") this.receiveData(content, buffers);
    if (content.type === "done") this.answer(content.id, content);
    if (content.type === "file") save(content, buffers[0]);
  }

  /** @param {DataMessage} message @param {Bytes[]} buffers */
  receiveData(message, buffers) {
    const gap = message.lane ? this.lanes.accept(message, buffers) : this.store.accept(message, buffers).gap;
    if (message.seq != null) this.unacknowledged.push({ seq: message.seq, lane: message.lane });
    if (gap) this.askAgain();
    this.changed();
  }

  /** Rows were lost on the way: ask for all, once for all that are still coming. */
  askAgain() {
    if (Date.now() - this.askedAgain < PATIENCE / 4) return;
    this.askedAgain = Date.now();
    this.post({ type: "ready" });
  }

  /** Latest frame wins: the kernel sends on once what it sent is drawn. */
  acknowledge() {
    for (const drawn of this.unacknowledged) this.post({ type: "ack", ...drawn });
    this.unacknowledged = [];
  }

  /** @param {object} message */
  post(message) {
    try {
      this.model.send({ ...message, client: this.client });
    } catch {
      this.lost = true; // the kernel that made this player has gone
    }
  }

  /** @param {string} action @param {Record<string, unknown>} [more] @returns {Promise<Answer>} */
  do(action, more = {}) {
    if (!this.live && !this.model.able?.includes(action)) return Promise.resolve({ error: "no kernel: this run can only be looked at" });
    const id = ++this.serial;
    if (action !== "set") this.notice = "";
    this.wish = { play: "running", pause: "paused", restart: more.play ? "running" : "ready" }[action] ?? this.wish;
    const timer = setTimeout(() => this.lose(id), QUICK.includes(action) ? PATIENCE : LONG);
    const answered = new Promise((/** @type {(answer: Answer) => void} */ resolve) => this.waiting.set(id, { resolve, timer }));
    this.post({ type: "do", id, action, ...more });
    this.changed();
    return answered;
  }

  /** @param {number} id @param {Answer} answer */
  answer(id, answer) {
    const waiting = this.waiting.get(id);
    clearTimeout(waiting?.timer);
    this.waiting.delete(id);
    if (answer.error) this.wish = null;
    else setTimeout(() => this.settle(), SETTLE);
    if (answer.error && !answer.param) this.notice = answer.error;
    waiting?.resolve(answer);
    this.changed();
  }

  settle() {
    if (this.waiting.size) return;
    this.wish = null;
    this.changed();
  }

  /** @param {number} id */
  lose(id) {
    if (!this.waiting.has(id)) return;
    this.lost = true;
    this.answer(id, { error: null });
  }

  /** One request at a time for each name; the latest value wins. @param {string} name @param {unknown} value @returns {Promise<Answer>} */
  async set(name, value) {
    const busy = this.setting.get(name);
    if (busy) {
      busy.next = { value };
      return { error: null };
    }
    /** @type {{next?: {value: unknown}}} */
    const mine = {};
    this.setting.set(name, mine);
    const answer = await this.do("set", { name, value });
    this.setting.delete(name);
    if (mine.next) return this.set(name, mine.next.value);
    return answer;
  }

  /** All its frames come at once: it is shown from its end, and begins anew while one types. */
  get whole() {
    return (this.info.at ?? 0) < 0;
  }

  /** One restart at a time: what changes meanwhile goes together into the next. @param {Record<string, unknown>} params @param {Record<string, unknown>} more @returns {Promise<Answer>} */
  async restart(params, more) {
    this.changes = { ...this.changes, ...params };
    while (this.restarting) await this.restarting;
    if (!this.changes) return this.restarted; // another that waited has taken mine along
    const all = this.changes;
    this.changes = null;
    this.restarted = this.restarting = this.do("restart", { params: all, ...more });
    const answer = await this.restarting;
    this.restarting = null;
    return answer;
  }

  /** It goes, and waits for its reader; lanes of a sweep go by themselves. */
  get running() {
    return !this.info.sweep && (this.wish ?? this.state.status) === "running";
  }

  /** It can be looked at, not played anew. */
  get frozen() {
    return !this.live || this.state.status === "loaded" || Boolean(this.info.fixed);
  }

  /** Its frames come from a loop of the user's that is under way: nobody knows how long it will be. */
  get looping() {
    return this.live && Boolean(this.info.fixed) && !this.ended;
  }

  /** Is there, or may there be, a run to lay beside this one? */
  get comparable() {
    return this.live || this.lanes.compared || (this.state.family?.length ?? 0) > 1;
  }

  /** Nothing more will come. */
  get ended() {
    return ENDED.includes(this.state.status);
  }

  get canGo() {
    return this.live && !this.info.sweep && ["ready", "paused", "running"].includes(this.state.status);
  }
}

/** A file that the kernel made. @param {FileMessage} file @param {Bytes} bytes */
const save = ({ name, mime }, bytes) => download(name, new Blob([/** @type {BlobPart} */ (bytes)], { type: mime }));

/** Into the reader's downloads. @param {string} name @param {Blob} blob */
export function download(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
