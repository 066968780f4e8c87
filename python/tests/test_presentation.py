"""What notebooks and terminals show, and the extras."""

from __future__ import annotations

import asyncio
import builtins
import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from conftest import FAST, QUICK

from emqx_rebalance import (
    AsyncCluster,
    EmbeddedCluster,
    NodeLoad,
    NodeStatus,
    Snapshot,
    plan,
    plan_evacuation,
)

SNAPSHOT = Snapshot.of({"emqx@a": 1000, "emqx@<b>": 600, "emqx@c": 0, "emqx@d": 0})
PLAN = plan(SNAPSHOT, mode="level", load_balancer="round_robin", abs_conn_threshold=10)


def parsed(html: str) -> ET.Element:
    """The markup as a tree: it is well-formed, and nothing in it runs or is fetched."""
    for bad in ("<script", "<style", "http://", "https://", "onclick", "<b>emqx", "@<b>"):
        assert bad not in html.replace("http://www.w3.org/2000/svg", ""), bad
    return ET.fromstring(html)


def test_a_plan_is_a_table_and_a_chart() -> None:
    tree = parsed(PLAN._repr_html_())
    rows = [[cell.text for cell in row] for row in tree.iter("tr")]
    assert rows[1][:2] == ["emqx@a", "1,000"] and rows[1][4] == "donor"
    chart = next(tree.iter("{http://www.w3.org/2000/svg}svg"))
    lines = list(chart.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(lines) == 4
    assert all(len(line.attrib["points"].split()) > 2 for line in lines)
    labels = [text.text for text in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert "emqx@<b>" in labels


def test_long_names_keep_the_part_that_differs() -> None:
    pod = "emqx@emqx-core-778db64d58-{}.emqx-headless.default.svc.cluster.local"
    html = plan(
        Snapshot.of({pod.format(0): 100, pod.format(1): 0}), abs_conn_threshold=1
    )._repr_html_()
    tree = parsed(html)
    names = [next(row.iter("td")) for row in tree.iter("tr") if row.find("td") is not None]
    spans = [next(name.iter("span")) for name in names]
    assert [span.text for span in spans] == ["emqx-core-778db64d58-0", "emqx-core-778db64d58-1"]
    assert spans[0].attrib["title"] == pod.format(0)
    labels = {text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert "emqx-core…8db64d58-0" in labels, labels


def test_a_node_that_does_not_answer_has_no_numbers() -> None:
    nodes = [
        NodeLoad(node="emqx@a", connections=900),
        NodeLoad(node="emqx@b"),
        NodeLoad(node="emqx@c", status=NodeStatus.UNKNOWN),
    ]
    tree = parsed(plan(Snapshot(nodes=tuple(nodes)), exclude=["emqx@c"])._repr_html_())
    rows = [[cell.text for cell in row] for row in tree.iter("tr")]
    assert rows[3] == ["emqx@c", "?", "?", "?", "does not answer"], rows


def test_nothing_to_do_is_said() -> None:
    html = plan(Snapshot.of({"emqx@a": 10, "emqx@b": 10}))._repr_html_()
    assert "Nothing to do" in html and "<svg" not in html
    parsed(html)


def test_evacuations_and_statuses(cluster: EmbeddedCluster) -> None:
    parsed(plan_evacuation(SNAPSHOT, "emqx@a")._repr_html_())
    assert "No rebalance is running" in cluster.status()._repr_html_()
    run = cluster.start(cluster.plan(**FAST), **QUICK)
    for status in run.watch():
        parsed(status._repr_html_())
    assert "completed" in run._repr_html_()


def test_a_large_cluster_stays_readable() -> None:
    loads = {f"emqx@n{i:03}": i * 7 for i in range(200)}
    html = plan(Snapshot.of(loads), mode="level", load_balancer="least_connections")._repr_html_()
    tree = parsed(html)
    assert len(list(tree.iter("tr"))) == 42 and "and 160 more" in html
    assert len(list(tree.iter("{http://www.w3.org/2000/svg}polyline"))) == 12


def test_pandas() -> None:
    pytest.importorskip("pandas")
    frame = PLAN.to_pandas()
    assert list(frame.columns) == ["emqx@a", "emqx@<b>", "emqx@c", "emqx@d"]
    assert frame.index.name == "second" and frame.iloc[0].sum() == 1600
    assert SNAPSHOT.to_pandas().loc["emqx@a", "connections"] == 1000
    numbers = Snapshot.of(dict(frame.iloc[0]))
    assert numbers == SNAPSHOT


def test_matplotlib(cluster: EmbeddedCluster) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    axes = PLAN.plot()
    assert next(line.get_label() for line in axes.lines) == "emqx@a"
    assert axes.get_ylabel() == "clients"
    run = cluster.start(cluster.plan(**FAST), **QUICK)
    assert run.wait(timeout=30).is_success
    drawn = run.plot(ax=axes.figure.add_subplot())
    measured = {line.get_label(): line.get_ydata() for line in drawn.lines}
    course = list(measured["emqx1@127.0.0.1 measured"])
    assert course[0] == 300 and course[-1] < 300 and len(course) > 2
    assert next(iter(measured["emqx4@127.0.0.1 measured"])) == 0
    axes.figure.savefig(io.BytesIO(), format="png")


def test_a_progress_bar(cluster: EmbeddedCluster) -> None:
    console = pytest.importorskip("rich.console")
    text = io.StringIO()
    run = cluster.start(cluster.plan(**FAST), **QUICK)
    outcome = run.progress(console=console.Console(file=text, width=100, force_terminal=True))
    assert outcome.is_success
    assert "evicting conns" in text.getvalue() and "completed" in text.getvalue()


def test_a_progress_bar_of_asyncio() -> None:
    console = pytest.importorskip("rich.console")
    text = io.StringIO()

    async def main() -> None:
        async with AsyncCluster.embedded(clients=[300, 300, 300, 0]) as cluster:
            run = await cluster.start(await cluster.plan(**FAST), **QUICK)
            shown = console.Console(file=text, width=100, force_terminal=True)
            assert (await run.progress(console=shown)).is_success

    asyncio.run(main())
    assert "completed" in text.getvalue()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.split(".")[0] in ("matplotlib", "pandas"):
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(ImportError, match=r"emqx-rebalance\[plot\]"):
        PLAN.plot()
    with pytest.raises(ImportError, match=r"emqx-rebalance\[pandas\]"):
        PLAN.to_pandas()
