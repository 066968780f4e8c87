// Every rule of Grafana's plugin validator that can be checked without a network (grafana/plugin-validator 0.45, README
// "Analyzers", each under its name there), on what was built.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const grafana = path.dirname(import.meta.dirname);
const root = path.join(grafana, '../..');
const dist = path.join(grafana, 'dist');
const read = (...parts) => readFileSync(path.join(dist, ...parts), 'utf8');
const json = (...parts) => JSON.parse(read(...parts));
const files = (folder, end = '') =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
const PLUGINS = ['.', 'panel', 'datasource'];
const REPOSITORY = 'https://github.com/emqx-rebalance/emqx-rebalance/blob/main/';
const RAW = 'https://raw.githubusercontent.com/emqx-rebalance/emqx-rebalance/main/';
const app = json('plugin.json');
const source = json('datasource/plugin.json');
const { version } = JSON.parse(readFileSync(path.join(grafana, 'package.json')));

test('metadata, metadatavalid, nestedmetadata, pluginname, typesuffix, packagejson, discoverability', () => {
  // What plugin.schema.json allows and we use; it allows nothing else.
  const KNOWN =
    '$schema annotations buildMode category dependencies id includes info metrics name routes streaming type skipDataQuery'.split(
      ' '
    );
  const INFO = 'author description keywords links logos screenshots updated version'.split(' ');
  for (const folder of PLUGINS) {
    const plugin = json(folder, 'plugin.json');
    assert.deepEqual(
      Object.keys(plugin).filter((key) => !KNOWN.includes(key)),
      []
    );
    assert.deepEqual(
      Object.keys(plugin.info).filter((key) => !INFO.includes(key)),
      []
    );
    assert.match(plugin.id, /^[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)$/);
    assert.ok(plugin.id.endsWith(plugin.type));
    assert.ok(plugin.id.startsWith(`${app.id.split('-')[0]}-`), 'all are of one organisation');
    assert.equal(plugin.info.version, version);
    assert.match(plugin.info.updated, /^\d{4}-\d\d-\d\d$/);
    assert.ok(plugin.info.description && plugin.info.author.name && plugin.info.keywords.length > 0);
    assert.doesNotMatch(JSON.stringify(plugin), /%[A-Z]+%/);
  }
});

test('grafanadependency, restrictivedep, circulardependencies', () => {
  for (const folder of PLUGINS) {
    const { grafanaDependency, plugins } = json(folder, 'plugin.json').dependencies;
    assert.match(grafanaDependency, /^>=\d+\.\d+\.\d+$/, 'from a version on, without an end');
    assert.deepEqual(plugins, []);
  }
});

test('logos, screenshots, metadatapaths', () => {
  for (const folder of PLUGINS) {
    const { logos, screenshots } = json(folder, 'plugin.json').info;
    for (const image of [logos.small, logos.large, ...screenshots.map(({ path: place }) => place)]) {
      assert.doesNotMatch(image, /^[./]|:/, 'relative to plugin.json');
      assert.ok(statSync(path.join(dist, folder, image)).size > 0, image);
    }
    assert.match(logos.small + logos.large, /\.svg.*\.svg$/);
  }
  assert.ok(app.info.screenshots.length > 0);
  for (const { path: screenshot, name } of app.info.screenshots) {
    assert.ok(name.trim());
    const [width, height] = sizeOf(path.join(dist, screenshot));
    assert.ok(width >= 1280 && Math.abs(width / height - 16 / 9) < 0.01, `${screenshot} is ${width} by ${height}`);
  }
});

