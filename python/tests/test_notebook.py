"""The notebook runs from top to bottom, and shows what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

nbformat = pytest.importorskip("nbformat", reason="an extra, tried on the main version")
nbclient = pytest.importorskip("nbclient", reason="an extra, tried on the main version")
traitlets = pytest.importorskip("traitlets.config", reason="an extra, tried on the main version")


@pytest.mark.filterwarnings("default")  # of Jupyter's own parts
def test_the_notebook_runs(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "examples" / "python" / "what_if.ipynb", as_version=4)
    # Sockets in a folder: a port that is picked beforehand may be taken when it is opened.
    kernel = {"transport": "ipc", "ip": str(tmp_path / "kernel")}
    client = nbclient.NotebookClient(
        notebook,
        timeout=100,
        resources={"metadata": {"path": str(tmp_path)}},
        config=traitlets.Config({"KernelManager": kernel}),
    )
    client.execute()
    shown = [kinds(cell) for cell in notebook.cells if cell.cell_type == "code"]
    assert "text/html" in shown[0] and "text/html" in shown[1] and "text/html" in shown[2]
    assert "image/png" in shown[3]
    assert "completed" in str(notebook.cells[-2].outputs)


def kinds(cell: Any) -> set[str]:
    return {kind for output in cell.outputs for kind in output.get("data", {})}
