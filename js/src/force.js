/** What is in force at a frame: the start and the steering up to it. */

/** @import { Info, Moment, Param, State, Steer } from "./types" */

/** @param {State} state @param {number} frame @param {boolean} atHead at the head the run's own word counts */
export function inForce(state, frame, atHead = false) {
  if (atHead) return { ...state.start, ...state.params };
  const values = { ...state.params, ...state.start };
  for (const event of state.events ?? []) if (event.frame <= frame) values[event.name] = event.new;
  return values;
}

/** Was a parameter changed, and the frame that is made with it is not there yet? @param {Pick<Moment, "state" | "frame" | "following">} moment @param {string} name */
export const awaited = ({ state, frame, following }, name) => Boolean(following) && (state.events ?? []).some((event) => event.name === name && event.frame > frame);

/** Parameters that were steered at or before a frame. @param {State} state @param {number} frame */
export function steered(state, frame) {
  return new Set((state.events ?? []).filter((event) => event.frame <= frame).map((event) => event.name));
}

/**
 * A slider dragged while a run goes leaves many events; near ones of one name make one mark.
 * @param {Steer[]} events
 * @param {(a: Steer, b: Steer) => boolean} near
 * @returns {(Steer & {last: number})[]} `last` is the frame of the last event of a mark
 */
export function marks(events, near) {
  /** @type {(Steer & {last: number})[]} */
  const out = [];
  for (const event of events) {
    const mark = out.findLast((m) => m.name === event.name);
    if (mark && near({ ...mark, frame: mark.last }, event)) Object.assign(mark, { new: event.new, last: event.frame });
    else out.push({ ...event, last: event.frame });
  }
  return out;
}

/** The parameter beside which another one has no effect, if it is given. @param {Param} param @param {Record<string, unknown>} params */
export const instead = ({ unless = "" }, params) => unless.split(" ").find((name) => params[name] != null);

/** @param {Info} info @param {string} name @returns {Param | undefined} */
export const paramOf = (info, name) => info.params.find((param) => param.name === name);
