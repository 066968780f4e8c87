// Serves the page on loopback: `node serve.mjs [PORT]`. Any static server does as well.
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";

const ROOT = fileURLToPath(new URL("page", import.meta.url));
/** @type {Record<string, string>} */
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".wasm": "application/wasm" };

/**
 * Serves the page.
 *
 * @param {number} port 0 for a free one.
 * @returns {Promise<import("node:http").Server>}
 */
export async function serve(port) {
  const headers = { "content-security-policy": await policy(), "x-content-type-options": "nosniff", "cache-control": "no-cache" };
  const server = createServer(async (request, response) => {
    const file = fileOf(request.url ?? "/");
    if (file === undefined) {
      response.writeHead(400).end();
      return;
    }
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const isZipped = /\bgzip\b/.test(String(request.headers["accept-encoding"]));
    const coding = { vary: "accept-encoding", ...(isZipped && { "content-encoding": "gzip" }) };
    response.writeHead(200, { ...headers, ...coding, "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    const content = createReadStream(file);
    // WebAssembly is more than half of the page, and less than half of itself when zipped.
    if (isZipped) content.pipe(createGzip()).pipe(response);
    else content.pipe(response);
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

/** The page's own policy, and who may frame it, which only a header can say. */
async function policy() {
  const own = /Content-Security-Policy" content="([^"]+)"/.exec(await readFile(join(ROOT, "index.html"), "utf8"))?.[1];
  if (own === undefined) throw new Error("the page has no content security policy");
  return `${own}; frame-ancestors 'none'`;
}

/** The file that is asked for; nothing if that is no path. @param {string} url */
function fileOf(url) {
  try {
    const path = normalize(decodeURIComponent(new URL(url, "http://page").pathname));
    return join(ROOT, path.endsWith("/") ? `${path}index.html` : path);
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serve(Number(process.argv[2] ?? 8080));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  process.stdout.write(`http://127.0.0.1:${address.port}/\n`);
}
