import { init } from 'emqx-rebalance/inline';

let loading: Promise<void> | undefined;

/**
 * Makes the planner ready; its WebAssembly is inlined in this file's bundle.
 *
 * @throws an Error that says what to change where the browser may not run WebAssembly
 */
export function loadPlanner(): Promise<void> {
  loading ??= init().catch((error: unknown) => {
    loading = undefined;
    throw explained(error);
  });
  return loading;
}

function explained(error: unknown): unknown {
  const isForbidden = error instanceof WebAssembly.CompileError && /unsafe-eval|Content Security/i.test(error.message);
  return isForbidden ? new Error(CSP, { cause: error }) : error;
}

const CSP =
  "Grafana's content security policy forbids WebAssembly: add 'wasm-unsafe-eval' to script-src in " +
  'content_security_policy_template';
