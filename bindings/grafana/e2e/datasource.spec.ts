import { expect, test } from '@grafana/plugin-e2e';

const TYPE = 'emqxrebalance-rebalance-datasource';

test('Save & test of the provisioned data source', async ({ readProvisionedDataSource, gotoDataSourceConfigPage }) => {
  const source = await readProvisionedDataSource({ fileName: 'emqx.yaml' });
  const page = await gotoDataSourceConfigPage(source.uid);
  await page.saveAndTest();
  await expect(page).toHaveAlert('success', { hasText: 'The read key can read' });
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
  await expect(panelEditPage.refreshPanel()).toBeOK();
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
