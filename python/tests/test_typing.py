"""What people see while they type: signatures, help and types are real, and what the pages show
passes a checker."""

from __future__ import annotations

import importlib
import inspect
import pydoc
import re
import subprocess
import sys
import textwrap
import typing
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import in_repository

import emqx_rebalance
from emqx_rebalance import AsyncCluster, Cluster, Mode, Plan, Snapshot, plan, sansio
from emqx_rebalance.options import DriverOptions, EvacuationOptions, PlanOptions

MODULES = ("emqx_rebalance", *(f"emqx_rebalance.{name}" for name in ("options", "sansio")))


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function and method."""
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            item = getattr(module, name)
            if inspect.isfunction(item):
                yield name, item
            elif inspect.isclass(item) and item.__module__.startswith("emqx_rebalance"):
                for method, function in inspect.getmembers(item, inspect.isroutine):
                    is_ours = str(getattr(function, "__module__", "")).startswith("emqx_rebalance")
                    if is_ours and not method.startswith("_"):
                        yield f"{name}.{method}", function


@pytest.mark.parametrize("name", [name for name, _ in functions()])
def test_hints_are_real(name: str) -> None:
    function = dict(functions())[name]
    hints = typing.get_type_hints(function)
    for parameter in list(inspect.signature(function).parameters.values()):
        assert parameter.name in ("self", "config", "arguments", *hints), f"{name}: {parameter}"
        assert "ForwardRef" not in str(parameter), parameter


def test_options_are_in_the_signature_by_name() -> None:
    takers: tuple[tuple[Any, type], ...] = (
        (plan, PlanOptions),
        (Cluster.plan, PlanOptions),
        (AsyncCluster.plan, PlanOptions),
        (sansio.Cluster.plan, PlanOptions),
        (Cluster.start, DriverOptions),
        (AsyncCluster.start_evacuation, DriverOptions),
        (Cluster.plan_evacuation, EvacuationOptions),
    )
    for function, options in takers:
        names = set(inspect.signature(function).parameters)
        assert set(options.__annotations__) <= names and "options" not in names
        for name, hint in typing.get_type_hints(options).items():
            assert typing.get_type_hints(function)[name] == hint | None


def test_help_says_what_each_field_means() -> None:
    for kind, text in (
        (Plan, "decision: Whether there is anything to start."),
        (PlanOptions, "wait_takeover: Seconds between the last connection evicted"),
        (DriverOptions, "max_waves: ``level``: most waves of a plan"),
        (emqx_rebalance.Started, "coordinator: The coordinator of the run."),
    ):
        assert text in pydoc.plain(pydoc.render_doc(kind)), kind
    assert "wait_takeover: int | str | datetime.timedelta | None" in pydoc.plain(
        pydoc.render_doc(plan)
    )


def test_few_names_are_at_the_top_and_every_old_one_is_still_there() -> None:
    assert len(emqx_rebalance.__all__) < 40
    assert dir(emqx_rebalance) == sorted(emqx_rebalance.__all__)
    for module in ("events", "words", "parts", "options"):
        submodule = importlib.import_module(f"emqx_rebalance.{module}")
        for name in submodule.__all__:
            assert getattr(emqx_rebalance, name) is getattr(submodule, name)
    with pytest.raises(AttributeError, match="no attribute 'Plam'"):
        _ = emqx_rebalance.Plam  # type: ignore[attr-defined]
    with pytest.raises(ImportError):
        exec("from emqx_rebalance import Plam")


def test_pydantic_checks_calls() -> None:
    pydantic = pytest.importorskip("pydantic", reason="an extra, tried on the main version")
    checked = pydantic.validate_call(plan)
    snapshot = Snapshot.of({"emqx@a": 900, "emqx@b": 0})
    made = checked(snapshot, mode="level", wait_takeover=timedelta(seconds=9), abs_conn_threshold=9)
    assert made.mode is Mode.LEVEL and made.asked.strategy.wait_takeover == 9
    for wrong in ({"mode": "levl"}, {"conn_evict_rate": "fast"}, {"foo": 1}):
        with pytest.raises(pydantic.ValidationError):
            checked(snapshot, **wrong)

    def said(cluster: Cluster, before: Snapshot, how: Mode) -> str:
        return f"{cluster.urls[0]} {len(before)} {how}"

    level = pydantic.validate_call(said)

    cluster = Cluster("http://a")
    assert level(cluster, snapshot, "level") == "http://a 2 level"
    assert level(cluster, snapshot.to_dict(), Mode.LEVEL) == "http://a 2 level"
    wrong_calls: tuple[Any, ...] = (
        ("http://a", snapshot, "level"),
        (cluster, {"nodes": []}, "level"),
    )
    for wrong_call in wrong_calls:
        with pytest.raises(pydantic.ValidationError):
            level(*wrong_call)


def test_pydantic_models_hold_and_write_our_values() -> None:
    pydantic = pytest.importorskip("pydantic", reason="an extra, tried on the main version")
    model: Any = pydantic.create_model("Kept", plan=(Plan, ...))
    made = plan(Snapshot.of({"emqx@a": 900, "emqx@b": 0}), abs_conn_threshold=9)
    kept = model(plan=made)
    assert kept.plan is made
    assert model.model_validate_json(kept.model_dump_json()).plan == made
    with pytest.raises(pydantic.ValidationError, match="must be given"):
        model(plan={})


#: What the docstrings' examples take to be there.
PRELUDE = """
import asyncio
import time
from collections.abc import Callable, Mapping
from typing_extensions import Unpack
from emqx_rebalance import *
from emqx_rebalance.options import *
from emqx_rebalance import sansio
snapshot = Snapshot.of({"emqx@a": 900, "emqx@b": 0})
"""

#: A checker finds what is wrong here, and each of it: an unused ignore is an error.
WRONG = """
from emqx_rebalance import AsyncRun, Cluster, Outcome, Record, Run, Snapshot, Status, plan
from emqx_rebalance import Plam  # type: ignore[attr-defined]
snapshot = Snapshot.of({"emqx@a": 1})
plan(snapshot, mode="levl")  # type: ignore[arg-type]
plan(snapshot, load_balancer="roundrobin")  # type: ignore[arg-type]
plan(snapshot, conn_evict_rat=1)  # type: ignore[call-arg]
async def main(run: AsyncRun) -> Record:
    outcome: Outcome = await run
    statuses: list[Status] = [status async for status in run.watch()]
    await run.watch().aclose()
    text: str = run.report()
    number: int = await run  # type: ignore[assignment]
    return await run.wait_record(timeout=5)
