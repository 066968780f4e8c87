// What a scenario needs beside programs: data sources, and a browser with the harness's page.
import { chromium } from 'playwright-core';

/** The flags keep Chromium from looking for the network, of which a test machine may have none. */
const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/** Data sources as Grafana stores them: a good one, one with wrong keys, one that only watches, one that is down. */
export function sourcesFor({ urls, api_key, api_secret }) {
  const type = 'emqxrebalance-rebalance-datasource';
  const basic = (secret) => Buffer.from(`${api_key}:${secret}`).toString('base64');
  const source = (name, secret, more = {}) => ({
    name,
    type,
    jsonData: { apiUrl: urls[0], readKey: api_key, controlKey: api_key, ...more },
    secureJsonData: { readBasic: basic(secret), controlBasic: basic(secret) },
  });
  return {
    emqx: source('EMQX production', api_secret),
    wrong: source('EMQX wrong key', 'not the secret'),
    watch: source('EMQX watch only', api_secret, { controlKey: undefined }),
    down: source('EMQX down', api_secret, { apiUrl: 'http://127.0.0.1:9' }),
  };
}

/** A page of the harness in a browser context of its own, for a user of `role`. */
export async function openPage(browser, server, { role = 'Editor', width = 932, height = 500, ...query } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1 });
  await context.addCookies([{ name: 'role', value: role, url: server.url }]);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on(
    'console',
    (message) => message.type() === 'error' && problems.push(`${message.text()} ${message.location().url}`)
  );
  await page.goto(`${server.url}/?${new URLSearchParams(query)}`);
  return { page, problems, close: () => context.close() };
}

export const launchBrowser = () => chromium.launch(CHROMIUM);
