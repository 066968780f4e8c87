"""Typed values made of the core's JSON, by one converter for all of them."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import os
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeVar, cast

from . import _native
from ._docs import FieldDocs
from ._extras import Self

__all__ = ["Value", "Word", "checked", "encode", "to_json", "written"]

T = TypeVar("T")
E = TypeVar("E", bound="Word")


class Word(str, enum.Enum):
    """One of a few words of the JSON contract. Equal to its text, and prints as it."""

    __str__ = str.__str__

    def __format__(self, spec: str) -> str:
        return str.__format__(self, spec)

    @classmethod
    def _of(cls: type[E], word: str) -> E:
        """The member for ``word``; a new one for a word of the future."""
        known = cls._value2member_map_.get(word)
        if known is not None:
            return cast("E", known)
        unknown = str.__new__(cls, word)
        unknown._name_ = word.upper()
        unknown._value_ = word
        return unknown


class Value:
    """A value of the core: immutable, made from and written as the JSON contract.

    Fields that this version does not know are kept, and written again by :meth:`to_dict`.
    """

    # Equality, hash and text are here and not made for each of the classes: to make them took a
    # sixth of the time that the import took.

    #: What the core calls it, if it can be read from outside.
    _what: ClassVar[str | None] = None
    #: Names in the JSON that are not names in Python.
    _names: ClassVar[Mapping[str, str]] = {}
    _extra: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls.__doc__ = FieldDocs(cls.__doc__ or "")  # type: ignore[assignment]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        from ._pydantic import value_schema

        return value_schema(cls)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Reads the JSON contract, with the core's own checks.

        Raises:
            ConfigInvalidError: if it is not what it should be.
            TypeError: if ``data`` is no mapping.
        """
        if not isinstance(data, Mapping):
            raise TypeError(f"data must be a mapping, not {type(data).__name__}")
        return cls._read(data)

    @classmethod
    def _read(cls, data: Any) -> Self:
        """Reads what may be anything that JSON has."""
        if cls._what is not None:
            return cls._of(json.loads(_native.checked(cls._what, to_json(data, cls._what))))
        try:
            return cls._of(data)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            from ._errors import ConfigInvalidError

            raise ConfigInvalidError(f"not the JSON of a {cls.__name__}: {error}") from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what :meth:`save`, or the command with ``--output json``, wrote.

        Raises:
            ConfigInvalidError: if the file holds something else. Its ``context`` has the ``file``.
            OSError: if it cannot be read.
        """
        from ._errors import ConfigInvalidError

        file = os.fspath(path)
        with open(file, "rb") as source:
            text = source.read()
        try:
            data = json.loads(text)
        except (RecursionError, ValueError) as error:
            message, context = f"{file} holds no JSON: {error}", {"file": file, "why": str(error)}
            raise ConfigInvalidError(message, context=context) from None
        try:
            return cls._read(data)
        except ConfigInvalidError as error:
            message, context = f"{file}: {error}", {**error.context, "file": file}
            problems = error.problems
            raise ConfigInvalidError(message, context=context, problems=problems) from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the JSON contract to a file, which is replaced as a whole."""
        written(path, json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n")

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract: dicts, lists, text and numbers, without what is absent."""
        names = self._names
        data = {
            names.get(field.name, field.name): _plain(item)
            for field in _fields(type(self))
            # The core leaves out what there is none of, and so are its defaults.
            if (item := getattr(self, field.name)) is not None
            and (item != () or field.default != ())
        }
        data.update(self._extra)
        return data

    @classmethod
    def _of(cls, data: Mapping[str, Any]) -> Self:
        """Makes the value of JSON that the core wrote."""
        made = cls.__new__(cls)
        shape = _shape(cls)
        read = shape.readers
        own = made.__dict__
        extra = {}
        for name, item in data.items():
            reader = read.get(name)
            if reader is None:
                extra[name] = item
            else:
                own[reader[0]] = reader[1](item)
        for name, default in shape.defaults:
            if name not in own:
                own[name] = default
        missing = [name for name, _ in read.values() if name not in own]
        if missing:
            raise TypeError(f"{cls.__name__} needs {', '.join(missing)}")
        if extra:
            own["_extra"] = extra
        return made

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _items(self) == _items(other)

    def __hash__(self) -> int:
        return hash(_items(self))

    def __repr__(self) -> str:
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in _fields(type(self)))
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickled, (type(self), self.to_dict()))


def written(path: str | os.PathLike[str], text: str) -> None:
    """Writes a file, which is replaced as a whole."""
    path = os.fspath(path)
    partial = f"{path}.{os.getpid()}.part"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(partial, path)


def checked(made: Value) -> None:
    """Checks and completes what a caller made, in place."""
    what = cast("str", made._what)
    given = {name: item for name, item in made.__dict__.items() if item is not None}
    read = json.loads(_native.checked(what, json.dumps(encode(given, what))))
    made.__dict__.update(type(made)._of(read).__dict__)


def _unpickled(cls: type[Value], data: Mapping[str, Any]) -> Value:
    return cls._of(data)


def _fields(cls: type[Value]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cast("Any", cls))


def _items(item: Value) -> tuple[Any, ...]:
    return tuple([getattr(item, field.name) for field in _fields(type(item))])


class _Shape:
    """How a class of values is read, found out once."""

    def __init__(self, cls: type[Value]) -> None:
        hints = typing.get_type_hints(cls)
        fields = _fields(cls)
        names = cls._names
        #: For every name in the JSON: the name in Python, and what reads it.
        self.readers = {
            names.get(field.name, field.name): (field.name, _reader(hints[field.name]))
            for field in fields
        }
        #: What absent fields are: JSON has no other way to say None.
        self.defaults = [
            (field.name, field.default)
            for field in fields
            if field.default is not dataclasses.MISSING
        ]


_SHAPES: dict[type[Value], _Shape] = {}


def _shape(cls: type[Value]) -> _Shape:
    shape = _SHAPES.get(cls)
    if shape is None:
        shape = _SHAPES[cls] = _Shape(cls)
    return shape


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        values = [arg for arg in inner if isinstance(arg, type) and issubclass(arg, Value)]
        if len(values) > 1:
            return lambda item: _fitting(values, item)._of(item)
        read = _reader(inner[0])
        return lambda item: None if item is None else read(item)
    if origin is tuple:
        read = _reader(typing.get_args(hint)[0])
        return tuple if read is _same else lambda items: tuple([read(item) for item in items])
    if isinstance(hint, type) and issubclass(hint, (Value, Word)):
        return hint._of
    return _same


def _fitting(classes: list[type[Value]], item: Mapping[str, Any]) -> type[Value]:
    """The first class whose every field is there that has no default."""

    def fits(cls: type[Value]) -> bool:
        shape = _shape(cls)
        optional = {name for name, _ in shape.defaults}
        return all(key in item for key, (name, _) in shape.readers.items() if name not in optional)

    return next((cls for cls in classes if fits(cls)), classes[0])


def _same(item: T) -> T:
    return item


def _plain(item: Any) -> Any:
    if isinstance(item, Value):
        return item.to_dict()
    if isinstance(item, Word):
        return str(item)
    if isinstance(item, tuple):
        return [_plain(one) for one in item] if item and not _is_plain(item[0]) else list(item)
    return item


def _is_plain(item: Any) -> bool:
    return type(item) in (int, float, str, bool)


def to_json(data: Any, name: str) -> str:
    """``data`` as JSON text. ``name`` is what errors call it.

    Raises:
        TypeError: if it holds something that JSON does not have.
    """
    if isinstance(data, Value):
        return json.dumps(data.to_dict())
    return json.dumps(encode(data, name))


def encode(data: Any, name: str) -> Any:
    """``data`` in the types of JSON, whatever typed values and mappings it holds."""
    if data is None or isinstance(data, (bool, int)):
        return data
    if isinstance(data, str):
        return str(data)
    if isinstance(data, float):
        # JSON has no other numbers; the core names the field, the value and the bound.
        return data if math.isfinite(data) else str(data)
    if isinstance(data, Value):
        return data.to_dict()
    if isinstance(data, timedelta):
        return _duration(data, name)
    if isinstance(data, os.PathLike):
        return os.fspath(data)
    return _encode_many(data, name)


def _encode_many(data: Any, name: str) -> Any:
    if isinstance(data, Mapping):
        return {_key(key, name): encode(item, f"{name}[{key!r}]") for key, item in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, (bytes, bytearray)):
        return [encode(item, f"{name}[{i}]") for i, item in enumerate(data)]
    if isinstance(data, (set, frozenset)):
        return [encode(item, name) for item in sorted(data)]
    number = getattr(data, "item", None)  # a scalar of numpy or pandas
    if callable(number) and getattr(data, "ndim", None) == 0:
        return encode(number(), name)
    raise TypeError(f"{name} must be a value of the JSON contract, not {type(data).__name__}")


def _duration(given: timedelta, name: str) -> float:
    """A duration in the unit that its option's name says: milliseconds, or seconds."""
    unit = timedelta(milliseconds=1) if name.rstrip("']").endswith("_ms") else timedelta(seconds=1)
    return given / unit


def _key(key: Any, name: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{name} must have text as keys, not {type(key).__name__}")
    return str(key)
