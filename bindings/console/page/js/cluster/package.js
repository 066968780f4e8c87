// The whole npm package and the embedded cluster, fetched when somebody wants a cluster: the question alone does
// without them.

/** What asks a cluster. */
export function whole() {
  return import("../../emqx-rebalance/esm/web.js");
}

/** The embedded cluster. */
export function embedded() {
  return import("../../emqx-rebalance/esm/simulation-web.js");
}
