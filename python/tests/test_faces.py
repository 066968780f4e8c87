"""What scripts hold: clusters that close, events one by one, callbacks, pages, arguments."""

from __future__ import annotations

import asyncio
import http.client
import inspect
import json
import logging
import math
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import FAST, QUICK

from emqx_rebalance import (
    AsyncCluster,
    AsyncRun,
    Cluster,
    ConfigInvalidError,
    ConflictError,
    EmbeddedCluster,
    EvacuationPlan,
    Event,
    Finding,
    NodeLoad,
    Plan,
    Record,
    RequestTimeoutError,
    Run,
    Snapshot,
    Strategy,
    UnreachableError,
    UnsupportedError,
    plan,
    sansio,
)
from emqx_rebalance.events import Ended, Started


def access(cluster: EmbeddedCluster) -> dict[str, Any]:
    return {"api_key": cluster.embedded.api_key, "api_secret": cluster.embedded.api_secret}


def test_a_cluster_closes_and_its_run_goes_on(cluster: EmbeddedCluster) -> None:
    with Cluster(",".join(cluster.urls), **access(cluster)) as other:
        assert other.urls == cluster.urls
        run = other.start(other.plan(**FAST), **QUICK)
    for call in (other.snapshot, other.status, lambda: other.start(plan(SNAPSHOT))):
        with pytest.raises(ConflictError, match="closed"):
            call()
    other.close()
    assert run.wait(timeout=30).is_success

    async def main() -> None:
        async with AsyncCluster(list(cluster.urls), **access(cluster)) as asked:
            assert (await asked.snapshot()).connections == 900
        with pytest.raises(ConflictError, match="closed"):
            await asked.snapshot()

    asyncio.run(main())


def test_an_embedded_cluster_has_ended_once_it_is_closed() -> None:
    embedded = Cluster.embedded(clients=[9, 0])
    at = urlsplit(embedded.urls[0])
    kept_alive = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
    kept_alive.request("GET", "/api/v5/load_rebalance/availability_check")
    assert kept_alive.getresponse().read() is not None
    socket = kept_alive.sock
    assert socket is not None
    assert embedded.snapshot().connections == 9
    embedded.close()
    with socket:
        assert socket.recv(1) == b"", "it is still connected"
    with pytest.raises(UnreachableError):
        embedded.snapshot()


def test_events_one_by_one(cluster: EmbeddedCluster) -> None:
    run = cluster.start(cluster.plan(**FAST), **QUICK)
    events = list(run.watch_events())
    assert tuple(events) == run.events and isinstance(events[-1], Ended)
    assert any(isinstance(event, Started) for event in events)
    assert list(run.watch_events()) == events

    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as asked:
            run = await asked.start(await asked.plan(**FAST), **QUICK)
            heard = [event async for event in run.watch_events()]
            assert tuple(heard) == run.events and isinstance(heard[-1], Ended)
            generator = run.watch()
            assert inspect.isasyncgen(generator)
            await generator.aclose()

    asyncio.run(main())


def test_async_callbacks_are_awaited_in_order_and_refused_where_nobody_awaits(
    cluster: EmbeddedCluster, caplog: pytest.LogCaptureFixture
) -> None:
    async def hear(event: Event) -> None:
        raise AssertionError(event)

    with pytest.raises(TypeError, match="must not be async"):
        cluster.start(cluster.plan(**FAST), on_event=hear)
    run = cluster.start(cluster.plan(**FAST), on_event=lambda event: hear(event), **QUICK)
    with caplog.at_level(logging.ERROR, "emqx_rebalance"):
        assert run.wait(timeout=30).is_success
    assert "coroutine, which nobody awaits" in caplog.text

    async def main() -> None:
        heard: list[Event] = []

        async def slowly(event: Event) -> None:
            await asyncio.sleep(0.02 if isinstance(event, Started) else 0)
            heard.append(event)
            if isinstance(event, Started):
                raise ValueError("theirs")

        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as asked:
            run = await asked.start(await asked.plan(**FAST), on_event=slowly, **QUICK)
            await run
            assert tuple(heard) == run.events

    with caplog.at_level(logging.ERROR, "emqx_rebalance"):
        asyncio.run(main())
    assert "ValueError: theirs" in caplog.text


def test_a_callback_may_wait_for_the_verdict_itself() -> None:
    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as asked:
            runs: list[AsyncRun] = []
            results: list[str] = []

            async def hear(event: Event) -> None:
                if isinstance(event, Ended):
                    results.append(str((await runs[0].wait()).result))

            runs.append(await asked.start(await asked.plan(**FAST), on_event=hear, **QUICK))
            began = time.monotonic()
            assert (await runs[0]).is_success and results == ["completed"]
            assert time.monotonic() - began < 30

    asyncio.run(main())


