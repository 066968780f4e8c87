/**
 * What went wrong, as an Error. Grafana rejects with plain objects that have a `message`, or, of an answer, one
 * in its `data`.
 */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown) ?? String(thrown), { cause: thrown });
}

function messageOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) {
    return undefined;
  }
  if ('message' in thrown && typeof thrown.message === 'string') {
    return thrown.message;
  }
  return 'data' in thrown ? messageOf(thrown.data) : JSON.stringify(thrown);
}
