/** A round number at or over `n`, for the end of a scale: 1, 1.5, 2, 3, 5, 7.5 times a power of ten. @param {number} n */
export function roundUp(n) {
  if (n <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  const step = [1, 1.5, 2, 3, 5, 7.5, 10].find((candidate) => candidate * power >= n) ?? 10;
  return step * power;
}

/** A small round number for one press of an arrow key. @param {number} scale */
export function keyStep(scale) {
  return Math.max(1, 10 ** Math.floor(Math.log10(scale / 50)));
}

/** What a bar's key does to a count, or nothing if it is no key of a bar's. @param {KeyboardEvent} event @param {number} count @param {number} scale */
export function keyed({ key, shiftKey }, count, scale) {
  const step = keyStep(scale) * (shiftKey ? 10 : 1);
  const moves = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: step * 10, PageDown: -step * 10 };
  if (key === "Home") return 0;
  if (key === "End") return scale;
  const move = moves[/** @type {keyof typeof moves} */ (key)];
  return move === undefined ? undefined : Math.max(0, Math.min(MOST, count + move));
}

/** Counts are exact in JavaScript up to here. */
const MOST = Number.MAX_SAFE_INTEGER;
