// What every spec stands on: the built plugins, the harness's bundle, one browser, and a cluster for each story.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startCluster, within } from './programs.mjs';
import { startServer } from './server.mjs';
import { launchBrowser, openPage, sourcesFor } from './world.mjs';

const grafana = path.dirname(import.meta.dirname);
/** Where pictures go. */
export const PICTURES = process.env.HARNESS_OUT ?? path.join(import.meta.dirname, 'out');
/** Folders of pictures that are shown to users. */
const KEPT = [path.join(grafana, 'src/img/screenshots'), path.join(grafana, '../../docs/grafana')];
const bundle = process.env.HARNESS_BUNDLE ?? path.join(import.meta.dirname, 'build');
/** What the bundle was made of: versions of `grafana` and `react`, and where their packages are. */
export const ABOUT = JSON.parse(readFileSync(path.join(bundle, 'about.json')));
const PLACES = {
  dist: path.join(grafana, 'dist'),
  bundle,
  images: path.join(ABOUT.modules, '@grafana/ui/dist/public'),
  // Grafana's own font, which is not among its packages.
  fonts: path.join(grafana, 'node_modules/@fontsource-variable/inter/files'),
  version: ABOUT.grafana,
};

/** A strategy that is over in seconds, and slow enough for a busy machine to see every phase. Names are the panel's options. */
export const QUICK = {
  connEvictRate: 80,
  waitHealthCheck: 2,
  waitTakeover: 2,
  loadBalancer: 'round_robin',
  pollSeconds: 1,
};

/** No story takes longer, on a busy machine either. */
const STORY_MS = 240_000;

/** The test id that Grafana gives the button that goes through with it. */
export const CONFIRM = 'data-testid Confirm Modal Danger Button';

/** One browser for a spec file. */
export async function openStage() {
  mkdirSync(PICTURES, { recursive: true });
  const browser = await launchBrowser();
  return { browser, close: () => browser.close() };
}

/** The frame of pictures that Grafana's catalogue shows: 16:9. */
export const CATALOGUE = { w: 1264, h: 704, width: 1280, height: 720 };

/** Runs `story` with a cluster of its own and a Grafana in front of it, and checks that no secret went out. */
export async function play(stage, story, { cluster: options = [], prometheus } = {}) {
  const cluster = await startCluster(options);
  const server = await startServer({
    ...PLACES,
    sources: sourcesFor(cluster),
    prometheus: await prometheus?.(cluster),
  });
  const pages = [];
  const open = async (query) => {
    const view = await openPage(stage.browser, server, query);
    pages.push(view);
    return view.page;
  };
  try {
    await within(STORY_MS, story({ cluster, server, open }), 'the story to end');
    checkSecrets(server.state, cluster);
    checkProblems(pages);
  } catch (error) {
    await pages
      .at(-1)
      ?.page.screenshot({ path: path.join(PICTURES, 'failed.png') })
      .catch(() => undefined);
    throw error;
  } finally {
    await Promise.all(pages.map((view) => view.close()));
    await server.stop();
    await cluster.stop();
  }
}

/** The panel's page, with options that name the data source. */
export function panel(options = {}, query = {}) {
  return { options: JSON.stringify({ datasource: '${cluster}', ...QUICK, ...options }), ...query };
}

/** Takes a picture; those that the plugin and its guide show are kept where they show them, if that is asked for. */
export async function picture(page, name, what = '#frame') {
  await page.evaluate(() => {
    const moving = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    return Promise.allSettled([document.fonts.ready, ...moving.map((animation) => animation.finished)]);
  });
  const taken = await page.locator(what).screenshot({ path: path.join(PICTURES, `${name}.png`) });
  const kept = KEPT.find((folder) => existsSync(path.join(folder, `${name}.png`)));
  if (kept && process.env.KEEP_PICTURES) {
    writeFileSync(path.join(kept, `${name}.png`), taken);
  }
}

/** Asks the embedded cluster itself, past the panel and the proxy. */
export async function ask({ urls, api_key, api_secret }, path, body) {
  const authorization = `Basic ${Buffer.from(`${api_key}:${api_secret}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const method = body ? 'POST' : 'GET';
  return fetch(`${urls[0]}/api/v5/${path}`, { method, headers, body: body && JSON.stringify(body) });
}

export async function connections(cluster) {
  const nodes = await (await ask(cluster, 'nodes')).json();
  return nodes.map((node) => node.live_connections);
}

/** Waits until the page has looked at the cluster so many times more, and gives when each look was. */
export async function looks(page, times) {
  const seen = [];
  while (seen.length < times) {
    await page.waitForResponse((response) => response.url().endsWith('/global_status'));
    seen.push(Date.now());
  }
  return seen;
}

/** No answer to a browser may hold a secret, whole or as the header that is made of it. */
export function checkSecrets(state, cluster) {
  const secrets = [
    cluster.api_secret,
    ...Object.values(state.sources).flatMap(({ secureJsonData }) => Object.values(secureJsonData)),
  ];
  const held = secrets.filter((secret) => state.sent.some((sent) => String(sent).includes(secret)));
  if (held.length > 0) {
    throw new Error(`${held.length} secrets went to the browser`);
  }
}

/** Nothing may be thrown on the page, and nothing may be missing but what is not in Grafana's packages: fonts, a spinner. */
function checkProblems(pages) {
  const known =
    /\.woff2|favicon\.ico|spinner\.svg|\/api\/|Content Security Policy|CompileError|content_security_policy/;
  const problems = pages.flatMap((view) => view.problems).filter((problem) => !known.test(problem));
  if (problems.length > 0) {
    throw new Error(`the page had problems: ${problems.join('; ')}`);
  }
}
