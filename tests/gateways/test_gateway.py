"""examples/nginx-gateway, by Debian's nginx in front of the embedded cluster."""

import base64
import json
import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest

from cluster import Cluster, until
from nginx import Nginx
from recorder import Recorder

TOKEN = "a-token-of-the-tests-0123456789"
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

    def setUp(self):
        self.texts = []
        self.cluster = Cluster("--clients", "300,300,0")
        self.addCleanup(self.cluster.stop)
        self.recorder = Recorder(self.cluster.urls)
        self.addCleanup(self.recorder.stop)
        self.nginx = Nginx("examples/nginx-gateway", self.environment()).ready()
        self.addCleanup(self.end)

    def environment(self):
        return {
            "GATEWAY_TOKEN": TOKEN,
            "EMQX_TIMEOUT_S": "1",
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

    def verdict(self, seconds=40):
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
        """That the run reached its goal, and that no start was sent twice."""
        self.assertEqual(view["status"]["outcome"]["result"], "completed", view)
        for count in self.cluster.connections():
            self.assertAlmostEqual(count, 200, delta=10)
        self.assertEqual(sorted(self.recorder.starts()), coordinators or self.cluster.names[:2])


class Calls(GatewayCase):
    def test_from_the_plan_to_the_verdict(self):
        self.start()
        driver = self.driver()
        # Whichever worker answers, it says the same.
        views = [self.view() for _ in range(30)]
        self.assertEqual({view["worker"] for view in views}, {driver})
        self.assertEqual({view["status"]["phase"] for view in views}, {"Processing"})
        view = self.verdict()
        self.check_once_and_done(view)
        self.assertEqual(view["record"]["outcome"]["result"], "completed")

    def test_of_two_starts_at_once_one_is_refused(self):
        request, answers = self.request(), []
        threads = [
            threading.Thread(target=lambda: answers.append(self.ask("POST", "start", request)))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(status for status, _ in answers), [202] + [409] * 7)
        kinds = {answer["error"]["kind"] for status, answer in answers if status == 409}
        self.assertEqual(kinds, {"conflict"})
        self.check_once_and_done(self.verdict())

    def test_a_run_is_stopped(self):
        self.start()
        self.under_way()
        self.assertEqual(self.ask("POST", "stop")[0], 202)
        self.assertEqual(self.verdict()["status"]["outcome"]["result"], "stopped")
        self.assertEqual(self.cluster.rebalances(), [])
        # Another can begin.
        self.start()
        self.ask("POST", "stop")
        self.verdict()

    def test_what_others_started_is_seen_and_stopped(self):
        self.assertEqual(self.ask("POST", "stop"), (200, {"stopped": []}))
        self.assertEqual(self.view()["status"]["runs"], [])
        one = self.cluster.names[0]
        self.cluster.start(one, abs_conn_threshold=1)
        self.assertEqual(self.view()["status"]["runs"][0]["coordinator"], one)
        self.assertEqual(self.ask("POST", "stop"), (200, {"stopped": [one]}))
        self.assertEqual(self.cluster.rebalances(), [])

    def test_only_the_token_opens(self):
        wrong = ["", "x" * len(TOKEN), TOKEN[:-1], TOKEN + "x", TOKEN.upper()]
        for token in wrong:
            for method, call in [("POST", "plan"), ("POST", "start"), ("GET", "status"), ("POST", "stop")]:
                status, answer = self.ask(method, call, "{}", token)
                self.assertEqual((status, answer["error"]["kind"]), (401, "unauthorized"))
        headers = {"authorization": "Basic " + base64.b64encode(TOKEN.encode()).decode()}
        self.assertEqual(self.nginx.ask(8080, "GET", "/rebalance/status", None, headers)[0], 401)
        self.assertEqual(self.recorder.seen, [])

    def test_bad_input_is_refused_with_every_problem(self):
        refused = [
            ("POST", "plan", "{", 400, "config_invalid"),
            ("POST", "plan", "[]", 400, "config_invalid"),
            ("POST", "plan", '"plan"', 400, "config_invalid"),
            ("POST", "plan", "null", 400, "config_invalid"),
            ("POST", "plan", "\0\xff", 400, "config_invalid"),
            ("POST", "plan", {"colour": "red"}, 400, "config_invalid"),
            ("POST", "start", "", 400, "config_invalid"),
            ("POST", "start", {"plan": {}}, 400, "config_invalid"),
            ("GET", "plan", None, 405, "method_not_allowed"),
            ("POST", "status", "{}", 405, "method_not_allowed"),
            ("POST", "fly", "{}", 404, "not_found"),
            ("GET", "", None, 404, "not_found"),
        ]
        for method, call, body, status, kind in refused:
            found, answer = self.ask(method, call, body)
            self.assertEqual((found, answer["error"]["kind"]), (status, kind), (call, body))
        _, answer = self.ask("POST", "plan", {"conn_evict_rate": 0, "rel_conn_threshold": 1})
        fields = {problem["field"] for problem in answer["error"]["problems"]}
        self.assertEqual(fields, {"conn_evict_rate", "rel_conn_threshold"})
        self.assertEqual(self.ask("POST", "plan", " " * (1024 * 1024 + 1))[0], 413)


class WorkersEnd(GatewayCase):
    def test_a_reload_in_the_middle_loses_nothing(self):
        self.start()
        old, before = self.under_way(), self.nginx.workers()
        began = time.monotonic()
        self.nginx.reload()
        new = self.driver(other_than=before | {None})
        print(f"\n  reload: another worker drives after {time.monotonic() - began:.2f} s")
        self.assertNotEqual(new, old)
        self.check_once_and_done(self.verdict())
        until(lambda: not before & self.nginx.workers(), what="the end of the old workers")

    def test_a_worker_that_is_killed_is_replaced(self):
        self.start()
        old = self.under_way()
        began = time.monotonic()
        os.kill(old, signal.SIGKILL)
        self.driver(other_than={old, None})
        print(f"\n  kill -9: another worker drives after {time.monotonic() - began:.2f} s")
        self.check_once_and_done(self.verdict())

    def test_a_start_whose_answer_a_killed_worker_waited_for_is_not_repeated(self):
        self.recorder.hold("/start")
        # One run of EMQX, which another worker finds.
        self.start(mode="single", wait_health_check=3)
        self.assertTrue(self.recorder.held.wait(20))
        os.kill(self.driver(), signal.SIGKILL)
        self.check_once_and_done(self.verdict(), self.cluster.names[2:])

    def test_a_worker_that_slept_lets_the_one_that_took_over_go_on(self):
        self.start()
        old = self.under_way()
        os.kill(old, signal.SIGSTOP)
        try:
            # Only the workers that are awake may answer; the kernel asks any.
            until(lambda: self.awake_driver(old), what="a worker that drives")
        finally:
            os.kill(old, signal.SIGCONT)
        self.check_once_and_done(self.verdict())

    def awake_driver(self, asleep):
        headers = {"authorization": f"Bearer {TOKEN}"}
        try:
            _, text = self.nginx.ask(8080, "GET", "/rebalance/status", None, headers, timeout=0.5)
        except TimeoutError:
            return None
        return json.loads(text).get("worker") not in (asleep, None)


class EmqxFails(GatewayCase):
    def test_an_api_that_hangs_holds_nobody_up(self):
        self.start()
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
        self.assertLess(worst, 1)
        status, answer = self.ask("POST", "plan", STRATEGY)
        self.assertEqual((status, answer["error"]["kind"]), (504, "timeout"))
        self.cluster.break_(type="http_mended")
        self.check_once_and_done(self.verdict())

    def test_an_api_that_is_gone_is_said(self):
        self.cluster.stop()
        status, answer = self.ask("POST", "plan", STRATEGY)
        self.assertEqual((status, answer["error"]["retryable"]), (502, True))

    def test_a_gateway_that_emqx_does_not_know_says_so(self):
        environment = {**self.environment(), "EMQX_API_SECRET": "hunter2-hunter2"}
        other = Nginx("examples/nginx-gateway", environment).ready()
        headers = {"authorization": f"Bearer {TOKEN}"}
        status, text = other.ask(8080, "GET", "/rebalance/status", None, headers)
        self.assertEqual((status, json.loads(text)["error"]["kind"]), (502, "unauthorized"))
        self.assertNotIn("hunter2", text + other.stop())


class Settings(GatewayCase):
    def test_secrets_come_from_files(self):
        with tempfile.TemporaryDirectory() as folder:
            files = {"EMQX_API_SECRET_FILE": self.cluster.secret, "GATEWAY_TOKEN_FILE": TOKEN}
            environment = self.environment()
            for name, secret in files.items():
                path = pathlib.Path(folder) / name
                path.write_text(secret + "\n")
                path.chmod(0o600)
                environment[name] = str(path)
            del environment["EMQX_API_SECRET"], environment["GATEWAY_TOKEN"]
            other = Nginx("examples/nginx-gateway", environment).ready()
            headers = {"authorization": f"Bearer {TOKEN}"}
            status, _ = other.ask(8080, "GET", "/rebalance/status", None, headers)
            other.stop()
        self.assertEqual(status, 200)

    def test_without_a_good_token_nginx_does_not_start(self):
        for token in [{}, {"GATEWAY_TOKEN": "short"}]:
            environment = {**self.environment(), **token}
            if not token:
                del environment["GATEWAY_TOKEN"]
            other = Nginx("examples/nginx-gateway", environment)
            self.assertNotEqual(other.process.wait(10), 0)
            self.assertIn("set GATEWAY_TOKEN_FILE", other.stop())


if __name__ == "__main__":
    unittest.main()
