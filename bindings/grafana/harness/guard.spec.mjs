// Who may do what, and what is said when something is wrong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ABOUT, ask as askCluster, connections, looks, openStage, panel, picture, play } from './stage.mjs';

let stage;
before(async () => (stage = await openStage()));
after(() => stage.close());

/** Sends a request from the page, as anybody with the browser's console can. */
const ask = (page, method, path, uid = 'emqx') =>
  page.evaluate(
    async ([url, options]) => (await fetch(url, options)).status,
    [`/api/datasources/proxy/uid/${uid}/${path}`, { method, body: method === 'POST' ? '{}' : undefined }]
  );

test(`this is Grafana ${ABOUT.grafana} with React ${ABOUT.react}`, () =>
  play(stage, async ({ open }) => {
    const page = await open(panel());
    await page.locator('.u-over').waitFor();
    assert.equal(await page.evaluate(() => window.react), ABOUT.react);
    assert.ok(ABOUT.react.startsWith(`${process.env.HARNESS_REACT ?? ''}`), ABOUT.react);
  }));

test('a viewer plans and sees everything, and cannot start', () =>
  play(stage, async ({ cluster, open }) => {
    const page = await open({ ...panel(), role: 'Viewer' });
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByTestId('plan level').getByText('3 runs').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Start' }).count(), 0);
    assert.equal(await ask(page, 'POST', 'api/v5/load_rebalance/emqx1@127.0.0.1/start'), 403);
    assert.deepEqual(await connections(cluster), [3333, 3334, 3333, 0]);
  }));

test('nothing but the routes can be reached, by anybody', () =>
  play(stage, async ({ open }) => {
    const page = await open({ ...panel(), role: 'Admin' });
    assert.equal(await ask(page, 'GET', 'api/v5/nodes'), 200);
    assert.equal(await ask(page, 'GET', 'api/v5/load_rebalance/global_status'), 200);
    for (const [method, path] of [
      ['GET', 'api/v5/api_key'],
      ['GET', 'api/v5/configs'],
      ['GET', 'api/v5/clients'],
      ['POST', 'api/v5/api_key'],
      ['POST', 'api/v5/nodes'],
      ['DELETE', 'api/v5/load_rebalance/emqx1@127.0.0.1/start'],
      ['PUT', 'api/v5/nodes'],
      ['GET', 'api/v5/nodes/..%2fconfigs'],
      ['POST', 'api/v5/load_rebalance/%2e%2e/api_key'],
      ['GET', ''],
    ]) {
      assert.notEqual(await ask(page, method, path), 200, `${method} ${path}`);
    }
  }));

test('every option reaches the planner under its own name', () =>
  play(stage, async ({ open }) => {
    const none = { connEvictRate: 0, sessEvictRate: 0, waitHealthCheck: -1, waitTakeover: -1, maxDuration: -1 };
    const thresholds = { absConnThreshold: 0, relConnThreshold: 0, absSessThreshold: 0, relSessThreshold: 0 };
    const page = await open(panel({ ...none, ...thresholds, maxUnavailable: 0, exclude: ['no node'] }));
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    const names =
      'conn_evict_rate sess_evict_rate wait_health_check wait_takeover max_duration_s abs_conn_threshold ' +
      'rel_conn_threshold abs_sess_threshold rel_sess_threshold max_unavailable exclude';
    const said = await page.getByText('conn_evict_rate').textContent();
    assert.deepEqual(
      names.split(' ').filter((name) => !said.includes(name)),
      [],
      said
    );
    const bounds = { targetOver: -1, reconnectDelay: -1, maxReconnectRate: 0, maxClusterReconnectRate: 0 };
    const other = await open(panel(bounds));
    await other.getByRole('button', { name: 'Plan', exact: true }).click();
    const bent = await other.getByText('reconnect_delay_s').textContent();
    for (const name of ['target_over', 'max_reconnect_rate', 'max_cluster_reconnect_rate']) {
      assert.ok(bent.includes(name), bent);
    }
    const bad = await open(panel({ reconnect: '{"points": [[2, 0], [1, 1]]}' }));
    await bad.getByRole('button', { name: 'Plan', exact: true }).click();
    await bad.getByText('reconnect.points[1][0]').waitFor();
    for (const reconnect of ['mqtt_js', '1m30s', '{"points": [[1, 0], [2, 1]]}']) {
      const good = await open(panel({ reconnect }));
      await good.getByRole('button', { name: 'Plan', exact: true }).click();
      await good.getByTestId('plan level').waitFor();
    }
    const excluded = await open(panel({ exclude: ['emqx1@127.0.0.1', 'emqx2@127.0.0.1'] }));
    await excluded.getByRole('button', { name: 'Plan', exact: true }).click();
    await excluded.getByTestId('plan level').getByText('1 run').waitFor();
  }));

