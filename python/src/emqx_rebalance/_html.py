"""What a notebook shows: a sentence, a table and a chart, without dependencies."""

from __future__ import annotations

import html
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from . import _native
from ._svg import COLOURS, Line, chart
from ._text import count, duration, percent

if TYPE_CHECKING:
    from ._evacuation import EvacuationPlan
    from ._forecast import Forecast
    from ._plan import Finding, Plan
    from ._snapshot import NodeLoad
    from ._status import Status

__all__ = ["evacuation", "lines", "plan", "status"]

#: More lines than this cannot be told apart.
MOST_LINES = 12
#: The most letters of a name in a table, and beside a chart.
_NAME_LENGTH, _LABEL_LENGTH = 40, 20
#: More rows than this hide what comes after the table.
MOST_ROWS = 40


def plan(plan: Plan) -> str:
    """A plan."""
    forecast = plan.forecast
    if plan.is_needed:
        balance = plan.balance
        head = (
            f"Disconnects {count(forecast.disconnects)} clients once, takes "
            f"{duration(forecast.duration_s)}: fullest node {percent(balance.before.over)} over "
            f"the mean now, {percent(balance.after.over)} after."
        )
    else:
        head = f"Nothing to do: {plan.reason or 'EMQX would not move any client.'}"
    unknown = {count.node for count in plan.fingerprint.nodes if count.unknown}
    parts = [_head(head), _nodes(forecast, plan.donors, plan.recipients, unknown)]
    if plan.is_needed:
        parts.append(_chart(forecast))
    return _whole([*parts, _findings(plan.findings)])


def evacuation(plan: EvacuationPlan) -> str:
    """The plan of an evacuation."""
    forecast = plan.forecast
    head = (
        f"Empties {plan.node}: disconnects {count(forecast.disconnects)} clients in "
        f"{duration(forecast.duration_s)}. Then {plan.reminder}."
    )
    unknown = {found.node for found in plan.findings if found.code == "node_unknown"}
    table = _nodes(forecast, (plan.node,), plan.clients_to, unknown)
    return _whole([_head(head), table, _chart(forecast), _findings(plan.findings)])


def status(status: Status) -> str:
    """A status."""
    progress = status.progress
    if status.outcome is not None:
        head = str(status.outcome)
    elif status.runs:
        left = "" if progress.eta_s is None else f", {duration(progress.eta_s)} to go"
        moved = f"{count(progress.moved)} of {count(progress.to_move)} clients moved"
        head = f"{len(status.runs)} run(s): {moved} ({progress.percent:.0f} %){left}."
    else:
        head = "No rebalance is running."
    most = max((load.connections for load in status.nodes), default=0) or 1
    name = _names([load.node for load in status.nodes])
    rows = (
        [
            name(load.node),
            count(load.connections) if _is_read(load) else "?",
            _bar(load.connections / most),
            count(load.disconnected_sessions) if _is_read(load) else "?",
            html.escape(load.status),
        ]
        for load in status.nodes
    )
    table = _table(("node", "clients", "", "absent", "state"), rows, numbers=(1, 3))
    return _whole([_head(head), _bar(progress.percent / 100, 400) if status.runs else "", table])


def lines(forecast: Forecast) -> list[Line]:
    """The courses of the nodes that change most."""
    times = forecast.curve.times_s

    def swing(connections: Sequence[int]) -> int:
        return max(connections) - min(connections)

    nodes = [node for node in forecast.curve.nodes if node.connections]
    swings = sorted((swing(node.connections) for node in nodes), reverse=True)
    least = swings[MOST_LINES - 1] if len(swings) > MOST_LINES else 0
    nodes = [node for node in nodes if swing(node.connections) >= least][:MOST_LINES]
    return [
        Line(node.node, list(zip(times, node.connections, strict=True)), COLOURS[i % len(COLOURS)])
        for i, node in enumerate(nodes)
    ]


def _chart(forecast: Forecast) -> str:
    drawn = lines(forecast)
    short = _native.short_names([line.name for line in drawn], _LABEL_LENGTH)
    named = [replace(line, name=name) for line, name in zip(drawn, short, strict=True)]
    return chart("clients per node, forecast", named)


def _names(nodes: list[str]) -> Callable[[str], str]:
    """What shows a node's name: short if it is long, and whole under the pointer."""
    short = dict(zip(nodes, _native.short_names(nodes, _NAME_LENGTH), strict=True))

    def shown(node: str) -> str:
        name = html.escape(short[node])
        return name if short[node] == node else f'<span title="{html.escape(node)}">{name}</span>'

    return shown


def _is_read(load: NodeLoad) -> bool:
    return load.status != "unknown" or load.read_at_ms is not None


def _nodes(
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
    name = _names([end.node for end in forecast.end])
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
    return _table(("node", "now", "change", "after", ""), rows, numbers=(1, 2, 3))


def _findings(findings: Sequence[Finding]) -> str:
    items = "".join(
        f"<li><b>{html.escape(found.severity)}</b>: {html.escape(found.message)}</li>"
        for found in findings
    )
    return f"<ul>{items}</ul>" if items else ""


def _head(text: str) -> str:
    return f"<p><b>{html.escape(text)}</b></p>"


def _bar(share: float, width: int = 160) -> str:
    filled = round(min(max(share, 0.0), 1.0) * width)
    return (
        f'<svg width="{width}" height="10" role="presentation"><rect width="{width}" height="10" '
        f'rx="2" fill="currentColor" fill-opacity="0.12"/><rect width="{filled}" height="10" '
        f'rx="2" fill="{COLOURS[0]}"/></svg>'
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int]) -> str:
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


def _whole(parts: Iterable[str]) -> str:
    return f"<div>{''.join(part for part in parts if part)}</div>"
