"""What all tests of examples/nginx-gateway have in common."""

import base64
import json
import unittest
from collections import Counter

from cluster import Cluster, until
from nginx import Nginx
from recorder import Recorder

TOKEN = "a-token-of-the-tests-0123456789"
# Twenty seconds of evictions, for those who look at the middle of a run.
LONG = {"conn_evict_rate": 5}
# Five seconds of evictions.
STRATEGY = {
    "mode": "level",
    "conn_evict_rate": 20,
    "wait_health_check": 1,
    "wait_takeover": 1,
    "abs_conn_threshold": 1,
    "rel_conn_threshold": 1.001,
}


class GatewayCase(unittest.TestCase):
    """A gateway with a cluster of 300, 300 and 0 clients, whose every request is recorded."""

    CHANGES = ()
    # Longer than any answer takes here.
    TIMEOUT_S = 10

    def setUp(self):
        self.texts = []
        self.cluster = Cluster("--clients", "300,300,0")
        self.addCleanup(self.cluster.stop)
        self.recorder = Recorder(self.cluster.urls, self.tls())
        self.addCleanup(self.recorder.stop)
        example, environment = "examples/nginx-gateway", self.environment()
        self.nginx = Nginx(example, environment, changes=self.CHANGES).ready()
        self.addCleanup(self.end)

    def tls(self):
        """How EMQX's API is encrypted, if it is."""

    def environment(self):
        return {
            "GATEWAY_TOKEN": TOKEN,
            "EMQX_TIMEOUT_S": str(self.TIMEOUT_S),
            **self.cluster.environment(self.recorder.urls),
        }

    def end(self):
        """No answer and no line of the log holds a secret, whatever the test did."""
        self.texts.append(self.nginx.stop())
        pair = f"{self.cluster.key}:{self.cluster.secret}".encode()
        for secret in (self.cluster.secret, TOKEN, base64.b64encode(pair).decode()):
            for text in self.texts:
                self.assertNotIn(secret, text)

    def ask(self, method, call, body=None, token=TOKEN):
        """The status code and the table of an answer."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        text = body if isinstance(body, (str, type(None))) else json.dumps(body)
        status, text = self.nginx.ask(8080, method, f"/rebalance/{call}", text, headers)
        self.texts.append(text)
        return status, json.loads(text) if text.startswith("{") else text

    def plan(self, **options):
        status, answer = self.ask("POST", "plan", {**STRATEGY, **options})
        self.assertEqual(status, 200, answer)
        return answer["plan"]

    def start(self, **options):
        status, answer = self.ask("POST", "start", self.request(**options))
        self.assertEqual(status, 202, answer)

    def request(self, **options):
        return {"plan": self.plan(**options), "poll_interval_ms": 200, "who": "test_gateway"}

    def view(self):
        """What the gateway knows, which it says at any time."""
        status, answer = self.ask("GET", "status")
        self.assertEqual(status, 200, answer)
        return answer

    def verdict(self, seconds=90):
        def over():
            view = self.view()
            return None if view["is_running"] else view

        return until(over, seconds, "the verdict")

    def driver(self, other_than=()):
        """The worker that drives."""

        def found():
            worker = self.view().get("worker")
            return worker if worker not in other_than else None

        return until(found, what="a worker that drives")

    def under_way(self):
        """Waits until clients are being moved, and gives the worker that drives."""
        until(lambda: self.cluster.connections()[2] > 0, what="the first clients that move")
        return self.driver()

    def check_once_and_done(self, view, coordinators=None):
        """That the run reached its goal, and that no start was sent twice: a coordinator is started
        once in each wave, and there is one wave unless the machine is so slow that runs drift apart."""
        self.assertEqual(view["status"]["outcome"]["result"], "completed", view)
        for count in self.cluster.connections():
            self.assertAlmostEqual(count, 200, delta=10)
        starts, waves = Counter(self.recorder.starts()), view["status"]["wave"]
        self.assertLessEqual(max(starts.values()), waves, starts)
        if waves == 1:
            self.assertEqual(sorted(starts), coordinators or self.cluster.names[:2])
