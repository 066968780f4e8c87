"""examples/nginx-mqtt, with real MQTT clients and the embedded cluster."""

import os
import signal
import socket
import unittest

from cluster import Cluster, Swarm, until
from nginx import Nginx

# A rebalance that goes on for as long as a test looks. It waits until the balancer has seen it.
SLOW = {
    "conn_evict_rate": 5,
    "wait_health_check": 5,
    "wait_takeover": 60,
    "abs_conn_threshold": 1,
    "rel_conn_threshold": 1.001,
}


class BalancerCase(unittest.TestCase):
    """A balancer before three nodes."""

    def setUp(self):
        self.cluster = Cluster("--nodes", "3", "--mqtt")
        self.addCleanup(self.cluster.stop)
        self.nginx = self.balancer()

    def balancer(self, places=None, names=None, **options):
        """nginx before all nodes."""
        pairs = zip(names or self.cluster.names, places or self.cluster.mqtt)
        named = ",".join(f"{name}={place}" for name, place in pairs)
        environment = {"MQTT_NODES": named, **self.cluster.environment()}
        nginx = Nginx("examples/nginx-mqtt", environment, **options).ready()
        self.addCleanup(nginx.stop)
        return nginx

    def swarm(self, clients, prefix, placed=(), connect_rate=None):
        """Clients that come through the balancer, after those that are placed on nodes."""
        swarm = Swarm(
            clients=clients,
            targets=[f"127.0.0.1:{self.nginx.ports[1883]}"],
            client_id_prefix=prefix,
            v5=0.5,
            connect_rate=connect_rate,
            reconnect={"delay_ms": 200},
            placement=[
                {"target": self.cluster.mqtt[node], "clients": count} for node, count in placed
            ],
        )
        self.addCleanup(swarm.end)
        return swarm

    def seen(self):
        """What the balancer knows of each node."""
        return {node["name"]: node for node in self.nginx.json(8081, "/nodes")}

    def check_few_lines(self, nginx, dead):
        """A dead node is said once, not by every client.

        By the first client that is sent there, or by the next probe: where EMQX has said before that the
        node is stopped, no client is sent there.
        """
        until(lambda: f"{dead} at " in nginx.log.read_text(), what="the word on the dead node")
        log = nginx.log.read_text()
        self.assertEqual(log.count(f"{dead} at "), 1, log)
        # Of clients that came before anybody knew.
        self.assertLess(log.count("connect() failed"), 5, log)

    def wait_for_counts(self, counts):
        def known():
            return [self.seen()[name]["connections"] for name in self.cluster.names] == counts

        until(known, what=f"the counts {counts}")

    def wait_for_status(self, **statuses):
        """Waits until the balancer knows what each node does: `emqx1="donor"`."""

        def known():
            seen = self.seen()
            return all(
                seen[f"{name}@127.0.0.1"].get("status") == status
                for name, status in statuses.items()
            )

        until(known, what=f"{statuses}")

    def assert_level(self, each, within=3):
        for count in self.cluster.connections():
            self.assertAlmostEqual(count, each, delta=within)


