"""The main job with asyncio, and with uvloop: the same names, awaited."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from conftest import FAST, QUICK

from emqx_rebalance import (
    AsyncCluster,
    AsyncRun,
    Cluster,
    Event,
    OutcomeKind,
    RequestTimeoutError,
    Run,
    UnreachableError,
)

Start = Callable[[Coroutine[Any, Any, None]], None]


def with_asyncio(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def with_uvloop(main: Coroutine[Any, Any, None]) -> None:
    uvloop = pytest.importorskip("uvloop")
    loop = uvloop.new_event_loop()
    try:
        loop.run_until_complete(main)
    finally:
        loop.close()


@pytest.fixture(params=[with_asyncio, with_uvloop], ids=["asyncio", "uvloop"])
def start(request: pytest.FixtureRequest) -> Start:
    chosen: Start = request.param
    return chosen


def test_plan_start_watch_and_verdict(start: Start) -> None:
    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as cluster:
            plan = await cluster.plan(mode="level", load_balancer="round_robin", **FAST)
            heard: list[Event] = []
            run = await cluster.start(plan, on_event=heard.append, reason="async", **QUICK)
            percents = [status.progress.percent async for status in run.watch()]
            assert percents[-1] == 100
            assert (await run).result is OutcomeKind.COMPLETED
            assert tuple(heard) == run.events
            assert run.record is not None and run.record.reason == "async"
            assert (await cluster.status()).phase is None

    start(main())


def test_the_loop_goes_on_meanwhile(start: Start) -> None:
    async def main() -> None:
        async with AsyncCluster.embedded(nodes=2, clients=[300, 0]) as cluster:
            await cluster.snapshot()
            for node in ("emqx1@127.0.0.1", "emqx2@127.0.0.1"):
                cluster.embedded.inject({"type": "node_slow", "node": node, "ms": 300})
            began, turns = time.monotonic(), 0
            asked = [asyncio.ensure_future(cluster.snapshot()) for _ in range(10)]
            while not all(task.done() for task in asked):
                await asyncio.sleep(0.01)
                turns += 1
            assert turns > 10
            # Ten at once, each of two requests: one after the other they would take 6 s.
            assert 0.3 <= time.monotonic() - began < 5
            assert {task.result().connections for task in asked} == {300}

    start(main())


def test_to_cancel_gives_up_the_request_and_to_wait_is_cancelled_alone(start: Start) -> None:
    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 0]) as cluster:
            run = await cluster.start(await cluster.plan(conn_evict_rate=5, abs_conn_threshold=9))
            with pytest.raises(RequestTimeoutError):
                await run.wait(timeout=0.05)
            waiting = asyncio.ensure_future(run.wait())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert not run.is_over
            await run.detach()
            for node in ("emqx1@127.0.0.1", "emqx2@127.0.0.1"):
                cluster.embedded.inject({"type": "node_hung", "node": node})
            began = time.monotonic()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(cluster.snapshot(), 0.1)
            assert time.monotonic() - began < 2

    start(main())


def test_errors_are_raised_where_it_is_awaited(start: Start) -> None:
    async def main() -> None:
        cluster = AsyncCluster("http://127.0.0.1:9", connect_timeout=0.5)
        with pytest.raises(UnreachableError):
            await cluster.snapshot()

    start(main())


def test_a_run_is_resumed_and_stopped(start: Start) -> None:
    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as cluster:
            plan = await cluster.plan(**{**FAST, "wait_health_check": 60})
            run = await cluster.start(plan, **QUICK)
            async for status in run.watch():
                if status.runs[0].state == "wait_health_check":
                    break
            await run.detach()
            state = run.state
            assert state is not None and run.is_over
            again = await cluster.resume(state)
            again.stop()
            assert (await again.wait(timeout=20)).result is OutcomeKind.STOPPED
            node = "emqx1@127.0.0.1"
            evacuation = await cluster.plan_evacuation(node, wait_health_check=30)
            emptying = await cluster.evacuate(evacuation, **QUICK)
            async for status in emptying.watch():
                if status.runs and status.runs[0].state.startswith("wait"):
                    break
            assert [one.node for one in await cluster.evacuations()] == [node]
            await emptying.detach()
            assert await cluster.stop_evacuation(node)
            assert await cluster.stop() == ()

    start(main())


def test_loops_in_several_threads() -> None:
    with Cluster.embedded(clients=[30, 0]) as embedded:
        key, secret = embedded.embedded.api_key, embedded.embedded.api_secret
        cluster = AsyncCluster(embedded.urls, api_key=key, api_secret=secret)
        counts: list[int] = []

        async def ask() -> None:
            asked = [cluster.snapshot() for _ in range(5)]
            counts.extend(snapshot.connections for snapshot in await asyncio.gather(*asked))

        threads = [threading.Thread(target=with_asyncio, args=(ask(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts == [30] * 20


def test_both_clusters_and_both_runs_have_the_same_names() -> None:
    def names(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert names(AsyncCluster) == names(Cluster)
    assert names(AsyncRun) == names(Run)
    assert sys.version_info >= (3, 10)
