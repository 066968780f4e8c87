"""Types that only checkers need: of packages that are extras, or that no program has to have.

Whoever reads annotations while the program runs finds ``Any`` in their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame
    from rich.console import Console
    from typing_extensions import Self, Unpack
else:
    Axes = Console = DataFrame = Self = Unpack = Any

__all__ = ["Axes", "Console", "DataFrame", "Self", "Unpack"]
