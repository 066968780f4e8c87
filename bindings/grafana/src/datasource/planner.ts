import { init } from 'emqx-rebalance';
import packed from 'emqx-rebalance/emqx_rebalance.wasm';

let loading: Promise<void> | undefined;

/**
 * Makes the planner ready. Its WebAssembly is inside this bundle: a nested plugin cannot fetch files of its own.
 *
 * @throws an Error that says what to change where the browser may not run WebAssembly
 */
export function loadPlanner(): Promise<void> {
  loading ??= unpacked()
    .then(init)
    .catch((error: unknown) => {
      loading = undefined;
      throw explained(error);
    });
  return loading;
}

/** The WebAssembly. Compressed, base64 costs next to nothing; decoded without `fetch`, it needs no `data:` in a policy. */
function unpacked(): Promise<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

function explained(error: unknown): unknown {
  const isForbidden = error instanceof WebAssembly.CompileError && /unsafe-eval|Content Security/i.test(error.message);
  return isForbidden ? new Error(CSP, { cause: error }) : error;
}

const CSP =
  "Grafana's content security policy forbids WebAssembly: add 'wasm-unsafe-eval' to script-src in " +
  'content_security_policy_template';
