// Themes, sizes, field options, and series of a real Prometheus.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPrometheus } from './programs.mjs';
import { openStage, panel, picture, play } from './stage.mjs';

let stage;
before(async () => (stage = await openStage()));
after(() => stage.close());

test('light, small, narrow and with field options', () =>
  play(stage, async ({ open }) => {
    const light = await open({ ...panel(), theme: 'light' });
    await light.getByRole('button', { name: 'Plan', exact: true }).click();
    await light.getByTestId('plan level').waitFor();
    await light.locator('.u-over').waitFor();
    await picture(light, 'plan-light');
    const background = (element) => getComputedStyle(element).backgroundColor;
    const bar = light.getByTestId('node emqx4@127.0.0.1').locator('css=div:nth-child(2) > div').first();
    assert.equal(
      await bar.evaluate(background),
      await light.getByTestId('series-icon').nth(3).evaluate(background),
      'bar and curve of a node have one colour'
    );
    await light.getByTitle('emqx4@127.0.0.1').getByText('emqx4', { exact: true }).waitFor();

    const small = await open({ ...panel(), w: 320, h: 200 });
    await small.getByTestId('node emqx4@127.0.0.1').getByText('0', { exact: true }).waitFor();
    assert.equal(await small.locator('.u-over').count(), 0);
    await picture(small, 'small-dark');

    const narrow = await open({ ...panel(), w: 420, h: 640, height: 700 });
    await narrow.locator('.u-over').waitFor();
    await narrow.getByRole('button', { name: 'Plan', exact: true }).click();
    await narrow.getByTestId('plan single').waitFor();
    await picture(narrow, 'narrow-dark');

    const field = await open({
      ...panel({ donorColor: 'purple', showCurves: false }),
      field: JSON.stringify({ unit: 'short', decimals: 2 }),
    });
    await field.getByTestId('node emqx1@127.0.0.1').getByText('3.33 K').waitFor();
    assert.equal(await field.locator('.u-over').count(), 0);
  }));

test('many nodes', () =>
  play(
    stage,
    async ({ open }) => {
      const page = await open(panel());
      await page.getByTestId('node emqx24@127.0.0.1').waitFor();
      await page.getByRole('button', { name: 'Plan', exact: true }).click();
      await page.getByTestId('plan level').waitFor();
      await picture(page, 'many-dark');
    },
    { cluster: ['--clients', Array.from({ length: 24 }, (_, i) => 400 + ((i * 377) % 900)).join(',')] }
  ));

test('sixty nodes are legible', () =>
  play(
    stage,
    async ({ open }) => {
      const page = await open({ ...panel(), height: 520 });
      await page.getByTestId('node emqx60@127.0.0.1').waitFor();
      const shown = await page.locator('[data-testid^="node "]').evaluateAll((rows) =>
        rows.map(({ children: [name, , count] }) => {
          const { bottom, height } = name.getBoundingClientRect();
          return { count: count.textContent, bottom, height };
        })
      );
      assert.equal(shown.length, 60);
      const counts = shown.map(({ count }) => Number(count.replace(',', '')));
      const mean = counts.reduce((a, b) => a + b) / counts.length;
      counts.slice(1).forEach((count, i) => assert.ok(count <= counts[i] + mean * 0.01, 'the fullest first'));
      assert.ok(
        shown.every(({ bottom, height }) => bottom < 500 && height >= 12),
        'all are in the panel'
      );
      await picture(page, 'sixty-dark');
      const light = await open({ ...panel(), theme: 'light', height: 520 });
      await light.getByTestId('node emqx60@127.0.0.1').waitFor();
      await picture(light, 'sixty-light');
      const small = await open({ ...panel(), w: 320, h: 300 });
      await small.getByRole('button', { name: 'more nodes' }).waitFor();
      await picture(small, 'sixty-small-dark');
    },
    { cluster: ['--clients', Array.from({ length: 60 }, (_, i) => 400 + ((i * 377) % 900)).join(',')] }
  ));

