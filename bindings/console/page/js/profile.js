import { PRESETS } from "./options.js";

/** Seconds, and the share of the dropped clients that is back by then. @typedef {[number, number]} Point */

/**
 * Options as the planner takes them. The question keeps texts; a profile in full is an object.
 *
 * @param {Record<string, string | string[]>} options
 * @returns {Record<string, unknown>}
 */
export function wishes(options) {
  const { reconnect } = options;
  return isFull(reconnect) ? { ...options, reconnect: parsed(reconnect) } : options;
}

/** A profile as the question keeps it. @param {Point[]} points */
export function textOf(points) {
  return JSON.stringify({ points });
}

/** Whether a text is a profile in full, and no name or time. @param {unknown} text @returns {text is string} */
export function isFull(text) {
  return typeof text === "string" && text.startsWith("{");
}

/** The points of a name or of a profile in full; nothing of what is neither. @param {string} text @returns {Point[] | undefined} */
export function pointsOf(text) {
  const preset = PRESETS.find(({ name }) => name === text);
  if (preset) return preset.points;
  const points = isFull(text) ? parsed(text)?.points : undefined;
  return Array.isArray(points) && points.length > 0 && points.every(isPoint) ? points : undefined;
}

/** Points of which one was moved, as far as the others let it: no time goes back, no share falls. @param {Point[]} points @param {number} index @param {Point} to @returns {Point[]} */
export function moved(points, index, [time, share]) {
  const [from, least] = points[index - 1] ?? [0, 0];
  const [until, most] = points[index + 1] ?? [LONGEST_S, 1];
  const isLast = index === points.length - 1;
  const seconds = within(round(time), from, until);
  // Somebody must come back.
  const back = within(Math.round(share * 100) / 100, isLast ? Math.max(least, 0.01) : least, most);
  return points.with(index, [seconds, back]);
}

/** Points with one more, in the middle of the longest way between two. @param {Point[]} points @returns {Point[]} */
export function withOneMore(points) {
  const ways = points.map(([time, share], i) => {
    const [nextTime, nextShare] = points[i + 1] ?? [time, share];
    return Math.abs(place(nextTime) - place(time)) + nextShare - share;
  });
  const index = ways.indexOf(Math.max(...ways));
  const [time, share] = points[index] ?? [0, 0];
  const [nextTime, nextShare] = points[index + 1] ?? [Math.min(time * 2 + 1, LONGEST_S), 1];
  return points.toSpliced(index + 1, 0, [round((time + nextTime) / 2), Math.round((share + nextShare) * 50) / 100]);
}

/** Where a time lies on a scale on which seconds, minutes and hours have room. @param {number} seconds */
export function place(seconds) {
  return Math.log1p(seconds);
}

/** Times as exact as anybody knows them. @param {number} seconds */
function round(seconds) {
  const steps = seconds < 10 ? 20 : seconds < 100 ? 2 : 1;
  return Math.round(seconds * steps) / steps;
}

/** @param {number} value @param {number} least @param {number} most */
function within(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    // The planner says what it may be.
    return text;
  }
}

/** @param {unknown} point @returns {point is Point} */
function isPoint(point) {
  return Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
}

/** The most points of a profile, and the latest time of one. */
export const MOST_POINTS = 64;
const LONGEST_S = 86_400;
