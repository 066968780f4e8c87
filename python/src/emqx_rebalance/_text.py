"""Numbers and tables for people."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["count", "duration", "percent", "table"]


def count(number: float | None) -> str:
    """A number of clients: "12,345"."""
    return "?" if number is None else f"{number:,.0f}"


def percent(share: float) -> str:
    """A share of 1 as people read it: "33.4 %"."""
    shown = share * 100
    return f"{shown:.2f} %" if 0 < abs(shown) < 1 else f"{shown:.1f} %"


def duration(seconds: float) -> str:
    """Seconds as people read them: "1 min 38 s"."""
    left = round(seconds)
    if left < 60:
        return f"{left} s"
    if left < 3600:
        return f"{left // 60} min {left % 60} s"
    return f"{left // 3600} h {left % 3600 // 60} min"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Rows under a head and a rule; columns that are ``numbers`` to the right."""
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]

    def drawn(line: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if i in numbers else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        return "  ".join(cells).rstrip()

    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    return "\n".join([drawn(lines[0]), rule, *(drawn(line) for line in lines[1:])])
