"""examples/nginx-gateway: its calls, and who may make them."""

import base64
import json
import pathlib
import tempfile
import threading

from gateway import LONG, TOKEN, GatewayCase
from nginx import Nginx


class Calls(GatewayCase):
    def test_from_the_plan_to_the_verdict(self):
        self.start(**LONG)
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
        self.start(**LONG)
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
        calls = [("POST", "plan"), ("POST", "start"), ("GET", "status"), ("POST", "stop")]
        for token in wrong:
            for method, call in calls:
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
            # Whoever names one run must not stop all.
            ("POST", "stop", {"coordinator": "emqx1@127.0.0.1"}, 400, "config_invalid"),
            ("GET", "status", {"node": "emqx1@127.0.0.1"}, 400, "config_invalid"),
        ]
        for method, call, body, status, kind in refused:
            found, answer = self.ask(method, call, body)
            self.assertEqual((found, answer["error"]["kind"]), (status, kind), (call, body))
        _, answer = self.ask("POST", "plan", {"conn_evict_rate": 0, "rel_conn_threshold": 1})
        fields = {problem["field"] for problem in answer["error"]["problems"]}
        self.assertEqual(fields, {"conn_evict_rate", "rel_conn_threshold"})

    def headers(self, method, call, body=None, token=TOKEN):
        """The status code and the headers of an answer."""
        who = {"authorization": f"Bearer {token}"}
        return self.nginx.answer(8080, method, f"/rebalance/{call}", body, who)[:2]

    def test_what_is_not_allowed_says_what_is_and_nothing_is_kept(self):
        for method, call, body, code, more in [
            ("GET", "plan", None, 405, {"allow": "POST"}),
            ("POST", "status", None, 405, {"allow": "GET"}),
            ("DELETE", "stop", None, 405, {"allow": "POST"}),
            ("GET", "status", None, 200, {}),
            ("POST", "plan", " " * (8 * 1024 * 1024 + 1), 413, {}),
        ]:
            status, headers = self.headers(method, call, body)
            self.assertEqual(status, code, call)
            for name, value in {"cache-control": "no-store", **more}.items():
                self.assertEqual(headers[name], value, call)
        status, headers = self.headers("GET", "status", token="wrong")
        self.assertEqual((status, headers["www-authenticate"]), (401, "Bearer"))
        self.assertEqual(headers["cache-control"], "no-store")

    def test_a_plan_of_many_nodes_fits_in_and_what_is_larger_is_refused(self):
        self.assertEqual(self.ask("POST", "plan", " " * 3_000_000 + "{}")[0], 200)
        status, answer = self.ask("POST", "plan", " " * (8 * 1024 * 1024 + 1))
        self.assertEqual((status, answer["error"]["kind"]), (413, "too_large"))


class SmallMemory(GatewayCase):
    CHANGES = [("client_body_buffer_size 8m;", "client_body_buffer_size 8k;")]

    def test_a_body_that_nginx_put_into_a_file_is_refused(self):
        status, answer = self.ask("POST", "plan", " " * 20_000 + "{}")
        self.assertEqual((status, answer["error"]["kind"]), (413, "too_large"))


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
            self.check_does_not_start(environment, "set GATEWAY_TOKEN_FILE")

    def test_a_wrong_configuration_is_said_by_its_field(self):
        gateway, mqtt = "examples/nginx-gateway", "examples/nginx-mqtt"
        wrong = [
            (gateway, {"EMQX_TIMEOUT_S": "abc"}, "request_timeout_s"),
            (gateway, {"EMQX_TIMEOUT_S": "0"}, "request_timeout_s"),
            (gateway, {"EMQX_API_SECRET": ""}, "api_secret"),
            (mqtt, {"EMQX_API_SECRET": ""}, "api_secret"),
        ]
        for example, change, field in wrong:
            nodes = {"MQTT_NODES": "emqx1@127.0.0.1=127.0.0.1:1883"}
            environment = {**self.environment(), **nodes, **change}
            self.check_does_not_start(environment, f"config_invalid: .*{field}", example)

    def check_does_not_start(self, environment, said, example="examples/nginx-gateway"):
        other = Nginx(example, environment)
        self.assertNotEqual(other.process.wait(30), 0)
        self.assertRegex(other.stop(), said)
