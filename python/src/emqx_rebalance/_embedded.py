"""An embedded cluster that behaves like EMQX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _native
from ._options import merged
from ._value import to_json

__all__ = ["Embedded"]


class Embedded:
    """The servers of an embedded cluster."""

    def __init__(self, **config: Any) -> None:
        self._native = _native.Embedded(merged(config))

    @property
    def urls(self) -> tuple[str, ...]:
        """Base URLs of the nodes' HTTP API, in order."""
        return tuple(self._native.urls)

    @property
    def api_key(self) -> str:
        """The API key."""
        return self._native.api_key

    @property
    def api_secret(self) -> str:
        """Its secret."""
        return self._native.api_secret

    def inject(self, fault: Mapping[str, Any]) -> None:
        """Breaks something, or mends it, such as
        ``{"type": "node_killed", "node": "emqx2@127.0.0.1"}``.

        Raises:
            ConfigInvalidError: if there is no such fault.
            UnknownNodeError: if the cluster has no such node.
        """
        self._native.inject(to_json(fault, "fault"))

    def close(self) -> None:
        """Closes every port."""
        self._native.stop()

    def __repr__(self) -> str:
        return f"<Embedded cluster of {len(self.urls)} nodes at {self.urls[0]}>"
