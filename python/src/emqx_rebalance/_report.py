"""The page about a rebalance that the command writes, for those who hold a run or a record."""

from __future__ import annotations

import json
from datetime import datetime, timezone

__all__ = ["wishes"]


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
