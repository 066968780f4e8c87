"""The main job against the embedded cluster, blocking."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from conftest import FAST, QUICK, program, until_started

from emqx_rebalance import (
    AsyncCluster,
    Cluster,
    ConfigInvalidError,
    ConflictError,
    EmbeddedCluster,
    Ended,
    EvacuationPlan,
    Event,
    OutcomeKind,
    Phase,
    ReconnectProfile,
    Record,
    RefusedError,
    RequestTimeoutError,
    Snapshot,
    Started,
    UnknownNodeError,
    plan,
    plan_evacuation,
    sansio,
)


def test_plan_start_watch_and_verdict(cluster: EmbeddedCluster) -> None:
    before = cluster.snapshot()
    assert [load.connections for load in before.nodes] == [300, 300, 300, 0]
    plan = cluster.plan(mode="level", load_balancer="round_robin", **FAST)
    plan.check_fits(cluster.snapshot())
    heard: list[Event] = []
    end = threading.Event()

    def hear(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Ended):
            end.set()

    run = cluster.start(plan, reason="scale-out 41", who="pytest", on_event=hear, **QUICK)
    assert run.plan is plan and not run.is_over
    seen = list(run.watch())
    assert seen[-1].phase == Phase.COMPLETED
    assert seen == [status for i, status in enumerate(seen) if i == 0 or status != seen[i - 1]]
    outcome = run.wait(timeout=10)
    assert outcome.result is OutcomeKind.COMPLETED and outcome.is_success
    assert outcome == seen[-1].outcome == run.status.outcome
    assert end.is_set()
    assert tuple(heard) == run.events
    assert any(isinstance(event, Started) for event in heard)
    record = run.record
    assert isinstance(record, Record)
    assert (record.reason, record.who, record.outcome) == ("scale-out 41", "pytest", outcome)
    assert Record.from_dict(record.to_dict()) == record
    after = [load.connections for load in cluster.snapshot().nodes]
    assert max(after) <= 232 and sum(after) == 900
    assert cluster.status().phase is None


def test_a_run_is_stopped(cluster: EmbeddedCluster) -> None:
    run = cluster.start(cluster.plan(**{**FAST, "wait_health_check": 60}), **QUICK)
    with pytest.raises(RequestTimeoutError) as caught:
        run.wait(timeout=0.2)
    assert isinstance(caught.value, TimeoutError)
    until_started(run)
    assert len(cluster.status().runs) == 1
    run.stop()
    assert run.wait(timeout=20).result is OutcomeKind.STOPPED


def test_a_run_of_somebody_else_is_stopped_and_a_foreign_one_refused(
    cluster: EmbeddedCluster,
) -> None:
    fault = {"type": "foreign_run", "coordinator": "emqx1@127.0.0.1", "strategy": FAST}
    cluster.embedded.inject(fault)
    with pytest.raises(ConflictError):
        cluster.start(cluster.plan(**FAST), **QUICK)
    assert cluster.stop() == ("emqx1@127.0.0.1",)
    assert cluster.stop("emqx1@127.0.0.1") == ()
    with pytest.raises((UnknownNodeError, RefusedError)):
        cluster.stop("emqx9@127.0.0.1")


def test_weights_of_a_cluster(cluster: EmbeddedCluster) -> None:
    plan = cluster.plan(mode="level", weights={"emqx4@127.0.0.1": 2}, **FAST)
    assert plan.fingerprint.nodes[3].weight == 2
    with pytest.raises(UnknownNodeError):
        cluster.plan(weights={"emqx9@127.0.0.1": 2})


def test_each_verb_takes_its_own_kind_of_plan() -> None:
    loads = Snapshot.of({"emqx@a": 9000, "emqx@b": 0})
    levelling, emptying = plan(loads), plan_evacuation(loads, "emqx@a")
    # Nobody is there: it is refused before anything is asked.
    nobody = "http://127.0.0.1:9"
    cluster, asked, own = Cluster(nobody), AsyncCluster(nobody), sansio.Cluster(nobody)
    as_runs: Any = emptying
    as_evacuation: Any = levelling
    wrong: list[tuple[str, Callable[[], object]]] = [
        ("evacuate", lambda: cluster.start(as_runs)),
        ("evacuate", lambda: cluster.start(emptying.to_dict())),
        ("evacuate", lambda: asyncio.run(asked.start(as_runs))),
        ("evacuate", lambda: own.start(as_runs)),
        ("start", lambda: cluster.evacuate(as_evacuation)),
        ("start", lambda: cluster.evacuate(levelling.to_dict())),
        ("start", lambda: asyncio.run(asked.evacuate(as_evacuation))),
        ("start", lambda: own.evacuate(as_evacuation)),
    ]
    for verb, call in wrong:
        with pytest.raises(ConfigInvalidError, match=rf"give it to {verb}\(\)"):
            call()
    with pytest.raises(TypeError, match="plan must be a Plan"):
        cluster.start(5)  # type: ignore[arg-type]


def test_a_node_is_emptied_and_serves_again(cluster: EmbeddedCluster) -> None:
    node = "emqx1@127.0.0.1"
    plan = cluster.plan_evacuation(node, conn_evict_rate=200, wait_health_check=1, wait_takeover=1)
    assert isinstance(plan, EvacuationPlan) and plan.node == node
    assert EvacuationPlan.from_dict(plan.to_dict()) == plan and node in str(plan)
    outcome = cluster.evacuate(plan, **QUICK).wait(timeout=30)
    assert outcome.result is OutcomeKind.COMPLETED
    assert [evacuation.node for evacuation in cluster.evacuations()] == [node]
    assert cluster.stop_evacuation(node) is True
    assert cluster.stop_evacuation(node) is False


def test_a_run_outlives_the_process_that_began_it(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    state = tmp_path / "run.json"
    key, secret = cluster.embedded.api_key, cluster.embedded.api_secret
    code = f"""
