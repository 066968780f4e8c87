// The planner of the npm package, and where its files are. What asks a cluster is in cluster/package.js.
export { init, plan, RebalanceError, shortNames } from "../emqx-rebalance/esm/planner-web.js";

const WASM = new URL("../emqx-rebalance/wasm/emqx_rebalance_planner_wasm_bg.wasm", import.meta.url);
/** @type {Promise<WebAssembly.Module> | undefined} */
let compiled;

/** The planner's WebAssembly, fetched and compiled once for this page and its workers. */
export function plannerModule() {
  compiled ??= fetch(WASM).then(async (answer) => {
    if (!answer.ok) throw new Error(`${WASM.pathname} is not there (${answer.status})`);
    return WebAssembly.compile(await answer.arrayBuffer());
  });
  return compiled;
}
