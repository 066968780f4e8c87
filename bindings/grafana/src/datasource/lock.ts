/**
 * Takes the lock `name`, of which there is one in all tabs of this browser, and gives what lets go of it; nothing if
 * another tab holds it.
 */
export function takeLock(name: string): Promise<(() => void) | undefined> {
  // Browsers give locks to pages that came by HTTPS only.
  return navigator.locks ? takeByBrowser(name) : takeByAsking(name);
}

function takeByBrowser(name: string): Promise<(() => void) | undefined> {
  return new Promise((taken, failed) => {
    // Before a reload's new page can have it, its old page must be gone: hence the patience.
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => new Promise<void>((release) => taken(release)))
      .catch((error: unknown) => (isTimeout(error) ? taken(undefined) : failed(error)));
  });
}

/** Who holds it says so when asked. Two tabs that ask at the same moment would both have it. */
async function takeByAsking(name: string): Promise<(() => void) | undefined> {
  const channel = new BroadcastChannel(name);
  const isHeld = await new Promise<boolean>((told) => {
    channel.onmessage = ({ data }) => data === HELD && told(true);
    channel.postMessage(ASKED);
    setTimeout(() => told(false), PATIENCE_MS);
  });
  if (isHeld) {
    channel.close();
    return undefined;
  }
  channel.onmessage = ({ data }) => data === ASKED && channel.postMessage(HELD);
  return () => channel.close();
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

const PATIENCE_MS = 1000;
const ASKED = 'who holds it?';
const HELD = 'I do';