from emqx_rebalance import Cluster, Started
cluster = Cluster({list(cluster.urls)!r}, api_key={key!r}, api_secret={secret!r})
say = lambda event: isinstance(event, Started) and print("started", flush=True)
plan = cluster.plan(**{ {**FAST, "wait_health_check": 2}!r})
cluster.start(plan, state={str(state)!r}, on_event=say, reason="killed", **{QUICK!r}).wait()
"""
    with subprocess.Popen(program(code), stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "started\n"
        child.kill()
    assert json.loads(state.read_text())["version"] == 1
    run = cluster.resume(state)
    assert run.wait(timeout=30).result is OutcomeKind.COMPLETED
    assert run.record is not None and run.record.reason == "killed"
    again = cluster.resume(json.loads(state.read_text()))
    assert again.wait(timeout=5).result is OutcomeKind.COMPLETED


def test_a_run_is_let_go_and_taken_up_again(cluster: EmbeddedCluster) -> None:
    run = cluster.start(cluster.plan(**FAST), **QUICK)
    until_started(run)
    run.detach()
    assert run.is_over and run.state is not None
    with pytest.raises(ConflictError, match="resume"):
        run.wait(timeout=5)
    assert cluster.resume(run.state).wait(timeout=30).is_success
    with pytest.raises(ConfigInvalidError):
        cluster.resume({"version": 1})


def test_many_threads_share_a_cluster(cluster: EmbeddedCluster) -> None:
    counts: list[int] = []

    def ask() -> None:
        counts.extend(cluster.snapshot().connections for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [900] * 40


def test_other_threads_run_while_one_waits(cluster: EmbeddedCluster) -> None:
    node = "emqx1@127.0.0.1"
    for name in range(1, 5):
        fault = {"type": "node_slow", "node": f"emqx{name}@127.0.0.1", "ms": 700}
        cluster.embedded.inject(fault)
    began = time.monotonic()
    thread = threading.Thread(target=cluster.snapshot)
    thread.start()
    turns = 0
    while thread.is_alive():
        turns += 1
    thread.join()
    assert time.monotonic() - began >= 0.7 and turns > 100_000, node


def test_events_are_logged(cluster: EmbeddedCluster, caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()

    def fail(event: Event) -> None:
        if isinstance(event, Ended):
            ended.set()
        raise RuntimeError("broken callback")

    with caplog.at_level(logging.INFO, logger="emqx_rebalance"):
        plan = cluster.plan(**FAST)
        assert cluster.start(plan, on_event=fail, **QUICK).wait(timeout=30).is_success
        assert ended.is_set()
    assert "completed" in caplog.text and "broken callback" in caplog.text
    record = next(record for record in caplog.records if "started" in record.getMessage())
    assert vars(record)["event"]["coordinator"].startswith("emqx")
    assert cluster.embedded.api_secret not in caplog.text


def test_ctrl_c_ends_the_waiting_within_a_tenth_of_a_second() -> None:
    # More than one try: a busy machine may take longer to switch processes.
    assert any(seconds_until_ctrl_c_is_seen() < 0.1 for _ in range(5))


def seconds_until_ctrl_c_is_seen() -> float:
    """From the signal until a process that waits for a verdict sees it."""
    code = """
import signal, sys, time
from emqx_rebalance import Cluster
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
with Cluster.embedded(clients=[300, 0]) as cluster:
    plan = cluster.plan(conn_evict_rate=1, abs_conn_threshold=10)
    run = cluster.start(plan)
    try:
        print("waiting", flush=True)
        run.wait()
    except KeyboardInterrupt:
        print(time.time(), flush=True)
        assert not run.is_over
        sys.exit(7)
"""
    with subprocess.Popen(program(code), stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "waiting\n"
        sent = time.time()
        child.send_signal(signal.SIGINT)
        took = float(child.stdout.readline()) - sent
        assert child.wait(10) == 7
    return took


def test_a_process_ends_quietly_in_the_midst_of_a_run() -> None:
    code = """