def test_the_page_of_a_run_and_of_its_record(cluster: EmbeddedCluster, tmp_path: Path) -> None:
    run = cluster.start(cluster.plan(**FAST), reason="<ticket> 41", who="ada", **QUICK)
    assert run.report().endswith("</html>\n")
    record = run.wait_record(timeout=30)
    assert isinstance(record, Record) and record.reason == "<ticket> 41"
    page = run.report(tmp_path / "page.html", title="blue & green")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    for text in ("✓ completed", "<h1>blue &amp; green</h1>", "ada · &lt;ticket&gt; 41", "measured"):
        assert text in page, text
    assert page.count("<th scope=") > record.report().count("<th scope=")
    kept = Record.from_dict(record.to_dict()).report(tmp_path / "record.html")
    assert "✓ completed" in kept and "Rebalance of 4 nodes" in kept
    assert (tmp_path / "record.html").is_file() and len(list(tmp_path.iterdir())) == 2
    for bad in (run, record):
        with pytest.raises(TypeError, match="title must be a str, not int"):
            bad.report(title=5)  # type: ignore[arg-type]

    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as asked:
            run = await asked.start(await asked.plan(**FAST), **QUICK)
            record = await run.wait_record()
            assert "✓ completed" in run.report() and "✓ completed" in record.report()

    asyncio.run(main())


def test_an_evacuation_has_no_page_and_both_names(cluster: EmbeddedCluster) -> None:
    for kind in (Cluster, AsyncCluster, sansio.Cluster):
        assert kind.start_evacuation is kind.evacuate
    assert Run.leave is Run.detach and AsyncRun.leave is AsyncRun.detach
    emptying: EvacuationPlan = cluster.plan_evacuation("emqx1@127.0.0.1", conn_evict_rate=300)
    run = cluster.start_evacuation(emptying, **QUICK)
    with pytest.raises(UnsupportedError, match="no page about an evacuation"):
        run.report()
    assert any(isinstance(event, Started) for event in run.watch_events())
    assert cluster.stop_evacuation("emqx1@127.0.0.1")


def test_how_long_to_wait_is_a_number_or_a_timedelta(cluster: EmbeddedCluster) -> None:
    strategy = {**FAST, "wait_health_check": timedelta(seconds=1), "wait_takeover": "1s"}
    made = cluster.plan(**strategy)
    assert made.asked.strategy.wait_health_check == 1
    assert Strategy.from_dict({"wait_takeover": 9.0}).wait_takeover == 9
    run = cluster.start(made, poll_interval_ms=timedelta(milliseconds=100), settle_s=10)
    driver: Any = run.state
    assert driver["options"]["poll_interval_ms"] == 100
    for timeout in (0, 0.01, -1, timedelta(milliseconds=10)):
        with pytest.raises(RequestTimeoutError, match="the run goes on"):
            run.wait(timeout)
    check_timeouts(lambda timeout: run.wait(timeout))
    assert run.wait(math.inf).is_success and run.wait(0).is_success

    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as asked:
            run = await asked.start(await asked.plan(**FAST), **QUICK)
            for bad in ("5", math.nan):
                with pytest.raises((TypeError, ConfigInvalidError), match="timeout"):
                    await run.wait(bad)  # type: ignore[arg-type]
            with pytest.raises(RequestTimeoutError):
                await run.wait(timedelta(milliseconds=10))
            assert (await run.wait(math.inf)).is_success and (await run.wait(0)).is_success

    asyncio.run(main())
    late = Cluster("http://127.0.0.1:9", connect_timeout=timedelta(milliseconds=200))
    with pytest.raises(UnreachableError):
        late.snapshot()


def check_timeouts(wait: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match="timeout must be a number of seconds or a timedelta, not"):
        wait("5")
    with pytest.raises(TypeError, match="not bool"):
        wait(True)
    with pytest.raises(ConfigInvalidError, match="`timeout` is `nan` but must be") as caught:
        wait(math.nan)
    assert caught.value.problems[0].field == "timeout"


SNAPSHOT = Snapshot.of({"emqx@a": 9000, "emqx@b": 0})


