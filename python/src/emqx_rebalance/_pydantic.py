"""How pydantic checks our types in what it is given: models, and calls under ``validate_call``.

pydantic itself calls this. No program needs it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

__all__ = ["Instance", "value_schema"]


class Instance:
    """What pydantic takes as it is: it cannot be made of JSON."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        return _core_schema().is_instance_schema(cls)


def value_schema(cls: Any) -> Any:
    """Takes a value of ``cls``, or the JSON of one, and writes that JSON."""

    def read(given: Any) -> Any:
        if isinstance(given, cls):
            return given
        if isinstance(given, Mapping):
            return cls.from_dict(given)
        raise ValueError(f"must be a {cls.__name__} or a dict of its JSON")

    schema = _core_schema()
    written = schema.plain_serializer_function_ser_schema(lambda value: value.to_dict())
    return schema.no_info_plain_validator_function(read, serialization=written)


def _core_schema() -> Any:
    return importlib.import_module("pydantic_core").core_schema
