// The main job: an Editor takes the cluster from 3333/3334/3333/0 to balanced by clicking.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CATALOGUE, CONFIRM, connections, looks, openStage, panel, picture, play } from './stage.mjs';

let stage;
before(async () => (stage = await openStage()));
after(() => stage.close());

/** What the driver takes for balanced: its forecast, which is next to even here, and 2 % for clients that come and go. */
const GOAL = 0.021;
const spread = (counts) => Math.max(...counts) / (counts.reduce((a, b) => a + b) / counts.length) - 1;

/** Figures that only who drives a rebalance has. */
const OURS = /[1-9][\d,]* of 2,\d\d\d clients/;

/** Plans, and starts the level plan. `shown` gets to see the confirmation. */
async function start(page, shown) {
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await page.getByTestId('plan level').waitFor();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const sentence = await page.getByText('EMQX will close').textContent();
  await shown?.();
  await page.getByTestId(CONFIRM).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  return sentence;
}

test('an editor plans, starts, watches and reads the verdict', () =>
  play(stage, async ({ cluster, server, open }) => {
    assert.deepEqual(await connections(cluster), [3333, 3334, 3333, 0]);
    const page = await open({ ...panel(), ...CATALOGUE, from: 'now-90s' });
    await page.getByLabel('Balance', { exact: true }).getByText('+33.4 %').waitFor();
    await page.locator('.u-over').waitFor();
    await hover(page, 0.9);
    await page.getByTestId('reading').waitFor();
    await looks(page, 3);
    assert.ok(await page.getByTestId('reading').isVisible(), 'what is pointed at stays while the panel looks again');
    await page.mouse.move(0, 0);
    await zoom(page);
    const { from, to } = await page.evaluate(() => window.zoomed);
    assert.ok(to - from > 20_000 && to - from < 60_000, `${from} to ${to} is what was dragged over`);

    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    const [level, single] = [page.getByTestId('plan level'), page.getByTestId('plan single')];
    await level.getByText('3 runs').waitFor();
    assert.match(await single.textContent(), /Fullest node\+\d\.\d %.*Disconnects[\d,]+.*Duration\d+ s.*1 run/);
    await level.getByText('fewest for 0 %: 2,500').waitFor();
    await picture(page, 'plan-dark');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    assert.equal(await level.count(), 0);

    let answer;
    server.state.annotating = new Promise((resolve) => (answer = resolve));
    const sentence = await start(page, () => picture(page, 'confirm-dark', 'body'));
    assert.match(
      sentence,
      /close 3 nodes to new clients, disconnect 2,\d\d\d clients, which come back to emqx4@127.0.0.1, and be done in about \d+ s\./
    );
    await page.getByLabel('Progress').getByText('Moving clients').waitFor();
    await page.getByText(/[1-9][\d,]* of 2,\d\d\d clients · about \d+ s left/).waitFor();
    await page.getByText(/ · [\d,]+ reconnecting/).waitFor();
    await page.waitForFunction(() => Number(document.querySelector('[role=progressbar]')?.ariaValueNow) >= 40);
    await picture(page, 'running-dark');

    await page.getByText('Rebalance completed').waitFor({ timeout: 150_000 });
    await picture(page, 'completed-dark');
    await page.getByRole('button', { name: 'Close alert' }).click();
    await page.getByText('Rebalance completed').waitFor({ state: 'detached' });
    await picture(page, 'panel-dark');
    const counts = await connections(cluster);
    assert.ok(spread(counts) <= GOAL, `ended at ${counts}`);
    const [toast] = await page.evaluate(() => window.toasts);
    assert.equal(toast[0], 'alert-success');
    // Grafana is slower than the rebalance: the region is closed all the same.
    const patched = page.waitForResponse((response) => response.request().method() === 'PATCH');
    answer();
    await patched;
    assert.equal(server.state.annotations.length, 1);
    const [mark] = server.state.annotations;
    assert.deepEqual([mark.dashboardUID, mark.panelId, mark.tags], ['harness', 7, ['emqx', 'rebalance']]);
    assert.match(mark.text, /^EMQX will close 3 nodes.*Rebalance completed$/);
    assert.ok(mark.timeEnd > mark.time);
  }));

