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
