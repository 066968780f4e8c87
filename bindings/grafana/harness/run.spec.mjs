// The main job: an Editor takes the cluster from 3333/3334/3333/0 to balanced by clicking.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CONFIRM, connections, openStage, panel, picture, play } from './stage.mjs';

let stage;
before(async () => (stage = await openStage()));
after(() => stage.close());

const spread = (counts) => Math.max(...counts) / (counts.reduce((a, b) => a + b) / counts.length) - 1;

/** Plans, and starts the level plan. */
async function start(page) {
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await page.getByTestId('plan level').waitFor();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const sentence = await page.getByText('EMQX will close').textContent();
  await page.getByTestId(CONFIRM).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  return sentence;
}

test('an editor plans, starts, watches and reads the verdict', () =>
  play(stage, async ({ cluster, server, open }) => {
    assert.deepEqual(await connections(cluster), [3333, 3334, 3333, 0]);
    const page = await open(panel());
    await page.getByLabel('Balance', { exact: true }).getByText('+33.4 %').waitFor();
    await page.locator('.u-over').waitFor();
    await picture(page, 'panel-dark');

    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    const [level, single] = [page.getByTestId('plan level'), page.getByTestId('plan single')];
    await level.getByText('3 runs').waitFor();
    assert.match(await single.textContent(), /Fullest node\+\d\.\d %.*Disconnects[\d,]+.*Duration\d+ s.*1 run/);
    await picture(page, 'plan-dark');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    assert.equal(await level.count(), 0);

    const sentence = await start(page);
    assert.match(
      sentence,
      /close 3 nodes to new clients, disconnect 2,\d\d\d clients, which come back to emqx4@127.0.0.1, and be done in about \d+ s\./
    );
    await page.getByLabel('Progress').getByText('Moving clients').waitFor();
    await page.getByText(/[1-9][\d,]* of 2,\d\d\d clients · about \d+ s left/).waitFor();
    await page.waitForFunction(() => Number(document.querySelector('[role=progressbar]')?.ariaValueNow) >= 40);
    await picture(page, 'running-dark');

    await page.getByText('Rebalance completed').waitFor({ timeout: 90_000 });
    await picture(page, 'completed-dark');
    const counts = await connections(cluster);
    assert.ok(spread(counts) < 0.01, `ended at ${counts}`);
    const [toast] = await page.evaluate(() => window.toasts);
    assert.equal(toast[0], 'alert-success');
    assert.equal(server.state.annotations.length, 1);
    const [mark] = server.state.annotations;
    assert.deepEqual([mark.dashboardUID, mark.panelId, mark.tags], ['harness', 7, ['emqx', 'rebalance']]);
    assert.match(mark.text, /^EMQX will close 3 nodes.*Rebalance completed$/);
    assert.ok(mark.timeEnd > mark.time);
  }));

test('after a reload the tab goes on, and others see the truth', () =>
  play(stage, async ({ cluster, open }) => {
    const viewer = await open({ ...panel(), role: 'Viewer' });
    const page = await open(panel({ connEvictRate: 120, waitTakeover: 8 }));
    await start(page);
    await viewer.getByLabel('Progress').getByText('Moving clients').waitFor();
    await page.reload();
    await page.getByText(/[1-9][\d,]* of 2,\d\d\d clients/).waitFor();
    assert.equal(await viewer.getByRole('button', { name: 'Stop' }).count(), 0);
    await picture(viewer, 'viewer-running-dark');

    // A second wave may follow, for what the first one left on a busy machine.
    await page.getByText('Rebalance completed').waitFor({ timeout: 90_000 });
    assert.ok(spread(await connections(cluster)) < 0.01);
  }));

test('an editor stops what runs, also from another browser', () =>
  play(stage, async ({ cluster, open }) => {
    const page = await open(panel({ connEvictRate: 40 }));
    await start(page);
    await page.getByLabel('Progress').getByText('Moving clients').waitFor();
    const other = await open(panel());
    await other.getByRole('button', { name: 'Stop', exact: true }).click();
    await other.getByTestId(CONFIRM).click();
    await other.getByRole('button', { name: 'Plan', exact: true }).waitFor();
    await page.getByText(/Rebalance (vanished|stopped)/).waitFor();
    assert.ok(spread(await connections(cluster)) > 0.05);
  }));
