import type { Signal } from "./platform.js";

/** Something that changes until it ends, for any number of readers. */
export class Feed {
  #version = 0;
  #end: { error?: unknown } | undefined;
  #readers: (() => void)[] = [];

  /** Says that there is news. */
  publish(): void {
    this.#version += 1;
    this.#notify();
  }

  /** Says that there will be no more. */
  close(end: { error?: unknown } = {}): void {
    this.#end ??= end;
    this.#notify();
  }

  /** Yields at once and after every change, until the end. Changes while a reader is busy are one. */
  async *changes(signal?: Signal | null): AsyncGenerator<void, void, undefined> {
    let seen = -1;
    for (;;) {
      signal?.throwIfAborted();
      if (seen !== this.#version) {
        seen = this.#version;
        yield;
      } else if (this.#end) {
        if ("error" in this.#end) throw this.#end.error;
        return;
      } else {
        await this.#news(signal);
      }
    }
  }

  #news(signal: Signal | null | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal?.removeEventListener("abort", done);
        resolve();
      };
      this.#readers.push(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  #notify(): void {
    for (const reader of this.#readers.splice(0)) reader();
  }
}
