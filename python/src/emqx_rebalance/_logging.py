"""What happens, under the logger ``emqx_rebalance``."""

from __future__ import annotations

import logging

from ._events import Ended, Event

__all__ = ["log", "logger"]

logger = logging.getLogger("emqx_rebalance")
logger.addHandler(logging.NullHandler())


def log(event: Event) -> None:
    """Logs an event; its fields are in ``record.event`` as well."""
    if isinstance(event, Ended) and event.is_failure:
        level = logging.ERROR
    elif event.is_warning:
        level = logging.WARNING
    else:
        level = logging.INFO
    logger.log(level, "%s", event, extra={"event": event.to_dict()})
