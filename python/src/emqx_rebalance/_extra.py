"""Packages that are extras."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["needed"]


def needed(module: str, extra: str) -> Any:
    """Imports ``module``, or says which extra has it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"{module} is not installed: pip install 'emqx-rebalance[{extra}]'"
        raise ImportError(message, name=module) from error
