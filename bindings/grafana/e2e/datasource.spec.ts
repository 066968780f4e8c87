import { expect, test } from '@grafana/plugin-e2e';
import type { Response } from '@playwright/test';

const TYPE = 'emqxrebalance-rebalance-datasource';

test('Test of the provisioned data source', async ({ readProvisionedDataSource, gotoDataSourceConfigPage, page }) => {
  const source = await readProvisionedDataSource({ fileName: 'emqx.yaml' });
  const settings = await gotoDataSourceConfigPage(source.uid);
  // What is provisioned cannot be saved, and a source without a backend has no health check to wait for.
  await page.getByRole('button', { name: /^(Save & test|Test)$/ }).click();
  await expect(settings).toHaveAlert('success', { hasText: 'The read key can read' });
});

test('the settings never come back with a secret', async ({ page, readProvisionedDataSource }) => {
  const source = await readProvisionedDataSource({ fileName: 'emqx.yaml' });
  const answer = await page.request.get(`/api/datasources/uid/${source.uid}`);
  expect(await answer.json()).not.toHaveProperty('secureJsonData');
});

test('nodes as a table', async ({ panelEditPage, readProvisionedDataSource }) => {
  const source = await readProvisionedDataSource({ fileName: 'emqx.yaml' });
  await panelEditPage.datasource.set(source.name);
  await panelEditPage.setVisualization('Table');
  // The browser asks by itself, not through /api/ds/query.
  const isRead = (response: Response) => response.url().includes(`/api/datasources/proxy/uid/${source.uid}/`);
  await expect(panelEditPage.refreshPanel({ waitForResponsePredicateCallback: isRead })).toBeOK();
  await expect(panelEditPage.panel.fieldNames).toContainText(['node', 'connections']);
});

test('only the routes can be reached', async ({ page, readProvisionedDataSource }) => {
  const { uid } = await readProvisionedDataSource({ fileName: 'emqx.yaml' });
  const proxy = `/api/datasources/proxy/uid/${uid}`;
  expect((await page.request.get(`${proxy}/api/v5/nodes`)).status()).toBe(200);
  for (const path of ['api/v5/configs', 'api/v5/api_key', 'api/v5/nodes/..%2fconfigs', '']) {
    expect((await page.request.get(`${proxy}/${path}`)).status(), `${TYPE} ${path}`).not.toBe(200);
  }
});
