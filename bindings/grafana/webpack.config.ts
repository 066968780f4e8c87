import CopyWebpackPlugin from 'copy-webpack-plugin';
import path from 'node:path';
import webpack, { type Configuration } from 'webpack';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

/** The npm package that `cargo xtask wasm` builds, with its WebAssembly inside the JavaScript. */
const PLANNER = path.resolve(process.cwd(), '../wasm/npm/esm/inline.js');

/** The scaffold's build, with what nested plugins with inlined WebAssembly need. */
const config = async (env: Env): Promise<Configuration> => {
  const base = await grafanaConfig(env);
  return {
    ...base,
    // The scaffold's cache would go into node_modules, which several checkouts may share.
    cache: false,
    module: {
      ...base.module,
      // The planner's unused default, `new URL('….wasm', import.meta.url)`, would put a second copy beside
      // module.js, where a nested plugin could not load it (grafana/plugin-tools#2172).
      parser: { javascript: { url: false } },
    },
    plugins: [
      ...(base.plugins ?? []),
      // The scaffold copies the logos of the outer plugin only.
      new CopyWebpackPlugin({ patterns: [{ from: '**/img/**', to: '.' }] }),
      // Else the build machine's own path would stand there.
      new webpack.DefinePlugin({ 'import.meta.url': '""' }),
    ],
    resolve: { ...base.resolve, alias: { 'emqx-rebalance/inline$': PLANNER } },
  };
};

export default config;
