// The dashboard that the app brings: its expressions are PromQL of metrics that EMQX has, its variables are linked.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const grafana = path.dirname(import.meta.dirname);
const dashboard = JSON.parse(readFileSync(path.join(grafana, 'dist/dashboards/emqx-rebalance.json')));
const rules = readFileSync(path.join(grafana, 'alerts/emqx-rebalance.rules.yml'), 'utf8');
const targets = dashboard.panels.flatMap((panel) => panel.targets.map((target) => ({ panel, target })));
const expressions = targets.flatMap(({ target }) => target.expr ?? []);

/** Metrics of EMQX 5 and 6 (EMQX `apps/emqx_prometheus/src/emqx_prometheus.erl`) that are used here. */
const METRICS =
  'emqx_live_connections_count emqx_sessions_count emqx_client_connected emqx_client_disconnected ' +
  'emqx_packets_connack_error emqx_session_takenover emqx_delivery_dropped emqx_vm_cpu_use emqx_vm_run_queue ' +
  'emqx_vm_used_memory emqx_vm_total_memory emqx_mria_replicants';

test('metrics are those that EMQX has, and the alerts’ own', () => {
  const recorded = [...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name);
  const known = [...METRICS.split(' '), ...recorded, 'emqx_node_weight'];
  const used = [...expressions, rules].flatMap(
    (text) => text.match(/(?<!\$)(?:node:|job:)?\bemqx_\w+(?::\w+)?/g) ?? []
  );
  assert.ok(used.length > 20);
  assert.deepEqual([...new Set(used)].filter((name) => !known.includes(name)).sort(), []);
  for (const name of METRICS.split(' ')) {
    assert.ok(
      used.some((other) => other === name),
      `${name} is used`
    );
  }
});

test('every expression is PromQL', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
  const variables = { $__rate_interval: '1m', $job: '.*', $emqx_cluster: '.*', $node: '.*' };
  const filled = expressions.map((expr) => expr.replace(/\$\w+/g, (name) => variables[name]));
  const groups = [{ name: 'dashboard', rules: filled.map((expr, i) => ({ record: `panel:${i}`, expr })) }];
  try {
    // JSON is YAML.
    writeFileSync(path.join(folder, 'rules.yml'), JSON.stringify({ groups }));
    const said = execFileSync('promtool', ['check', 'rules', path.join(folder, 'rules.yml')], { encoding: 'utf8' });
    assert.match(said, new RegExp(`${expressions.length} rules found`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('variables are linked, and every series follows them', () => {
  const variable = (name) => dashboard.templating.list.find((candidate) => candidate.name === name);
  assert.match(variable('emqx_cluster').definition, /\$job/);
  assert.match(variable('node').definition, /\$job.*\$emqx_cluster/);
  for (const name of ['job', 'emqx_cluster', 'node']) {
    assert.equal(variable(name).allValue, '.*', 'also what has no such label');
  }
  for (const expr of expressions) {
    assert.match(expr, /cluster=~"\$emqx_cluster"/);
  }
});

test('panels have ids and places of their own', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  const taken = new Set();
  for (const { title, gridPos } of dashboard.panels) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        assert.ok(x < 24 && !taken.has(`${x},${y}`), title);
        taken.add(`${x},${y}`);
      }
    }
  }
});
