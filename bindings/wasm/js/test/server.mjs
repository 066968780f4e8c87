// A server on loopback that answers as a test says.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";

/** Serves with `handler`; gives the URL and `close`. */
export async function serve(handler) {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

/** Serves texts by path, and what is not among them from `folder`. */
export function pages(folder, texts, headers = {}) {
  return serve(async (request, response) => {
    const path = new URL(request.url, "http://any").pathname;
    try {
      const body = texts[path] ?? (await readFile(new URL(`.${path}`, folder)));
      const type = texts[path]?.startsWith("<") ? "text/html" : TYPES[extname(path)];
      response.writeHead(200, { "content-type": `${type ?? "application/octet-stream"}`, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
}

const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };
