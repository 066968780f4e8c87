"""How long a page takes, with and without a rebalance that the same nginx worker drives."""

import http.client
import time

from gateway import LONG, GatewayCase


class Latency(GatewayCase):
    # One worker: the one that drives serves the page too.
    CHANGES = [("worker_processes 2;", "worker_processes 1;")]

    def measure(self, seconds):
        """Milliseconds of each request on one connection, one after the other."""
        client = http.client.HTTPConnection("127.0.0.1", self.nginx.ports[8080], timeout=30)
        took, last = [], time.monotonic() + seconds
        while time.monotonic() < last:
            began = time.perf_counter()
            client.request("GET", "/")
            answer = client.getresponse()
            answer.read()
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status == 200
        client.close()
        return sorted(took)

    def report(self, name, took):
        """The 99th percentile."""
        p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
        print(f"  {name}: p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {took[-1]:.1f} ms of {len(took)}")
        return p99

    def test_a_running_rebalance_does_not_slow_other_pages(self):
        print()
        idle = self.measure(2)
        self.start(**LONG)
        self.under_way()
        busy = self.measure(3)
        self.assertTrue(self.view()["is_running"], "it was over before it was measured")
        self.verdict()
        idle = sorted(idle + self.measure(1))
        with_run, without = self.report("during a rebalance", busy), self.report("idle", idle)
        # A blocked worker would show as hundreds of milliseconds; a busy machine does not.
        self.assertLess(with_run, max(10 * without, 50))
