import CopyWebpackPlugin from 'copy-webpack-plugin';
import path from 'node:path';
import type { Configuration } from 'webpack';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

/** The scaffold's build, with what nested plugins with inlined WebAssembly need. */
const config = async (env: Env): Promise<Configuration> => {
  const base = await grafanaConfig(env);
  return {
    ...base,
    // Beside what is installed, not in the shared node_modules.
    cache: false,
    module: {
      ...base.module,
      // The planner's bytes are inlined. Its unused default, `new URL('….wasm', import.meta.url)`, would put a
      // second copy beside module.js, where a nested plugin could not load it (grafana/plugin-tools#2172).
      parser: { javascript: { url: false } },
    },
    // The scaffold copies the logos of the outer plugin only.
    plugins: [...(base.plugins ?? []), new CopyWebpackPlugin({ patterns: [{ from: '**/img/**', to: '.' }] })],
    resolve: { ...base.resolve, alias: { 'emqx-rebalance': planner(env) } },
  };
};

/** The npm package that `cargo xtask wasm` builds. */
function planner(env: Env): string {
  return typeof env.planner === 'string' ? env.planner : path.resolve(process.cwd(), '../wasm/npm');
}

export default config;
