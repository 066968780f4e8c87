"""A plan or an evacuation on its way."""

from __future__ import annotations

import inspect
import json
import math
import os
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Generator
from datetime import timedelta
from typing import Any

from . import _native
from ._errors import RequestTimeoutError
from ._events import Event, event, log, logger
from ._extras import Axes, Console
from ._options import seconds, wishes
from ._plan import Plan
from ._pydantic import Instance
from ._status import Outcome, Record, Status
from ._value import written

__all__ = ["BaseRun", "OnEvent", "Run", "Teller", "checked_callback", "late", "tell"]

#: Seconds for the last events to reach the log and the callback, on a busy machine too.
MOMENT_S = 5.0

OnEvent = Callable[[Event], object]


class Teller:
    """Tells events to the log and to a callback, in a thread of its own: one that is slow, or asks
    the cluster, holds up nothing else.
    """

    def __init__(self, on_event: OnEvent | None) -> None:
        if is_async(checked_callback(on_event)):
            raise TypeError("on_event must not be async here: nobody awaits it. Use AsyncCluster")
        self._on_event = on_event
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=self._tell, name="emqx-rebalance-events", daemon=True
        )

    def sink(self, text: str | None) -> None:
        """Takes an event, from any thread; None is the end."""
        self._queue.put(text)

    def start(self) -> None:
        """Begins to tell."""
        self._thread.start()

    def finish(self) -> None:
        """Gives the last events a moment to be told, since a script may end right after."""
        if threading.current_thread() is not self._thread:
            self._thread.join(MOMENT_S)

    def _tell(self) -> None:
        while (text := self._queue.get()) is not None:
            if inspect.iscoroutine(returned := tell(text, self._on_event)):
                returned.close()
                logger.error("on_event returned a coroutine, which nobody awaits here")


def checked_callback(on_event: OnEvent | None) -> OnEvent | None:
    """The callback, which can be called."""
    if on_event is not None and not callable(on_event):
        raise TypeError(f"on_event must be callable, not {type(on_event).__name__}")
    return on_event


def is_async(callback: object) -> bool:
    """Whether to call it is not enough."""
    called = getattr(callback, "__call__", None)  # noqa: B004 - its kind is asked for, not whether
    return inspect.iscoroutinefunction(callback) or inspect.iscoroutinefunction(called)


def tell(text: str, on_event: OnEvent | None) -> Awaitable[object] | None:
    """Tells one event. What a callback raises is logged, and the run goes on; what it wants to be
    awaited is returned.
    """
    happened = event(json.loads(text))
    log(happened)
    if on_event is None:
        return None
    try:
        returned = on_event(happened)
    except Exception:  # noqa: BLE001 - whatever it raises is not the run's
        logger.exception("on_event raised")
        return None
    return returned if inspect.isawaitable(returned) else None


def late(timeout_s: float) -> RequestTimeoutError:
    """The error of somebody who has waited in vain."""
    return RequestTimeoutError(f"no verdict within {timeout_s:g} s; the run goes on")


