/** The shapes that cross the seam between kernel and page, and the few that the page adds. */

export interface Param {
  name: string; kind: string; symbol?: string; label?: string; live?: boolean; default?: unknown;
  lo?: number | null; hi?: number | null; step?: number | null; log?: boolean; choices?: unknown[]; rows?: number;
  /** of points: how many labels, and how many points */ classes?: number; least?: number; most?: number;
  legend?: Legend[]; size?: [number, number] | null; channels?: 1 | 3 | null; ink?: boolean;
  /** another parameter, beside which this one has no effect */ unless?: string;
}
export interface Legend { char: string; name: string; value?: number | null }
export interface Column {
  name: string; kind: string; shape?: (number | null)[]; axes?: string[]; light?: boolean;
  unit?: string; better?: string; words?: string; /** in this file */ rounded?: boolean;
}
export interface Step { name: string; column: string; total?: string | null }
export interface ViewSpec { kind: string; columns: string[]; title?: string; note?: string; wide?: boolean; [option: string]: unknown }
export interface Try { line?: string; label: string; question: string; params: Record<string, unknown> }
export interface Equation { n: number | string; math: Tree; words?: string }
export type Tree = string | number | [string, Record<string, unknown>, ...Tree[]];
export interface Info {
  verified?: Verdict; /** how values are rounded in this file, and which frames are left out */ rounded?: string;
  name: string; title: string; summary?: string; cite?: string; citation?: string; doi?: string; watch?: string;
  tries?: Try[]; equations?: Equation[]; where?: Record<string, string>; params: Param[]; columns: Column[];
  steps?: Step[]; views: ViewSpec[]; controls?: string[] | null; at?: number; seconds?: number; fixed?: string; source?: Source; card?: Card; compared?: boolean; sweep?: boolean;
  /** of its own views: each module's text and hash, or why it has none */ modules?: Record<string, { sha?: string; text?: string; fault?: string }>;
  /** on a page without a kernel: parameters whose runs are recorded, each with its values */ vary?: Record<string, unknown[]>;
}
/** Lines of code as [kind, text] pairs, and which of them compute each equation; or why there are none. */
export interface Source { why?: string; file?: string; first?: number; at?: number; lines?: [string, string][][]; equations?: Record<string, number[]> }
/** Where a run's numbers come from, as `run.card()` says it. */
export interface Card {
  title: string; status: string; number: number; line: string; seed: string; params: Record<string, string>; events: string[];
  made: { device: string; machine: string; versions: Record<string, string>; data: Record<string, string>; lacks: string[] };
  frames: number; hash: string; citation: string; bibtex: string;
}
export interface Steer { frame: number; name: string; old: unknown; new: unknown }
export type Pace = number | null | "step";
export interface State {
  status: string; epoch: number; count: number; number: number;
  params: Record<string, unknown>; start: Record<string, unknown>; events: Steer[];
  /** live parameters that a run answers once it is done */ answers?: string[];
  line?: string; pace?: Pace; driving?: boolean;
  /** what it holds at when that comes true */ pausing?: string; /** column and frame */ nonfinite?: [string, number] | null; /** which frames are not kept, in words */ sparse?: string;
  error?: null | { text: string; frame?: number | null; trace?: string }; note?: string;
  /** frames with a name, in order */ stops?: [number, string][];
  family?: Kin[]; place?: number; lanes?: LaneState[]; label?: string; steering?: string; unlike?: string[];
  group?: Group | null;
}
/** Lanes that differ in the seed only: the group's place, what is different about it, and the lane's own place among all. */
export type Group = [number, string, number];
export interface LaneState {
  name: string; label?: string; pale: boolean; status: string; number: number;
  events: Steer[]; params: Record<string, unknown>; start: Record<string, unknown>; line?: string;
  group?: Group | null; error?: null | { text: string };
}
/** A run beside the player's own, where it stands while the cursor is where it is. */
export interface Lane extends LaneState { state: LaneState; store: import("./store.js").Store; position: number }
/** Where two lanes first differ: at all, and by more than the tolerance. */
export interface Parting { text: string; label: string; frame: number | null; beyond: number | null }
/** One run of a family: which it comes from, and from which frame on it differs. */
export interface Kin { place: number; parent: number | null; at: number | null; label: string; number: number; status: string }
export interface WireColumn {
  name: string; dtype?: string; shape?: number[]; part: "light" | "heavy";
  /** no clock gave it */ measured?: boolean;
  /** no clock gave it */ measured?: boolean;
  buffer?: number; json?: unknown[]; sizes?: number[][]; /** bytes in planes, differences in time */ delta?: boolean;
}
export interface DataMessage {
  type: "data"; lane?: string; seq?: number; epoch: number; count: number; number?: number; status?: string;
  light: [number, number]; heavy: [number, number]; cols: WireColumn[];
  /** as a notebook saves it: every how many rows have their arrays, and every how many frames have a row */ every?: number; thinned?: number;
  anew?: Anew;
}
/** What makes a run anew, and the cells that do what its line cannot. */
export interface Anew { line?: string; cell?: number; defines?: number; lacks?: string[]; fixed?: string }
/** What a notebook has kept of a run. */
export interface Kept { message: Omit<DataMessage, "type"> & { type: "data" | "picture"; text?: string }; buffers: Bytes[] }
export interface DoneMessage { type: "done"; client?: string; id: number; error: string | null; param?: string | null; result?: any }
export interface FileMessage { type: "file"; client?: string; name: string; mime: string }
export type Bytes = DataView | ArrayBuffer | ArrayBufferView;

