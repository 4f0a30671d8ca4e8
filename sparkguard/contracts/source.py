"""What the readers of a contract share: its document, the problems found, and unique rule ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sparkguard.contracts.yaml import Document, Path
from sparkguard.errors import (
    ConfigurationError,
    Location,
    Problem,
    as_found,
    did_you_mean,
    listed,
)
from sparkguard.options import convert

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_NOT_IN_AN_ID = re.compile(r"[\s\x00-\x1f\x7f,;]+")


@dataclass
class Source:
    """One document being read; problems collect here until it has been read to its end."""

    document: Document
    problems: list[Problem] = field(default_factory=list)

    def where(self, path: Path) -> Location:
        return self.document.where(path)

    def problem(self, path: Path, message: str) -> None:
        self.problems.append(Problem(self.where(path), message))

    def unknown_keys(self, found: Mapping[str, Any], path: Path, allowed: Iterable[str]) -> None:
        """A problem for each key of `found` that is not allowed."""
        names = tuple(allowed)
        what = next((str(part) for part in reversed(path) if isinstance(part, str)), "the file")
        for key in found:
            if key not in names:
                near = did_you_mean(key, names)
                self.problem(
                    (*path, key), f"{what} does not take {key!r}; it takes {listed(names)}.{near}"
                )


class RuleIds:
    """Gives each rule of a contract an id that no other rule has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, *parts: str, suffix: str = "") -> str:
        """`a.b.c`; when it is taken, with the rule's own name or a number behind."""
        wanted = ".".join(filter(None, map(_plain, parts)))
        if wanted in self._taken and _plain(suffix):
            wanted = f"{wanted}.{_plain(suffix)}"
        candidate, number = wanted, 1
        while candidate in self._taken:
            number += 1
            candidate = f"{wanted}.{number}"
        self._taken.add(candidate)
        return candidate


def _plain(text: str) -> str:
    return _NOT_IN_AN_ID.sub("_", text.strip())[:120].strip("_.") if text.strip() else ""


def resolved(value: Any, at: Path, variables: Mapping[str, str], source: Source) -> Any:
    """`value` with `${name}` replaced in every text; a replacement is not looked through again."""
    if isinstance(value, dict):
        return {k: resolved(item, (*at, k), variables, source) for k, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, (*at, i), variables, source) for i, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def given(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in variables:
            return variables[name]
        how = f"give it by --set {name}=VALUE or SPARKGUARD_SET_{name}, in Python by variables"
        near = did_you_mean(name, variables)
        source.problem(at, f"variable {name!r} has no value; {how}.{near}")
        return ""

    return _VARIABLE.sub(given, value)


def converted(cls: type[Any], value: Any, at: Path, source: Source) -> Any:
    """A section of the file as the dataclass `cls`; None beside the problem that stops the load."""
    label = next(str(part) for part in reversed(at) if isinstance(part, str))
    if not isinstance(value, Mapping):
        source.problem(at, f"{label}: expected a mapping, found {as_found(value)}")
        return None
    try:
        return convert(cls, frozen(value), label, lambda option: source.where((*at, option)))
    except ConfigurationError as error:
        source.problems.extend(error.problems)
        return None


def frozen(value: Any) -> Any:
    """`value` with mappings read-only and lists as tuples, all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    return value
