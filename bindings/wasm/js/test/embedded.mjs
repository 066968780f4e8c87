// The embedded cluster: real nodes of the `emqx-rebalance` command, on ports of the system's choice.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { env } from "node:process";

/** Starts a cluster; gives how to reach it, and `close`. */
export async function embedded(...options) {
  const program = env.EMQX_REBALANCE;
  if (!program) throw new Error("EMQX_REBALANCE must be the path of the emqx-rebalance command");
  const child = spawn(program, ["--output", "json", "cluster", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const { urls, api_key: key, api_secret: secret } = await Promise.race([
    firstValue(child.stdout),
    exit.then(() => Promise.reject(new Error("the embedded cluster ended"))),
  ]);
  const close = async () => {
    child.kill("SIGINT");
    await exit;
  };
  return { urls, auth: { key, secret }, close };
}

/** The first JSON value of a stream that goes on. */
async function firstValue(stream) {
  let text = "";
  for await (const chunk of stream) {
    text += chunk;
    try {
      return JSON.parse(text);
    } catch {
      // Not whole yet.
    }
  }
  throw new Error(`not JSON: ${text}`);
}