/** The part of the anywidget model that the player uses. */
export interface Model {
  get(name: string): any;
  on(event: string, handler: (...args: any[]) => void): void;
  off(event: string, handler?: (...args: any[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: unknown): void;
  /** false on a page without a kernel: nothing can be done, everything can be looked at */
  live?: boolean;
  /** actions that such a page answers by itself */ able?: string[];
  /** what came with the widget, unpacked */ first?: Kept | null;
  /** makes the run anew in the kernel there is; what keeps it from that, or nothing */ revive?(): Promise<string>; /** is there one? */ kernel?: boolean;
  widget_manager?: any;
}

export type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array;
export interface Cell { data: Numbers; shape: number[] }

/** What holds at the cursor. */
export interface Moment {
  position: number; frame: number; params: Record<string, unknown>; state: State; lanes: Lane[];
  /** seeds are drawn as their mean, with a band of spread */ spread?: boolean;
  done: boolean; label: string; /** at the newest frame, wherever that is */ following?: boolean;
}
/** What stands behind a few words at the foot. `opened` is told each time it opens. */
export interface Pane { label: string; node: HTMLElement; opened?(): void; closed?(): void; update?(moment: Moment): void }
/** What a check against a reference found; `params` are those that were checked. */
export interface Verdict {
  badge: string; passed: boolean; none: boolean; against: string; groups: VerdictGroup[]; params: Record<string, unknown>;
}
export interface VerdictGroup { title: string; ours: number | null; theirs: number | null; rows: VerdictRow[] }
export interface VerdictRow {
  quantity: string; case: string; verdict: string;
  absolute: number | null; relative: number | null; tolerance: number | null;
}
export interface Table { head: string[]; body: string[][]; note?: string }
/** What a view is given. `say` fills the end of the caption and the value at its right. */
export interface Ctx {
  spec: ViewSpec; info: Info; store: import("./store.js").Store; body: HTMLElement;
  first: boolean; palette(): import("./theme.js").Palette;
  say(extra: string, now: string): void; go(position: number): void; tell(words: string): void;
  /** changes a parameter as its control would, and says when it is refused; nothing can be changed when `frozen` */
  set(name: string, value: unknown): Promise<{ error: string | null } | undefined> | undefined; frozen: boolean;
  /** is what is recorded after the cursor drawn? Not before an audience. */ coming(): boolean;
}
export interface View {
  update(moment: Moment): void; summary(): string; rows(): Table;
  /** true when it draws more than the row under the cursor: redrawn as the run grows */
  history?: boolean; dispose?(): void;
}
export type ViewMaker = (ctx: Ctx) => View;
/** What a topic's own view may use: canvases, colours, numbers, pixels, scales, elements. */
export type Kit = typeof import("./canvas.js") & typeof import("./colour.js") & typeof import("./format.js") & typeof import("./pixels.js")
  & typeof import("./scale.js") & Pick<typeof import("./dom.js"), "el" | "put" | "set"> & Pick<typeof import("./table.js"), "thinned">;
/** The default export of a topic's own view. */
export type OwnMaker = (ctx: Ctx, kit: Kit) => View;
