"""examples/plugin, by plain nginx with stand-ins for APISIX and Kong."""

import json
import unittest
import urllib.parse

from cluster import Cluster, until
from nginx import Nginx

STRATEGY = {"mode": "level", "conn_evict_rate": 100, "wait_health_check": 1, "wait_takeover": 1}
# More than fits into the memory that Kong gives a body if nobody says more.
LONG = json.dumps(STRATEGY) + " " * 20_000


class Plugin(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster("--clients", "300,300,0")
        self.addCleanup(self.cluster.stop)
        self.nginx = Nginx("tests/gateways/plugin", self.cluster.environment()).ready()
        self.addCleanup(self.end)

    def end(self):
        """Nothing went wrong in silence, such as in a worker that answers nobody."""
        log = self.nginx.stop()
        for word in ("[error]", "[alert]", "[emerg]"):
            self.assertNotIn(word, log)

    def ask(self, method, path, body=None):
        text = json.dumps(body) if isinstance(body, dict) else body
        status, text = self.nginx.ask(8080, method, path, text)
        return status, json.loads(text)

    def rebalance(self, host):
        """One rebalance, from the plan to the verdict."""
        status, answer = self.ask("POST", f"/{host}/plan", STRATEGY)
        self.assertEqual(status, 200, answer)
        body = {"plan": answer["plan"], "poll_interval_ms": 200}
        status, answer = self.ask("POST", f"/{host}/start", body)
        self.assertEqual(status, 202, answer)

        def verdict():
            status, view = self.ask("GET", f"/{host}/status")
            self.assertEqual(status, 200, view)
            return view["status"].get("outcome")

        outcome = until(verdict, what="the verdict")
        self.assertEqual(outcome["result"], "completed", outcome)

    def check_calls(self, host):
        self.rebalance(host)
        self.assertEqual(self.ask("POST", f"/{host}/fly")[0], 404)
        self.assertEqual(self.ask("POST", f"/{host}/plan", {"colour": "red"})[0], 400)
        self.assertEqual(self.ask("POST", f"/{host}/plan", LONG)[0], 200)
        self.check_too_large(f"/{host}/plan", LONG + " " * 12_000_000)
        self.assertEqual(self.ask("POST", f"/{host}/stop"), (200, {"stopped": []}))
        status, headers, _ = self.nginx.answer(8080, "GET", f"/{host}/plan")
        self.assertEqual((status, headers["allow"]), (405, "POST"))
        for method, call in [("GET", "plan"), ("GET", "status"), ("POST", "fly")]:
            headers = self.nginx.answer(8080, method, f"/{host}/{call}")[1]
            self.assertEqual(headers["cache-control"], "no-store", call)
            self.assertEqual(headers["content-type"], "application/json", call)
        # A route for reading.
        self.assertEqual(self.ask("GET", f"/{host}-read/status")[0], 200)
        self.assertEqual(self.ask("POST", f"/{host}-read/plan", STRATEGY)[0], 200)
        for call in ("start", "stop"):
            status, answer = self.ask("POST", f"/{host}-read/{call}", {})
            self.assertEqual((status, answer["error"]["kind"]), (403, "forbidden"))

    def check_too_large(self, path, body):
        status, answer = self.ask("POST", path, body)
        self.assertEqual((status, answer["error"]["kind"]), (413, "too_large"))

    def check(self, conf):
        """Whether each of the two takes a configuration."""
        path = "/check?conf=" + urllib.parse.quote(json.dumps(conf))
        said = self.nginx.json(8080, path)
        return [said[host][0] for host in ("apisix", "kong")]

    def test_a_word_that_is_not_known_gives_nobody_full_control(self):
        self.assertEqual(self.check({"read_only": True}), [True, True])
        for wrong in [{"readonly": True}, {"read_only": "yes"}, {"read_only": True, "x": 1}]:
            self.assertEqual(self.check(wrong), [False, False], wrong)

    def test_apisix(self):
        self.check_calls("apisix")

    def test_kong(self):
        self.check_calls("kong")
        self.check_too_large("/kong-read/plan", LONG)
