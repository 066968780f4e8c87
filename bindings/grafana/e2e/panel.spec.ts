import { expect, test } from '@grafana/plugin-e2e';

test('the shipped dashboard shows the cluster and plans', async ({ gotoDashboardPage, page }) => {
  const dashboard = await gotoDashboardPage({ uid: 'emqx-rebalance' });
  const panel = dashboard.getPanelByTitle('Rebalance');
  await expect(panel.locator.getByText('over the mean')).toBeVisible();
  await panel.locator.getByRole('button', { name: 'Plan', exact: true }).click();
  await expect(page.getByTestId('plan level')).toBeVisible();
  await expect(page.getByTestId('plan single')).toBeVisible();
});

test.describe('as a viewer', () => {
  test.use({ user: { user: 'viewer', password: 'viewer', role: 'Viewer' } });

  test('nothing can be started', async ({ gotoDashboardPage, page }) => {
    const dashboard = await gotoDashboardPage({ uid: 'emqx-rebalance' });
    const panel = dashboard.getPanelByTitle('Rebalance');
    await panel.locator.getByRole('button', { name: 'Plan', exact: true }).click();
    await expect(page.getByTestId('plan level')).toBeVisible();
    await expect(panel.locator.getByRole('button', { name: 'Start', exact: true })).toHaveCount(0);
    const path = '/api/datasources/proxy/uid/emqx/api/v5/load_rebalance/nobody@nobody.invalid/stop';
    expect((await page.request.post(path)).status()).toBe(403);
  });
});