test('after a reload the tab goes on, and others see the truth', () =>
  play(stage, async ({ cluster, open }) => {
    const viewer = await open({ ...panel(), role: 'Viewer' });
    const page = await open(panel({ waitTakeover: 8 }));
    await start(page);
    await viewer.getByLabel('Progress').getByText('Moving clients').waitFor();
    await page.reload();
    await page.getByText(OURS).waitFor();
    assert.equal(await viewer.getByRole('button', { name: 'Stop' }).count(), 0);
    await picture(viewer, 'viewer-running-dark');

    // A second wave may follow, for what the first one left on a busy machine.
    await page.getByText('Rebalance completed').waitFor({ timeout: 150_000 });
    assert.ok(spread(await connections(cluster)) <= GOAL);
  }));

test('of all instances and tabs, one drives; the others watch', () =>
  play(stage, async ({ server, open }) => {
    const page = await open(panel({ connEvictRate: 20 }));
    await start(page);
    await page.getByText(OURS).waitFor();
    await page.evaluate(() => window.saveSource());
    await page.getByText(OURS).waitFor();
    const times = await looks(page, 6);
    assert.ok(times.at(-1) - times[0] > 3500, `${times}: two drivers look twice as often`);

    await duplicate(page);

    const { jsonData } = server.state.sources.emqx;
    const { apiUrl } = jsonData;
    jsonData.apiUrl = 'http://127.0.0.1:9';
    await page.getByLabel('Not up to date').waitFor();
    jsonData.apiUrl = apiUrl;
    await page.getByLabel('Not up to date').waitFor({ state: 'detached' });
    await page.getByText(OURS).waitFor();
  }));

test('without HTTPS, which locks need, one tab drives all the same', () =>
  play(stage, async ({ open }) => {
    const page = await open({ ...panel({ connEvictRate: 20 }), http: '' });
    await start(page);
    await page.getByText(OURS).waitFor();
    await duplicate(page);
    await page.reload();
    await page.getByText(OURS).waitFor();
  }));

test('an editor stops what runs, also from another browser; old plans are of no use then', () =>
  play(stage, async ({ cluster, server, open }) => {
    const other = await open(panel());
    await other.getByRole('button', { name: 'Plan', exact: true }).click();
    await other.getByTestId('plan level').waitFor();

    const page = await open({ ...panel({ connEvictRate: 20 }), dashboard: '' });
    await start(page);
    await page.waitForFunction(() => Number(document.querySelector('[role=progressbar]')?.ariaValueNow) >= 10);
    await other.getByRole('button', { name: 'Stop', exact: true }).click();
    await other.getByTestId(CONFIRM).click();
    await page.getByText(/Rebalance (vanished|stopped)/).waitFor();
    assert.ok(spread(await connections(cluster)) > 0.05);
    assert.deepEqual(server.state.annotations, [], 'a dashboard that was never saved has no place for marks');

    await other.getByRole('button', { name: 'Start', exact: true }).click();
    await other.getByText(/does not fit the cluster any more.*plan again/).waitFor();
    assert.equal(await other.getByTestId(CONFIRM).count(), 0);

    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    await page.getByTestId('plan level').waitFor();
    assert.match(await forecastStart(page), /emqx4 \(forecast\)[1-9]/, 'it begins where the cluster is now');
  }));

/** Duplicates the tab, with all that it remembers: the copy sees what runs, and drives nothing. */
async function duplicate(page) {
  const copied = page.context().waitForEvent('page');
  await page.evaluate(() => void open(location.href));
  const copy = await copied;
  await copy.getByLabel('Progress').getByText('Moving clients').waitFor();
  await copy.waitForFunction(() => sessionStorage.length === 0);
  assert.equal(await copy.getByText(OURS).count(), 0);
  await copy.close();
}

/** Points at the chart, so far from its left to its right. */
async function hover(page, share) {
  const box = await page.locator('.u-over').boundingBox();
  if (!box) {
    // It is just being built anew.
    return hover(page, share);
  }
  await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
}

/** Drags over the middle third of the chart. */
async function zoom(page) {
  await hover(page, 0.33);
  await page.mouse.down();
  await hover(page, 0.5);
  await hover(page, 0.66);
  await page.mouse.up();
}

/** What the chart says where its forecast begins. */
async function forecastStart(page) {
  for (let share = 0.01; share < 1; share += 0.01) {
    await hover(page, share);
    const text = await page.evaluate(
      () =>
        new Promise((told) => {
          const read = () => told(document.querySelector('[data-testid=reading]')?.textContent ?? '');
          requestAnimationFrame(() => requestAnimationFrame(read));
        })
    );
    if (text.includes('(forecast)')) {
      return text;
    }
  }
  throw new Error('the chart has no forecast');
}
