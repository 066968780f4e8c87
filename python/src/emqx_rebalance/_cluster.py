"""A cluster, asked and waited for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from . import _native
from ._calls import BaseCluster, Begin, stopped
from ._embedded import Embedded
from ._evacuation import EvacuationPlan
from ._extras import Self, Unpack
from ._options import DriverOptions, EvacuationOptions, PlanOptions, spelled_out
from ._plan import Plan
from ._run import OnEvent, Run, Teller
from ._snapshot import Snapshot
from ._status import EvacuationStatus, Status
from ._strategy import Strategy
from ._words import LoadBalancerWord, ModeWord

__all__ = ["Cluster", "EmbeddedCluster"]


class Cluster(BaseCluster):
    """A cluster behind one or more URLs. May be shared by threads, and used after a fork.

    ::

        with Cluster("http://emqx:18083", api_key="…", api_secret="…") as cluster:
            plan = cluster.plan(mode="level", load_balancer="round_robin")
            outcome = cluster.start(plan, reason="scale-out 41").wait()

    Every call that asks the cluster raises :class:`UnreachableError`, :class:`RequestTimeoutError`,
    :class:`ProtocolError`, :class:`UnauthorizedError` or :class:`ForbiddenError` if it gets no
    answer or a bad one. Reads ask each URL in turn, and again; a start is sent once.
    """

    def snapshot(self) -> Snapshot:
        """Every node's load now. Nodes that evacuate or are donors of a rebalance say so."""
        return Snapshot._of(self._asked(self._ask("snapshot")))

    def status(self) -> Status:
        """What runs in the cluster now, whoever started it. Has no verdict: EMQX keeps none."""
        return Status._of(self._asked(self._ask("status")))

    @spelled_out("PlanOptions")
    def plan(
        self,
        *,
        strategy: Strategy | Mapping[str, Any] | None = None,
        mode: ModeWord = "single",
        **options: Unpack[PlanOptions],
    ) -> Plan:
        """Plans for the cluster as it is now, without touching anything.

        Args:
            strategy: EMQX's options, as a :class:`Strategy` or a dict; or by name among
                ``options``.
            mode: ``"single"``, the one run that EMQX would do by itself, or ``"level"``, as many
                runs at once as it takes to end level.
            options: what is described at :class:`PlanOptions`.

        Raises:
            ConfigInvalidError: with every problem at once.
            UnknownNodeError: if an option names a node that the cluster does not have.
        """
        return Plan._of(self._asked(self._ask_plan(strategy, mode, options)))

    @spelled_out("DriverOptions")
    def start(
        self,
        plan: Plan | Mapping[str, Any],
        *,
        force: bool = False,
        reason: str | None = None,
        who: str | None = None,
        on_event: OnEvent | None = None,
        state: str | os.PathLike[str] | None = None,
        **options: Unpack[DriverOptions],
    ) -> Run:
        """Begins ``plan`` and follows it in the background. Returns once the cluster is found.

        Args:
            plan: what to start.
            force: start in spite of findings of severity ``error``.
            reason: why, for the record: a ticket, a sentence.
            who: the person or program, for the record.
            on_event: called with every :class:`Event`, one after the other, in a thread of its own.
                Must not be async.
            state: a file to keep the state in at every step, so that :meth:`resume` goes on
                whatever happens.
            options: what is described at :class:`DriverOptions`.

        Raises:
            ConflictError: if the plan has findings of severity ``error`` and ``force`` is false.
            ConfigInvalidError: with every problem of the options.
        """
        begin = self._start(plan, state, options, force=force, reason=reason, who=who)
        return self._driven(begin, on_event, plan)

    def resume(
        self,
        state: Mapping[str, Any] | str | os.PathLike[str],
        *,
        on_event: OnEvent | None = None,
    ) -> Run:
        """Goes on with what another process began, to the same verdict.

        Args:
            state: what :attr:`Run.state` was, or the file of ``start(..., state=FILE)``, in which
                it is then kept.
            on_event: called with every :class:`Event`, in a thread of its own.
        """
        return self._driven(self._resume(state), on_event)

    def stop(self, coordinator: str | None = None) -> tuple[str, ...]:
        """Stops the run of ``coordinator``, or every run of the cluster; says which were stopped.
        Clients that moved stay where they are.

        Raises:
            UnknownNodeError: if there is no such node.
            RefusedError: as EMQX says.
        """
        return stopped(json.dumps(self._asked(self._ask("stop", coordinator))))

    @spelled_out("EvacuationOptions")
    def plan_evacuation(self, node: str, **options: Unpack[EvacuationOptions]) -> EvacuationPlan:
        """Plans to empty ``node``, without touching anything.

        Args:
            node: the node to empty.
            options: what is described at :class:`EvacuationOptions`.
        """
        return EvacuationPlan._of(self._asked(self._ask_plan_evacuation(node, options)))

    @spelled_out("DriverOptions")
    def evacuate(
        self,
        plan: EvacuationPlan | Mapping[str, Any],
        *,
        force: bool = False,
        reason: str | None = None,
        who: str | None = None,
        on_event: OnEvent | None = None,
        state: str | os.PathLike[str] | None = None,
        **options: Unpack[DriverOptions],
    ) -> Run:
        """Begins to empty a node and follows it in the background, up to the empty node, which then
        stays closed until :meth:`stop_evacuation`. Arguments as of :meth:`start`.
        """
        begin = self._evacuate(plan, state, options, force=force, reason=reason, who=who)
        return self._driven(begin, on_event)

    start_evacuation = evacuate

    def evacuations(self) -> tuple[EvacuationStatus, ...]:
        """The evacuations that go on."""
        return tuple(EvacuationStatus._of(one) for one in self._asked(self._ask("evacuations")))

    def stop_evacuation(self, node: str) -> bool:
        """Has ``node`` take clients again. Returns whether an evacuation was going on."""
        return bool(self._asked(self._ask("stop_evacuation", node)))

    def close(self) -> None:
        """Closes its connections, and asks nothing any more. A run goes on, on connections of its
        own. ``with`` does it.
        """
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @classmethod
    def embedded(
        cls,
        nodes: int | None = None,
        clients: Sequence[int] | None = None,
        *,
        personality: str | None = None,
        load_balancer: LoadBalancerWord | None = None,
        **config: Any,
    ) -> EmbeddedCluster:
        """A cluster that behaves like EMQX, inside this process, on ports of 127.0.0.1.

        ::

            with Cluster.embedded(nodes=4, clients=[3333, 3334, 3333, 0]) as cluster:
                print(cluster.plan())

        Args:
            nodes: how many. Default: as many as ``clients`` names, or 4.
            clients: the clients on each node. Default 3333, 3334, 3333 and 0. They are counted, not
                connected, and come back through a modelled load balancer.
            personality: the release of EMQX to behave like, such as ``"5.8"``, the default.
            load_balancer: how clients are spread. Default ``round_robin``.
            config: anything else that the simulator takes, such as ``seed``, ``reconnect``,
                ``drift`` or ``faults``.
        """
        given = {"nodes": nodes, "clients": clients, "personality": personality}
        return EmbeddedCluster(Embedded(load_balancer=load_balancer, **given, **config))

    def _asked(self, task: _native.Task) -> Any:
        try:
            text = task.wait(None)
        except BaseException:
            task.cancel()
            raise
        return None if text is None else json.loads(text)

    def _driven(self, begin: Begin, on_event: OnEvent | None, plan: object = None) -> Run:
        teller = Teller(on_event)
        self._asked(self._ask("connect"))
        return Run(begin(teller.sink), plan if isinstance(plan, Plan) else None, teller)


class EmbeddedCluster(Cluster):
    """A :class:`Cluster` that runs inside this process, until it is closed."""

    embedded: Embedded  # type: ignore[assignment]
    """Its URLs and key, and ways to break it."""

    def __init__(self, embedded: Embedded) -> None:
        key, secret = embedded.api_key, embedded.api_secret
        super().__init__(embedded.urls, api_key=key, api_secret=secret)
        self.embedded = embedded

    def close(self) -> None:
        """Ends the cluster."""
        self.embedded.close()