class Balancer(BalancerCase):
    def test_new_clients_level_the_nodes(self):
        old = self.swarm(150, "old", [(0, 120), (1, 30)])
        old.all_connected()
        self.wait_for_counts([120, 30, 0])
        # A balancer that is asked for many at once, or slowly, knows less of what has become of them.
        new = self.swarm(300, "new", connect_rate=60)
        report = new.all_connected()
        self.assertEqual((report["connects"]["refused"], report["connects"]["failed"]), ({}, {}))
        self.assert_level(150, within=10)
        print(f"\n  450 clients, 150 of them placed: {self.cluster.connections()}")
        new.stop()
        old.stop()

    def test_donors_get_no_new_clients(self):
        old = self.swarm(200, "old", [(0, 100), (1, 100)])
        old.all_connected()
        before = self.cluster.connections()
        self.cluster.start(self.cluster.names[2], nodes=self.cluster.names, **SLOW)
        self.wait_for_status(emqx1="donor", emqx2="donor", emqx3="running")
        new = self.swarm(60, "new")
        report = new.all_connected()
        self.assertEqual((report["connects"]["refused"], report["connects"]["failed"]), ({}, {}))
        # Nor do those that come back: they come through the balancer as well.
        until(lambda: self.cluster.connections()[0] <= 85, what="the evictions")
        back = old.all_connected(reconnects=15)
        self.assertEqual((back["connects"]["refused"], back["connects"]["failed"]), ({}, {}))
        after = self.cluster.connections()
        for node in (0, 1):
            self.assertLess(after[node], before[node])
        self.assertGreaterEqual(after[2], before[2] + 60)
        print(f"\n  60 clients came during a rebalance: {before} became {after}, none was refused")
        new.stop()
        old.stop()

    def test_when_emqx_says_nothing_own_counts_level(self):
        old = self.swarm(30, "old", [(0, 30)])
        old.all_connected()
        self.wait_for_counts([30, 0, 0])
        self.cluster.break_(type="http", fault={"failure": "no_answer", "path": "/api/v5/nodes"})
        new = self.swarm(150, "new")
        report = new.all_connected()
        self.assertEqual((report["connects"]["refused"], report["connects"]["failed"]), ({}, {}))
        self.cluster.break_(type="http_mended")
        self.assert_level(60)
        new.stop()
        old.stop()

    def test_a_dead_node_is_left_out_and_comes_back(self):
        swarm = self.swarm(150, "all")
        swarm.all_connected()
        lost = self.cluster.connections()[1]
        self.cluster.break_(type="node_killed", node=self.cluster.names[1])
        until(lambda: not self.seen()[self.cluster.names[1]]["is_open"], what="the dead node")
        swarm.all_connected(reconnects=lost)
        self.assertEqual(self.cluster.connections()[1], None)
        self.check_few_lines(self.nginx, self.cluster.names[1])
        # Its clients are back sooner than EMQX is asked again.
        until(lambda: self.seen()[self.cluster.names[1]].get("status") != "running", what="EMQX's word")
        self.cluster.break_(type="node_restarted", node=self.cluster.names[1])
        self.wait_for_status(emqx2="running")
        until(lambda: self.seen()[self.cluster.names[1]]["is_open"], what="the node that is back")
        new = self.swarm(60, "new")
        new.all_connected()
        self.assertGreaterEqual(self.cluster.connections()[1], 50)
        new.stop()
        swarm.stop()

    def test_a_reload_and_killed_workers_leave_the_nodes_watched(self):
        # One worker watches: the one that comes in its place has to go on.
        self.wait_for_counts([0, 0, 0])
        self.replace_workers(lambda _: self.nginx.reload())
        self.swarm(20, "reload", [(0, 20)]).all_connected()
        self.wait_for_counts([20, 0, 0])
        self.replace_workers(lambda workers: [os.kill(pid, signal.SIGKILL) for pid in workers])
        self.swarm(20, "kill", [(1, 20)]).all_connected()
        self.wait_for_counts([20, 20, 0])

    def replace_workers(self, end):
        old = self.nginx.workers()
        end(old)
        until(lambda: not old & self.nginx.workers(), what="the end of the old workers")

    def test_names_that_emqx_does_not_know_are_said_once(self):
        known = self.cluster.names[1]
        self.nginx = self.balancer(names=["emqx1", known, "emqx3"])
        # The counts of two questions.
        for clients in (5, 10):
            self.swarm(5, f"until-{clients}", [(1, 5)]).all_connected()
            until(lambda: self.seen()[known]["connections"] == clients, what=f"{clients} clients")
        nodes = ", ".join(self.cluster.names)
        said = f"EMQX does not know emqx1, emqx3; it calls its nodes {nodes}"
        self.assertEqual(self.nginx.log.read_text().count(said), 1)
        for name in ("emqx1", "emqx3"):
            self.assertNotIn("status", self.seen()[name])

    def test_without_lua_a_client_is_sent_away(self):
        changes = [("ngx.print(balance.address())", "ngx.exit(500)")]
        other = self.balancer(changes=changes)
        with socket.create_connection(("127.0.0.1", other.ports[1883]), timeout=30) as client:
            self.assertEqual(client.recv(1), b"")
        self.assertIn("no node for a client: the http side answers 500", other.log.read_text())


class Peer(BalancerCase):
    """`balancer_by_lua` of openresty.conf. Debian's stream module has none, its http module has: so
    the same configuration and the same Lua run there, and EMQX's HTTP ports stand in for MQTT's."""

    # What differs between the two modules.
    CHANGES = [
        ("stream {", "http {\n access_log off;" + "".join(
            f"{kind}_temp_path run;\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )),
        ("worker_processes 2;", "worker_processes 2;\n"
         "load_module /usr/lib/nginx/modules/ndk_http_module.so;\n"
         "load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;"),
        ("proxy_pass emqx;", "location / { proxy_pass http://emqx; }\n"
         "location = /nodes { content_by_lua_block { ngx.say(balance.report()) } }"),
        # Its own answer needs a bare connection: choice_spec.lua has it.
        ("content_by_lua_block {\n            report.serve()\n        }", "location / { return 404; }"),
        ("proxy_next_upstream on;", "proxy_next_upstream error timeout;"),
        ("proxy_timeout 2h;", ""),
    ]

    def setUp(self):
        super().setUp()
        self.places = [url.removeprefix("http://") for url in self.cluster.urls]
        self.peer = self.balancer(self.places, config="openresty.conf", changes=self.CHANGES)

    def seen(self):
        return {node["name"]: node for node in self.peer.json(1883, "/nodes")}

    def answering(self, times):
        """How many requests each node got."""
        got = {name: 0 for name in self.cluster.names}
        for _ in range(times):
            status, text = self.peer.ask(1883, "GET", "/api/v5/status")
            self.assertEqual(status, 200, text)
            got[text.split()[1]] += 1
        return list(got.values())

    def test_the_emptiest_node_is_chosen(self):
        old = self.swarm(30, "old", [(0, 30)])
        old.all_connected()
        self.wait_for_counts([30, 0, 0])
        self.assertEqual(self.answering(20)[0], 0)
        old.stop()

    def test_a_donor_is_not_chosen(self):
        old = self.swarm(60, "old", [(0, 30), (1, 30)])
        old.all_connected()
        self.cluster.start(self.cluster.names[2], nodes=self.cluster.names, **SLOW)
        self.wait_for_status(emqx1="donor", emqx2="donor")
        # As many more as would go to a donor if only counts mattered.
        self.assertEqual(self.answering(40), [0, 0, 40])
        old.stop()

    def test_a_node_that_takes_no_connection_is_passed_over(self):
        self.cluster.break_(type="node_killed", node=self.cluster.names[0])
        # At once: before any probe has seen it. Every request is answered.
        self.assertEqual(self.answering(20)[0], 0)
        self.check_few_lines(self.peer, self.cluster.names[0])
