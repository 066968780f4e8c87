"""What a cluster is asked, before anybody waits for the answer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from . import _connection, _native
from ._errors import ConfigInvalidError
from ._evacuation import EvacuationPlan
from ._extras import Self
from ._options import known, merged, path
from ._plan import Plan, request
from ._pydantic import Instance
from ._strategy import Strategy
from ._value import Value, to_json

__all__ = ["BaseCluster", "Begin", "Sink", "about", "start_request", "stopped"]

Sink = Callable[[str | None], object]
Begin = Callable[[Sink], _native.Run]


class BaseCluster(Instance):
    """What clusters have in common, blocking or not."""

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
        ca_cert: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
        client_key: str | os.PathLike[str] | None = None,
        connect_timeout: float | timedelta | None = None,
        request_timeout: float | timedelta | None = None,
        start_timeout: float | timedelta | None = None,
    ) -> None:
        """A cluster behind ``url``. It is connected to when it is first asked.

        Args:
            url: base URL of EMQX's HTTP API, such as ``http://emqx:18083``, of any node or of a
                load balancer; or several, as a list or with commas between as in ``EMQX_URL``, of
                which the next is asked when one does not answer.
            api_key: an API key of the dashboard, or an application of EMQX 4.
            api_secret: its secret.
            api_secret_file: a file that holds the secret.
            username: a dashboard user, instead of an API key. Logs in again when the token expires.
            password: the user's password.
            password_file: a file that holds the password.
            token: the token of a login that was made elsewhere.
            node_urls: base URLs of single nodes by name, where they are not the node's own host at
                the port of ``url``. Only a node itself can say whether it serves clients.
            ca_cert: PEM file of the certificate authority. ``https`` is verified, always.
            client_cert: PEM file with the client's certificate, and the chain after it.
            client_key: PEM file with its key.
            connect_timeout: seconds for a connection. Default 3.
            request_timeout: seconds for an answer. Default 50: EMQX may take 45 while a node hangs.
            start_timeout: seconds for the answer to a start. Default 60: EMQX may work 45 on it.

        Raises:
            ConfigInvalidError: if the arguments contradict each other.
        """
        arguments = {
            name: argument
            for name, argument in locals().items()
            if name not in ("self", "url", "__class__")
        }
        self._connection = _connection.Connection(url, arguments)
        self._native = _native.Cluster(self._connection.to_json())

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **arguments: Any) -> Self:
        """The cluster of the variables that the command reads: ``EMQX_URL`` (several by commas),
        ``EMQX_API_KEY`` and ``EMQX_API_SECRET``, or ``EMQX_USERNAME`` and ``EMQX_PASSWORD``.

        Args:
            environ: the variables. Default: those of the process.
            arguments: more arguments of the cluster; they come before the variables.

        Raises:
            ConfigInvalidError: if they name no cluster.
        """
        urls, found = _connection.from_env(environ)
        return cls(urls, **{**found, **arguments})

    @property
    def urls(self) -> tuple[str, ...]:
        """The base URLs."""
        return self._connection.urls

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self.urls)}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} holds a secret and is not pickled: make it there")

    def _ask(self, verb: str, given: str | None = None) -> _native.Task:
        """Asks what needs no more than the name of a node."""
        return self._native.ask(verb, about(verb, given))

    def _ask_plan(
        self,
        strategy: Strategy | Mapping[str, Any] | None,
        mode: str,
        options: Mapping[str, Any],
    ) -> _native.Task:
        known("plan", options, "PlanOptions")
        return self._native.ask("plan", request(strategy, mode, options))

    def _ask_plan_evacuation(self, node: str, options: Mapping[str, Any]) -> _native.Task:
        known("plan_evacuation", options, "EvacuationOptions")
        return self._native.ask("plan_evacuation", merged({"node": node}, options))

    def _start(
        self,
        plan: Plan | Mapping[str, Any],
        state: str | os.PathLike[str] | None,
        options: Mapping[str, Any],
        **asked: Any,
    ) -> Begin:
        """Starts ``plan``, once the cluster is connected."""
        return self._begin("start", start_request("start", plan, options, **asked), state)

    def _evacuate(
        self,
        plan: EvacuationPlan | Mapping[str, Any],
        state: str | os.PathLike[str] | None,
        options: Mapping[str, Any],
        **asked: Any,
    ) -> Begin:
        """Empties a node, once the cluster is connected."""
        text = start_request("evacuate", plan, options, **asked)
        return self._begin("start_evacuation", text, state)

    def _resume(self, state: Mapping[str, Any] | str | os.PathLike[str]) -> Begin:
        """Goes on from ``state``, once the cluster is connected. One of a file is kept there."""
        if isinstance(state, Mapping):
            return self._begin("resume", to_json(state, "state"), None)
        if not isinstance(state, (str, os.PathLike)):
            raise TypeError(f"state must be a dict or a path, not {type(state).__name__}")
        with open(state, encoding="utf-8") as text:
            return self._begin("resume", text.read(), state)

    def _begin(self, verb: str, text: str, state: str | os.PathLike[str] | None) -> Begin:
        """What begins a job that can be begun: that is found out before anything is asked."""
        keep = path("state", state)
        _native.check_job(verb, text)
        return partial(self._native.run, verb, text, keep)


def about(call: str, node: str | None) -> str:
    """The name of a node, or none, as the core takes it."""
    if not (node is None or isinstance(node, str)):
        raise TypeError(f"{call} takes the name of a node, not {type(node).__name__}")
    return json.dumps(node)


def start_request(
    call: str,
    plan: Plan | EvacuationPlan | Mapping[str, Any],
    options: Mapping[str, Any],
    **asked: Any,
) -> str:
    """A ``StartRequest`` of the core for ``call``."""
    known(call, options, "DriverOptions")
    _check_kind(call, plan)
    return merged({"plan": plan, **asked}, options)


def _check_kind(call: str, plan: object) -> None:
    """Makes sure that ``plan`` is one for ``call``: what is to level must not empty a node."""
    for other, (kind, mark) in _PLANS.items():
        is_its = isinstance(plan, kind) or (isinstance(plan, Mapping) and mark in plan)
        if is_its and other != call:
            message = f"{call}() does not take this kind of plan: give it to {other}()"
            raise ConfigInvalidError(message, context={"field": "plan"})
    own, _ = _PLANS[call]
    if not isinstance(plan, (own, Mapping)):
        given = type(plan).__name__
        raise TypeError(f"plan must be a {own.__name__} or a dict of its JSON, not {given}")


#: What each call takes, and a field that the JSON of this kind alone has.
_PLANS: dict[str, tuple[type[Value], str]] = {
    "start": (Plan, "runs"),
    "evacuate": (EvacuationPlan, "clients_to"),
}


def stopped(text: str) -> tuple[str, ...]:
    """The coordinators whose run was stopped."""
    return tuple(json.loads(text))
