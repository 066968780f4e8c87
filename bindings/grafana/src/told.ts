/** What people are told of an error. */
export interface Told {
  sentence: string;
  /** What the core found, such as the address that was asked; empty for errors of others. */
  details: string;
}

/** An error in a sentence, with the details apart that the core ends its messages with. */
export function told(error: Error): Told {
  const context = 'context' in error && typeof error.context === 'object' ? Object.keys(error.context ?? {}) : [];
  const begins = context.map((name) => error.message.indexOf(`, ${name}: \``)).filter((place) => place > 0);
  const end = begins.length > 0 ? Math.min(...begins) : error.message.length;
  const isKeyRefused = 'kind' in error && error.kind === 'unauthorized';
  return {
    sentence: isKeyRefused ? KEY_REFUSED : sentence(error.message.slice(0, end)),
    details: error.message.slice(end).replace(/^, /, ''),
  };
}

/** A message of the core or of Grafana as people write it: what begins with a name of code is left as it is. */
export function sentence(message: string): string {
  const [first = ''] = message.split(' ');
  const begun = /^[a-z]+,?$/.test(first) ? message.charAt(0).toUpperCase() + message.slice(1) : message;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** The core sees a proxy that adds a key; here that is Grafana. */
const KEY_REFUSED =
  'EMQX does not take the API key of this data source: check key and secret in the settings, and in EMQX whether the key is enabled and not expired.';
