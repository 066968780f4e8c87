/**
 * From values to pixels.
 *
 * @param {number} max The value at `to`; 0 is at `from`.
 * @param {number} from
 * @param {number} to
 */
export function scale(max, from, to) {
  const unit = (to - from) / (max || 1);
  return (/** @type {number} */ value) => Math.round((from + value * unit) * 10) / 10;
}

/**
 * Round values for the lines of a grid, 0 first.
 *
 * @param {number} max
 * @param {number} most How many at most, beside 0.
 */
export function ticks(max, most) {
  const rough = max / most;
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = ([1, 2, 5, 10].find((s) => s * power >= rough) ?? 10) * power;
  return upTo(max, Math.max(1, step));
}

/**
 * The same for times: steps that a clock has.
 *
 * @param {number} max
 * @param {number} most
 */
export function timeTicks(max, most) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  return upTo(max, steps.find((step) => max / step <= most) ?? Math.ceil(max / most / 86400) * 86400);
}

/** @param {number} max @param {number} step */
function upTo(max, step) {
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, i) => i * step);
}
