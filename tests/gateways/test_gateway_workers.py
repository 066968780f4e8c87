"""examples/nginx-gateway: workers come and go in the middle of a run."""

import json
import os
import signal
import time

from cluster import until
from gateway import TOKEN, GatewayCase


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
