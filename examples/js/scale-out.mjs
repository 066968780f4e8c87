// The job after a scale-out, for cron and CI: levels the cluster, drops no more clients than allowed, tells a webhook
// how far it is, and leaves a report.
//
//     EMQX_URL=http://10.0.0.1:18083 EMQX_API_KEY=… EMQX_API_SECRET=… WEBHOOK=https://… node scale-out.mjs report.html
//
// Ends with 0 if the cluster is level, 1 if it is not, 2 if an argument is wrong, 3 if the cluster cannot be asked.
import { writeFile } from "node:fs/promises";
import { argv, env } from "node:process";
import { Cluster, RebalanceError } from "emqx-rebalance";

/** Tells the webhook, if there is one. That it does not answer is no reason to stop. */
async function tell(news) {
  if (!env.WEBHOOK) return;
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(news), signal: AbortSignal.timeout(5000) };
  await fetch(env.WEBHOOK, request).catch((error) => console.error(`the webhook did not answer: ${error.message}`));
}

async function job(cluster) {
  const wait = env.WAIT ?? "60s";
  const plan = await cluster.plan({ mode: "level", conn_evict_rate: env.RATE ?? "200", wait_health_check: wait, wait_takeover: wait });
  if (plan.decision !== "start") return true;
  // The driver begins no further wave that would take more; the first one is this plan.
  const { disconnects } = plan.forecast;
  if (disconnects > Number(env.MAX_DISCONNECTS)) throw new Error(`${disconnects} clients would be disconnected, of at most ${env.MAX_DISCONNECTS}`);
  const run = await cluster.start(plan, { who: "scale-out job", max_disconnects: env.MAX_DISCONNECTS });
  for await (const { phase, progress } of run.watch()) await tell({ phase, ...progress });
  await tell({ outcome: run.outcome });
  if (argv[2]) await writeFile(argv[2], await run.report());
  console.log(`${run.outcome.result}: ${run.outcome.detail}`);
  return ["completed", "already_balanced"].includes(run.outcome.result);
}

try {
  const auth = { key: env.EMQX_API_KEY ?? "", secret: env.EMQX_API_SECRET ?? "" };
  const cluster = new Cluster({ urls: (env.EMQX_URL ?? "").split(",").filter(Boolean), auth });
  process.exitCode = (await job(cluster)) ? 0 : 1;
} catch (error) {
  console.error(`${error.kind ?? error.name}: ${error.message}`);
  const isWrong = error instanceof RebalanceError && error.kind === "config_invalid";
  process.exitCode = isWrong ? 2 : error.retryable || ["unauthorized", "forbidden"].includes(error.kind) ? 3 : 1;
}
