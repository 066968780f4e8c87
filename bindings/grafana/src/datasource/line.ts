import { errorOf } from '../error';
import { carry } from './carrier';

/** A `fetch` through Grafana's proxy that knows whether EMQX answers. */
export class Line {
  /** Why the last question for the nodes, which every look asks, had no answer. */
  failure?: Error;

  readonly carry: typeof carry = async (input, init) => {
    const isLook = String(input).endsWith('/nodes');
    try {
      const response = await carry(input, init);
      if (isLook) {
        this.failure = response.ok ? undefined : new Error(`the answer has status ${response.status}`);
      }
      return response;
    } catch (error) {
      if (isLook) {
        this.failure = init?.signal?.aborted ? new Error('no answer in time') : errorOf(error);
      }
      throw error;
    }
  };
}
