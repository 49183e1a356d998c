/** A small trace for tests: moves in episodes, as the kernel sends them. */
import { Store } from "../src/store.js";

export const info = {
  name: "t", title: "T", params: [], views: [],
  columns: [
    { name: "v", kind: "float", light: true }, { name: "episode", kind: "int", light: true },
    { name: "Q", kind: "array", shape: [2], light: false }, { name: "say", kind: "text", light: false },
  ],
  steps: [{ name: "move", column: "" }, { name: "episode", column: "episode", total: "episodes" }],
};

/** A data message: light rows from a to b, heavy ones from c to d. */
export function message({ epoch = 1, light, heavy = [0, 0], v = (k) => k, episode = (k) => Math.floor(k / 3), frame = (k) => k }) {
  const range = ([a, b]) => Array.from({ length: b - a }, (_, k) => a + k);
  const f8 = (values) => new DataView(Float64Array.from(values).buffer);
  const rows = range(heavy);
  return [
    { type: "data", epoch, count: light[1], light, heavy, cols: [
      { name: "#frame", dtype: "f8", part: "light", buffer: 0 }, { name: "v", dtype: "f8", part: "light", buffer: 1 }, { name: "episode", dtype: "f8", part: "light", buffer: 2 },
      { name: "Q", dtype: "f8", part: "heavy", shape: [2], buffer: 3 }, { name: "say", part: "heavy", json: rows.map((k) => `row ${k}`) },
    ] },
    [f8(range(light).map(frame)), f8(range(light).map(v)), f8(range(light).map(episode)), f8(rows.flatMap((k) => [k, -k]))],
  ];
}

export function store(...messages) {
  const sent = [];
  const made = new Store(info, (m) => sent.push(m));
  for (const m of messages) made.accept(...message(m));
  return Object.assign(made, { sent });
}
