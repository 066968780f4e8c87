"""A progress bar by rich, which is an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._extra import needed

if TYPE_CHECKING:
    from ._run import Run
    from ._status import Outcome, Status

__all__ = ["show"]


def show(run: Run, console: Any = None) -> Outcome:
    """Waits for the verdict behind a bar. Ctrl-C ends the waiting alone."""
    progress = needed("rich.progress", "progress")
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("{task.fields[left]}"),
    )
    with progress.Progress(*columns, console=console) as bars:
        bar = bars.add_task("starting", total=None, left="")
        for status in run.watch():
            at = status.progress
            left = "" if at.eta_s is None else f"{at.eta_s} s to go"
            moved = min(at.moved, at.to_move)
            bars.update(bar, description=_words(status), completed=moved, left=left)
            bars.update(bar, total=at.to_move or None)
    return run.wait()


def _words(status: Status) -> str:
    if status.outcome is not None:
        return str(status.outcome.result)
    states = [run.state for run in status.runs]
    word = max(set(states), key=states.count) if states else "starting"
    wave = f"wave {status.wave}: " if status.wave > 1 else ""
    return wave + word.replace("_", " ")