def test_errors_of_values_have_their_problems() -> None:
    wrong: tuple[tuple[Callable[[], object], str, str], ...] = (
        (lambda: NodeLoad(node="emqx@a", connections=-1), "connections", "-1"),
        (lambda: Snapshot(()), "nodes", "[]"),
        (lambda: Snapshot.of({}), "nodes", "[]"),
        (lambda: Snapshot.of({"emqx@a": 1, "b c": 2}), "nodes[1].node", "b c"),
        (lambda: Snapshot.of({"emqx@a": -1}), "nodes[0].connections", "-1"),
        (lambda: Strategy(conn_evict_rate=10.5), "conn_evict_rate", "10.5"),  # type: ignore[arg-type]
        (lambda: Plan.from_dict({}), "version", "absent"),
        (lambda: Plan.from_dict({"version": 1, "mode": "levl"}), "mode", "levl"),
        (lambda: Cluster("/emqx"), "url", "/emqx"),
        (lambda: sansio.Cluster("/emqx"), "url", "/emqx"),
        (lambda: plan(SNAPSHOT, exclude=["emqx@a", 5]), "exclude[1]", "5"),  # type: ignore[list-item]
        (lambda: plan(SNAPSHOT, nodes=["emqx@a", "b c"]), "nodes[1]", "b c"),
        (lambda: Cluster("http://a", ca_cert="/no/such"), "ca_cert", "/no/such"),
        (lambda: Cluster("http://a,ftp://b"), "url[1]", "ftp://b"),
        (lambda: Cluster(""), "url", ""),
        (lambda: Cluster.embedded(foo=1), "foo", "given"),
        (lambda: Cluster.embedded(seed=-1), "seed", "-1"),
    )
    for call, field, value in wrong:
        with pytest.raises(ConfigInvalidError) as caught:
            call()
        problem = caught.value.problems[0]
        assert (problem.field, problem.value) == (field, value), caught.value
        assert f"`{field}` is `{value}` but must be {problem.bound}" in str(caught.value)
        assert str(caught.value).count("invalid ") <= 1, caught.value
    assert Strategy(conn_evict_rate=10.0).conn_evict_rate == 10  # type: ignore[arg-type]
    no_dicts: list[Any] = [[], "emqx@a", None]
    for bad in no_dicts:
        with pytest.raises(TypeError, match="connections must be a dict"):
            Snapshot.of(bad)
    with pytest.raises(TypeError, match=r"url\[1\] must be a URL, not int"):
        Cluster(["http://a", 5])  # type: ignore[list-item]


def test_what_cannot_be_begun_is_refused_before_anything_is_asked() -> None:
    nobody = Cluster("http://127.0.0.1:9")
    calls: tuple[Callable[[], object], ...] = (
        lambda: nobody.start({"version": 1}),
        lambda: nobody.start(plan(SNAPSHOT), max_waves=99),
        lambda: nobody.evacuate({"version": 1}),
        lambda: nobody.resume({"version": 1}),
    )
    for call in calls:
        with pytest.raises(ConfigInvalidError) as caught:
            call()
        assert caught.value.problems


def test_a_file_that_holds_no_plan_is_named(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    for content in (b"[]", b"\xff\xfe\x00", b"{", b"7", b"{}", b"[" * 100_000):
        file.write_bytes(content)
        for kind in (Plan, Record, Strategy, Finding):
            if kind is Strategy and content == b"{}":
                continue  # every option has its default
            with pytest.raises(ConfigInvalidError) as caught:
                kind.load(file)
            assert caught.value.context["file"] == str(file)
            assert str(caught.value).startswith(str(file)), caught.value
    file.write_text(json.dumps({"version": 1, "mode": "levl"}), encoding="utf-8")
    with pytest.raises(ConfigInvalidError, match="`mode` is `levl`") as caught:
        Plan.load(file)
    assert caught.value.problems[0].field == "mode"


def test_a_snapshot_is_a_collection() -> None:
    assert len(SNAPSHOT) == 2 and [load.node for load in SNAPSHOT] == ["emqx@a", "emqx@b"]
    assert SNAPSHOT["emqx@a"].connections == 9000 == SNAPSHOT[0].connections
    assert SNAPSHOT[-1].node == "emqx@b" and len(SNAPSHOT[:1]) == 1
    assert "emqx@a" in SNAPSHOT and SNAPSHOT[0] in SNAPSHOT and "emqx@z" not in SNAPSHOT
    with pytest.raises(KeyError, match="emqx@z"):
        SNAPSHOT["emqx@z"]
    with pytest.raises(IndexError):
        SNAPSHOT[2]


def test_an_offline_plan_fits_whatever_its_age() -> None:
    made = plan(SNAPSHOT)
    made.check_fits(SNAPSHOT, max_age_s=0)
    made.check_fits(SNAPSHOT, max_age_s=timedelta(hours=1))
    with pytest.raises(ConflictError, match="emqx@a"):
        made.check_fits(Snapshot.of({"emqx@a": 5000, "emqx@b": 4000}))
