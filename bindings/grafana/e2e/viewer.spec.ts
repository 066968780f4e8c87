import { expect, test } from '@grafana/plugin-e2e';

test('a viewer sees and plans, and can start nothing', async ({ gotoDashboardPage, page }) => {
  const user = await (await page.request.get('/api/user/orgs')).json();
  expect(user, 'this runs as a viewer').toEqual([expect.objectContaining({ role: 'Viewer' })]);
  const dashboard = await gotoDashboardPage({ uid: 'emqx-rebalance' });
  const panel = dashboard.getPanelByTitle('Rebalance');
  await panel.locator.getByRole('button', { name: 'Plan', exact: true }).click();
  await expect(page.getByTestId('plan level')).toBeVisible();
  await expect(panel.locator.getByRole('button', { name: 'Start', exact: true })).toHaveCount(0);
  const path = '/api/datasources/proxy/uid/emqx/api/v5/load_rebalance/nobody@nobody.invalid/stop';
  expect((await page.request.post(path)).status()).toBe(403);
});
