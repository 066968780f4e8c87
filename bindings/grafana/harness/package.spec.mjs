// The rules of Grafana's plugin validator that can be checked here (grafana/plugin-validator 0.45, README "Analyzers"),
// on what was built.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const grafana = path.dirname(import.meta.dirname);
const dist = path.join(grafana, 'dist');
const read = (...parts) => readFileSync(path.join(dist, ...parts), 'utf8');
const json = (...parts) => JSON.parse(read(...parts));
const files = (folder, end) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(end));
const PLUGINS = ['.', 'panel', 'datasource'];
const app = json('plugin.json');
const source = json('datasource/plugin.json');

test('metadata: ids, versions, dependencies, no template left', () => {
  const { version } = JSON.parse(readFileSync(path.join(grafana, 'package.json')));
  for (const folder of PLUGINS) {
    const plugin = json(folder, 'plugin.json');
    assert.match(plugin.id, /^[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)$/);
    assert.ok(plugin.id.endsWith(plugin.type));
    assert.equal(plugin.info.version, version);
    assert.match(plugin.info.updated, /^\d{4}-\d\d-\d\d$/);
    assert.match(plugin.dependencies.grafanaDependency, /^>=\d+\.\d+\.\d+/);
    assert.ok(plugin.info.description && plugin.info.author.name && plugin.info.keywords.length > 0);
    assert.doesNotMatch(JSON.stringify(plugin), /%[A-Z]+%/);
    for (const logo of Object.values(plugin.info.logos)) {
      assert.ok(statSync(path.join(dist, folder, logo)).size > 0, logo);
    }
  }
  for (const { path: screenshot } of app.info.screenshots) {
    assert.equal(readFileSync(path.join(dist, screenshot)).subarray(1, 4).toString(), 'PNG', screenshot);
  }
});

test('nested plugins are in an app and declared with type and path', () => {
  assert.equal(app.type, 'app');
  for (const folder of PLUGINS.slice(1)) {
    const { type } = json(folder, 'plugin.json');
    assert.ok(
      app.includes.some((included) => included.type === type && included.path === `${folder}/plugin.json`),
      folder
    );
  }
  const { path: dashboard } = app.includes.find(({ type }) => type === 'dashboard');
  assert.ok(json(dashboard).panels.some(({ type }) => type === json('panel/plugin.json').id));
});

test('every module has its source map; README, changelog and licence are there', () => {
  for (const folder of PLUGINS) {
    assert.ok(JSON.parse(read(folder, 'module.js.map')).sources.length > 0);
  }
  assert.match(read('LICENSE'), /Apache License\s+Version 2\.0/);
  assert.match(read('CHANGELOG.md'), new RegExp(`^## ${app.info.version}`, 'm'));
  assert.ok(read('README.md').length > 500);
  assert.match(
    readFileSync(path.join(grafana, '.config/webpack/webpack.config.ts'), 'utf8'),
    /@grafana\/create-plugin/
  );
});

test('the WebAssembly is inside the data source alone; no other file must be found at run time', () => {
  assert.deepEqual(files(dist, '.wasm'), []);
  assert.deepEqual(files(dist, '.js').sort(), ['datasource/module.js', 'module.js', 'panel/module.js']);
  const size = gzipSync(readFileSync(path.join(dist, 'datasource/module.js')), { level: 9 }).length;
  console.log(`datasource/module.js: ${(size / 1000).toFixed(1)} kB gzipped, wasm included`);
  assert.ok(!read('panel/module.js').includes('H4sI'), 'the panel uses the data source’s planner');
  for (const module of files(dist, 'module.js')) {
    assert.doesNotMatch(read(module), /file:\/\/\//, 'no path of the build machine');
  }
});

test('pictures are plain: no script, no reference', () => {
  for (const logo of files(dist, '.svg')) {
    assert.doesNotMatch(read(logo), /<script|<foreignObject|href|on\w+=|data:|<!ENTITY/i);
  }
});

test('sources use nothing that reviewers refuse', () => {
  const FORBIDDEN = [
    /\b(alert|confirm|prompt)\(/,
    /\bwindow\.(?!matchMedia)/,
    /import '[^']+\.css'/,
    /<Global\b/,
    /\/api\/ds\/query/,
    /console\.\w+\(/,
    /@ts-ignore|@ts-expect-error|eslint-disable/,
    /gf-form/,
    /dangerouslySetInnerHTML|innerHTML/,
    /localStorage/,
  ];
  const src = path.join(grafana, 'src');
  for (const name of [...files(src, '.ts'), ...files(src, '.tsx')]) {
    const text = readFileSync(path.join(src, name), 'utf8');
    for (const forbidden of FORBIDDEN) {
      assert.doesNotMatch(text, forbidden, name);
    }
  }
});

test('routes: reads for viewers, commands for editors, each with its key, each to the URL of the settings', () => {
  for (const { path: route, method, reqRole, url, headers } of source.routes) {
    assert.ok(['GET Viewer', 'POST Editor'].includes(`${method} ${reqRole}`), route);
    assert.equal(url, `{{ .JsonData.apiUrl }}/${route}`);
    const key = method === 'GET' ? 'readBasic' : 'controlBasic';
    assert.deepEqual(headers, [{ name: 'Authorization', content: `Basic {{ .SecureJsonData.${key} }}` }]);
  }
  const commands = source.routes.filter(({ method }) => method === 'POST').map(({ path: route }) => route);
  assert.deepEqual(commands, ['api/v5/load_rebalance', 'api/v4/load_rebalance']);
});

test('provisioning gives the data source no URL of its own', () => {
  const yaml = readFileSync(path.join(grafana, 'provisioning/datasources/emqx.yaml'), 'utf8');
  assert.doesNotMatch(yaml, /^\s*(url|basicAuth\w*):/m);
  assert.match(yaml, new RegExp(`type: ${source.id}`));
});
