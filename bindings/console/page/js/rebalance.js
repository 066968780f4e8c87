// The one place that knows where the npm package's files are.
export { Cluster, init, plan, RebalanceError } from "../emqx-rebalance/esm/web.js";
export { initSimulation, Simulation } from "../emqx-rebalance/esm/simulation-web.js";
