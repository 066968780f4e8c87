"""The API reference is made from the docstrings, and has every public name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import emqx_rebalance

pytest.importorskip("pdoc", reason="an extra, tried on the main version")


def test_the_reference_has_every_public_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pdoc", "-o", str(tmp_path), "emqx_rebalance"],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert "Warn" not in done.stderr, done.stderr
    page = (tmp_path / "emqx_rebalance.html").read_text(encoding="utf-8")
    modules = {"events", "options", "parts", "sansio", "words"}  # each has a page of its own
    for name in set(emqx_rebalance.__all__) - modules:
        assert f'id="{name}"' in page, name
    for module in modules:
        assert (tmp_path / "emqx_rebalance" / f"{module}.html").is_file(), module
    parts = (tmp_path / "emqx_rebalance" / "parts.html").read_text(encoding="utf-8")
    assert all(f'id="{name}"' in parts for name in emqx_rebalance.parts.__all__)
