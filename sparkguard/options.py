"""Turns the options of a rule, as read from YAML, into a frozen dataclass, strictly.

A field's type says what it takes. Nothing is converted but whole numbers where a number is
taken, lists where a tuple is taken, and one text where a column path is taken.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sparkguard.errors import ConfigurationError, Location, Problem, as_found, did_you_mean, listed

T = TypeVar("T")

_COLUMN = "column"
ColumnPath = Annotated[tuple[str, ...], _COLUMN]
"""A column: text for a top-level one, a list of names for a field nested in structs."""


class _Mismatch(Exception):
    """What is wrong with a value; `inside` when it is a part of it and not the whole."""

    def __init__(self, *messages: str, inside: bool = False) -> None:
        super().__init__(*messages)
        self.messages, self.inside = messages, inside


def convert(
    cls: type[T], values: Mapping[str, Any], label: str, where: Callable[[str], Location]
) -> T:
    """An instance of the dataclass `cls` with fields from `values`.

    `where` gives the place of an option in its file ("" is the rule itself) and `label` names
    the rule in messages. Raises ConfigurationError with all problems found.
    """
    problems: list[Problem] = []
    hints = _hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    for option in values.keys() - fields.keys():
        message = (
            f"{label} does not take {option!r}; it takes {listed(fields)}."
            f"{did_you_mean(option, fields)}"
        )
        problems.append(Problem(where(option), message))
    ready: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in values:
            if field.default is field.default_factory is dataclasses.MISSING:
                problems.append(Problem(where(""), f"{label} needs the option {name!r}"))
            continue
        try:
            ready[name] = _value(hints[name], values[name], f"{label}.{name}")
        except _Mismatch as mismatch:
            problems.extend(Problem(where(name), message) for message in mismatch.messages)
    if not problems:
        try:
            return cls(**ready)
        except ValueError as error:
            problems.append(Problem(where(""), f"{label}: {error}"))
    raise ConfigurationError(problems)


def described(cls: type[Any]) -> tuple[tuple[str, str, Any], ...]:
    """(option, what it takes, default or MISSING) of every option of a dataclass."""
    hints = _hints(cls)
    return tuple(
        (field.name, _taken(hints[field.name]), _default(field))
        for field in dataclasses.fields(cls)
        if field.init
    )


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _hints(cls: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _value(hint: Any, found: Any, at: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return found
    if origin is Annotated and _COLUMN in arguments:
        return _column(found, at)
    if origin in (Union, types.UnionType):
        return _union(hint, arguments, found, at)
    if origin is Literal:
        if found in arguments and type(found) in {type(a) for a in arguments}:
            return found
        raise _mismatch(at, hint, found, _near(found, arguments))
    if origin is tuple:
        return _tuple(hint, arguments, found, at)
    if origin in (Mapping, dict) or hint is Mapping:
        if not isinstance(found, Mapping):
            raise _mismatch(at, hint, found)
        return {k: _value(arguments[1], v, f"{at}.{k}") for k, v in found.items()}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _value(Literal[tuple(m.value for m in hint)], found, at) and hint(found)
    if dataclasses.is_dataclass(hint) and isinstance(found, Mapping):
        return _nested(hint, found, at)
    if hint is float and type(found) is int:
        return float(found)
    if (
        isinstance(hint, type)
        and isinstance(found, hint)
        and (hint is bool) == (isinstance(found, bool))
    ):
        return found
    raise _mismatch(at, hint, found)


def _column(found: Any, at: str) -> tuple[str, ...]:
    if isinstance(found, str):
        return (found,)
    if isinstance(found, (list, tuple)) and found and all(isinstance(p, str) for p in found):
        return tuple(found)
    raise _mismatch(at, ColumnPath, found)


def _union(hint: Any, arguments: tuple[Any, ...], found: Any, at: str) -> Any:
    if found is None and type(None) in arguments:
        return None
    deepest: _Mismatch | None = None
    for argument in arguments:
        if argument is type(None):
            continue
        try:
            return _value(argument, found, at)
        except _Mismatch as mismatch:
            if mismatch.inside:
                deepest = mismatch
    raise deepest or _mismatch(at, hint, found)


def _tuple(hint: Any, arguments: tuple[Any, ...], found: Any, at: str) -> Any:
    if not isinstance(found, (list, tuple)):
        raise _mismatch(at, hint, found)
    if arguments[-1] is ...:
        return tuple(_value(arguments[0], v, f"{at}[{i}]") for i, v in enumerate(found))
    if len(found) != len(arguments):
        raise _Mismatch(f"{at}: expected {len(arguments)} items, found {len(found)}")
    return tuple(
        _value(a, v, f"{at}[{i}]") for i, (a, v) in enumerate(zip(arguments, found, strict=True))
    )


def _nested(hint: Any, found: Mapping[str, Any], at: str) -> Any:
    try:
        return convert(hint, found, at, lambda option: Location(""))
    except ConfigurationError as error:
        raise _Mismatch(*(p.message for p in error.problems), inside=True) from None


def _mismatch(at: str, hint: Any, found: Any, more: str = "") -> _Mismatch:
    return _Mismatch(f"{at}: expected {_taken(hint)}, found {as_found(found)}.{more}")


def _near(found: Any, arguments: tuple[Any, ...]) -> str:
    return did_you_mean(found, map(str, arguments)) if isinstance(found, str) else ""


_NULL = type(None)
_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    str: "text",
    _NULL: "null",
}


def _taken(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _WORDS:
        return _WORDS[hint]
    if origin is Annotated and _COLUMN in arguments:
        return "a column (text, or a list of names for a nested field)"
    if origin in (Union, types.UnionType):
        words = dict.fromkeys(_taken(a) for a in sorted(arguments, key=lambda a: a is _NULL))
        if _WORDS[float] in words:
            words.pop(_WORDS[int], None)
        return " or ".join(words)
    if origin is Literal:
        return "one of " + listed(repr(a) if isinstance(a, str) else str(a) for a in arguments)
    if origin is tuple:
        return f"a list of {_taken(arguments[0])}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + listed(repr(m.value) for m in hint)
    if dataclasses.is_dataclass(hint):
        return "a mapping with " + listed(f.name for f in dataclasses.fields(hint))
    return "a mapping" if origin in (Mapping, dict) else "any value" if hint is Any else str(hint)
