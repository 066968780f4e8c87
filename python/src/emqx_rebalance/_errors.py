"""Exceptions: one for each kind of error, under one base, and each what it is in Python too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ._value import Value
from ._words import ErrorKind

__all__ = [
    "ConfigInvalidError",
    "ConflictError",
    "ForbiddenError",
    "Problem",
    "ProtocolError",
    "RebalanceError",
    "RefusedError",
    "RequestTimeoutError",
    "UnauthorizedError",
    "UnknownNodeError",
    "UnreachableError",
    "UnsupportedError",
    "from_json",
]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Problem(Value):
    """One bad input: which field, what it held, and what it must be."""

    field: str
    """The option as the caller wrote it, such as ``conn_evict_rate`` or ``nodes[2].node``."""
    value: str
    """The value that was given, as text."""
    bound: str
    """What it must be, such as "a whole number from 1 to 4294967295"."""


class RebalanceError(Exception):
    """Every error of this package. Its text is one line: the message, then problems or context."""

    _kind: ClassVar[ErrorKind] = ErrorKind.CONFIG_INVALID
    _retryable: ClassVar[bool] = False

    kind: ErrorKind
    """What went wrong, in a word that is the same in every language."""
    message: str
    """What went wrong and what to do, in one line. Holds no secret."""
    context: Mapping[str, str]
    """Pairs for people and programs, such as ``{"node": "emqx@10.0.0.1"}``."""
    problems: tuple[Problem, ...]
    """Every bad input found at once; empty unless the kind is ``config_invalid``."""
    retryable: bool
    """Whether asking the same again later may help. A start is never repeated on this alone."""

    def __init__(
        self,
        message: str = "",
        *,
        kind: str | None = None,
        context: Mapping[str, str] | None = None,
        problems: Sequence[Problem] = (),
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = self._kind if kind is None else ErrorKind._of(kind)
        self.context = dict(context or {})
        self.problems = tuple(problems)
        self.retryable = self._retryable if retryable is None else retryable

    def __str__(self) -> str:
        return self.message

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract: kind, message, context, problems if there are any, retryable."""
        data: dict[str, Any] = {"kind": str(self.kind), "message": self.message}
        data["context"] = dict(self.context)
        if self.problems:
            data["problems"] = [problem.to_dict() for problem in self.problems]
        data["retryable"] = self.retryable
        return data

    def __reduce__(self) -> tuple[Any, ...]:
        return (from_json, (json.dumps(self.to_dict()),))


class ConfigInvalidError(RebalanceError, ValueError):
    """An option, snapshot or plan that the caller gave is not valid. Nothing was sent."""

    _kind = ErrorKind.CONFIG_INVALID


class ConflictError(RebalanceError):
    """The state of the cluster forbids the call: a foreign run, a plan that is out of date."""

    _kind = ErrorKind.CONFLICT


class ForbiddenError(RebalanceError, PermissionError):
    """EMQX knows the caller but the key may not do this: its role or scopes are too narrow."""

    _kind = ErrorKind.FORBIDDEN


class ProtocolError(RebalanceError):
    """An answer that is not EMQX's: HTML, truncated JSON, a body over the limit."""

    _kind = ErrorKind.PROTOCOL
    _retryable = True


class RefusedError(RebalanceError):
    """EMQX understood the request and said no."""

    _kind = ErrorKind.REFUSED


class RequestTimeoutError(RebalanceError, TimeoutError):
    """No answer within the time limit. Whether the request was carried out is not known."""

    _kind = ErrorKind.TIMEOUT
    _retryable = True


class UnauthorizedError(RebalanceError, PermissionError):
    """The API key, secret or token is wrong, disabled or expired."""

    _kind = ErrorKind.UNAUTHORIZED


class UnknownNodeError(RebalanceError, LookupError):
    """EMQX does not know a node that was named."""

    _kind = ErrorKind.UNKNOWN_NODE


class UnreachableError(RebalanceError, ConnectionError):
    """No connection: refused, reset, no such host, TLS failure."""

    _kind = ErrorKind.UNREACHABLE
    _retryable = True


class UnsupportedError(RebalanceError, NotImplementedError):
    """This version of EMQX has no such endpoint or field."""

    _kind = ErrorKind.UNSUPPORTED


_CLASSES: dict[str, type[RebalanceError]] = {
    str(cls._kind): cls
    for cls in (
        ConfigInvalidError,
        ConflictError,
        ForbiddenError,
        ProtocolError,
        RefusedError,
        RequestTimeoutError,
        UnauthorizedError,
        UnknownNodeError,
        UnreachableError,
        UnsupportedError,
    )
}


def from_json(text: str) -> RebalanceError:
    """The exception for an error of the core."""
    data = json.loads(text)
    kind = data["kind"]
    problems = [Problem._of(problem) for problem in data.get("problems", ())]
    return _CLASSES.get(kind, RebalanceError)(
        data["message"],
        kind=kind,
        context=data.get("context"),
        problems=problems,
        retryable=data.get("retryable"),
    )
