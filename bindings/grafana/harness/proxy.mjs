// Grafana's data source proxy, in what matters here: which route a request takes, who may take it, and which key it
// carries. After grafana/grafana pkg/api/pluginproxy/ds_proxy.go and ds_auth_provider.go.
import path from 'node:path';

const RANK = { Viewer: 1, Editor: 2, Admin: 3 };

/** Sends what a browser asked of a data source on to EMQX, by the routes of its plugin.json. */
export async function proxy({ routes, settings, role, method, rest, body, headers }) {
  const wanted = clean(rest);
  const route = routes.find((candidate) => candidate.method === method && wanted.startsWith(clean(candidate.path)));
  if (!route) {
    // The data source's own URL, which is empty: there is no host to send it to.
    return answer(502, 'application/json', JSON.stringify({ message: 'Bad Gateway' }));
  }
  if ((RANK[role] ?? 0) < RANK[route.reqRole]) {
    return answer(403, 'application/json', JSON.stringify({ message: 'plugin proxy route access denied' }));
  }
  const target = new URL(filled(route.url, settings) + rest.slice(route.path.length));
  const carried = { 'content-type': headers['content-type'], accept: headers.accept };
  for (const { name, content } of route.headers) {
    carried[name] = filled(content, settings);
  }
  return send(target, method, carried, body);
}

async function send(target, method, headers, body) {
  const sent = { method, headers: defined(headers), body: method === 'POST' ? body : undefined };
  let response;
  try {
    response = await fetch(target, sent);
  } catch {
    return answer(502, 'application/json', JSON.stringify({ message: 'Bad Gateway' }));
  }
  if (response.status === 401) {
    return answer(400, 'text/plain', 'Authentication to data source failed');
  }
  return answer(response.status, response.headers.get('content-type') ?? 'text/plain', await response.text());
}

/** A path without `..` and without slashes at its ends, as Grafana compares them. */
function clean(text) {
  return path.posix.normalize(`/${text}`).replace(/^\/+|\/+$/g, '');
}

/** Go's templates, as far as routes use them. */
function filled(template, { jsonData, secureJsonData }) {
  return template.replace(/\{\{ \.(JsonData|SecureJsonData)\.(\w+) \}\}/g, (_, where, name) =>
    String((where === 'JsonData' ? jsonData : secureJsonData)[name] ?? '')
  );
}

function defined(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}

function answer(status, type, body) {
  return { status, type, body };
}
