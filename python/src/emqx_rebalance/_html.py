"""What a notebook shows: a sentence, a table and a chart, without dependencies."""

from __future__ import annotations

import html
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from . import _native
from ._svg import COLOURS, Line, chart
from ._text import count

if TYPE_CHECKING:
    from ._forecast import Forecast

__all__ = ["bar", "findings", "forecast_chart", "lines", "names", "nodes", "page", "table"]

#: More lines than this cannot be told apart.
MOST_LINES = 12
#: The most letters of a name in a table, and beside a chart.
_NAME_LENGTH, _LABEL_LENGTH = 40, 20
#: More rows than this hide what comes after the table.
MOST_ROWS = 40


def page(head: str, parts: Sequence[str]) -> str:
    """What a notebook shows of something: a sentence, and what follows it."""
    return f"<div><p><b>{html.escape(head)}</b></p>{''.join(parts)}</div>"


def lines(forecast: Forecast) -> list[Line]:
    """The courses of the nodes that change most."""
    times = forecast.curve.times_s

    def swing(connections: Sequence[int]) -> int:
        return max(connections) - min(connections)

    curves = [curve for curve in forecast.curve.nodes if curve.connections]
    swings = sorted((swing(curve.connections) for curve in curves), reverse=True)
    least = swings[MOST_LINES - 1] if len(swings) > MOST_LINES else 0
    curves = [curve for curve in curves if swing(curve.connections) >= least][:MOST_LINES]
    return [
        Line(
            curve.node, list(zip(times, curve.connections, strict=True)), COLOURS[i % len(COLOURS)]
        )
        for i, curve in enumerate(curves)
    ]


def forecast_chart(forecast: Forecast) -> str:
    """The clients of the nodes that change most, over time."""
    drawn = lines(forecast)
    short = _native.short_names([line.name for line in drawn], _LABEL_LENGTH)
    named = [replace(line, name=name) for line, name in zip(drawn, short, strict=True)]
    return chart("clients per node, forecast", named)


def names(nodes: list[str]) -> Callable[[str], str]:
    """What shows a node's name: short if it is long, and whole under the pointer."""
    short = dict(zip(nodes, _native.short_names(nodes, _NAME_LENGTH), strict=True))

    def shown(node: str) -> str:
        name = html.escape(short[node])
        return name if short[node] == node else f'<span title="{html.escape(node)}">{name}</span>'

    return shown


def nodes(
    forecast: Forecast,
    donors: Sequence[str],
    recipients: Sequence[str],
    unknown: Container[str | None],
) -> str:
    """Now and after. Of the nodes that are ``unknown`` the plan has counts that mean nothing."""
    parts = {**dict.fromkeys(recipients, "recipient"), **dict.fromkeys(donors, "donor")}
    begin = {
        curve.node: curve.connections[0] for curve in forecast.curve.nodes if curve.connections
    }
    name = names([end.node for end in forecast.end])
    rows = []
    for end in forecast.end:
        now = begin.get(end.node)
        if end.node in unknown:
            rows.append([name(end.node), "?", "?", "?", "does not answer"])
            continue
        if now is None:
            rows.append([name(end.node), "?", "?", count(end.connections), parts.get(end.node, "")])
            continue
        change = f"{end.connections - now:+,}" if end.connections != now else "0"
        part = parts.get(end.node, "")
        rows.append([name(end.node), count(now), change, count(end.connections), part])
    return table(("node", "now", "change", "after", ""), rows, numbers=(1, 2, 3))


def findings(found: Iterable[tuple[str, str]]) -> str:
    """A list of severities and what they are of."""
    items = "".join(
        f"<li><b>{html.escape(severity)}</b>: {html.escape(message)}</li>"
        for severity, message in found
    )
    return f"<ul>{items}</ul>" if items else ""


def bar(share: float, width: int = 160) -> str:
    """A bar that is full to a share of its width."""
    filled = round(min(max(share, 0.0), 1.0) * width)
    return (
        f'<svg width="{width}" height="10" role="presentation"><rect width="{width}" height="10" '
        f'rx="2" fill="currentColor" fill-opacity="0.12"/><rect width="{filled}" height="10" '
        f'rx="2" fill="{COLOURS[0]}"/></svg>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> str:
    """Rows of cells that are HTML already; columns of ``numbers`` are set to the right."""

    def line(cells: Sequence[str], tag: str) -> str:
        aligned = (
            f'<{tag} style="text-align:{"right" if i in numbers else "left"}">{cell}</{tag}>'
            for i, cell in enumerate(cells)
        )
        return f"<tr>{''.join(aligned)}</tr>"

    all_rows = [line(row, "td") for row in rows]
    more = len(all_rows) - MOST_ROWS
    if more > 0:
        all_rows[MOST_ROWS:] = [f'<tr><td colspan="{len(head)}">and {more} more</td></tr>']
    return f"<table><thead>{line(head, 'th')}</thead><tbody>{''.join(all_rows)}</tbody></table>"
