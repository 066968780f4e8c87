// Every vector of tests/vectors, and how the package is held to it: the same in node and in a page.

/** How the cases of each file are tried. A file that is not here is one that nobody runs. */
export const FILES = { "calls/calls.json": call, "single.json": single, "talks/talks.json": talk };

/** Tries every case of a file; gives how many there were. */
export function run(file, { cases }, raw, api) {
  for (const one of cases) FILES[file](one, raw, api);
  return cases.length;
}

/** Calls `raw` (text) and `api` (objects) of a module that plans with native Rust's cases; gives how many agreed to the byte. */
export function compare(cases, raw, api) {
  for (const { call, request, answer } of cases) {
    const text = told(() => raw[call](request));
    if (text !== answer) throw new Error(`${call}(${request}) gave ${text}, native Rust ${answer}`);
    const value = JSON.stringify(told(() => api[METHODS[call]](JSON.parse(request))));
    const expected = JSON.stringify(JSON.parse(answer));
    if (value !== expected) throw new Error(`${call}(${request}) gave ${value}, not ${expected}`);
  }
  return cases.length;
}

const METHODS = { plan: "plan", plan_evacuation: "planEvacuation" };

/** What EMQX would do, as an independent program forecasts it. */
function single({ name, nodes, strategy, expect }, _, api) {
  const { decision, donors, recipients, reason, forecast } = api.plan({ snapshot: { nodes }, strategy });
  equal([decision, donors, recipients], [expect.decision, expect.donors, expect.recipients], name);
  equal(reason !== undefined, decision === "nothing_to_balance", name);
  if (decision !== "start") return;
  const { conn_evict_s, disconnects, sess_evict_s, duration_s, sessions_moved, final } = forecast;
  equal([conn_evict_s, disconnects], [expect.conn_evict_ticks, expect.disconnects], name);
  equal([sess_evict_s, duration_s], [expect.sess_evict_ticks, expect.duration_s], name);
  near(sessions_moved, expect.sessions_moved, 1e-9, name);
  for (const { node, connections, disconnected_sessions } of final) {
    equal(connections, expect.final_connections[node], `${name}: ${node}`);
    near(disconnected_sessions, expect.final_disconnected_sessions[node], 1e-3, `${name}: ${node}`);
  }
}

/** A call without a cluster. */
function call({ name, call, request, result, error }, _, api) {
  const work = call === "cluster" ? () => new api.Cluster(request) : () => api[METHODS[call]](request);
  equal(told(work), result ?? error, name);
}

/** A conversation with a cluster, whose answers are handed in. */
function talk({ name, access, turns }, raw) {
  const { api_key: key, api_secret: secret, find_nodes, ...rest } = access;
  const cluster = new raw.Cluster(JSON.stringify({ ...rest, findNodes: find_nodes, auth: { key, secret } }));
  for (const { call, request, steps, status } of turns) {
    const text = JSON.stringify(request);
    const stepper = call === "start" ? cluster.drive(new raw.Job(call, text)) : cluster.ask(call, text);
    for (const [i, step] of steps.entries()) check(stepper, step, `${name}, ${call} ${i}`);
    if (status) equal(JSON.parse(stepper.status()), status, `${name}, ${call}`);
  }
}

/** One step: what goes in, and what has to come out. */
function check(stepper, { now_ms, answers, error, ...step }, name) {
  const input = step.events ? { answers } : answers;
  const found = JSON.parse(told(() => stepper.step(now_ms, JSON.stringify(input))));
  equal(found, error ?? step, name);
}

/** What `work` gives, or the JSON of what it throws. */
function told(work) {
  try {
    return work();
  } catch (error) {
    if (typeof error === "string") return error;
    if (error?.name !== "RebalanceError") throw error;
    const { kind, message, context, problems, retryable } = error;
    return { kind, message, context, ...(problems.length > 0 && { problems }), retryable };
  }
}

function equal(found, expected, name) {
  const [a, b] = [found, expected].map(sorted);
  if (a !== b) throw new Error(`${name}: ${a}, not ${b}`);
}

function near(found, expected, within, name) {
  if (!(Math.abs(found - expected) <= within)) throw new Error(`${name}: ${found}, not ${expected}`);
}

/** JSON whose members are in one order: that of the files is by name. */
function sorted(value) {
  const inOrder = (part) => Object.fromEntries(Object.keys(part).sort().map((name) => [name, part[name]]));
  const isObject = (part) => typeof part === "object" && part !== null && !Array.isArray(part);
  return JSON.stringify(value, (_, part) => (isObject(part) ? inOrder(part) : part));
}
