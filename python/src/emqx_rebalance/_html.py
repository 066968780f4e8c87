"""What a notebook shows: a sentence, a table and a chart, without dependencies."""

from __future__ import annotations

import html
from collections.abc import Callable, Container, Iterable, Sequence
from typing import TYPE_CHECKING

from . import _native
from ._svg import COLOURS, Line, chart
from ._text import count

if TYPE_CHECKING:
    from ._forecast import Forecast

__all__ = [
    "LABEL_LENGTH",
    "bar",
    "findings",
    "forecast_chart",
    "lines",
    "names",
    "nodes",
    "page",
    "table",
]

#: More lines than this cannot be told apart.
MOST_LINES = 24
#: How long a stripe is of a line that others cover.
_DASH = 8.0
#: The most letters of a name in a table, and beside a chart.
_NAME_LENGTH, LABEL_LENGTH = 40, 20
#: More rows than this hide what comes after the table.
MOST_ROWS = 40


def page(head: str, parts: Sequence[str]) -> str:
    """What a notebook shows of something: a sentence, and what follows it."""
    return f"<div><p><b>{html.escape(head)}</b></p>{''.join(parts)}</div>"


def lines(forecast: Forecast) -> list[Line]:
    """The courses of the nodes that change most, under short names. Those that go the same way are
    drawn in stripes.
    """
    curve = forecast.curve
    curves = [node for node in curve.nodes if node.connections]
    most = sorted(range(len(curves)), key=lambda i: (-_swing(curves[i].connections), i))
    shown = [curves[i] for i in sorted(most[:MOST_LINES])]
    short = _native.short_names([node.node for node in shown], LABEL_LENGTH)
    ways = _ways(node.connections for node in shown)
    return [
        Line(
            name,
            list(zip(curve.times_s, node.connections, strict=True)),
            COLOURS[i % len(COLOURS)],
            _stripes(*way),
            node.node,
        )
        for i, (name, node, way) in enumerate(zip(short, shown, ways, strict=True))
    ]


def _swing(connections: Sequence[int]) -> int:
    return max(connections) - min(connections)


def _ways(courses: Iterable[Sequence[int]]) -> list[tuple[int, int]]:
    """For each course: how many go its way so closely that they cover each other, and which of them
    it is.
    """
    courses = list(courses)
    near = max((max(course) for course in courses), default=0) / 100
    firsts: list[Sequence[int]] = []
    of: list[int] = []
    for course in courses:
        same = (i for i, other in enumerate(firsts) if _is_near(course, other, near))
        of.append(next(same, len(firsts)))
        if of[-1] == len(firsts):
            firsts.append(course)
    return [(of.count(way), of[:i].count(way)) for i, way in enumerate(of)]


def _is_near(course: Sequence[int], other: Sequence[int], near: float) -> bool:
    return all(abs(a - b) <= near for a, b in zip(course, other, strict=True))


def _stripes(lines: int, place: int) -> tuple[float, float, float] | None:
    """How to draw one of so many lines that cover each other."""
    return None if lines == 1 else (_DASH, _DASH * (lines - 1), _DASH * place)


def forecast_chart(forecast: Forecast) -> str:
    """The clients of the nodes that change most, over time."""
    return chart("clients per node, forecast", lines(forecast))


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
