"""A dataclass -> the shape of an event: its name, its fields, and the text that stands in the segments.

The text is that of docs/reference/formats.md: `click(uid:str,item:int,price:float)`.
"""

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable
from typing import Any

__all__ = ["FIELD_TYPES", "Schema", "schema_of"]

FIELD_TYPES: dict[type, str] = {int: "i", float: "f", bool: "b", str: "s", bytes: "y"}
"""The field types that an event may have, and their codes for `_core.Event`."""

_ALLOWED = ", ".join(kind.__name__ for kind in FIELD_TYPES)
_MOST_FIELDS = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Schema:
    """The shape of one event type.

    Attributes:
        name: the event's name in the segments: the class's name in snake_case.
        fields: the fields' names, in the order of the record; those for positional use stand first.
        codes: one letter a field (FIELD_TYPES).
        positional: how many of the fields may be given by position.
        defaults: field -> default value.
        factories: field -> callable that gives the default value of one event.
        text: the shape as it stands in the segments.
    """

    name: str
    fields: tuple[str, ...]
    codes: str
    positional: int
    defaults: dict[str, Any]
    factories: dict[str, Callable[[], Any]]
    text: str


def schema_of(cls: type) -> Schema:
    """The shape of the events that dataclass `cls` describes.

    Raises:
        TypeError: not a dataclass, or a field that an event cannot have; the message names it and what is allowed.
    """
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        raise TypeError(f"event() takes a dataclass, not {cls!r}: put @dataclass above the class")
    types = _types(cls)
    fields = sorted(dataclasses.fields(cls), key=lambda field: field.kw_only is True)
    if list(signature_of(cls).parameters) != [field.name for field in fields]:
        raise TypeError(
            f"{cls.__name__}: an event's fields must be the parameters of its __init__ (no init=False, no InitVar)"
        )
    if len(fields) > _MOST_FIELDS:
        raise TypeError(f"{cls.__name__} has {len(fields)} fields: an event has at most {_MOST_FIELDS}")
    for field in fields:
        _check(cls, field.name, types[field.name])
    kinds = [types[field.name] for field in fields]
    name = snake_case(cls.__name__)
    if not name.isascii():
        raise TypeError(f"{cls.__name__}: the name of an event must be ASCII")
    return Schema(
        name=name,
        fields=tuple(field.name for field in fields),
        codes="".join(FIELD_TYPES[kind] for kind in kinds),
        positional=sum(field.kw_only is not True for field in fields),
        defaults={f.name: f.default for f in fields if f.default is not dataclasses.MISSING},
        factories={f.name: f.default_factory for f in fields if f.default_factory is not dataclasses.MISSING},
        text=f"{name}({','.join(f'{f.name}:{kind.__name__}' for f, kind in zip(fields, kinds, strict=True))})",
    )


def snake_case(name: str) -> str:
    """PageView -> page_view, HTTPRequest -> http_request."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")


def signature_of(cls: type) -> inspect.Signature:
    """The parameters of the event's callable: those of the dataclass, answering bool."""
    return inspect.signature(cls).replace(return_annotation=bool)


def _types(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls)
    except NameError as error:
        raise TypeError(f"{cls.__name__}: its annotations cannot be read ({error}); allowed are {_ALLOWED}") from error


def _check(cls: type, name: str, kind: object) -> None:
    if not (isinstance(kind, type) and kind in FIELD_TYPES):
        shown = kind.__name__ if isinstance(kind, type) else kind
        raise TypeError(f"{cls.__name__}.{name}: {shown} cannot stand in an event; allowed are {_ALLOWED}")
    if not name.isascii():
        raise TypeError(f"{cls.__name__}.{name}: the names of an event's fields must be ASCII")
