import type { Signal } from "./platform.js";

/** What every call that takes its time takes. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason, and sends nothing more. */
  signal?: Signal | null;
}
