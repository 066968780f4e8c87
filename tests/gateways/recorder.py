"""A proxy before EMQX's API that notes what is asked, and can hold an answer back."""

import http.client
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    # Connections that wait on a busy machine, instead of being refused.
    request_queue_size = 128

    def handle_error(self, *_):
        """Who asked is gone: some tests kill it."""


class Recorder:
    """One proxy for each URL, behind TLS if there is a context for it."""

    def __init__(self, urls, tls=None):
        self.seen = []
        self.held = threading.Event()
        self.let_go = threading.Event()
        self._hold = None
        self._tls = tls
        self.servers = [self._serve(url) for url in urls]
        scheme = "https" if tls else "http"
        self.urls = [f"{scheme}://127.0.0.1:{server.server_port}" for server in self.servers]

    def hold(self, part):
        """Holds the next answer to a path that contains `part`, until `let_go` is set; `held` tells
        that EMQX has done what was asked."""
        self._hold = part

    def starts(self):
        """The coordinators of all starts that EMQX got."""
        return [path.split("/")[-2] for path in self.seen if path.endswith("/start")]

    def stop(self):
        self.let_go.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def _serve(self, url):
        recorder, target = self, urllib.parse.urlparse(url).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                recorder._pass_on(self, target)

            do_GET = do_POST = handle_any

            def log_message(self, *_):
                pass

        server = Server(("127.0.0.1", 0), Handler)
        if self._tls:
            # The handshake is for the thread of the connection, or one that hangs would stop all.
            server.socket = self._tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def _pass_on(self, handler, target):
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        self.seen.append(handler.path)
        try:
            answer, text = fetch(target, handler, body)
            if self._hold and self._hold in handler.path:
                self._hold = None
                self.held.set()
                self.let_go.wait(60)
            handler.send_response(answer.status)
            handler.send_header("content-type", answer.headers.get("content-type", "text/plain"))
            handler.send_header("content-length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)
        except (OSError, http.client.HTTPException):
            # EMQX is gone, or who asked is.
            handler.close_connection = True


def fetch(target, handler, body):
    """What `target` answers to the request of `handler`."""
    client = http.client.HTTPConnection(target, timeout=60)
    try:
        client.request(handler.command, handler.path, body, dict(handler.headers))
        answer = client.getresponse()
        return answer, answer.read()
    finally:
        client.close()
