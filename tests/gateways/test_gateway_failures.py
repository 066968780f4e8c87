"""examples/nginx-gateway: EMQX hangs, is gone, or does not let the gateway in."""

import json
import time

from gateway import LONG, STRATEGY, TOKEN, GatewayCase
from nginx import Nginx


class EmqxFails(GatewayCase):
    # Whoever waited for EMQX would wait for so long.
    TIMEOUT_S = 5

    def test_an_api_that_hangs_holds_nobody_up(self):
        self.start(**LONG)
        self.under_way()
        self.cluster.break_(type="http", fault={"failure": "no_answer"})
        worst = 0
        last = time.monotonic() + 3
        while time.monotonic() < last:
            began = time.monotonic()
            self.assertTrue(self.view()["is_running"])
            self.assertEqual(self.nginx.ask(8080, "GET", "/")[0], 200)
            worst = max(worst, time.monotonic() - began)
        print(f"\n  EMQX hangs: the slowest status and page took {worst * 1000:.0f} ms")
        self.assertLess(worst, 4)
        self.cluster.break_(type="http_mended")
        self.check_once_and_done(self.verdict())

    def test_an_api_that_is_gone_is_said(self):
        self.cluster.stop()
        status, answer = self.ask("POST", "plan", STRATEGY)
        self.assertEqual((status, answer["error"]["kind"]), (502, "unreachable"))
        self.assertNotIn("connect() failed", self.nginx.log.read_text())

    def test_a_gateway_that_emqx_does_not_know_says_so(self):
        environment = {**self.environment(), "EMQX_API_SECRET": "hunter2-hunter2"}
        other = Nginx("examples/nginx-gateway", environment).ready()
        headers = {"authorization": f"Bearer {TOKEN}"}
        status, text = other.ask(8080, "GET", "/rebalance/status", None, headers)
        self.assertEqual((status, json.loads(text)["error"]["kind"]), (502, "unauthorized"))
        self.assertNotIn("hunter2", text + other.stop())


class EmqxHangs(GatewayCase):
    TIMEOUT_S = 1

    def test_a_question_without_an_answer_is_said(self):
        self.cluster.break_(type="http", fault={"failure": "no_answer"})
        status, answer = self.ask("POST", "plan", STRATEGY)
        self.assertEqual((status, answer["error"]["kind"]), (504, "timeout"))
