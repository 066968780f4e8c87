/** @import { Series } from "./chart.js" */

/**
 * A series' value at a time, on the straight line between two points; nothing before the first
 * or after the last.
 *
 * @param {readonly number[]} times
 * @param {readonly number[]} values
 * @param {number} at
 */
export function valueAt(times, values, at) {
  const right = times.findIndex((time) => time >= at);
  if (right < 0) return undefined;
  const [t1 = 0, v1 = 0] = [times[right], values[right]];
  if (t1 === at || right === 0) return t1 === at ? v1 : undefined;
  const [t0 = 0, v0 = 0] = [times[right - 1], values[right - 1]];
  return v0 + ((v1 - v0) * (at - t0)) / (t1 - t0);
}

/**
 * The line through a series, with no more points than the picture has pixels.
 *
 * @param {readonly number[]} times
 * @param {readonly number[]} values
 * @param {(time: number) => number} x
 * @param {(value: number) => number} y
 * @param {number} width
 */
export function line(times, values, x, y, width) {
  const stride = Math.max(1, Math.floor(times.length / width));
  let path = "";
  for (let i = 0; i < times.length; i += stride) path += `${path ? "L" : "M"}${x(times[i] ?? 0)} ${y(values[i] ?? 0)}`;
  const last = times.length - 1;
  return last < 0 ? "" : `${path}L${x(times[last] ?? 0)} ${y(values[last] ?? 0)}`;
}

/**
 * The series with the most at a time, fullest first, and how many are left out.
 *
 * @param {readonly Series[]} series
 * @param {readonly number[]} times
 * @param {number} at
 * @param {number} most
 */
export function fullest(series, times, at, most) {
  const read = series.map((one) => ({ one, value: valueAt(times, one.values, at) }));
  const known = read.flatMap(({ one, value }) => (value === undefined ? [] : [{ one, value: Math.round(value) }]));
  known.sort((a, b) => b.value - a.value);
  return { shown: known.slice(0, most), others: Math.max(0, known.length - most) };
}
