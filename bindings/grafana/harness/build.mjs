// Bundles the harness: Grafana's own packages and its plugin loader, as a page.
// node harness/build.mjs [folder of the bundle] [folder whose node_modules it is made of]
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;

/** Builds the page's script into `folder`, with the packages that `from` has installed. */
async function buildHarness(folder, from) {
  await build({
    entryPoints: [path.join(here, 'main.tsx')],
    outfile: path.join(folder, 'harness.js'),
    bundle: true,
    format: 'iife',
    jsx: 'automatic',
    loader: { '.svg': 'dataurl', '.woff2': 'empty', '.woff': 'empty', '.ttf': 'empty' },
    define: {
      // SystemJS's AMD extra defines a global `define`, which lodash would take for its loader.
      define: 'undefined',
      'process.env.NODE_ENV': '"production"',
      global: 'window',
    },
    logLevel: 'error',
    minify: true,
    plugins: [withoutMonaco, packagesOf(from)],
    target: 'chrome120',
  });
  const modules = path.join(from, 'node_modules');
  const version = (name) => JSON.parse(readFileSync(path.join(modules, name, 'package.json'))).version;
  const about = { grafana: version('@grafana/runtime'), react: version('react'), modules };
  writeFileSync(path.join(folder, 'about.json'), JSON.stringify(about));
  console.log(`The harness stands for Grafana ${about.grafana} with React ${about.react}`);
}

/** A code editor of 8 MB that no plugin here shows. */
const withoutMonaco = {
  name: 'without monaco',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^monaco-editor/ }, () => ({ path: 'monaco', namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {}' }));
  },
};

/** Has the harness's own files import packages from `from`, not from the nearest node_modules above them. */
function packagesOf(from) {
  return {
    name: 'packages',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^[@a-z]/ }, ({ path: name, importer, kind, pluginData }) => {
        const isOurs = path.dirname(importer) === here && pluginData !== 'asked';
        return isOurs ? resolve(name, { kind, resolveDir: from, pluginData: 'asked' }) : undefined;
      });
    },
  };
}

const [folder = path.join(here, 'build'), from = path.dirname(here)] = process.argv.slice(2);
await buildHarness(folder, from);
