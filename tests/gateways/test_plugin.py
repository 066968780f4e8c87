"""examples/plugin, by plain nginx with stand-ins for APISIX and Kong."""

import json
import unittest

from cluster import Cluster, until
from nginx import Nginx

STRATEGY = {"mode": "level", "conn_evict_rate": 100, "wait_health_check": 1, "wait_takeover": 1}


class Plugin(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster("--clients", "300,300,0")
        self.addCleanup(self.cluster.stop)
        self.nginx = Nginx("tests/gateways/plugin", self.cluster.environment()).ready()
        self.addCleanup(self.nginx.stop)

    def ask(self, method, path, body=None):
        status, text = self.nginx.ask(8080, method, path, body and json.dumps(body))
        return status, json.loads(text)

    def rebalance(self, host):
        """One rebalance, from the plan to the verdict."""
        _, answer = self.ask("POST", f"/{host}/plan", STRATEGY)
        body = {"plan": answer["plan"], "poll_interval_ms": 200}
        status, answer = self.ask("POST", f"/{host}/start", body)
        self.assertEqual(status, 202, answer)

        def verdict():
            _, view = self.ask("GET", f"/{host}/status")
            return view["status"].get("outcome")

        outcome = until(verdict, what="the verdict")
        self.assertEqual(outcome["result"], "completed", outcome)

    def check_calls(self, host):
        self.rebalance(host)
        self.assertEqual(self.ask("POST", f"/{host}/fly")[0], 404)
        self.assertEqual(self.ask("POST", f"/{host}/plan", {"colour": "red"})[0], 400)
        # A route for reading.
        self.assertEqual(self.ask("GET", f"/{host}-read/status")[0], 200)
        self.assertEqual(self.ask("POST", f"/{host}-read/plan", STRATEGY)[0], 200)
        for call in ("start", "stop"):
            status, answer = self.ask("POST", f"/{host}-read/{call}", {})
            self.assertEqual((status, answer["error"]["kind"]), (403, "forbidden"))

    def test_apisix(self):
        self.check_calls("apisix")

    def test_kong(self):
        self.check_calls("kong")
