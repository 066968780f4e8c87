"""The cases that every language runs, which an independent program made."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from conftest import ROOT, vectors

from emqx_rebalance import (
    NodeLoad,
    Plan,
    RebalanceError,
    Snapshot,
    Strategy,
    _native,
    plan,
    plan_evacuation,
    sansio,
)

VECTORS = ROOT / "tests" / "vectors"

SINGLE, CALLS, TALKS = map(vectors, ("single.json", "calls/calls.json", "talks/talks.json"))


def test_every_file_is_run_and_none_is_empty() -> None:
    files = {str(file.relative_to(VECTORS)) for file in VECTORS.glob("**/*.json")}
    assert files == {"single.json", "calls/calls.json", "talks/talks.json"}
    assert len(SINGLE) >= 44 and len(CALLS) >= 29 and len(TALKS) >= 4


def case_name(case: dict[str, Any]) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", SINGLE, ids=case_name)
def test_by_values_and_by_json(case: dict[str, Any]) -> None:
    by_values = plan(
        Snapshot(tuple(NodeLoad(**load) for load in case["nodes"])),
        strategy=Strategy(**case["strategy"]),
    )
    by_json = plan({"version": 1, "nodes": case["nodes"]}, strategy=case["strategy"])
    by_name = plan({"nodes": case["nodes"]}, mode="single", **case["strategy"])
    assert by_values == by_json == by_name
    assert Plan.from_dict(by_json.to_dict()) == by_json
    check(by_values, case["expect"])


def check(made: Plan, expect: dict[str, Any]) -> None:
    assert made.decision == expect["decision"]
    assert list(made.donors) == expect["donors"]
    assert list(made.recipients) == expect["recipients"]
    assert (made.reason is not None) == (not made.is_needed)
    if not made.is_needed:
        return
    forecast = made.forecast
    assert forecast.conn_evict_s == expect["conn_evict_ticks"]
    assert forecast.disconnects == expect["disconnects"]
    assert forecast.sess_evict_s == expect["sess_evict_ticks"]
    assert forecast.duration_s == expect["duration_s"]
    assert forecast.sessions_moved == pytest.approx(expect["sessions_moved"], abs=1e-9)
    assert {end.node: end.connections for end in forecast.end} == expect["final_connections"]
    sessions = {end.node: end.disconnected_sessions for end in forecast.end}
    assert sessions == pytest.approx(expect["final_disconnected_sessions"], abs=1e-3)


@pytest.mark.parametrize("case", CALLS, ids=case_name)
def test_calls_give_the_same_as_in_every_language(case: dict[str, Any]) -> None:
    request = dict(case["request"])
    if case["call"] == "cluster":
        with pytest.raises(RebalanceError) as caught:
            _native.Exchange(json.dumps(request))
        assert caught.value.to_dict() == case["error"]
        return None
    snapshot = request.pop("snapshot", None)
    if not isinstance(snapshot, dict) or not isinstance(request.get("node", ""), str):
        return by_text(case)
    if case["call"] == "plan_evacuation" and "node" not in request:
        return by_text(case)
    call = plan if case["call"] == "plan" else plan_evacuation
    if set(request) - set(inspect.signature(call).parameters):
        return by_text(case)
    if "result" in case:
        assert call(snapshot, **request).to_dict() == case["result"]
    else:
        with pytest.raises(RebalanceError) as caught:
            call(snapshot, **request)
        assert caught.value.to_dict() == case["error"]
    return None


def by_text(case: dict[str, Any]) -> None:
    """What Python's own signature forbids can still be asked of the core."""
    with pytest.raises(RebalanceError) as caught:
        getattr(_native, case["call"])(json.dumps(case["request"]))
    assert caught.value.to_dict() == case["error"]


@pytest.mark.parametrize("case", TALKS, ids=case_name)
def test_talks_give_the_same_as_in_every_language(case: dict[str, Any]) -> None:
    access = dict(case["access"])
    cluster = sansio.Cluster(access.pop("urls"), **access)
    for turn in case["turns"]:
        if turn["call"] == "start":
            request = dict(turn["request"])
            check_run(cluster.start(request.pop("plan"), **request), turn)
        else:
            request = turn["request"] or {}
            check_talk(getattr(cluster, turn["call"])(**request), turn)


def check_talk(talk: sansio.Talk[Any], turn: dict[str, Any]) -> None:
    for expected in turn["steps"]:
        step = talk.step(expected["now_ms"], expected["answers"])
        check_step(step, expected)
        if "error" in expected:
            with pytest.raises(RebalanceError) as caught:
                _ = talk.result
            assert caught.value.to_dict() == expected["error"]
        elif "result" in expected:
            result = talk.result
            plain = result.to_dict() if hasattr(result, "to_dict") else result
            assert (list(plain) if isinstance(plain, tuple) else plain) == expected["result"]
        else:
            assert not talk.is_done


def check_run(driver: sansio.Driver, turn: dict[str, Any]) -> None:
    for expected in turn["steps"]:
        step = driver.step(expected["now_ms"], expected["answers"])
        check_step(step, expected)
        assert [event.to_dict() for event in step.events] == expected["events"]
    assert driver.status.to_dict() == turn["status"]
    assert driver.outcome == driver.status.outcome
    assert driver.record is not None


def check_step(step: sansio.Step, expected: dict[str, Any]) -> None:
    assert step.wake_at_ms == expected["wake_at_ms"]
    plain = [
        {name: item for name, item in vars(request).items() if item is not None}
        for request in step.requests
    ]
    assert plain == expected["requests"]
