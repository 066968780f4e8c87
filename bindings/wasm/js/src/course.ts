import type { Status } from "./generated/contract.js";
import { decode } from "./json.js";

/** Where a run stood over time, for its report: no more of it than a chart has room for. */
export class Course {
  /** Texts, which take a tenth of what their objects do. */
  #seen: { elapsed_s: number; text: string }[] = [];
  /** Seconds between two that are kept. It doubles whenever there are too many. */
  #pitch_s = 1;

  /** Takes down a status, whose text is `text`. The newest one is always kept. */
  see({ progress: { elapsed_s } }: Status, text: string): void {
    const before = this.#seen.at(-2);
    if (before && elapsed_s - before.elapsed_s < this.#pitch_s) this.#seen.pop();
    this.#seen.push({ elapsed_s, text });
    if (this.#seen.length > MOST_SEEN) this.#thin();
  }

  /** What is kept, in order of time. */
  get statuses(): Status[] {
    return this.#seen.map(({ text }) => decode(text));
  }

  #thin(): void {
    this.#pitch_s *= 2;
    this.#seen = this.#seen.filter((_, i) => i % 2 === 0);
  }
}

/** As many points as a chart draws. With one more they are odd, and the newest stays when every second one goes. */
const MOST_SEEN = 500;
