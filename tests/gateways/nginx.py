"""nginx with a configuration of the examples, on ports of the system's choice and with the modules of
this build."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = os.environ["LUA_MODULES"]


def new_listener():
    """A socket that nginx inherits, so that no other program can take its port meanwhile."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(511)
    # nginx takes it as it is: of two workers that see one client, one would wait for the next.
    listener.setblocking(False)
    return listener


def workers_of(master):
    found = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True)
    return {int(pid) for pid in found.stdout.split()}


class Nginx:
    """nginx with the configuration of a folder, until `stop`. `changes` are made to it."""

    def __init__(self, example, environment, config="nginx.conf", changes=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gateway-"))
        shutil.copytree(ROOT / example, self.folder, dirs_exist_ok=True)
        self.ports = {}
        listeners = self._configure(config, changes)
        self.log = self.folder / "log"
        sockets = [listener.fileno() for listener in listeners]
        inherited = "".join(f"{socket};" for socket in sockets)
        path = os.environ["PATH"] + ":/usr/sbin"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["nginx", "-p", f"{self.folder}/", "-c", config, "-g", "daemon off;"],
                env={"PATH": path, "NGINX": inherited, **environment},
                stderr=log,
                pass_fds=sockets,
            )
        for listener in listeners:
            listener.close()

    def _configure(self, name, changes):
        """Puts other ports and folders in the place of those in the example, and gives what listens
        there."""
        text = (self.folder / name).read_text()
        built = [
            ("${prefix}../../bindings/lua/build/luajit", MODULES),
            ("${prefix}../../bindings/lua/lua", f"{ROOT}/bindings/lua/lua"),
            ("${prefix}../../examples", f"{ROOT}/examples"),
        ]
        for old, new in [*built, *changes]:
            text = text.replace(old, new)
        listeners = []
        for port in (1883, 8080, 8081):
            if f"127.0.0.1:{port}" in text:
                listeners.append(new_listener())
                self.ports[port] = listeners[-1].getsockname()[1]
                text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.ports[port]}")
        (self.folder / name).write_text(text)
        return listeners

    def ready(self):
        """Waits until a worker answers. The last port is one for HTTP in every example."""
        try:
            self.ask(max(self.ports), "GET", "/")
        except OSError as error:
            raise AssertionError(self.stop()) from error
        return self

    def workers(self):
        return workers_of(self.process.pid)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """Ends it, and gives what it logged."""
        self.process.terminate()
        self.process.wait(30)
        log = self.log.read_text()
        shutil.rmtree(self.folder)
        return log

    def answer(self, port, method, path, body=None, headers=None, timeout=30):
        """One request on a connection of its own: the status code, the headers and the text."""
        client = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=timeout)
        try:
            client.request(method, path, body, headers or {})
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            client.close()

    def ask(self, *request, **options):
        """The status code and the text alone."""
        status, _, text = self.answer(*request, **options)
        return status, text

    def json(self, port, path):
        return json.loads(self.ask(port, "GET", path)[1])
