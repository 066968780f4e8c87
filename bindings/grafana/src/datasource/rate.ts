/**
 * An evict rate that somebody typed, or that a variable holds; none where nothing is given.
 *
 * @throws an Error that names the field, the value and its bound, as the planner's do
 */
export function rateOf(text: string | undefined): number | undefined {
  if (!text?.trim()) {
    return undefined;
  }
  const rate = Number(text);
  if (!Number.isInteger(rate) || rate < 1) {
    throw new Error(`invalid forecast: \`conn_evict_rate\` is \`${text}\` but must be a whole number of at least 1`);
  }
  return rate;
}
