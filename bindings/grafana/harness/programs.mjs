// Programs that a story starts: the embedded cluster and Prometheus. Nothing waits for one for ever.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A busy machine may need long to start a program, and a moment to end one. */
const START_MS = 60_000;
const END_MS = 10_000;
/** How often another port is tried when somebody took the one that was free. */
const PORTS = 5;

/** Starts an embedded cluster and gives its access, with `stop()`. */
export async function startCluster(options = []) {
  const program = process.env.EMQX_REBALANCE ?? 'emqx-rebalance';
  const { child, found } = await launch(program, ['cluster', '--output', 'json', ...options], 'stdout', (text) => {
    const end = text.indexOf('\n}');
    return end >= 0 && JSON.parse(text.slice(0, end + 2));
  });
  return { ...found, stop: () => end(child) };
}

/** Starts a Prometheus that scrapes `urls` every second; `labels` gives those of each one's series. */
export async function startPrometheus(urls, labels = () => ({})) {
  const folder = await mkdtemp(path.join(tmpdir(), 'prometheus-'));
  const targets = urls.map((url, i) => ({ targets: [new URL(url).host], labels: labels(i) }));
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'emqx', metrics_path: '/api/v5/prometheus/stats', static_configs: targets }],
  };
  await writeFile(path.join(folder, 'prometheus.yml'), JSON.stringify(config));
  const { child, address } = await listening(folder);
  const stop = async () => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://${address}`, stop };
}

/** Prometheus takes no port 0, so a port that was free may be somebody else's by the time it asks for it. */
async function listening(folder, tries = PORTS) {
  const address = `127.0.0.1:${await freePort()}`;
  const files = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  try {
    const isReady = (text) => text.includes('Server is ready');
    const { child } = await launch('prometheus', [...files, `--web.listen-address=${address}`], 'stderr', isReady);
    return { child, address };
  } catch (error) {
    if (tries > 1 && error.message.includes('address already in use')) {
      return listening(folder, tries - 1);
    }
    throw error;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a program, and waits for what `find` finds in all that it has printed to `stream` so far. */
async function launch(program, options, stream, find) {
  const child = spawn(program, options, { stdio: ['ignore', pipe(stream, 'stdout'), pipe(stream, 'stderr')] });
  let text = '';
  const found = new Promise((ready, failed) => {
    child[stream].setEncoding('utf8').on('data', (part) => {
      text += part;
      const result = find(text);
      if (result) {
        ready(result);
      }
    });
    child.once('error', (error) => failed(new Error(`${program} cannot be started: ${error.message}`)));
    // All that it printed has been read by then, which at its exit it may not have been.
    child.once('close', (code, signal) => failed(new Error(`${program} ended with ${code ?? signal}: ${text}`)));
  });
  try {
    return { child, found: await within(START_MS, found, `${program} to be ready`) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

function pipe(wanted, stream) {
  return wanted === stream ? 'pipe' : 'ignore';
}

/** Ends a program, by force if it does not listen, and waits until it is gone. */
async function end(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await within(END_MS, gone, 'a program to end').catch(() => child.kill('SIGKILL'));
  await gone;
}

/** The result of `promise`, or an error if that takes longer than `ms`. */
export async function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`waited ${ms / 1000} s for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