/** Width and height of a PNG, which stand in its first chunk. */
function sizeOf(file) {
  const bytes = readFileSync(file);
  assert.equal(bytes.subarray(1, 4).toString(), 'PNG', file);
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

test('includesnested: nested plugins are in an app and declared with type and path', () => {
  assert.equal(app.type, 'app');
  const nested = files(dist, 'plugin.json').filter((name) => name !== 'plugin.json');
  assert.deepEqual(nested.sort(), ['datasource/plugin.json', 'panel/plugin.json']);
  for (const file of nested) {
    const { type } = json(file);
    assert.ok(
      app.includes.some((included) => included.type === type && included.path === file),
      file
    );
  }
  const { path: dashboard } = app.includes.find(({ type }) => type === 'dashboard');
  assert.ok(json(dashboard).panels.some(({ type }) => type === json('panel/plugin.json').id));
});

test('archive, license, changelog, modulejs, buildtools, legacybuilder, backendbinary, backenddebug', () => {
  assert.match(read('LICENSE'), /Apache License\s+Version 2\.0/);
  const [, , released] = new RegExp(`^## (${version}) \\((\\d{4}-\\d\\d-\\d\\d)\\)$`, 'm').exec(read('CHANGELOG.md'));
  assert.ok(Date.parse(released) <= Date.now(), `${version} is of ${released}`);
  const config = readFileSync(path.join(grafana, '.config/webpack/webpack.config.ts'), 'utf8');
  assert.match(config, /@grafana\/create-plugin/);
  assert.doesNotMatch(readFileSync(path.join(grafana, 'package.json'), 'utf8'), /@grafana\/toolkit/);
  for (const folder of PLUGINS) {
    assert.ok(read(folder, 'module.js').length > 0);
    const { backend, executable, alerting } = json(folder, 'plugin.json');
    assert.deepEqual([backend, executable, alerting], [undefined, undefined, undefined]);
  }
  for (const file of files(dist)) {
    assert.match(file, /\.(js|map|txt|json|md|svg|png)$|^LICENSE$/, file);
    assert.equal(statSync(path.join(dist, file)).mode & 0o111, 0, `${file} is no program`);
    assert.doesNotMatch(file, /(^|\/)\.|node_modules/);
  }
});

test('readme, templatereadme, htmlreadme, jargon, safelinks, brokenlinks in this repository', () => {
  const readme = read('README.md');
  assert.ok(readme.length > 500);
  assert.doesNotMatch(readme, /^# Grafana (Panel|Data Source) Plugin Template|<\/[a-z]+>|yarn|nodejs/);
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link);
  const images = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, link]) => link);
  assert.ok(images.length > 0 && images.every((image) => image.startsWith(RAW)), 'the catalogue shows absolute ones');
  const listed = PLUGINS.flatMap((folder) => json(folder, 'plugin.json').info.links.map(({ url }) => url));
  for (const link of [...links, ...listed]) {
    assert.match(link, /^https:\/\//);
    const place = [REPOSITORY, RAW].find((begin) => link.startsWith(begin));
    if (place) {
      assert.ok(statSync(path.join(root, link.slice(place.length).replace(/#.*/, ''))).isFile(), link);
    }
  }
});

test('jsMap, sourcecode: source maps name what exists, with what it holds', () => {
  for (const folder of PLUGINS) {
    const { sources, sourcesContent } = json(folder, 'module.js.map');
    let ours = 0;
    sources.forEach((name, i) => {
      const place = name.replace(`webpack://${app.id}/`, '');
      if (/^(external |webpack\/)|grafana-public-path/.test(place)) {
        return;
      }
      const file = path.join(grafana, 'src', place);
      assert.ok(place.startsWith('./') || place.startsWith('../node_modules/'), name);
      assert.ok(statSync(file).isFile(), name);
      if (place.startsWith('./')) {
        assert.equal(sourcesContent[i], readFileSync(file, 'utf8'), name);
        ours += 1;
      }
    });
    assert.ok(ours > 0, folder);
  }
});

test('the WebAssembly is inside the data source alone; no other file must be found at run time', () => {
  assert.deepEqual(files(dist, '.wasm'), []);
  assert.deepEqual(files(dist, '.js').sort(), ['datasource/module.js', 'module.js', 'panel/module.js']);
  const module = readFileSync(path.join(dist, 'datasource/module.js'));
  const zipped = gzipSync(module, { level: 9 }).length;
  console.log(`datasource/module.js: ${kilobytes(module.length)}, ${kilobytes(zipped)} gzipped, wasm included`);
  assert.ok(!read('panel/module.js').includes('H4sI'), 'the panel uses the data source’s planner');
  for (const file of files(dist, 'module.js')) {
    assert.doesNotMatch(read(file), /file:\/\/\//, 'no path of the build machine');
  }
});

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

test('unsafesvg: pictures are plain: no script, no reference', () => {
  for (const logo of files(dist, '.svg')) {
    assert.doesNotMatch(read(logo), /<script|<foreignObject|href|on\w+=|data:|<!ENTITY/i);
  }
});

test('legacyplatform, trackingscripts: modules have nothing of Angular and follow nobody', () => {
  const FORBIDDEN =
    /PanelCtrl|QueryCtrl|app\/plugins\/|app\/core\/|angular\.isNumber\(|editor\.html|ctrl\.annotation|getLegacyAngularInjector|System\.register\(|google-analytics\.com|mixpanel\.com|__SECRET_INTERNALS/;
  for (const file of files(dist, 'module.js')) {
    assert.doesNotMatch(read(file), FORBIDDEN, file);
  }
});

test('code-rules: sources use nothing that reviewers refuse', () => {
  const FORBIDDEN = [
    /\b(alert|confirm|prompt)\(/,
    /\bwindow\.(?!matchMedia)/,
    /import '[^']+\.(css|scss|less)'/,
    /<Global\b/,
    /\/api\/ds\/query/,
    /console\.\w+\(/,
    /@ts-ignore|@ts-expect-error|eslint-disable/,
    /gf-form/,
    /featureToggles\.topnav/,
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
