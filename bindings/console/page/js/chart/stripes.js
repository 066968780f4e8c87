/**
 * Dashes for curves that lie on one another, so that each shows in turn; nothing for the others.
 *
 * @param {readonly (readonly number[])[]} curves
 * @param {readonly number[]} times
 * @param {number} unit Pixels of one client.
 * @returns {{ dash?: string, offset?: number }[]}
 */
export function stripes(curves, times, unit) {
  /** @type {number[][]} */
  const bundles = [];
  const at = Array.from({ length: SAMPLES }, (_, i) => Math.floor(((times.length - 1) * i) / (SAMPLES - 1)));
  curves.forEach((curve, i) => {
    const bundle = bundles.find(([first = 0]) => isAt(curve, curves[first] ?? [], at, unit));
    if (bundle) bundle.push(i);
    else bundles.push([i]);
  });
  return curves.map((_, i) => stripe(bundles.find((bundle) => bundle.includes(i)) ?? [], i));
}

/** @param {readonly number[]} one @param {readonly number[]} other @param {readonly number[]} at @param {number} unit */
function isAt(one, other, at, unit) {
  return at.every((i) => Math.abs((one[i] ?? 0) - (other[i] ?? 0)) * unit < NEAR_PX);
}

/** @param {readonly number[]} bundle @param {number} i */
function stripe(bundle, i) {
  if (bundle.length < 2) return {};
  return { dash: `${DASH_PX} ${DASH_PX * (bundle.length - 1)}`, offset: -DASH_PX * bundle.indexOf(i) };
}

const SAMPLES = 12;
const NEAR_PX = 1;
const DASH_PX = 10;
