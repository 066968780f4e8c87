import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';
import { dirname } from 'node:path';

const pluginE2eAuth = `${dirname(require.resolve('@grafana/plugin-e2e'))}/auth`;

/** Grafana is where GRAFANA_URL says, with the plugins installed and provisioned as in ../provisioning. */
export default defineConfig<PluginOptions>({
  testDir: '.',
  fullyParallel: false,
  workers: 1,
  use: { baseURL: process.env.GRAFANA_URL ?? 'http://localhost:3000' },
  projects: [
    { name: 'auth', testDir: pluginE2eAuth, testMatch: [/.*\.js/] },
    {
      name: 'chromium',
      use: { ...devices['Desktop Chrome'], storageState: 'playwright/.auth/admin.json' },
      dependencies: ['auth'],
    },
  ],
});
