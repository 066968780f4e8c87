import type { PluginOptions } from '@grafana/plugin-e2e';
import { defineConfig, devices } from '@playwright/test';
import { dirname, join } from 'node:path';

/** Logs in, as an administrator or as who `use.user` says, and keeps the session in `playwright/.auth/<user>.json`. */
const auth = { testDir: join(dirname(require.resolve('@grafana/plugin-e2e')), 'auth'), testMatch: /.*\.js/ };
const admin = process.env.GRAFANA_ADMIN_USER ?? 'admin';
const chrome = devices['Desktop Chrome'];

/** Grafana is where GRAFANA_URL says, with the plugins installed and provisioned as in ../provisioning. */
export default defineConfig<object, PluginOptions>({
  testDir: '.',
  fullyParallel: false,
  workers: 1,
  use: {
    baseURL: process.env.GRAFANA_URL ?? 'http://localhost:3000',
    provisioningRootDir: join(__dirname, '../provisioning'),
  },
  projects: [
    { name: 'auth', ...auth },
    { name: 'auth viewer', ...auth, use: { user: { user: 'viewer', password: 'viewer', role: 'Viewer' } } },
    {
      name: 'administrator',
      testIgnore: /viewer/,
      use: { ...chrome, storageState: `playwright/.auth/${admin}.json` },
      dependencies: ['auth'],
    },
    {
      name: 'viewer',
      testMatch: /viewer/,
      use: { ...chrome, storageState: 'playwright/.auth/viewer.json' },
      dependencies: ['auth viewer'],
    },
  ],
});