test('without a control key nobody starts', () =>
  play(stage, async ({ open }) => {
    const page = await open({ ...panel(), cluster: 'watch', role: 'Admin' });
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByTestId('plan level').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Start' }).count(), 0);
  }));

test('a wrong key and a cluster that is down are said in words', () =>
  play(stage, async ({ open }) => {
    const wrong = await open({ ...panel(), cluster: 'wrong' });
    await wrong.getByText(/EMQX does not take the API key.*expired\. Somebody with the role Admin/).waitFor();
    assert.equal(await wrong.getByRole('link', { name: 'Open the settings' }).count(), 0);
    await picture(wrong, 'wrong-key-dark');
    const admin = await open({ ...panel(), cluster: 'wrong', role: 'Admin' });
    const way = admin.getByRole('link', { name: 'Open the settings' });
    assert.equal(await way.getAttribute('href'), '/connections/datasources/edit/wrong');
    await admin.getByText('Details', { exact: true }).click();
    await admin.getByText('BAD_API_KEY_OR_SECRET').waitFor();
    await picture(admin, 'wrong-key-admin-dark');
    const down = await open({ ...panel(), cluster: 'down' });
    await down.getByText('EMQX down cannot be read').waitFor();
    const none = await open({ ...panel(), cluster: 'nothing' });
    await none.getByText('Datasource nothing was not found.').waitFor();
  }));

test('a cluster that goes away leaves what was seen, marked as old', () =>
  play(stage, async ({ server, open }) => {
    const page = await open(panel());
    await page.getByTestId('node emqx1@127.0.0.1').getByText('3,333').waitFor();
    server.state.sources.emqx.jsonData.apiUrl = 'http://127.0.0.1:9';
    await page.getByLabel('Not up to date').waitFor();
    assert.equal(await page.getByTestId('node emqx1@127.0.0.1').getByText('3,333').count(), 1);
    await picture(page, 'stale-dark');
  }));

test('a poll interval that no editor takes is bent to one that rests', () =>
  play(stage, async ({ open }) => {
    const times = await looks(await open(panel({ pollSeconds: 0 })), 4);
    assert.ok(times.at(-1) - times[0] > 2000, `${times}`);
  }));

test('the mean is of the nodes that take clients', () =>
  play(stage, async ({ cluster, open }) => {
    const wishes = { conn_evict_rate: 1, sess_evict_rate: 1, migrate_to: ['emqx1@127.0.0.1'] };
    const begun = await askCluster(cluster, 'load_rebalance/emqx4@127.0.0.1/evacuation/start', wishes);
    assert.equal(begun.status, 200);
    const page = await open(panel());
    await page.getByTestId('node emqx4@127.0.0.1').getByText('evacuating').waitFor();
    await page.getByTestId('node emqx1@127.0.0.1').getByText('−0.01 %').waitFor();
    const query = await open({ page: 'query', query: JSON.stringify({ subject: 'nodes' }) });
    await query.getByRole('button', { name: 'Run query' }).click();
    const [{ fields }] = JSON.parse(await query.getByTestId('frames').filter({ hasText: '[' }).textContent());
    const { values } = fields.find(({ name }) => name === 'over_mean');
    assert.ok(Math.abs(values[0]) < 0.001 && values[3] === null, `${values}`);

    await page.route('**/api/v5/nodes', async (route) => {
      const response = await route.fetch();
      const json = (await response.json()).map((node) => ({ ...node, node_status: 'stopped' }));
      await route.fulfill({ response, json });
    });
    await page.getByLabel('Balance', { exact: true }).getByText('–', { exact: true }).waitFor();
  }));

test('under a strict policy the panel says what to add, and works once it is there', () =>
  play(stage, async ({ open }) => {
    const strict = await open({ ...panel(), csp: 'strict' });
    await strict.getByText(/add 'wasm-unsafe-eval' to script-src/).waitFor();
    const wasm = await open({ ...panel(), csp: 'wasm' });
    await wasm.getByText('+33.4 %').first().waitFor();
  }));