def moved(run: Run) -> int:
    run.plot().set_title("x")
    run.plot().set_tittle("x")  # type: ignore[attr-defined]
    snapshot.to_pandas().sort_index()
    return run.wait_record().moved
"""


def docstrings() -> Iterator[str]:
    """The code of every docstring."""
    for name in (*MODULES, "emqx_rebalance.events", "emqx_rebalance.parts"):
        module = importlib.import_module(name)
        items = [module, *(getattr(module, item) for item in module.__all__)]
        members = [
            member
            for item in items
            if inspect.isclass(item)
            for member in vars(item).values()
            if inspect.isfunction(member) or isinstance(member, classmethod)
        ]
        for item in (*items, *members):
            text = inspect.getdoc(item) or ""
            for block in re.findall(r"::\n\n((?:    .*\n|\n)+)", text + "\n"):
                yield inspect.cleandoc("\n" + block)


def test_what_the_pages_and_docstrings_show_passes_a_checker(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="an extra, tried on the main version")
    pages = [in_repository(page) for page in ("README.md", "python/README.md", "docs/python.md")]
    files: dict[str, str] = {"wrong": WRONG}
    for page in pages:
        blocks = re.findall(
            r"^```python\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
        )
        files[f"page_{page.parent.name}_{page.stem}"] = "\n".join(blocks)
    examples = list(dict.fromkeys(docstrings()))
    assert len(examples) >= 5, examples
    for i, example in enumerate(examples):
        body = textwrap.indent(example, "    ")
        files[f"docstring_{i}"] = f"{PRELUDE}def example() -> None:\n{body}\n"
    for name, code in files.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    # Those of the package that was checked already are known.
    cache = Path(sys.prefix) / "mypy-cache"
    line = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), "--no-color"]
    line += ["--allow-redefinition-new", "--local-partial-types"]
    done = subprocess.run(
        [*line, *(f"{name}.py" for name in files)], capture_output=True, text=True, cwd=tmp_path
    )
    shown = "\n".join(f"{name}:\n{code}" for name, code in files.items() if name in done.stdout)
    assert done.returncode == 0, shown + done.stdout + done.stderr
