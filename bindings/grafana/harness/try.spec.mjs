// What docker-compose.yml starts, as far as that goes without Docker.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { within } from './programs.mjs';

const grafana = path.dirname(import.meta.dirname);
const read = (...parts) => readFileSync(path.join(grafana, ...parts), 'utf8');
const compose = read('docker-compose.yml');

test('what is mounted and built exists, and only this machine is let in', () => {
  const mounted = [...compose.matchAll(/^ +- (\.\/[^:]+):/gm)].map(([, place]) => place);
  assert.ok(mounted.length >= 6);
  for (const place of mounted) {
    assert.ok(existsSync(path.join(grafana, place)), place);
  }
  const copied = [...read('try/Dockerfile').matchAll(/^COPY (bindings\S+)/gm)].map(([, place]) => place);
  const [all, ...kept] = read('try/Dockerfile.dockerignore').trim().split('\n');
  assert.equal(all, '*');
  for (const place of [...copied, ...kept.map((line) => line.slice(1))]) {
    assert.ok(existsSync(path.join(grafana, '../..', place)), place);
  }
  assert.ok(copied.every((place) => kept.includes(`!${place}`)));
  const ports = [...compose.matchAll(/^ +- '(\S+:\d+:\d+)'$/gm)].map(([, port]) => port);
  assert.ok(ports.length > 0 && ports.every((port) => port.startsWith('127.0.0.1:')), `${ports}`);
});

test('Grafana and the plugins are of the versions and names that are built', () => {
  const packages = JSON.parse(read('package.json')).dependencies;
  assert.ok(compose.includes(`grafana/grafana:${packages['@grafana/runtime']}\n`));
  for (const folder of ['.', 'panel', 'datasource']) {
    assert.ok(compose.includes(JSON.parse(read('dist', folder, 'plugin.json')).id));
  }
});

test('what one container is told or reads is what another writes', () => {
  const script = read('try/emqx.sh');
  const told = [...compose.matchAll(/^ +([A-Z]+): \$\{\1:-/gm)].map(([, name]) => name);
  assert.deepEqual(told, ['CLIENTS']);
  assert.ok(told.every((name) => script.includes(`\${${name}:-`)));
  const shared = (compose + read('try/prometheus.yml')).matchAll(/\/access\/([\w.]+)/g);
  const files = [...new Set([...shared].map(([, file]) => file))].sort();
  assert.deepEqual(files, ['grafana.env', 'targets.json']);
  assert.ok(files.every((file) => script.includes(`"$folder/${file}`)));
  const [, app] = compose.match(/- \.\/dist:([^:]+):ro/);
  const [, dashboards] = read('provisioning/dashboards/emqx.yaml').match(/path: (\S+)/);
  assert.ok(dashboards.startsWith(`${app}/`));
  assert.ok(existsSync(path.join(grafana, 'dist', dashboards.slice(app.length))));
});

test('Prometheus takes its configuration where it is mounted', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'prometheus-'));
  try {
    const mounted = [...compose.matchAll(/- (\.\/\S+):\/etc\/prometheus\/([\w.-]+):ro/g)];
    assert.equal(mounted.length, 2);
    for (const [, from, to] of mounted) {
      cpSync(path.join(grafana, from), path.join(folder, to));
    }
    const said = execFileSync('promtool', ['check', 'config', path.join(folder, 'prometheus.yml')], {
      encoding: 'utf8',
    });
    assert.match(said, /1 rule files found/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('provisioning gives the data source no URL of its own', () => {
  const yaml = read('provisioning/datasources/emqx.yaml');
  assert.doesNotMatch(yaml, /^\s*(url|basicAuth\w*):/m);
  assert.ok(yaml.includes(`type: ${JSON.parse(read('dist/datasource/plugin.json')).id}`));
});

test('the embedded cluster says where it is, as provisioning and Prometheus read it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'access-'));
  const program = process.env.EMQX_REBALANCE ?? 'emqx-rebalance';
  const PATH = `${path.dirname(program)}:${process.env.PATH}`;
  const written = appears(folder, 'grafana.env');
  const child = spawn('sh', [path.join(grafana, 'try/emqx.sh'), folder], {
    env: { ...process.env, PATH, CLIENTS: '30,20,10' },
    stdio: 'ignore',
  });
  const gone = once(child, 'exit');
  try {
    await within(60_000, written, 'grafana.env');
    const lines = readFileSync(path.join(folder, 'grafana.env'), 'utf8').trim().split('\n');
    const told = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)));
    const asked = read('provisioning/datasources/emqx.yaml').match(/\$EMQX_\w+/g);
    assert.deepEqual(
      [...new Set(asked)].sort(),
      Object.keys(told)
        .map((name) => `$${name}`)
        .sort()
    );
    const headers = { authorization: `Basic ${told.EMQX_READ_BASIC}` };
    const nodes = await (await fetch(`${told.EMQX_URL}/api/v5/nodes`, { headers })).json();
    assert.deepEqual(
      nodes.map((node) => node.live_connections),
      [30, 20, 10]
    );
    const [{ targets }] = JSON.parse(readFileSync(path.join(folder, 'targets.json')));
    assert.equal(targets.length, 3);
    for (const target of targets) {
      const metrics = await (await fetch(`http://${target}/api/v5/prometheus/stats`)).text();
      assert.match(metrics, /^emqx_live_connections_count \d+$/m);
    }
  } finally {
    child.kill('SIGTERM');
    await within(10_000, gone, 'the script to end');
    rmSync(folder, { recursive: true });
  }
});

/** Waits until `folder` has a file of this name. */
function appears(folder, name) {
  return new Promise((resolve) => {
    const watcher = watch(folder, (_event, file) => {
      if (file === name) {
        watcher.close();
        resolve();
      }
    });
  });
}
