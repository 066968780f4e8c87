// A stand-in for the Grafana server: the page, the built plugins, and the data source proxy.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { proxy } from './proxy.mjs';

const TYPES = { '.js': 'text/javascript', '.json': 'application/json', '.svg': 'image/svg+xml', '.css': 'text/css' };

/** Content security policies: Grafana's own default, without `unsafe-eval`, and with what to add then. */
const POLICIES = {
  default:
    "script-src 'self' 'unsafe-eval' 'unsafe-inline' 'strict-dynamic' 'nonce-$NONCE';connect-src 'self' grafana.com",
  strict: "script-src 'self' 'strict-dynamic' 'nonce-$NONCE';connect-src 'self'",
  wasm: "script-src 'self' 'wasm-unsafe-eval' 'strict-dynamic' 'nonce-$NONCE';connect-src 'self'",
};

/** Starts the server on a free port. `sources` are data sources by unique id, with their secrets. */
export async function startServer({ dist, bundle, images, fonts, version, sources, prometheus }) {
  const state = { dist, bundle, images, fonts, version, sources, prometheus, annotations: [], sent: [], requests: [] };
  // What a new annotation's answer waits for.
  state.annotating = Promise.resolve();
  state.routes = JSON.parse(await readFile(path.join(dist, 'datasource/plugin.json'))).routes;
  state.types = await pluginFolders(dist);
  const server = createServer((request, response) => {
    handle(state, request, response).catch((error) => {
      response.writeHead(500).end(String(error.stack));
    });
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    stop: () => new Promise((done) => server.close(done) && server.closeAllConnections()),
  };
}

/** Where Grafana serves each plugin from: a nested one's public path is its own id. */
async function pluginFolders(dist) {
  const folders = new Map();
  for (const folder of ['.', 'panel', 'datasource']) {
    const { id } = JSON.parse(await readFile(path.join(dist, folder, 'plugin.json')));
    folders.set(id, path.join(dist, folder));
  }
  return folders;
}

async function handle(state, request, response) {
  const url = new URL(request.url, 'http://grafana');
  const role = /role=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'Viewer';
  const body = await read(request);
  const answer = await route(state, { url, role, body, method: request.method, headers: request.headers });
  const { status, type, body: text, headers = {} } = answer;
  state.sent.push(text);
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}

async function route(state, request) {
  const { pathname, search } = request.url;
  const proxied = /^\/api\/datasources\/proxy\/uid\/([^/]+)\/(.*)$/.exec(pathname);
  if (proxied) {
    const [, uid, rest] = proxied;
    state.requests.push({ role: request.role, method: request.method, rest });
    return proxy({ ...request, routes: state.routes, settings: state.sources[uid], rest });
  }
  if (pathname.startsWith('/api/annotations')) {
    return annotate(state, request);
  }
  const saved = /^\/api\/datasources\/uid\/(.+)$/.exec(pathname);
  if (saved) {
    return json(save(state, saved[1], JSON.parse(request.body)));
  }
  if (pathname.startsWith('/prometheus/')) {
    const answer = await fetch(state.prometheus + pathname.slice('/prometheus'.length) + search);
    return json(await answer.json());
  }
  return pathname === '/' ? page(state, request) : file(state, pathname);
}

/** What Grafana keeps and gives back of a data source: secrets come in and only their names go out. */
function save(state, uid, settings) {
  const before = state.sources[uid]?.secureJsonData ?? {};
  const given = Object.entries(settings.secureJsonData ?? {}).filter(([, value]) => value !== '');
  const secureJsonData = { ...before, ...Object.fromEntries(given) };
  state.sources[uid] = {
    name: uid,
    type: 'emqxrebalance-rebalance-datasource',
    jsonData: settings.jsonData,
    secureJsonData,
  };
  return shown(state, uid);
}

function shown(state, uid) {
  const { name, type, jsonData, secureJsonData } = state.sources[uid];
  const secureJsonFields = Object.fromEntries(Object.keys(secureJsonData).map((field) => [field, true]));
  return { uid, name, type, url: '', jsonData, secureJsonFields };
}

async function annotate(state, { method, role, body, url }) {
  if (role === 'Viewer') {
    return json({ message: 'Access denied' }, 403);
  }
  const given = JSON.parse(body);
  if (method === 'PATCH') {
    Object.assign(state.annotations[Number(url.pathname.split('/').at(-1)) - 1], given);
    return json({ message: 'Annotation patched' });
  }
  const id = state.annotations.push(given);
  await state.annotating;
  return json({ id, message: 'Annotation added' });
}

async function page(state, { url, role }) {
  const nonce = randomBytes(12).toString('base64');
  const user = { orgRole: role, login: role.toLowerCase(), isGrafanaAdmin: false, isSignedIn: true, orgId: 1 };
  const boot = {
    user,
    settings: { buildInfo: { version: state.version, env: 'production' }, featureToggles: {} },
    navTree: [],
  };
  const instances = Object.keys(state.sources).map((uid) => shown(state, uid));
  const template = await readFile(path.join(import.meta.dirname, 'page.html'), 'utf8');
  const html = template
    .replaceAll('$NONCE', nonce)
    .replace('$BOOT', JSON.stringify(boot))
    .replace('$HARNESS', JSON.stringify({ instances }));
  const policy = POLICIES[url.searchParams.get('csp') ?? 'default'].replaceAll('$NONCE', nonce);
  const headers = { 'content-security-policy': policy, 'set-cookie': `role=${role}; SameSite=Strict` };
  return { status: 200, type: 'text/html', body: html, headers };
}

async function file(state, pathname) {
  const plugin = /^\/public\/plugins\/([^/]+)\/(.+)$/.exec(pathname);
  const font = pathname.startsWith('/public/fonts/inter/');
  const icon = /^\/public\/(?:build\/)?img\/(.+)$/.exec(pathname);
  const [root, rest] = plugin
    ? [state.types.get(plugin[1]), plugin[2]]
    : icon
      ? [path.join(state.images, 'img'), icon[1]]
      : // One file has all of its weights.
        font
        ? [state.fonts, 'inter-latin-wght-normal.woff2']
        : [state.bundle, pathname];
  const place = path.join(root ?? '/nowhere', rest);
  try {
    return { status: 200, type: TYPES[path.extname(place)] ?? 'application/octet-stream', body: await readFile(place) };
  } catch {
    return { status: 404, type: 'text/plain', body: 'Not found' };
  }
}

async function read(request) {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function json(value, status = 200) {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}
