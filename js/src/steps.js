/** Steps in the unit that a person thinks in. */

/** @import { Info, State, Step } from "./types" */
/** @import { Store } from "./store.js" */

/** @param {Info} info @returns {Step[]} finest first */
export function stepsOf(info) {
  return info.steps?.length ? info.steps : [{ name: "frame", column: "" }];
}

/** The next stop after a position, or -1 when the record ends before it. @param {Store} store @param {Step} step @param {number} position */
export function nextStop(store, step, position) {
  if (!step.column) return position < store.head ? position + 1 : -1;
  const units = store.units(step.column);
  const now = units.completed(position);
  for (let k = units.at(position); k < units.whole; k++) if (units.ordinal(k) > now && units.end(k) > position) return units.end(k);
  return -1;
}

/** The stop before a position; 0 at the last. @param {Store} store @param {Step} step @param {number} position */
export function previousStop(store, step, position) {
  if (!step.column) return Math.max(0, position - 1);
  const units = store.units(step.column);
  const now = units.completed(position);
  for (let k = units.at(position); k >= 0; k--) {
    if (k < units.whole && units.ordinal(k) < now && units.end(k) < position) return units.end(k);
  }
  return 0;
}

/** How far the run is, in a step. @param {Store} store @param {Step} step @param {number} position */
export function done(store, step, position) {
  return step.column ? store.units(step.column).completed(position) : store.frame(position);
}

/** How many there will be; NaN when no parameter says. @param {State} state @param {Step} step @param {Store} store */
export function total(state, step, store) {
  const said = step.total ? Number(state.start?.[step.total]) : NaN;
  if (Number.isFinite(said)) return said;
  return ["done", "stopped", "failed", "loaded"].includes(state.status) ? done(store, step, store.head) : NaN;
}

/** "after episode 118", "episode 119, move 3". @param {Store} store @param {Step[]} steps @param {number} position */
export function label(store, steps, position) {
  const coarse = steps[steps.length - 1];
  if (!store.known) return "";
  if (!coarse.column) return `${coarse.name} ${store.frame(position)}`;
  const units = store.units(coarse.column);
  const k = units.at(position);
  if (units.single) return `${coarse.name} ${units.ordinal(k)}`;
  if (k < units.whole && position >= units.end(k)) return `after ${coarse.name} ${units.ordinal(k)}`;
  const fine = steps[0].column ? "frame" : steps[0].name;
  const inside = store.frame(position) - store.frame(units.start[k]);
  return `${coarse.name} ${units.ordinal(k)}, ${fine} ${inside + 1}`;
}
