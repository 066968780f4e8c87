"""What notebooks and terminals show, and the extras."""

from __future__ import annotations

import asyncio
import builtins
import io
import itertools
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
from emqx_rebalance._svg import ticks, time_ticks

SVG = "{http://www.w3.org/2000/svg}"
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
    assert len(list(tree.iter("{http://www.w3.org/2000/svg}polyline"))) == 24


def test_all_lines_of_twenty_nodes_are_drawn_with_their_names_within_the_picture() -> None:
    pod = "emqx@emqx-core-{}.emqx-headless.default.svc.cluster.local"
    loads = {pod.format(i): 1000 + 37 * i if i < 15 else 0 for i in range(20)}
    made = plan(Snapshot.of(loads), mode="level", abs_conn_threshold=10)
    chart = next(parsed(made._repr_html_()).iter(f"{SVG}svg"))
    assert len(list(chart.iter(f"{SVG}polyline"))) == 20
    names = [text for text in chart.iter(f"{SVG}text") if (text.text or "").startswith("emqx-")]
    assert {text.text for text in names} == {f"emqx-core-{i}" for i in range(20)}
    assert {next(text.iter(f"{SVG}title")).text for text in names} == set(loads)
    places = sorted(float(text.attrib["y"]) for text in names)
    assert all(later - early >= 14 for early, later in itertools.pairwise(places))
    assert places[0] >= 0 and places[-1] <= float(chart.attrib["viewBox"].split()[3])


def test_nodes_on_one_course_are_seen_as_stripes() -> None:
    loads = {"emqx@a": 1000, "emqx@b": 1001, "emqx@c": 0}
    made = plan(Snapshot.of(loads), mode="level", abs_conn_threshold=10)
    drawn = list(parsed(made._repr_html_()).iter(f"{SVG}polyline"))
    assert [line.attrib.get("stroke-dasharray") for line in drawn] == ["8 8", "8 8", None]
    offsets = {line.attrib.get("stroke-dashoffset") for line in drawn[:2]}
    assert offsets == {"0", "-8"}


def test_ticks_are_round() -> None:
    for highest in (0, 1, 7, 25, 334, 3334, 99_999, 10**9):
        values = ticks(highest)
        assert values[0] == 0 and values[-1] >= highest and len(values) <= 6
        assert all(value == int(value) for value in values)
        assert f"{values[1]:.0f}"[0] in "125" and set(f"{values[1]:.0f}"[1:]) <= {"0"}
    assert time_ticks(152) == [0, 30, 60, 90, 120, 150]
    assert time_ticks(7200) == [0, 1200, 2400, 3600, 4800, 6000, 7200]
    assert time_ticks(20 * 3600) == [0, 14400, 28800, 43200, 57600, 72000]


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
    course: Any = measured["emqx1@127.0.0.1 measured"]
    assert course[0] == 300 and course[-1] < 300 and len(course) > 2
    empty: Any = measured["emqx4@127.0.0.1 measured"]
    assert empty[0] == 0
    figure: Any = axes.figure
    figure.savefig(io.BytesIO(), format="png")


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
