"""For programs with an HTTP client of their own: requests out, answers in, no sockets inside.

::

    def ask(now_ms: Callable[[], int], send: Callable[[sansio.Request], sansio.Answer]) -> Snapshot:
        cluster = sansio.Cluster("http://emqx:18083", api_key="…", api_secret="…")
        talk = cluster.snapshot()
        step = talk.step(now_ms())
        while not talk.is_done:
            answers = [send(request) for request in step.requests]  # your HTTP client
            step = talk.step(now_ms(), answers)
        return talk.result

``send`` returns ``request.answered(status, body)`` or ``request.failed("timeout", why)``. A
:class:`Talk` is one question; a :class:`Driver` is a plan on its way to its verdict. Both say when
to come back at the latest, with or without answers: ``step.wake_at_ms``. No redirect is followed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from . import _connection, _errors, _native
from ._calls import about, start_request
from ._evacuation import EvacuationPlan
from ._events import Event, event
from ._extras import Unpack
from ._options import (
    DriverOptions,
    EvacuationOptions,
    PlanOptions,
    known,
    merged,
    spelled_out,
    whole,
)
from ._plan import Plan, request
from ._snapshot import Snapshot
from ._status import EvacuationStatus, Outcome, Record, Status
from ._strategy import Strategy
from ._value import to_json
from ._words import ModeWord

__all__ = ["Answer", "Cluster", "Driver", "Request", "Step", "Talk"]

T = TypeVar("T")

Answer = Mapping[str, Any]
"""What came back: made by :meth:`Request.answered` or :meth:`Request.failed`."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request to send. Its headers hold a secret, which ``repr`` does not show."""

    id: int
    """Tells the answer which request it belongs to."""
    method: str
    """``GET`` or ``POST``."""
    url: str
    """The whole URL."""
    headers: Mapping[str, str] = field(repr=False)
    """Header names, in lower case, and values."""
    body: str | None = field(default=None, repr=False)
    """JSON text, of commands alone."""
    timeout_ms: int
    """Milliseconds after which to give up and hand in a failure of kind ``timeout``."""

    def answered(self, status: int, body: str | bytes) -> Answer:
        """The answer with its status code and its whole body."""
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        return {"id": self.id, "status": status, "body": text}

    def failed(self, kind: str, message: object = "") -> Answer:
        """No answer: ``timeout``, ``unreachable``, or ``protocol`` if it broke off. The message
        must hold no secret.
        """
        return {"id": self.id, "error": {"kind": kind, "message": str(message)}}


@dataclass(frozen=True, kw_only=True)
class Step:
    """The whole answer to one step."""

    requests: tuple[Request, ...]
    """To send, all at once. Those that are not sent are lost."""
    events: tuple[Event, ...] = ()
    """What happened, in order. Of a :class:`Driver` alone."""
    wake_at_ms: int | None
    """Step again no later than this; None once there is a result or a verdict."""


def _step(data: Mapping[str, Any]) -> Step:
    return Step(
        requests=tuple(Request(**one) for one in data["requests"]),
        events=tuple(event(one) for one in data.get("events", ())),
        wake_at_ms=data["wake_at_ms"],
    )


class Talk(Generic[T]):
    """One question to a cluster, which may take several requests."""

    def __init__(self, native: _native.Talk, read: Callable[[Any], T]) -> None:
        self._native = native
        self._read = read
        self._end: dict[str, Any] | None = None

    def step(self, now_ms: int, answers: Iterable[Answer] = ()) -> Step:
        """Takes the time, in milliseconds since 1970, and the answers since the last step.

        Early, late and repeated calls are harmless. A request that is not answered within its
        timeout counts as lost.
        """
        data = json.loads(
            self._native.step(whole("now_ms", now_ms), to_json(list(answers), "answers"))
        )
        if "result" in data or "error" in data:
            self._end = data
        return _step(data)

    @property
    def is_done(self) -> bool:
        """Whether there is a result, or an error."""
        return self._end is not None

    @property
    def result(self) -> T:
        """The result.

        Raises:
            RebalanceError: as the cluster said.
            RuntimeError: if there is none yet.
        """
        if self._end is None:
            raise RuntimeError("there is no result yet: step until is_done")
        if "error" in self._end:
            raise _errors.from_json(json.dumps(self._end["error"]))
        return self._read(self._end["result"])


class Driver:
    """A plan or an evacuation on its way to its verdict. To drop it stops nothing in EMQX."""

    def __init__(self, native: _native.Driver) -> None:
        self._native = native

    def step(self, now_ms: int, answers: Iterable[Answer] = (), *, stop: bool = False) -> Step:
        """Takes the time, in milliseconds since 1970, and what happened since the last step.

        Store :attr:`state` before the step's requests are sent, and another process can go on.
        Early, late and repeated calls are harmless.

        Args:
            now_ms: the time, in milliseconds since 1970.
            answers: what came back since the last step.
            stop: have every run stopped; the verdict comes later.
        """
        given = {"answers": list(answers), "stop": stop}
        now = whole("now_ms", now_ms)
        return _step(json.loads(self._native.step(now, to_json(given, "answers"))))

    @property
    def state(self) -> dict[str, Any]:
        """Everything that the driver knows, as JSON, for :meth:`Cluster.resume`."""
        state: dict[str, Any] = json.loads(self._native.state())
        return state

    @property
    def status(self) -> Status:
        """Where it stands."""
        return Status._of(json.loads(self._native.status()))

    @property
    def outcome(self) -> Outcome | None:
        """The verdict, once there is one."""
        text = self._native.outcome()
        return None if text is None else Outcome._of(json.loads(text))

    @property
    def record(self) -> Record | None:
        """What is worth keeping, once there is a verdict."""
        text = self._native.record()
        return None if text is None else Record._of(json.loads(text))


