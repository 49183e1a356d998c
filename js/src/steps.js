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
  return units.stop[units.at(position) + 1] ?? -1;
}

/** The stop before a position; 0 at the last. @param {Store} store @param {Step} step @param {number} position */
export function previousStop(store, step, position) {
  if (!step.column) return Math.max(0, position - 1);
  const { stop } = store.units(step.column);
  const k = store.units(step.column).at(position);
  return stop[k] < position ? stop[k] : (stop[k - 1] ?? 0);
}

/** How far the run is, in a step. @param {Store} store @param {Step} step @param {number} position */
export function finished(store, step, position) {
  return step.column ? store.units(step.column).finished(position) : store.frame(position);
}

/** How many there will be, at least those that there are; NaN when no parameter says. @param {State} state @param {Step} step @param {Store} store */
export function total(state, step, store) {
  const said = step.total ? Number(state.start?.[step.total]) : NaN;
  if (Number.isFinite(said)) return Math.max(said, finished(store, step, store.head));
  return ["done", "stopped", "failed", "loaded"].includes(state.status) ? finished(store, step, store.head) : NaN;
}

/** "after episode 118", "episode 119, move 3". @param {Store} store @param {Step[]} steps @param {number} position @param {State} [state] */
export function label(store, steps, position, state) {
  const coarse = steps[steps.length - 1];
  if (!store.known) return "";
  if (!coarse.column) return position || !store.frame(0) ? `${coarse.name} ${store.frame(position)}` : "at the start";
  const units = store.units(coarse.column);
  const k = units.at(position);
  if (position === units.stop[k]) return units.count[k] ? `after ${coarse.name} ${units.count[k]}` : "at the start";
  const fine = steps[0].column ? "frame" : steps[0].name;
  const more = store.frame(position) - store.frame(units.stop[k]);
  const asked = coarse.total && units.count[k] >= Number(state?.start?.[coarse.total]); // all units are finished
  return asked ? `after ${coarse.name} ${units.count[k]}, answer ${more}` : `${coarse.name} ${units.count[k] + 1}, ${fine} ${more}`;
}
