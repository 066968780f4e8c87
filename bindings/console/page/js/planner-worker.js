import { init, plan, RebalanceError } from "./rebalance.js";

const ready = init();

addEventListener("message", async ({ data }) => {
  try {
    await ready;
    postMessage({ plan: plan(data) });
  } catch (thrown) {
    if (!(thrown instanceof RebalanceError)) return postMessage({ failure: String(thrown) });
    const { kind, message, context, problems, retryable } = thrown;
    postMessage({ error: { kind, message, context, problems, retryable } });
  }
});