class BaseRun(Instance):
    """What runs have in common, blocking or not."""

    def __init__(self, native: _native.Run, plan: Plan | None) -> None:
        self._native = native
        self._plan = plan

    @property
    def plan(self) -> Plan | None:
        """What was started; None of a run that was resumed or is an evacuation."""
        return self._plan

    @property
    def status(self) -> Status:
        """Where it stands now."""
        return Status._of(json.loads(self._native.status()))

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that happened so far, in order."""
        return tuple(event(data) for data in json.loads(self._native.events()))

    @property
    def record(self) -> Record | None:
        """What is worth keeping, once there is a verdict. :meth:`wait_record` waits for it."""
        text = self._native.record()
        return None if text is None else Record._of(json.loads(text))

    def _patience(self, timeout: float | timedelta | None) -> float | None:
        """Most seconds to wait for a verdict; None if it is there, or is waited for without end."""
        patience = None if timeout is None else seconds("timeout", timeout)
        return None if patience == math.inf or self.is_over else patience

    def _its_record(self) -> Record:
        """The record of a run that has its verdict."""
        record = self.record
        if record is None:
            raise RuntimeError("a verdict without a record")
        return record

    @property
    def state(self) -> dict[str, Any] | None:
        """Everything that the driver knows, as JSON: ``cluster.resume(state)`` goes on from it, in
        another process too.
        """
        state: dict[str, Any] = json.loads(self._native.state())
        return state

    @property
    def is_over(self) -> bool:
        """Whether there is a verdict, or none to come."""
        return self._native.is_over()

    def stop(self) -> None:
        """Has every run stopped, or the evacuation. Returns at once; the verdict still comes."""
        self._native.stop()

    def report(
        self, path: str | os.PathLike[str] | None = None, *, title: str | None = None
    ) -> str:
        """The page about it that ``emqx-rebalance start --report`` writes: plan, course and
        verdict, as far as they are. It is HTML that loads nothing.

        Args:
            path: a file to write it to as well.
            title: its headline. Default: how many nodes are rebalanced.

        Raises:
            UnsupportedError: of an evacuation.
        """
        page = self._native.report(wishes(title, time.time()))
        if path is not None:
            written(path, page)
        return page

    def _repr_html_(self) -> str:
        return self.status._repr_html_()

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draws the clients of every node so far, over what the plan forecast, on matplotlib axes.
        Needs the extra ``plot``.
        """
        from ._plot import run

        forecast = None if self.plan is None else self.plan.forecast
        return run(forecast, json.loads(self._native.course()), ax)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.status!r}>"


class Run(BaseRun):
    """A plan or an evacuation on its way, driven in the background.

    It is driven for as long as the process lives, whether or not anybody holds this. Nothing is
    lost if the process ends: EMQX goes on, and ends every run by itself.
    """

    def __init__(self, native: _native.Run, plan: Plan | None, teller: Teller) -> None:
        super().__init__(native, plan)
        self._teller = teller
        teller.start()

    def watch(self) -> Generator[Status, None, None]:
        """The status now and whenever it changes, up to the last one, which has the verdict.

        Raises:
            RebalanceError: if the run cannot be followed to its end.
        """
        last = None
        for status in self._changes():
            if status != last:
                yield Status._of(status)
            last = status
        self.wait()

    def watch_events(self) -> Generator[Event, None, None]:
        """Every event from the beginning, each as it happens, up to :class:`Ended`.

        Raises:
            RebalanceError: if the run cannot be followed to its end.
        """
        told = 0
        for _ in self._changes():
            news = self.events[told:]
            told += len(news)
            yield from news
        self.wait()

    def wait(self, timeout: float | timedelta | None = None) -> Outcome:
        """Waits for the verdict. Ctrl-C ends the waiting alone.

        Args:
            timeout: most seconds to wait; of 0 and below it looks once. Default: without end.

        Raises:
            RequestTimeoutError: there is no verdict yet; the run goes on. Also a ``TimeoutError``.
            RebalanceError: if the run cannot be followed to its end.
        """
        patience = self._patience(timeout)
        outcome = Outcome._of(json.loads(_waited(self._native.wait(), patience)))
        self._teller.finish()
        return outcome

    def wait_record(self, timeout: float | timedelta | None = None) -> Record:
        """Waits for the verdict, as :meth:`wait`, and gives what is worth keeping."""
        self.wait(timeout)
        return self._its_record()

    def detach(self) -> None:
        """Follows it no more, and returns once nothing is sent any more. EMQX goes on by itself;
        ``cluster.resume(run.state)`` follows it again.
        """
        _waited(self._native.detach(), None)

    leave = detach

    def progress(self, console: Console | None = None) -> Outcome:
        """Waits for the verdict behind a progress bar. Needs the extra ``progress``."""
        from ._progress import bar

        with bar(console) as show:
            for status in self.watch():
                show(status)
        return self.wait()

    def _changes(self) -> Generator[dict[str, Any], None, None]:
        """Where it stands, as JSON, now and after each step, up to the last one."""
        version, is_last = 0, False
        while not is_last:
            change = json.loads(_waited(self._native.changed(version), None))
            version, is_last = change["version"], change["is_last"]
            yield change["status"]


def _waited(task: _native.Task, timeout_s: float | None) -> str:
    try:
        text = task.wait(timeout_s)
    except BaseException:
        task.cancel()
        raise
    if text is None:
        task.cancel()
        raise late(timeout_s or 0)
    return text
