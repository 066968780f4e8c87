// Measures what docs/numbers.md says of the panel: time to its first paint, and CPU while it is open.
import { openStage, panel, play } from './stage.mjs';

const SECONDS = 20;
const stage = await openStage();
await play(stage, async ({ open }) => {
  const page = await open(panel({ pollSeconds: 2 }));
  await page.locator('.u-over').waitFor();
  const painted = await page.evaluate(() => {
    const [module] = performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.endsWith('rebalance-panel/module.js'));
    return performance.now() - module.startTime;
  });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const busy = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  const before = await busy();
  await new Promise((done) => setTimeout(done, SECONDS * 1000));
  const share = ((await busy()) - before) / SECONDS;
  console.log(`from the panel's module.js asked for to bars and curves: at most ${painted.toFixed(0)} ms`);
  console.log(`main thread while open at a poll every 2 s: ${(share * 100).toFixed(2)} % of one core`);
});
await stage.close();
