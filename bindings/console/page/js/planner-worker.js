import { init, plan, RebalanceError } from "./rebalance.js";

/** The page sends the compiled planner first. @type {(ready: Promise<void>) => void} */
let load;
/** @type {Promise<void>} */
const ready = new Promise((resolve) => (load = resolve));
// Whoever asks is told.
ready.catch(() => undefined);

addEventListener("message", ({ data }) => (data instanceof WebAssembly.Module ? load(init(data)) : answer(data)));

/** @param {import("../emqx-rebalance/esm/planner-web.js").PlanRequest} request */
async function answer(request) {
  try {
    await ready;
    postMessage({ plan: plan(request) });
  } catch (thrown) {
    if (!(thrown instanceof RebalanceError)) return postMessage({ failure: String(thrown) });
    const { kind, message, context, problems, retryable } = thrown;
    postMessage({ error: { kind, message, context, problems, retryable } });
  }
}
