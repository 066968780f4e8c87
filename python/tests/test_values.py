"""Values: immutable, typed, and JSON in and out."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from conftest import program

import emqx_rebalance
from emqx_rebalance import (
    Balance,
    ConfigInvalidError,
    Decision,
    Event,
    LoadBalancer,
    Mode,
    NodeLoad,
    NodeStatus,
    Plan,
    RunPhase,
    Snapshot,
    Status,
    Strategy,
    UnknownNodeError,
    Value,
    Word,
    events,
    parts,
    plan,
    plan_evacuation,
    words,
)
from emqx_rebalance._events import event

SKEWED = {"emqx@a": 1000, "emqx@b": 600, "emqx@c": 0, "emqx@d": 0}


def test_a_level_plan_is_typed_through_and_through() -> None:
    made = plan(
        Snapshot.of(SKEWED),
        mode=Mode.LEVEL,
        load_balancer=LoadBalancer.ROUND_ROBIN,
        abs_conn_threshold=10,
    )
    assert made.mode is Mode.LEVEL
    assert made.decision is Decision.START
    assert made.asked.options.load_balancer is LoadBalancer.ROUND_ROBIN
    assert isinstance(made.runs[0].strategy, Strategy)
    assert made.forecast.phases[0].phase is RunPhase.WAIT_HEALTH_CHECK
    assert made.moves[0].from_ == 1000
    assert made.comparison is not None
    assert made.balance.after.over < made.comparison.balance.over
    assert made.is_needed and not made.errors


def test_json_goes_out_and_in_unchanged(tmp_path: Path) -> None:
    for made in (plan(Snapshot.of(SKEWED), mode="level"), plan(Snapshot.of({"emqx@a": 7}))):
        data = made.to_dict()
        assert json.loads(json.dumps(data)) == data
        again = Plan.from_dict(data)
        assert again == made and again.to_dict() == data
        made.save(tmp_path / "plan.json")
        assert Plan.load(tmp_path / "plan.json") == made
        assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]


def test_values_are_copied_and_pickled() -> None:
    snapshot = Snapshot.of(SKEWED)
    made = plan(snapshot, mode="level")
    for item in (snapshot, made, made.forecast, Strategy(), plan_evacuation(snapshot, "emqx@a")):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(item, protocol)) == item
        assert copy.deepcopy(item) == item


def test_values_do_not_change_and_compare_by_content() -> None:
    snapshot = Snapshot.of(SKEWED)
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot.version = 2  # type: ignore[misc]
    assert snapshot == Snapshot.from_dict(snapshot.to_dict())
    assert len({snapshot, Snapshot.of(SKEWED)}) == 1
    assert plan(snapshot) == plan(snapshot)


def test_equality_hash_and_text_are_those_of_the_fields() -> None:
    one, same, other = NodeLoad(node="a"), NodeLoad(node="a"), NodeLoad(node="b")
    assert one == same and hash(one) == hash(same) and one != other and one != "a"
    assert repr(Balance(over=0.5, under=0.0, cv=0.1)) == "Balance(over=0.5, under=0.0, cv=0.1)"


def test_the_import_leaves_out_what_few_need() -> None:
    code = "import sys, emqx_rebalance; assert not {'asyncio', 'ssl'} & set(sys.modules)"
    subprocess.run(program(code), check=True, timeout=60)


def test_fields_of_the_future_are_kept() -> None:
    data = plan(Snapshot.of(SKEWED)).to_dict()
    data["confidence"] = {"level": 0.9}
    data["balance"]["before"]["gini"] = 0.5
    data["findings"].append({"severity": "hint", "code": "new_moon", "message": "look", "since": 3})
    read = Plan._of(data)
    assert read.to_dict() == data
    assert pickle.loads(pickle.dumps(read)).to_dict() == data
    assert read.findings[-1].severity == "hint"
    assert read.findings[-1].code.name == "NEW_MOON"
    assert event({"type": "eclipse", "of": "moon"}).to_dict() == {"type": "eclipse", "of": "moon"}
    assert type(event({"type": "eclipse"})) is Event


def test_words_are_text() -> None:
    word: str = RunPhase.EVICTING_CONNS
    assert word == "evicting_conns" and {word: 1}["evicting_conns"] == 1
    assert f"{RunPhase.EVICTING_CONNS}" == str(RunPhase.EVICTING_CONNS) == "evicting_conns"
    assert json.dumps(Mode.LEVEL) == '"level"'
    with pytest.raises(ValueError, match="sideways"):
        Mode("sideways")


def test_the_strategy_has_the_core_s_defaults() -> None:
    assert Strategy() == Strategy.from_dict({})
    assert Strategy.from_dict({"wait_takeover": "1m30s"}).wait_takeover == 90
    assert Strategy(conn_evict_rate=7).to_dict()["conn_evict_rate"] == 7


def test_what_is_left_out_of_a_node_is_completed() -> None:
    load = NodeLoad(node="emqx@a", connections=7, disconnected_sessions=2)
    assert (load.sessions, load.status) == (9, NodeStatus.RUNNING)
    assert dataclasses.replace(load, sessions=10).sessions == 10
    with pytest.raises(ConfigInvalidError, match="node"):
        NodeLoad(node="no spaces")


def test_bad_values_name_field_value_and_bound_all_at_once() -> None:
    with pytest.raises(ConfigInvalidError) as caught:
        Strategy(conn_evict_rate=0, rel_conn_threshold=1.0)
    problems = {p.field: (p.value, p.bound) for p in caught.value.problems}
    assert problems["conn_evict_rate"] == ("0", "a whole number from 1 to 4294967295")
    assert problems["rel_conn_threshold"] == ("1.0", "a number more than 1")
    with pytest.raises(ValueError, match=r"nodes\[1\].node"):
        Snapshot((NodeLoad(node="emqx@a"), NodeLoad(node="emqx@a")))
    with pytest.raises(ConfigInvalidError) as caught:
        sideways: Any = "sideways"
        plan({"nodes": []}, mode=sideways, rel_conn_threshold=float("nan"), target_over=2)
    fields = {problem.field for problem in caught.value.problems}
    assert {"nodes", "mode", "rel_conn_threshold"} <= fields


def test_wrong_types_name_the_argument() -> None:
    snapshot = Snapshot.of(SKEWED)
    made = plan(snapshot)
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: plan(5), "snapshot"),  # type: ignore[arg-type]
        (lambda: plan(snapshot, strategy=5), "strategy"),  # type: ignore[arg-type]
        (lambda: plan(snapshot, nodes=object()), "nodes"),  # type: ignore[arg-type]
        (lambda: plan(snapshot, conn_evict_rate=b"7"), "conn_evict_rate"),  # type: ignore[arg-type]
        (lambda: plan_evacuation(None, "emqx@a"), "snapshot"),  # type: ignore[arg-type]
        (lambda: Snapshot(5), "nodes"),  # type: ignore[arg-type]
        (lambda: Plan.from_dict([]), "data"),  # type: ignore[arg-type]
        (lambda: snapshot.weighted({"emqx@a": object()}), "weight"),  # type: ignore[dict-item]
        (lambda: made.check_fits(snapshot, tolerance="x"), "tolerance"),  # type: ignore[arg-type]
        (lambda: made.check_fits(snapshot, max_age_s=1.5), "max_age_s"),  # type: ignore[arg-type]
    ]
    for call, name in calls:
        with pytest.raises(TypeError, match=name):
            call()
    bounds: list[tuple[Callable[[], object], str]] = [
        (lambda: made.check_fits(snapshot, tolerance=7), "`tolerance` is `7` .* from 0 to 1"),
        (lambda: made.check_fits(snapshot, max_age_s=-1), "`max_age_s` is `-1` .* from 0 to"),
    ]
    for call, text in bounds:
        with pytest.raises(ConfigInvalidError, match=text):
            call()


def test_an_option_that_does_not_exist_is_a_type_error_with_a_hint() -> None:
    with pytest.raises(TypeError, match="Did you mean 'conn_evict_rate'"):
        plan(Snapshot.of(SKEWED), conn_evict_rat=7)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        plan(Snapshot.of(SKEWED), Strategy())  # type: ignore[call-arg]


def test_bad_files_are_bad_input(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    for text in ("<html>", "[]", "{}", '{"version": 1}'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises((ConfigInvalidError, TypeError)):
            Plan.load(file)
    with pytest.raises(FileNotFoundError):
        Plan.load(tmp_path / "none.json")


def test_weights_level_by_share() -> None:
    snapshot = Snapshot.of({"emqx@a": 900, "emqx@b": 0}).weighted({"emqx@a": 2})
    made = plan(snapshot, mode="level", load_balancer="least_connections")
    assert {end.node: end.connections for end in made.forecast.end}["emqx@a"] == pytest.approx(
        600, 5
    )
    with pytest.raises(UnknownNodeError) as caught:
        snapshot.weighted({"emqx@z": 1})
    assert isinstance(caught.value, LookupError)


def test_a_plan_fits_only_about_the_cluster_it_was_made_for() -> None:
    made = plan(Snapshot.of(SKEWED))
    # Made offline, it has no age: its counts alone are compared.
    made.check_fits(Snapshot.of(SKEWED), max_age_s=0)
    with pytest.raises(emqx_rebalance.ConflictError, match="changed too much"):
        made.check_fits(Snapshot.of({**SKEWED, "emqx@a": 1}))


def test_texts_are_short_or_readable() -> None:
    snapshot = Snapshot.of(SKEWED)
    made = plan(snapshot, mode="level")
    for item in (snapshot, made, made.forecast, made.forecast.curve):
        assert len(repr(item)) < 120 and "\n" not in repr(item)
    assert "gives" in str(made) or "clients" in str(made)
    assert max(len(line) for line in str(made).splitlines()) <= 80
    assert "\x1b" not in str(made)
    assert "emqx@a" in str(snapshot)


def test_every_field_and_every_word_is_explained() -> None:
    source = Path(emqx_rebalance.__file__).parent
    text = "".join(file.read_text(encoding="utf-8") for file in source.glob("_*.py"))
    modules = (emqx_rebalance, events, parts, words)
    named = {getattr(module, name) for module in modules for name in module.__all__}
    kinds = [item for item in named if isinstance(item, type)]
    values = [kind for kind in kinds if issubclass(kind, Value) and kind is not Value]
    enumerations = [kind for kind in kinds if issubclass(kind, Word) and kind is not Word]
    assert len(values) > 30 and len(enumerations) > 10
    for kind in values:
        assert kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}(")
        for name in kind.__annotations__:
            if not name.startswith("_") and name != "is_warning":
                assert documented(text, rf"    {name}: "), f"{kind.__name__}.{name}"
    for word in enumerations:
        for member in word:
            assert documented(text, f'    {member.name} = "{member.value}"'), member


def documented(text: str, start: str) -> bool:
    """Whether some line that begins so is followed by a docstring."""
    lines = text.splitlines()
    after = [lines[i + 1] for i, line in enumerate(lines[:-1]) if line.startswith(start)]
    return any(line.strip().startswith('"""') for line in after)


def test_hints_name_types_that_the_converter_knows() -> None:
    def leaves(hint: Any) -> set[Any]:
        args = get_args(hint)
        return set().union(*(leaves(arg) for arg in args)) if args else {hint}

    for kind in vars(emqx_rebalance).values():
        if isinstance(kind, type) and issubclass(kind, Value) and kind is not Value:
            hints = get_type_hints(kind)
            for field in dataclasses.fields(kind):  # type: ignore[arg-type]
                for leaf in leaves(hints[field.name]) - {type(None), Ellipsis}:
                    assert leaf in (bool, int, float, str) or issubclass(leaf, (Value, Word))


def test_an_empty_status_reads() -> None:
    progress = {"moved": 0, "to_move": 0, "percent": 0.0, "elapsed_s": 0}
    status = Status.from_dict(
        {"version": 1, "wave": 1, "runs": [], "nodes": [], "progress": progress}
    )
    assert status.phase is None and "No rebalance" in str(status)