test('a small panel shows both plans, or says that there is more; the question before the start has all', () =>
  play(stage, async ({ open }) => {
    const page = await open({ ...panel({ mode: 'single', connEvictRate: 200 }), w: 320, h: 300 });
    await page.getByRole('button', { name: 'Plan', exact: true }).click();
    const frame = await page.locator('#frame').boundingBox();
    for (const mode of ['level', 'single']) {
      const card = page.getByTestId(`plan ${mode}`);
      await card.getByText(/disconnects · .* · \d runs?/).waitFor();
      const box = await card.boundingBox();
      assert.ok(box.y + box.height < frame.y + frame.height, `${mode} is in the panel`);
    }
    await page.getByRole('button', { name: 'more about these plans' }).waitFor();
    await picture(page, 'small-plan-dark');
    const findings = (place) => place.getByRole('list', { name: 'Findings' }).locator('li > span:last-child');
    const told = await findings(page).allTextContents();
    assert.ok(told.length > 0);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await findings(dialog).first().waitFor();
    assert.deepEqual(await findings(dialog).allTextContents(), told);
    // Grafana asks in red where something is lost.
    const confirm = dialog.getByRole('button', { name: 'Start', exact: true });
    const color = await confirm.evaluate((element) => getComputedStyle(element).backgroundColor);
    const [red, , blue] = color.match(/\d+/g).map(Number);
    assert.ok(blue > red, color);
    await picture(page, 'small-confirm-dark', 'body');
  }));

/** The colours of a node's bar and of its curve in the legend. */
async function colors(page, node) {
  const color = (locator) => locator.evaluate((element) => getComputedStyle(element).backgroundColor);
  const row = page.getByTestId(`node ${node}`);
  const entry = page.locator('[data-testid^="data-testid VizLegend series"]').filter({ hasText: node.split('@')[0] });
  return [
    await color(row.locator('css=div:nth-child(2) > div').first()),
    await color(entry.getByTestId('series-icon').first()),
  ];
}

test('curves of pods have the colours of their bars, where an instance is an address and a port', async () => {
  let prometheus;
  try {
    await play(
      stage,
      async ({ cluster, open }) => {
        const nodes = cluster.urls.map((_, i) => `emqx${i + 1}@127.0.0.1`);
        const query = { prometheus: 'emqx_live_connections_count' };
        const page = await open({ ...panel(), ...query });
        await page.locator('.u-over').waitFor();
        await page.getByText('emqx4', { exact: true }).nth(1).waitFor();
        for (const node of nodes) {
          const [bar, curve] = await colors(page, node);
          assert.equal(bar, curve, node);
        }
        await picture(page, 'pods-dark');
        const nodeNames = cluster.urls.map((url, i) => `${new URL(url).host}=${nodes[i]}`);
        const mapped = await open({ ...panel({ nodeLabel: 'instance', nodeNames }), ...query });
        await mapped.getByText('emqx4', { exact: true }).nth(1).waitFor();
        assert.equal(...(await colors(mapped, nodes[0])));
      },
      {
        prometheus: async ({ urls }) =>
          (prometheus = await startPrometheus(urls, (i) => ({ pod: `emqx${i + 1}` }))).url,
      }
    );
  } finally {
    await prometheus?.stop();
  }
});

test('series of a real Prometheus that scrapes the nodes', async () => {
  let prometheus;
  try {
    await play(
      stage,
      async ({ open }) => {
        const page = await open({ ...panel(), prometheus: 'emqx_live_connections_count' });
        // All nodes of the embedded cluster are one host, so Prometheus tells them apart by port alone.
        await page.locator('.u-over').waitFor();
        await page
          .getByText(/instance="127\.0\.0\.1:\d+"|127\.0\.0\.1:\d+/)
          .first()
          .waitFor();
        await picture(page, 'prometheus-dark');
      },
      { prometheus: async ({ urls }) => (prometheus = await startPrometheus(urls)).url }
    );
  } finally {
    await prometheus?.stop();
  }
});
