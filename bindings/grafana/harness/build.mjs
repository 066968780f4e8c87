// Bundles the harness: Grafana's own packages and its plugin loader, as a page.
import { build } from 'esbuild';
import path from 'node:path';

const here = import.meta.dirname;

/** Builds the page's script into `folder`, with the packages that `from` has installed. */
async function buildHarness(folder, from = path.dirname(here)) {
  await build({
    entryPoints: [path.join(here, 'main.tsx')],
    outfile: path.join(folder, 'harness.js'),
    bundle: true,
    format: 'iife',
    jsx: 'automatic',
    nodePaths: [path.join(from, 'node_modules')],
    loader: { '.svg': 'dataurl', '.woff2': 'empty', '.woff': 'empty', '.ttf': 'empty' },
    define: {
      // SystemJS's AMD extra defines a global `define`, which lodash would take for its loader.
      define: 'undefined',
      'process.env.NODE_ENV': '"production"',
      global: 'window',
    },
    logLevel: 'error',
    minify: true,
    plugins: [withoutMonaco],
    target: 'chrome120',
  });
}

/** A code editor of 8 MB that no plugin here shows. */
const withoutMonaco = {
  name: 'without monaco',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^monaco-editor/ }, () => ({ path: 'monaco', namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}' }));
  },
};

await buildHarness(process.argv[2] ?? path.join(here, 'build'));
