"""A progress bar by rich, which is an extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ._extras import Console, needed

if TYPE_CHECKING:
    from ._status import Status

__all__ = ["bar"]


@contextmanager
def bar(console: Console | None = None) -> Iterator[Callable[[Status], None]]:
    """A bar, for as long as somebody shows statuses on it."""
    progress = needed("rich.progress", "progress")
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.fields[left]}"),
    )
    with progress.Progress(*columns, console=console) as bars:
        task = bars.add_task("starting", total=None, left="")

        def show(status: Status) -> None:
            at = status.progress
            left = "" if at.eta_s is None else f"{at.eta_s} s to go"
            moved = min(at.moved, at.to_move)
            bars.update(task, description=_words(status), completed=moved, left=left)
            bars.update(task, total=at.to_move or None)

        yield show


def _words(status: Status) -> str:
    if status.outcome is not None:
        return str(status.outcome.result)
    states = [run.state for run in status.runs]
    word = max(set(states), key=states.count) if states else "starting"
    wave = f"wave {status.wave}: " if status.wave > 1 else ""
    return wave + word.replace("_", " ")