from emqx_rebalance import Cluster
cluster = Cluster.embedded(clients=[300, 0])
cluster.start(cluster.plan(conn_evict_rate=10, abs_conn_threshold=10), on_event=lambda e: None)
"""
    for _ in range(3):
        done = subprocess.run(program(code), capture_output=True, text=True, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_of_fork_makes_connections_of_its_own(cluster: EmbeddedCluster) -> None:
    key, secret = cluster.embedded.api_key, cluster.embedded.api_secret
    code = f"""
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: fork with threads
from emqx_rebalance import Cluster, ConflictError
cluster = Cluster({list(cluster.urls)!r}, api_key={key!r}, api_secret={secret!r})
run = cluster.start(cluster.plan(**{ {**FAST, "wait_health_check": 2}!r}), **{QUICK!r})
own = Cluster.embedded(clients=[5, 0])
child = os.fork()
if child == 0:
    try:
        assert cluster.snapshot().connections == 900
        try:
            run.status
        except ConflictError as error:
            assert "process" in str(error)
        else:
            sys.exit(2)
        assert own.snapshot().connections == 5
        own.close()
        with Cluster.embedded(clients=[7, 0]) as new:
            assert new.snapshot().connections == 7
    except BaseException as error:
        print(repr(error), flush=True)
        os._exit(1)
    sys.exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert own.snapshot().connections == 5
print(run.wait(timeout=30).result)
"""
    done = subprocess.run(program(code), capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("completed\n", "", 0)


def test_the_command_is_there() -> None:
    line = [sys.executable, "-m", "emqx_rebalance"]
    done = subprocess.run([*line, "--version"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and done.stdout.startswith("emqx-rebalance 0.")
    bad = subprocess.run([*line, "plan", "--no-such"], capture_output=True, text=True, timeout=20)
    assert bad.returncode == 2 and "--no-such" in bad.stderr


def test_the_command_starts_its_swarm_through_python() -> None:
    line = [sys.executable, "-m", "emqx_rebalance", "cluster", "--mqtt", "--clients", "5,0"]
    command = [*line, "--output", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        access, _ = json.JSONDecoder().raw_decode(until_brace(child.stdout))
        cluster = Cluster(
            access["urls"], api_key=access["api_key"], api_secret=access["api_secret"]
        )
        assert cluster.snapshot().connections == 5
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 0


def until_brace(lines: IO[str]) -> str:
    """The first JSON document of a stream that goes on."""
    text = ""
    for line in lines:
        text += line
        if line.startswith("}"):
            break
    return text


def test_embedded_clusters_say_what_is_wrong() -> None:
    with pytest.raises(ConfigInvalidError, match="one count for each of 3 nodes"):
        Cluster.embedded(nodes=3, clients=[1])
    for nodes in ("4", -1, 1.5, 0, 10**9, 10**30):
        with pytest.raises(ConfigInvalidError, match=f"`nodes` is `.*{str(nodes)[:1]}.* 1 to 1000"):
            Cluster.embedded(nodes=nodes)  # type: ignore[arg-type]
    with pytest.raises(ConfigInvalidError, match=r"`clients` is `\[\"a\"\]` .* whole numbers"):
        Cluster.embedded(clients=["a"])  # type: ignore[list-item]
    with pytest.raises(ConfigInvalidError, match=r"`personality` is `1\.0` but must be one of"):
        Cluster.embedded(personality="1.0")
    with pytest.raises(ConfigInvalidError, match="no_such"):
        Cluster.embedded(no_such=1)
    with pytest.raises(ConfigInvalidError, match=r"points\[0\]\[1\]` is `2` .* from 0 to 1"):
        Cluster.embedded(reconnect={"profile": {"points": [[1, 2]]}})
    with pytest.raises(ConfigInvalidError, match=r"`reconnect.min_ms` is `9` .* left out"):
        Cluster.embedded(reconnect={"profile": "2s", "min_ms": 9})
    with pytest.raises(ConfigInvalidError, match=r"`drift.departures_per_s` is `-1` .* 0 to 10000"):
        Cluster.embedded(drift={"departures_per_s": -1})
    fleet = ReconnectProfile(((0.1, 0), (0.2, 0.5)))
    with Cluster.embedded(clients=[9, 0], reconnect={"profile": fleet}) as cluster:
        assert cluster.snapshot().connections == 9
    with Cluster.embedded(nodes=2, clients=[3, 4], personality="4.4", seed=7) as cluster:
        assert cluster.snapshot().connections == 7
        with pytest.raises(UnknownNodeError):
            cluster.embedded.inject({"type": "node_killed", "node": "emqx9@127.0.0.1"})
        with pytest.raises(ConfigInvalidError):
            cluster.embedded.inject({"type": "earthquake"})
    with pytest.raises(ConflictError):
        cluster.embedded.inject({"type": "http_mended"})
