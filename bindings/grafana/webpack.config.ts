import CopyWebpackPlugin from 'copy-webpack-plugin';
import { gzipSync } from 'node:zlib';
import webpack, { type Configuration } from 'webpack';
import grafanaConfig, { type Env } from './.config/webpack/webpack.config.ts';

/** Puts WebAssembly into the bundle, compressed by gzip, as base64. */
const packed = {
  test: /\.wasm$/,
  type: 'asset/inline',
  generator: { dataUrl: (content: Buffer) => gzipSync(content, { level: 9 }).toString('base64') },
};

/** The scaffold's build, with what nested plugins with inlined WebAssembly need. */
const config = async (env: Env): Promise<Configuration> => {
  const base = await grafanaConfig(env);
  return {
    ...base,
    // The scaffold's cache would go into node_modules, which several checkouts may share.
    cache: false,
    // The size is that of the planner, and tests print it.
    performance: false,
    module: {
      ...base.module,
      rules: [...(base.module?.rules ?? []), packed],
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
    // Source maps name the planner by its place in node_modules, which is a link to the package beside this folder.
    resolve: { ...base.resolve, symlinks: false },
  };
};

export default config;
