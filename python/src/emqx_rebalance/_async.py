"""A cluster for asyncio, under the same names.

asyncio takes a fifth of the time of the import, so it is imported where it is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from . import _native
from ._calls import BaseCluster, Begin, stopped
from ._embedded import Embedded
from ._evacuation import EvacuationPlan
from ._events import Event, logger
from ._extras import Console, Self, Unpack
from ._options import DriverOptions, EvacuationOptions, PlanOptions, spelled_out
from ._plan import Plan
from ._run import MOMENT_S, BaseRun, OnEvent, checked_callback, late, tell
from ._snapshot import Snapshot
from ._status import EvacuationStatus, Outcome, Record, Status
from ._strategy import Strategy
from ._words import LoadBalancerWord, ModeWord

if TYPE_CHECKING:
    import asyncio

__all__ = ["AsyncCluster", "AsyncEmbeddedCluster", "AsyncRun"]


async def _asked(task: _native.Task) -> Any:
    """The result of ``task``. Whoever is cancelled gives it up."""
    import asyncio

    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    # From another thread; a loop that is closed refuses, and nobody waits there.
    task.on_done(lambda: loop.call_soon_threadsafe(done.set))
    try:
        await done.wait()
    except asyncio.CancelledError:
        task.cancel()
        raise
    text = task.result()
    return None if text is None else json.loads(text)


class _LoopTeller:
    """Tells events in the event loop, one after the other: what a callback wants to be awaited is
    awaited before that of the next one.
    """

    def __init__(self, on_event: OnEvent | None) -> None:
        import asyncio

        self._on_event = checked_callback(on_event)
        self._loop = asyncio.get_running_loop()
        self._is_done = asyncio.Event()
        self._last: asyncio.Task[None] | None = None

    def sink(self, text: str | None) -> None:
        """Takes an event, from any thread; None is the end."""
        self._loop.call_soon_threadsafe(self._tell, text)

    def _tell(self, text: str | None) -> None:
        if text is None:
            self._is_done.set()
        elif (returned := tell(text, self._on_event)) is not None:
            self._last = self._loop.create_task(_after(self._last, returned))

    async def finish(self) -> None:
        """Gives the last events a moment to be told: whoever has the verdict has heard them."""
        import asyncio

        # A callback that waits for the verdict does not wait for itself.
        is_told = self._last is not None and self._last is asyncio.current_task()
        if self._loop is asyncio.get_running_loop() and not is_told:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._finished(), MOMENT_S)

    async def _finished(self) -> None:
        import asyncio

        await self._is_done.wait()
        if self._last is not None:
            await asyncio.shield(self._last)


async def _after(last: asyncio.Task[None] | None, returned: Awaitable[object]) -> None:
    """Awaits what a callback returned, once the one before has ended."""
    import asyncio

    if last is not None:
        await asyncio.wait([last])
    try:
        await returned
    except Exception:  # noqa: BLE001 - whatever it raises is not the run's
        logger.exception("on_event raised")


class AsyncRun(BaseRun):
    """A plan or an evacuation on its way, as :class:`Run` is, for asyncio."""

    def __init__(self, native: _native.Run, plan: Plan | None, teller: _LoopTeller) -> None:
        super().__init__(native, plan)
        self._teller = teller

    async def watch(self) -> AsyncGenerator[Status, None]:
        """The status now and whenever it changes, up to the last one, which has the verdict."""
        last = None
        async for status in self._changes():
            if status != last:
                yield Status._of(status)
            last = status
        await self.wait()

    async def watch_events(self) -> AsyncGenerator[Event, None]:
        """As :meth:`Run.watch_events`."""
        told = 0
        async for _ in self._changes():
            news = self.events[told:]
            told += len(news)
            for event in news:
                yield event
        await self.wait()

    async def wait(self, timeout: float | timedelta | None = None) -> Outcome:
        """Waits for the verdict, for at most ``timeout`` seconds. To cancel it ends the waiting
        alone.

        Raises:
            RequestTimeoutError: there is no verdict yet; the run goes on. Also a ``TimeoutError``.
        """
        import asyncio

        patience = self._patience(timeout)
        waiting = asyncio.ensure_future(_asked(self._native.wait()))
        try:
            done, _ = await asyncio.wait([waiting], timeout=patience)
        finally:
            waiting.cancel()
        if not done:
            raise late(patience or 0)
        outcome = waiting.result()
        await self._teller.finish()
        return Outcome._of(outcome)

    async def wait_record(self, timeout: float | timedelta | None = None) -> Record:
        """As :meth:`Run.wait_record`."""
        await self.wait(timeout)
        return self._its_record()

    async def detach(self) -> None:
        """As :meth:`Run.detach`."""
        await _asked(self._native.detach())

    leave = detach

    async def progress(self, console: Console | None = None) -> Outcome:
        """As :meth:`Run.progress`."""
        from ._progress import bar

        with bar(console) as show:
            async for status in self.watch():
                show(status)
        return await self.wait()

    async def _changes(self) -> AsyncGenerator[dict[str, Any], None]:
        """Where it stands, as JSON, now and after each step, up to the last one."""
        version, is_last = 0, False
        while not is_last:
            change = await _asked(self._native.changed(version))
            version, is_last = change["version"], change["is_last"]
            yield change["status"]

    def __await__(self) -> Generator[Any, None, Outcome]:
        return self.wait().__await__()


class AsyncCluster(BaseCluster):
    """A cluster for asyncio, and for uvloop: :class:`Cluster` with ``await``.

    ::

        async def main() -> None:
            async with AsyncCluster.from_env() as cluster:
                run = await cluster.start(await cluster.plan(mode="level"))
                async for status in run.watch():
                    print(status.progress.percent)

    To cancel a call gives up its request.
    """

    async def snapshot(self) -> Snapshot:
        """As :meth:`Cluster.snapshot`."""
        return Snapshot._of(await _asked(self._ask("snapshot")))

    async def status(self) -> Status:
        """As :meth:`Cluster.status`."""
        return Status._of(await _asked(self._ask("status")))

    @spelled_out("PlanOptions")
    async def plan(
        self,
        *,
        strategy: Strategy | Mapping[str, Any] | None = None,
        mode: ModeWord = "single",
        **options: Unpack[PlanOptions],
    ) -> Plan:
        """As :meth:`Cluster.plan`."""
        return Plan._of(await _asked(self._ask_plan(strategy, mode, options)))

    @spelled_out("DriverOptions")
    async def start(
        self,
        plan: Plan | Mapping[str, Any],
        *,
        force: bool = False,
        reason: str | None = None,
        who: str | None = None,
        on_event: OnEvent | None = None,
        state: str | os.PathLike[str] | None = None,
        **options: Unpack[DriverOptions],
    ) -> AsyncRun:
        """As :meth:`Cluster.start`; ``on_event`` is called in the event loop, and awaited if it is
        async.
        """
        begin = self._start(plan, state, options, force=force, reason=reason, who=who)
        return await self._driven(begin, on_event, plan)

    async def resume(
        self,
        state: Mapping[str, Any] | str | os.PathLike[str],
        *,
        on_event: OnEvent | None = None,
    ) -> AsyncRun:
        """As :meth:`Cluster.resume`; ``on_event`` as of :meth:`start`."""
        return await self._driven(self._resume(state), on_event)

    async def stop(self, coordinator: str | None = None) -> tuple[str, ...]:
        """As :meth:`Cluster.stop`."""
        return stopped(json.dumps(await _asked(self._ask("stop", coordinator))))

    @spelled_out("EvacuationOptions")
    async def plan_evacuation(
        self, node: str, **options: Unpack[EvacuationOptions]
    ) -> EvacuationPlan:
        """As :meth:`Cluster.plan_evacuation`."""
        return EvacuationPlan._of(await _asked(self._ask_plan_evacuation(node, options)))

    @spelled_out("DriverOptions")
    async def evacuate(
        self,
        plan: EvacuationPlan | Mapping[str, Any],
        *,
        force: bool = False,
        reason: str | None = None,
        who: str | None = None,
        on_event: OnEvent | None = None,
        state: str | os.PathLike[str] | None = None,
        **options: Unpack[DriverOptions],
    ) -> AsyncRun:
        """As :meth:`Cluster.evacuate`; ``on_event`` as of :meth:`start`."""
        begin = self._evacuate(plan, state, options, force=force, reason=reason, who=who)
        return await self._driven(begin, on_event)

    start_evacuation = evacuate

    async def evacuations(self) -> tuple[EvacuationStatus, ...]:
        """As :meth:`Cluster.evacuations`."""
        return tuple(EvacuationStatus._of(e) for e in await _asked(self._ask("evacuations")))

    async def stop_evacuation(self, node: str) -> bool:
        """As :meth:`Cluster.stop_evacuation`."""
        return bool(await _asked(self._ask("stop_evacuation", node)))

    async def close(self) -> None:
        """As :meth:`Cluster.close`; ``async with`` does it."""
        self._native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @classmethod
    def embedded(
        cls,
        nodes: int | None = None,
        clients: Sequence[int] | None = None,
        *,
        personality: str | None = None,
        load_balancer: LoadBalancerWord | None = None,
        **config: Any,
    ) -> AsyncEmbeddedCluster:
        """As :meth:`Cluster.embedded`, for ``async with``."""
        given = {"nodes": nodes, "clients": clients, "personality": personality}
        return AsyncEmbeddedCluster(Embedded(load_balancer=load_balancer, **given, **config))

    async def _driven(
        self, begin: Begin, on_event: OnEvent | None, plan: object = None
    ) -> AsyncRun:
        teller = _LoopTeller(on_event)
        await _asked(self._ask("connect"))
        return AsyncRun(begin(teller.sink), plan if isinstance(plan, Plan) else None, teller)


class AsyncEmbeddedCluster(AsyncCluster):
    """An :class:`AsyncCluster` that runs inside this process, until it is closed."""

    embedded: Embedded  # type: ignore[assignment]
    """Its URLs and key, and ways to break it."""

    def __init__(self, embedded: Embedded) -> None:
        key, secret = embedded.api_key, embedded.api_secret
        super().__init__(embedded.urls, api_key=key, api_secret=secret)
        self.embedded = embedded

    async def close(self) -> None:
        """Ends the cluster."""
        import asyncio

        await asyncio.get_running_loop().run_in_executor(None, self.embedded.close)
