"""How options by name become a request of the core."""

from __future__ import annotations

import difflib
import inspect
import json
import math
import numbers
import operator
import os
import typing
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, SupportsIndex, TypeVar

from ._errors import ConfigInvalidError, Problem
from ._value import encode
from ._wishes import DriverOptions, EvacuationOptions, PlanOptions

__all__ = ["DriverOptions", "EvacuationOptions", "PlanOptions", "by_node", "invalid", "known"]
__all__ += ["merged", "number", "path", "seconds", "spelled_out", "whole", "wishes"]

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

#: What fits 64 bits: the core's counts, and times in milliseconds.
MAX_WHOLE = 2**64 - 1


_KNOWN = {cls.__name__: cls for cls in (PlanOptions, EvacuationOptions, DriverOptions)}


def known(call: str, options: Mapping[str, Any], group: str) -> None:
    """Raises the ``TypeError`` of a call with an argument that it does not have."""
    names = list(_KNOWN[group].__annotations__)
    for name in options:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f". Did you mean '{near[0]}'?" if near else ""
            raise TypeError(f"{call}() got an unexpected keyword argument '{name}'{hint}")


def merged(*parts: Mapping[str, Any]) -> str:
    """One request of several parts as JSON, without what is None."""
    given = {name: item for part in parts for name, item in part.items() if item is not None}
    return json.dumps({name: encode(item, name) for name, item in given.items()})


def number(name: str, given: Any) -> float:
    """A number as the core takes it; ``name`` is what errors call it."""
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        raise TypeError(f"{name} must be a number, not {type(given).__name__}")
    if not math.isfinite(given):
        raise invalid(name, given, "a finite number")
    return given if isinstance(given, int) else float(given)


def seconds(name: str, given: Any) -> float:
    """A duration in seconds; ``name`` is what errors call it."""
    if isinstance(given, timedelta):
        return given.total_seconds()
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        kind = type(given).__name__
        raise TypeError(f"{name} must be a number of seconds or a timedelta, not {kind}")
    if math.isnan(given):
        raise invalid(name, given, "a number of seconds")
    return float(given)


def whole(name: str, given: Any) -> int:
    """A whole number as the core takes it; ``name`` is what errors call it."""
    if isinstance(given, bool) or not isinstance(given, SupportsIndex):
        raise TypeError(f"{name} must be an int, not {type(given).__name__}")
    count = operator.index(given)
    if not 0 <= count <= MAX_WHOLE:
        raise invalid(name, count, f"a whole number from 0 to {MAX_WHOLE}")
    return count


def by_node(name: str, given: Any, read: Callable[[str, Any], T]) -> dict[str, T]:
    """What is given for nodes, each as ``read`` takes it; ``name`` is what errors call it."""
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} must be a dict by node name, not {type(given).__name__}")
    return {node: read(f"{name}[{node!r}]", one) for node, one in given.items()}


def invalid(name: str, value: object, bound: str) -> ConfigInvalidError:
    """The error of an argument: what it held, and what it must be."""
    problem = Problem(field=name, value=str(value), bound=bound)
    return ConfigInvalidError(f"`{name}` is `{value}` but must be {bound}", problems=[problem])


def path(name: str, given: str | os.PathLike[str] | None) -> str | None:
    """A path as text; ``name`` is what errors call it."""
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return os.fspath(given)
    raise TypeError(f"{name} must be a path, not {type(given).__name__}")


def spelled_out(group: str) -> Callable[[F], F]:
    """Has ``help()``, editors, ``typing.get_type_hints`` and what checks calls by it see every
    option by its name, in place of ``**options``.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
            for name, hint in _hints(group).items()
        ]
        function.__signature__ = signature.replace(parameters=own + more)  # type: ignore[attr-defined]
        function.__annotations__.pop("options", None)
        function.__annotations__.update(_hints(group))
        return function

    return decorate


_HINTS: dict[str, dict[str, Any]] = {}


def _hints(group: str) -> dict[str, Any]:
    if group not in _HINTS:
        hints = typing.get_type_hints(_KNOWN[group])
        _HINTS[group] = {name: hint | None for name, hint in hints.items()}
    return _HINTS[group]


def wishes(title: str | None, made_at_s: float) -> str:
    """What a page is to say of itself, as the core reads it.

    Raises:
        TypeError: if ``title`` is no text.
    """
    if not (title is None or isinstance(title, str)):
        raise TypeError(f"title must be a str, not {type(title).__name__}")
    made_at = datetime.fromtimestamp(made_at_s, timezone.utc).astimezone()
    said = {"title": title, "made_at": made_at.strftime("%Y-%m-%d %H:%M")}
    return json.dumps({name: text for name, text in said.items() if text is not None})
