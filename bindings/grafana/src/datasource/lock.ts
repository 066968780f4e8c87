/**
 * Takes the lock `name`, of which there is one in all tabs of this browser, and gives what lets go of it; nothing if
 * another tab holds it.
 *
 * Browsers have locks for pages that came by HTTPS only. On others, every tab has a lock of its own.
 */
export async function takeLock(name: string): Promise<(() => void) | undefined> {
  if (!('locks' in navigator)) {
    return () => undefined;
  }
  return new Promise((taken, failed) => {
    // Before a reload's new page can have it, its old page must be gone: hence the patience.
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => new Promise<void>((release) => taken(release)))
      .catch((error: unknown) => (isTimeout(error) ? taken(undefined) : failed(error)));
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

const PATIENCE_MS = 1000;
