import { useState } from 'react';

/** The value of an earlier render for as long as this one's says the same, so that nothing is made of it anew. */
export function useSteady<T>(value: T): T {
  const [steady, setSteady] = useState(value);
  if (JSON.stringify(steady) === JSON.stringify(value)) {
    return steady;
  }
  setSteady(value);
  return value;
}

/** A number that is another one whenever `value` says something else. */
export function useRevision(value: unknown): number {
  const said = JSON.stringify(value);
  const [known, setKnown] = useState({ said, revision: 1 });
  if (known.said === said) {
    return known.revision;
  }
  const next = { said, revision: known.revision + 1 };
  setKnown(next);
  return next.revision;
}
