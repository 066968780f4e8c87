"""The embedded cluster and its MQTT clients, as programs of their own."""

import base64
import json
import os
import subprocess
import threading
import time
import urllib.request

PROGRAM = os.environ["EMQX_REBALANCE"]


def until(wish, seconds=30, what="it"):
    """Asks again and again until `wish()` gives something true, and gives that."""
    last = time.monotonic() + seconds
    while True:
        found = wish()
        if found:
            return found
        if time.monotonic() > last:
            raise AssertionError(f"{what} did not come in {seconds} s; last: {found!r}")
        time.sleep(0.02)


class Cluster:
    """An embedded cluster on ports of the system's choice."""

    def __init__(self, *options):
        command = [PROGRAM, "--output", "json", "cluster", *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        access = self._document()
        self.urls = access["urls"]
        self.mqtt = access.get("mqtt", [])
        self.key, self.secret = access["api_key"], access["api_secret"]
        self.faults = access["faults"]
        self.names = [f"emqx{n}@127.0.0.1" for n in range(1, len(self.urls) + 1)]

    def _document(self):
        text = ""
        for line in self.process.stdout:
            text += line
            try:
                return json.loads(text)
            except json.JSONDecodeError:
                continue
        raise AssertionError(f"the cluster ended: {text}")

    def environment(self, urls=None):
        """How a program reaches it."""
        return {
            "EMQX_URL": ",".join(urls or self.urls),
            "EMQX_API_KEY": self.key,
            "EMQX_API_SECRET": self.secret,
        }

    def credentials(self):
        """The header that EMQX wants."""
        return "Basic " + base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()

    def ask(self, path, body=None, url=None):
        request = urllib.request.Request((url or self.urls[0]) + path)
        request.add_header("authorization", self.credentials())
        if body is not None:
            request.add_header("content-type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def connections(self):
        """Clients of each node, in order; None where a node is down."""
        loads = {n["node"]: n.get("live_connections") for n in self.ask("/api/v5/nodes")}
        return [loads.get(name) for name in self.names]

    def rebalances(self):
        return self.ask("/api/v5/load_rebalance/global_status")["rebalances"]

    def start(self, coordinator, **strategy):
        """Somebody else starts a rebalance."""
        self.ask(f"/api/v5/load_rebalance/{coordinator}/start", strategy)

    def break_(self, **fault):
        """Breaks something, or mends it."""
        self.ask("", fault, url=self.faults)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()


class Swarm:
    """MQTT clients, which end with this."""

    def __init__(self, **config):
        options = json.dumps({"report_every_ms": 100, "ends_with_stdin": True})
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [PROGRAM, "swarm", "--config", json.dumps(config), "--options", options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.latest = None
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        """Reads always: in a full pipe the reports grow old, and then the clients stop."""
        for line in self.process.stdout:
            self.latest = json.loads(line)

    def wait(self, wish, seconds=30):
        """The first report that is as wished, of those that were made after this call."""
        # They count from later than `began`: what they say was so at this time or later.
        asked = (time.monotonic() - self.began) * 1000

        def wished():
            assert self.reader.is_alive(), f"the clients ended: {self.latest}"
            report = self.latest
            return report and report["elapsed_ms"] >= asked and wish(report) and report

        try:
            return until(wished, seconds, "the clients as wished")
        except AssertionError as error:
            error.add_note(f"the last report: {self.latest}")
            raise

    def all_connected(self, reconnects=0):
        """The first report in which all are connected, and so many were lost and came back."""

        def wish(report):
            is_back = report["reconnects"]["count"] >= reconnects
            return is_back and report["connected"] == report["clients"]

        return self.wait(wish)

    def stop(self):
        """Ends it, and gives its last report."""
        self.process.stdin.close()
        self.process.wait(30)
        self.reader.join(30)
        self.process.stdout.close()
        return self.latest

    def end(self):
        """Ends it at once, whatever became of it."""
        self.process.kill()
        self.stop()
