// The data source: settings, Save & test, queries.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage, picture, play } from './stage.mjs';

let stage;
before(async () => (stage = await openStage()));
after(() => stage.close());

/** Fills the settings in and gives what Save & test says. */
async function fill(page, { url, key, secret, controlSecret = secret }) {
  await page.locator('#api-url').fill(url);
  await page.locator('#read-key').fill(key);
  await page.locator('#read-secret').fill(secret);
  await page.locator('#control-key').fill(key);
  await page.locator('#control-secret').fill(controlSecret);
  await page.getByRole('button', { name: 'Save & test' }).click();
  return page.getByRole('alert').or(page.getByRole('status')).first().textContent();
}

/** The frame that a query answers. */
async function asked(open, query) {
  const page = await open({ page: 'query', query: JSON.stringify(query) });
  await page.getByRole('button', { name: 'Run query' }).click();
  return JSON.parse(await page.getByTestId('frames').filter({ hasText: '[' }).textContent())[0];
}

test('the settings say what is wrong with a field, and take a certificate authority', () =>
  play(stage, async ({ server, open }) => {
    const page = await open({ page: 'config', uid: 'new', role: 'Admin', height: 1100 });
    await page.getByRole('link', { name: 'Documentation' }).waitFor();
    for (const [url, problem] of [
      ['emqx:18083', 'begins with http://'],
      ['http://key:secret@emqx:18083', 'out of the URL'],
      ['http://emqx:18083/api/v5/', 'Leave /api/v5 out'],
      ['http://emqx:18083?x=1', 'what follows the path'],
    ]) {
      await page.locator('#api-url').fill(url);
      await page.getByText(problem).waitFor();
    }
    await page.locator('#ca-certificate').fill('-----BEGIN PRIVATE KEY-----');
    await page.getByText('This is a private key').waitFor();
    await page.locator('#ca-certificate').fill('no certificate');
    await page.getByText('Give the certificate in PEM').waitFor();
    await picture(page, 'config-problems-dark');
    await page.locator('#api-url').fill('http://emqx:18083');
    await page.getByText('begins with http://').waitFor({ state: 'detached' });
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    await page.locator('#ca-certificate').fill(pem);
    await page.getByText('Give the certificate in PEM').waitFor({ state: 'detached' });
    await page.locator('#read-secret').fill('a secret');
    await page.getByText('This secret needs its key').waitFor();
    const saved = page.waitForResponse((response) => response.url().endsWith('/api/datasources/uid/new'));
    await page.getByRole('button', { name: 'Save & test' }).click();
    await saved;
    const { jsonData, secureJsonData } = server.state.sources.new;
    assert.equal(jsonData.tlsAuthWithCACert, true);
    assert.equal(secureJsonData.tlsCACert, pem);
  }));

test('Save & test says which EMQX answers and what the keys may do', () =>
  play(stage, async ({ cluster, server, open }) => {
    const access = { url: `${cluster.urls[0]}/`, key: cluster.api_key, secret: cluster.api_secret };
    const page = await open({ page: 'config', uid: 'new', role: 'Admin', height: 1000 });
    assert.match(
      await fill(page, access),
      /EMQX 5\.8\.8, 4 nodes, fullest 33\.4 % over the mean\. The read key can read\. The control key can start and stop\./
    );
    await picture(page, 'config-dark');
    const { jsonData, secureJsonData } = server.state.sources.new;
    assert.deepEqual(Object.keys(jsonData).sort(), ['apiUrl', 'controlKey', 'readKey']);
    assert.equal(atob(secureJsonData.readBasic), `${cluster.api_key}:${cluster.api_secret}`);
    assert.ok(!server.state.requests.some(({ rest }) => rest.endsWith('/start')), 'a test starts nothing');

    const wrong = await open({ page: 'config', uid: 'other', role: 'Admin', height: 1000 });
    assert.match(await fill(wrong, { ...access, controlSecret: 'no' }), /EMQX does not take the control key/);
    const unread = await open({ page: 'config', uid: 'third', role: 'Admin', height: 1000 });
    assert.match(await fill(unread, { ...access, secret: 'no' }), /EMQX does not take the API key/);
  }));

test('every query answers frames', () =>
  play(stage, async ({ open }) => {
    const answers = async (subject) => {
      const page = await open({ page: 'query', query: JSON.stringify({ subject }) });
      await page.getByRole('button', { name: 'Run query' }).click();
      const text = page.getByTestId('frames').filter({ hasText: '[' });
      return { page, frame: JSON.parse(await text.textContent())[0] };
    };
    const names = ({ fields }) => fields.map(({ name }) => name);
    const { frame: nodes } = await answers('nodes');
    assert.deepEqual(
      nodes.fields[0].values,
      [1, 2, 3, 4].map((n) => `emqx${n}@127.0.0.1`)
    );
    assert.deepEqual(nodes.fields[1].values, [3333, 3334, 3333, 0]);
    const { frame: balance } = await answers('balance');
    assert.deepEqual(names(balance), ['time', 'over', 'under', 'cv']);
    assert.ok(Math.abs(balance.fields[1].values[0] - 0.3336) < 1e-9);
    const { frame: states } = await answers('states');
    assert.equal(states.fields[1].values[0], 'idle');
    const { frame: forecast, page } = await answers('forecast');
    assert.equal(forecast.fields.length, 5);
    const ends = forecast.fields.slice(1).map(({ values }) => values.at(-1));
    assert.ok(Math.max(...ends) < 2600, `ends at ${ends}`);
    await picture(page, 'query-dark');
    const quick = await asked(open, { subject: 'forecast', reconnect: '1s' });
    const slow = await asked(open, { subject: 'forecast', reconnect: '{"points": [[30, 0], [90, 1]]}' });
    assert.ok(slow.meta.custom.duration_s > quick.meta.custom.duration_s + 20, 'clients that take a minute');
    assert.equal((await answers('runs')).frame.fields[0].values.length, 0);
    assert.equal((await answers('events')).frame.fields[0].values.length, 0);
  }));
