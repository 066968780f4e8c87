"""Docstrings of classes with those of their fields, which Python itself does not keep."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["FieldDocs"]


class FieldDocs:
    """A class's docstring that ends with what each of its fields means.

    It is put together when somebody asks for it: to read the source takes longer than the import.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __get__(self, _: object, owner: type) -> str:
        # The decorator asks too, and sets this afterwards.
        is_being_made = dataclasses.is_dataclass(owner) and "__match_args__" not in vars(owner)
        if is_being_made:
            return self._text
        fields = [f"    {name}: {meaning}" for cls in _classes(owner) for name, meaning in _of(cls)]
        if not fields:
            return self._text
        return "\n".join([inspect.cleandoc(self._text), "", "Fields:", *fields, ""])


def _classes(owner: type) -> Iterator[type]:
    """The classes that fields come from, the farthest first."""
    ours = owner.__module__.partition(".")[0]
    return (cls for cls in reversed(owner.__mro__) if cls.__module__.startswith(ours))


def _of(cls: type) -> Iterator[tuple[str, str]]:
    """Each field of a class that has a docstring, with that."""
    body: list[ast.stmt] = next(iter(_bodies(cls)), [])
    for field, meaning in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = _text(meaning)
            if text is not None:
                yield field.target.id, " ".join(text.split())


def _bodies(cls: type) -> Iterator[list[ast.stmt]]:
    """The body of the class, where its source is to be had."""
    module: Any = sys.modules.get(cls.__module__)
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        return
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            yield node.body


def _text(statement: ast.stmt) -> str | None:
    """The text that a statement is, if it is nothing else."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    return None
