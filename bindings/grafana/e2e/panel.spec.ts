import { expect, test } from '@grafana/plugin-e2e';

test('the shipped dashboard shows the cluster and plans', async ({ gotoDashboardPage, page }) => {
  const dashboard = await gotoDashboardPage({ uid: 'emqx-rebalance' });
  const panel = dashboard.getPanelByTitle('Rebalance');
  await expect(panel.locator.getByText('over the mean')).toBeVisible();
  await panel.locator.getByRole('button', { name: 'Plan', exact: true }).click();
  await expect(page.getByTestId('plan level')).toBeVisible();
  await expect(page.getByTestId('plan single')).toBeVisible();
});
