"""examples/nginx-gateway: workers come and go in the middle of a run."""

import json
import os
import signal
import time

from cluster import until
from gateway import LONG, TOKEN, GatewayCase


class WorkersEnd(GatewayCase):
    def test_a_reload_in_the_middle_loses_nothing(self):
        self.start(**LONG)
        old, before = self.under_way(), self.nginx.workers()
        began = time.monotonic()
        self.nginx.reload()
        new = self.driver(other_than=before | {None})
        print(f"\n  reload: another worker drives after {time.monotonic() - began:.2f} s")
        self.assertNotEqual(new, old)
        self.check_once_and_done(self.verdict())
        until(lambda: not before & self.nginx.workers(), what="the end of the old workers")

    def test_a_worker_that_is_killed_is_replaced(self):
        self.start(**LONG)
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
        self.start(**LONG)
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


class OneWorker(GatewayCase):
    CHANGES = [
        ("worker_processes 2;", "worker_processes 1;"),
        ("error_log stderr warn;", "error_log stderr notice;"),
    ]

    def test_a_worker_that_sleeps_longer_than_its_lease_drives_once(self):
        self.start(conn_evict_rate=2)
        driver = self.under_way()
        for _ in range(3):
            os.kill(driver, signal.SIGSTOP)
            # No event tells of a lease that ends: it has 3 s.
            time.sleep(4)
            os.kill(driver, signal.SIGCONT)
            self.driver(other_than={None})
            # By the last of them, whoever drove before has looked at its lease.
            asked = len(self.recorder.seen)
            until(lambda: len(self.recorder.seen) > asked + 10, what="more questions")
            self.assertEqual(self.drivings(), 1)
        self.ask("POST", "stop")
        self.assertEqual(self.verdict()["status"]["outcome"]["result"], "stopped")
        self.assertEqual(sorted(self.recorder.starts()), self.cluster.names[:2])
        until(lambda: self.drivings() == 0, what="the end of the driving")

    def drivings(self):
        """How many began and did not end."""
        said = self.nginx.log.read_text()
        ended = said.count("drives the rebalance no more, lease")
        return said.count("drives the rebalance, lease") - ended
