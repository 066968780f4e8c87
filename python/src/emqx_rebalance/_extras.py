"""Packages that are extras, or that only checkers need: their types, and what is made with them.

Whoever reads annotations while the program runs finds ``Any`` in place of the types.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame
    from rich.console import Console
    from typing_extensions import Self, Unpack
else:
    Axes = Console = DataFrame = Self = Unpack = Any

__all__ = [
    "Axes",
    "Console",
    "DataFrame",
    "Self",
    "Unpack",
    "loads_table",
    "needed",
]


def needed(module: str, extra: str) -> Any:
    """Imports ``module``, or says which extra has it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"{module} is not installed: pip install 'emqx-rebalance[{extra}]'"
        raise ImportError(message, name=module) from error


def loads_table(nodes: Iterable[Mapping[str, Any]]) -> DataFrame:
    """A row for each node, of its JSON."""
    pandas = needed("pandas", "pandas")
    frame: DataFrame = pandas.DataFrame(list(nodes)).set_index("node")
    return frame
