// What a scenario needs: an embedded cluster, the stand-in for Grafana in front of it, and a browser.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { startServer } from './server.mjs';

/** The flags keep Chromium from looking for the network, of which a test machine may have none. */
const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/** Starts an embedded cluster and gives its access, with `stop()`. */
export async function startCluster(options = []) {
  const program = process.env.EMQX_REBALANCE ?? 'emqx-rebalance';
  const child = spawn(program, ['cluster', '--output', 'json', ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
  const access = await new Promise((ready, failed) => {
    let text = '';
    child.on('error', (error) => failed(new Error(`${program} cannot be started: ${error.message}`)));
    child.on('exit', (code) => failed(new Error(`${program} cluster ended with ${code}: ${text}`)));
    child.stdout.on('data', (part) => {
      text += part;
      const end = text.indexOf('\n}');
      if (end >= 0) {
        ready(JSON.parse(text.slice(0, end + 2)));
      }
    });
  });
  return { ...access, stop: () => ended(child) };
}

/** Starts a Prometheus that scrapes `urls` every second. */
export async function startPrometheus(urls, port) {
  const folder = await mkdtemp(path.join(tmpdir(), 'prometheus-'));
  const { writeFile } = await import('node:fs/promises');
  const targets = urls.map((url) => new URL(url).host);
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: [{ job_name: 'emqx', metrics_path: '/api/v5/prometheus/stats', static_configs: [{ targets }] }],
  };
  await writeFile(path.join(folder, 'prometheus.yml'), JSON.stringify(config));
  const address = `127.0.0.1:${port}`;
  const child = spawn(
    'prometheus',
    [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`],
    { stdio: ['ignore', 'ignore', 'pipe'] }
  );
  await new Promise((ready, failed) => {
    child.on('error', failed);
    child.on('exit', (code) => failed(new Error(`prometheus ended with ${code}`)));
    child.stderr.on('data', (text) => String(text).includes('Server is ready') && ready());
  });
  const stop = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `http://${address}`, stop };
}

async function ended(child) {
  child.removeAllListeners('exit');
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await gone;
}

/** Data sources as Grafana stores them: a good one, one with wrong keys, one that only watches, one that is down. */
export function sourcesFor({ urls, api_key, api_secret }) {
  const type = 'emqxrebalance-rebalance-datasource';
  const basic = (secret) => Buffer.from(`${api_key}:${secret}`).toString('base64');
  const source = (name, secret, more = {}) => ({
    name,
    type,
    jsonData: { apiUrl: urls[0], readKey: api_key, controlKey: api_key, ...more },
    secureJsonData: { readBasic: basic(secret), controlBasic: basic(secret) },
  });
  return {
    emqx: source('EMQX production', api_secret),
    wrong: source('EMQX wrong key', 'not the secret'),
    watch: source('EMQX watch only', api_secret, { controlKey: undefined }),
    down: source('EMQX down', api_secret, { apiUrl: 'http://127.0.0.1:9' }),
  };
}

/** A page of the harness in a browser context of its own, for a user of `role`. */
export async function openPage(browser, server, { role = 'Editor', width = 932, height = 500, ...query } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1 });
  await context.addCookies([{ name: 'role', value: role, url: server.url }]);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on(
    'console',
    (message) => message.type() === 'error' && problems.push(`${message.text()} ${message.location().url}`)
  );
  await page.goto(`${server.url}/?${new URLSearchParams(query)}`);
  return { page, problems, close: () => context.close() };
}

export const launchBrowser = () => chromium.launch(CHROMIUM);
export { startServer };
