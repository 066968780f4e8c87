"""A plan or an evacuation on its way."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ._errors import RequestTimeoutError
from ._events import Event, event
from ._logging import log, logger
from ._status import Outcome, Record, Status

if TYPE_CHECKING:
    from . import _native
    from ._plan import Plan

__all__ = ["BaseRun", "Run", "Teller"]

#: Seconds for the last events to reach the log and the callback, on a busy machine too.
MOMENT_S = 5.0

OnEvent = Callable[[Event], object]


class Teller:
    """Tells events to the log and to a callback, in a thread of its own: one that is slow, or asks
    the cluster, holds up nothing else.
    """

    def __init__(self, on_event: OnEvent | None) -> None:
        if on_event is not None and not callable(on_event):
            raise TypeError(f"on_event must be callable, not {type(on_event).__name__}")
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
            tell(text, self._on_event)


def tell(text: str, on_event: OnEvent | None) -> None:
    """Tells one event. What a callback raises is logged, and the run goes on."""
    happened = event(json.loads(text))
    log(happened)
    if on_event is None:
        return
    try:
        on_event(happened)
    except Exception:  # noqa: BLE001 - whatever it raises is not the run's
        logger.exception("on_event raised")


class BaseRun:
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
        """What is worth keeping, once there is a verdict. An evacuation has none."""
        text = self._native.record()
        return None if text is None else Record._of(json.loads(text))

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

    def _repr_html_(self) -> str:
        return self.status._repr_html_()

    def plot(self, ax: Any = None) -> Any:
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

    def watch(self) -> Iterator[Status]:
        """The status now and whenever it changes, up to the last one, which has the verdict.

        Raises:
            RebalanceError: if the run cannot be followed to its end.
        """
        change: dict[str, Any] = {"version": 0, "is_last": False, "status": None}
        while not change["is_last"]:
            last = change["status"]
            change = json.loads(_waited(self._native.changed(change["version"]), None))
            if change["status"] != last:
                yield Status._of(change["status"])
        self.wait()

    def wait(self, timeout: float | None = None) -> Outcome:
        """Waits for the verdict, for at most ``timeout`` seconds. Ctrl-C ends the waiting alone.

        Raises:
            RequestTimeoutError: there is no verdict yet; the run goes on. Also a ``TimeoutError``.
            RebalanceError: if the run cannot be followed to its end.
        """
        outcome = Outcome._of(json.loads(_waited(self._native.wait(), timeout)))
        self._teller.finish()
        return outcome

    def detach(self) -> None:
        """Follows it no more, and returns once nothing is sent any more. EMQX goes on by itself;
        ``cluster.resume(run.state)`` follows it again.
        """
        _waited(self._native.detach(), None)

    def progress(self, console: Any = None) -> Outcome:
        """Waits for the verdict behind a progress bar. Needs the extra ``progress``."""
        from ._progress import bar

        with bar(console) as show:
            for status in self.watch():
                show(status)
        return self.wait()


def _waited(task: _native.Task, timeout: float | None) -> str:
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, (int, float))):
        raise TypeError(f"timeout must be a number of seconds, not {type(timeout).__name__}")
    try:
        text = task.wait(None if timeout is None else float(timeout))
    except BaseException:
        task.cancel()
        raise
    if text is None:
        task.cancel()
        raise RequestTimeoutError(f"no verdict within {timeout} s; the run goes on")
    return text