class Cluster:
    """A cluster that is asked through your HTTP client. Holds a secret, and shows none."""

    def __init__(
        self,
        url: str | Sequence[str],
        *,
        api_key: str | None = None,
        api_secret: str | None = None,
        api_secret_file: str | os.PathLike[str] | None = None,
        username: str | None = None,
        password: str | None = None,
        password_file: str | os.PathLike[str] | None = None,
        token: str | None = None,
        node_urls: Mapping[str, str] | None = None,
        find_nodes: bool | None = None,
        connect_timeout: float | timedelta | None = None,
        request_timeout: float | timedelta | None = None,
        start_timeout: float | timedelta | None = None,
    ) -> None:
        """A cluster behind ``url``, of which nothing was asked yet.

        Arguments as of :class:`emqx_rebalance.Cluster`; TLS is your HTTP client's business.
        ``url`` may be a path, such as ``/api/proxy/emqx``. ``find_nodes`` says whether a node that
        is not in ``node_urls`` is looked for at its own host; default True.
        """
        arguments = {name: given for name, given in locals().items() if name not in ("self", "url")}
        self._connection = _connection.Connection(url, arguments)
        self._native = _native.Exchange(self._connection.to_json())

    def _ask(self, verb: str, given: str | None = None) -> _native.Talk:
        """Asks what needs no more than the name of a node."""
        return self._native.ask(verb, about(verb, given))

    def connect(self) -> Talk[str]:
        """Finds out which API answers: ``v5`` or ``v4``. Any other question does so too."""
        return Talk(self._ask("connect"), str)

    def snapshot(self) -> Talk[Snapshot]:
        """Every node's load now."""
        return Talk(self._ask("snapshot"), Snapshot._of)

    def status(self) -> Talk[Status]:
        """What runs in the cluster now, whoever started it."""
        return Talk(self._ask("status"), Status._of)

    @spelled_out("PlanOptions")
    def plan(
        self,
        *,
        strategy: Strategy | Mapping[str, Any] | None = None,
        mode: ModeWord = "single",
        **options: Unpack[PlanOptions],
    ) -> Talk[Plan]:
        """Plans for the cluster as it is; arguments as of :func:`emqx_rebalance.plan`."""
        known("plan", options, "PlanOptions")
        return Talk(self._native.ask("plan", request(strategy, mode, options)), Plan._of)

    @spelled_out("EvacuationOptions")
    def plan_evacuation(
        self, node: str, **options: Unpack[EvacuationOptions]
    ) -> Talk[EvacuationPlan]:
        """Plans to empty ``node``."""
        known("plan_evacuation", options, "EvacuationOptions")
        asked = merged({"node": node}, options)
        return Talk(self._native.ask("plan_evacuation", asked), EvacuationPlan._of)

    def evacuations(self) -> Talk[tuple[EvacuationStatus, ...]]:
        """The evacuations that go on."""
        return Talk(self._ask("evacuations"), _evacuations)

    def stop_evacuation(self, node: str) -> Talk[bool]:
        """Has ``node`` take clients again; whether an evacuation was going on."""
        return Talk(self._ask("stop_evacuation", node), bool)

    def stop(self, coordinator: str | None = None) -> Talk[tuple[str, ...]]:
        """Stops the run of ``coordinator``, or every run; which were stopped."""
        return Talk(self._ask("stop", coordinator), tuple)

    @spelled_out("DriverOptions")
    def start(
        self,
        plan: Plan | Mapping[str, Any],
        *,
        force: bool = False,
        reason: str | None = None,
        who: str | None = None,
        **options: Unpack[DriverOptions],
    ) -> Driver:
        """Begins ``plan``. :meth:`connect`, or another question, must have had its answer."""
        asked = start_request("start", plan, options, force=force, reason=reason, who=who)
        return Driver(self._native.run("start", asked))

    @spelled_out("DriverOptions")
    def evacuate(
        self,
        plan: EvacuationPlan | Mapping[str, Any],
        *,
        force: bool = False,
        reason: str | None = None,
        who: str | None = None,
        **options: Unpack[DriverOptions],
    ) -> Driver:
        """Begins to empty a node. :meth:`connect`, or another question, must have had its
        answer.
        """
        asked = start_request("evacuate", plan, options, force=force, reason=reason, who=who)
        return Driver(self._native.run("start_evacuation", asked))

    start_evacuation = evacuate

    def resume(self, state: Mapping[str, Any]) -> Driver:
        """Goes on from what :attr:`Driver.state` was, of either kind, in this process or in
        another.
        """
        return Driver(self._native.run("resume", to_json(state, "state")))

    def __reduce__(self) -> Any:
        raise TypeError("a cluster holds a secret and is not pickled: make it there")

    def __repr__(self) -> str:
        return f"<sansio.Cluster {', '.join(self._connection.urls)}>"


def _evacuations(data: Sequence[Mapping[str, Any]]) -> tuple[EvacuationStatus, ...]:
    return tuple(EvacuationStatus._of(one) for one in data)
