"""A cluster for asyncio, under the same names.

asyncio takes a fifth of the time of the import, so it is imported where it is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ._calls import BaseCluster, stopped
from ._embedded import Embedded
from ._errors import RequestTimeoutError
from ._evacuation import EvacuationPlan
from ._options import spelled_out
from ._plan import Plan
from ._run import MOMENT_S, BaseRun, OnEvent, tell
from ._snapshot import Snapshot
from ._status import EvacuationStatus, Outcome, Status

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from . import _native
    from ._calls import Begin
    from ._options import DriverOptions, EvacuationOptions, PlanOptions
    from ._strategy import Strategy
    from ._words import LoadBalancer, Mode

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
    """Tells events in the event loop."""

    def __init__(self, on_event: OnEvent | None) -> None:
        if on_event is not None and not callable(on_event):
            raise TypeError(f"on_event must be callable, not {type(on_event).__name__}")
        import asyncio

        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._is_done = asyncio.Event()

    def sink(self, text: str | None) -> None:
        """Takes an event, from any thread; None is the end."""
        if text is None:
            self._loop.call_soon_threadsafe(self._is_done.set)
        else:
            self._loop.call_soon_threadsafe(tell, text, self._on_event)

    async def finish(self) -> None:
        """Gives the last events a moment to be told: whoever has the verdict has heard them."""
        import asyncio

        if self._loop is asyncio.get_running_loop():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._is_done.wait(), MOMENT_S)


class AsyncRun(BaseRun):
    """A plan or an evacuation on its way, as :class:`Run` is, for asyncio."""

    def __init__(self, native: _native.Run, plan: Plan | None, teller: _LoopTeller) -> None:
        super().__init__(native, plan)
        self._teller = teller

    async def watch(self) -> AsyncIterator[Status]:
        """The status now and whenever it changes, up to the last one, which has the verdict."""
        change: dict[str, Any] = {"version": 0, "is_last": False, "status": None}
        while not change["is_last"]:
            last = change["status"]
            change = await _asked(self._native.changed(change["version"]))
            if change["status"] != last:
                yield Status._of(change["status"])
        await self.wait()

    async def wait(self, timeout: float | None = None) -> Outcome:
        """Waits for the verdict, for at most ``timeout`` seconds. To cancel it ends the waiting
        alone.

        Raises:
            RequestTimeoutError: there is no verdict yet; the run goes on. Also a ``TimeoutError``.
        """
        import asyncio

        try:
            outcome = await asyncio.wait_for(_asked(self._native.wait()), timeout)
        except asyncio.TimeoutError as error:
            if isinstance(error, RequestTimeoutError):
                raise
            message = f"no verdict within {timeout} s; the run goes on"
            raise RequestTimeoutError(message) from None
        await self._teller.finish()
        return Outcome._of(outcome)

    async def detach(self) -> None:
        """As :meth:`Run.detach`."""
        await _asked(self._native.detach())

    async def progress(self, console: Any = None) -> Outcome:
        """As :meth:`Run.progress`."""
        from ._progress import bar

        with bar(console) as show:
            async for status in self.watch():
                show(status)
        return await self.wait()

    def __await__(self) -> Any:
        return self.wait().__await__()


class AsyncCluster(BaseCluster):
    """A cluster for asyncio, and for uvloop: :class:`Cluster` with ``await``.

    ::

        cluster = AsyncCluster.from_env()
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
        mode: Mode | str = "single",
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
        """As :meth:`Cluster.start`; ``on_event`` is called in the event loop."""
        begin = self._start(plan, state, options, force=force, reason=reason, who=who)
        return await self._driven(begin, on_event, plan)

    async def resume(
        self,
        state: Mapping[str, Any] | str | os.PathLike[str],
        *,
        on_event: OnEvent | None = None,
    ) -> AsyncRun:
        """As :meth:`Cluster.resume`; ``on_event`` is called in the event loop."""
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
        """As :meth:`Cluster.evacuate`; ``on_event`` is called in the event loop."""
        begin = self._evacuate(plan, state, options, force=force, reason=reason, who=who)
        return await self._driven(begin, on_event)

    async def evacuations(self) -> tuple[EvacuationStatus, ...]:
        """As :meth:`Cluster.evacuations`."""
        return tuple(EvacuationStatus._of(e) for e in await _asked(self._ask("evacuations")))

    async def stop_evacuation(self, node: str) -> bool:
        """As :meth:`Cluster.stop_evacuation`."""
        return bool(await _asked(self._ask("stop_evacuation", node)))

    @classmethod
    def embedded(
        cls,
        nodes: int | None = None,
        clients: Sequence[int] | None = None,
        *,
        personality: str | None = None,
        load_balancer: LoadBalancer | str | None = None,
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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
