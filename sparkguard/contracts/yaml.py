"""Strict YAML: 1.2 scalars, every key once and as text, no anchors, aliases, merge keys or tags.

PyYAML only scans; values are built here from its events, so that nothing is expanded, guessed
or constructed that the author did not write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from sparkguard.errors import ConfigurationError, Location, Problem

LARGEST = 1_000_000  # characters
DEEPEST = 50

Path = tuple[str | int, ...]

_MOST_DIGITS = 300
_MOST_EXPONENT_DIGITS = 9
_LONGEST_EXPONENT = 300  # beyond it an exact number would need its digits in memory

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_OCTAL = re.compile(r"0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NAN = frozenset((".nan", ".NaN", ".NAN"))


@dataclass(frozen=True)
class Document:
    """What a file says. `marks` gives the place of every key and list item by its path."""

    file: str
    data: Any
    marks: Mapping[Path, Location]

    def where(self, path: Path) -> Location:
        """The place of `path`, or of the nearest thing around it that the author wrote."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Location(self.file))


def load(text: str | bytes, file: str, text_keys: frozenset[str] = frozenset()) -> Document:
    """Read one document. The values of `text_keys` keep their source text, as `version: 1.10`.

    Raises ConfigurationError with every problem found, or the first that makes the rest
    unreadable.
    """
    if isinstance(text, bytes):
        text = _decoded(text, file)
    if len(text) > LARGEST:
        _refuse(Location(file), f"{len(text):,} characters; at most {LARGEST:,} are read")
    builder = _Builder(file, text_keys)
    builder.read(text.removeprefix("\ufeff"))
    if builder.problems:
        raise ConfigurationError(builder.problems)
    if not builder.documents or builder.root is None:
        _refuse(Location(file), "the file is empty")
    return Document(file, builder.root, builder.marks)


def _decoded(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        _refuse(Location(file, line, 1), "not UTF-8 text; save the file as UTF-8")


def _refuse(where: Location, message: str) -> NoReturn:
    raise ConfigurationError([Problem(where, message)])


@dataclass
class _Open:
    """A list or mapping whose end has not been read yet."""

    value: Any
    path: Path
    start: Location
    key: str | None = None  # a mapping's key that waits for its value
    seen: dict[str, Location] = field(default_factory=dict)


class _Builder:
    def __init__(self, file: str, text_keys: frozenset[str]) -> None:
        self._file = file
        self._text_keys = text_keys
        self._open: list[_Open] = []
        self.root: Any = None
        self.marks: dict[Path, Location] = {}
        self.problems: list[Problem] = []
        self.documents = 0

    def read(self, text: str) -> None:
        import yaml

        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in yaml.parse(text, Loader=loader):
                self._take(event, yaml)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = self._where(mark) if mark else Location(self._file)
            _refuse(where, _plain(error.problem or error.context or "not YAML", text, mark))
        except yaml.reader.ReaderError as error:
            # The position is in bytes or characters, depending on the loader.
            line = text.count("\n", 0, text.index(chr(error.character))) + 1
            _refuse(Location(self._file, line, 1), "a control character, which YAML does not allow")

    def _where(self, mark: Any) -> Location:
        return Location(self._file, mark.line + 1, mark.column + 1)

    def _take(self, event: Any, yaml: Any) -> None:
        where = self._where(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                _refuse(where, "a second document; a file holds one")
        elif isinstance(event, yaml.AliasEvent):
            self._problem(where, f"alias *{event.anchor}; write the value out")
            self._put(None, where)
        elif isinstance(event, yaml.ScalarEvent):
            self._decorations(event, where)
            self._scalar(event, where)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._decorations(event, where)
            self._begin({} if isinstance(event, yaml.MappingStartEvent) else [], where)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._open.pop()

    def _problem(self, where: Location, message: str) -> None:
        self.problems.append(Problem(where, message))

    def _decorations(self, event: Any, where: Location) -> None:
        if event.anchor:
            self._problem(where, f"anchor &{event.anchor}; anchors and aliases are not read")
        if event.tag and event.tag != "!":
            self._problem(where, f"tag {event.tag[:80]!r}; tags are not read")

    def _begin(self, value: Any, where: Location) -> None:
        if len(self._open) >= DEEPEST:
            _refuse(where, f"more than {DEEPEST} levels deep")
        if self._waits_for_key():
            _refuse(where, "a key must be text, found a list or mapping; quote a leading brace")
        path = self._put(value, where)
        self._open.append(_Open(value, path, where))

    def _waits_for_key(self) -> bool:
        return (
            bool(self._open)
            and isinstance(self._open[-1].value, dict)
            and (self._open[-1].key is None)
        )

    def _scalar(self, event: Any, where: Location) -> None:
        plain = event.implicit[0] and not event.style
        if self._waits_for_key():
            self._key(event.value, where, plain)
        elif plain and not self._keeps_text():
            try:
                value = resolve(event.value)
            except ValueError as error:
                self._problem(where, str(error))
                value = None
            self._put(value, where)
        else:
            self._put(None if plain and event.value in _NULL else event.value, where)

    def _keeps_text(self) -> bool:
        top = self._open[-1] if self._open else None
        return top is not None and top.key in self._text_keys and "implementation" not in top.path

    def _key(self, key: str, where: Location, plain: bool) -> None:
        top = self._open[-1]
        if plain and key == "<<":
            self._problem(where, "merge key '<<'; write the keys out")
        elif plain and key in _NULL:
            self._problem(where, "a key must be text, found nothing")
        elif key in top.seen:
            self._problem(where, f"key {key[:80]!r} is already given at line {top.seen[key].line}")
        top.seen.setdefault(key, where)
        top.key = key
        self.marks.setdefault((*top.path, key), where)

    def _put(self, value: Any, where: Location) -> Path:
        if not self._open:
            self.root = value
            self.marks[()] = where
            return ()
        top = self._open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            path: Path = (*top.path, len(top.value) - 1)
            self.marks[path] = where
            return path
        if top.key is None:
            _refuse(where, "a key must be text, found an alias")
        key, top.key = str(top.key), None
        top.value[key] = value
        return (*top.path, key)


def resolve(text: str) -> Any:
    """The value of a plain scalar by YAML 1.2's core schema.

    A number that a float can't hold as written comes back as Decimal. Raises ValueError for numbers
    beyond what Python counts with.
    """
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return _whole(text, 10)
    if _HEXADECIMAL.fullmatch(text):
        return _whole(text[2:], 16)
    if _OCTAL.fullmatch(text):
        return _whole(text[2:], 8)
    if found := _FLOAT.fullmatch(text):
        if len((found.group(3) or "").lstrip("eE+-0")) > _MOST_EXPONENT_DIGITS:
            raise ValueError(
                f"a number with an exponent of more than {_MOST_EXPONENT_DIGITS} digits; "
                "quote it if it is text"
            )
        number, written = float(text), Decimal(text)
        held = Decimal(repr(number)) == written or abs(written.adjusted()) > _LONGEST_EXPONENT
        return number if held else written
    if text in _NAN:
        return float("nan")
    if infinite := _INFINITE.fullmatch(text):
        return float(infinite.group(1) + "inf")
    return text


def _whole(digits: str, base: int) -> int:
    # Python reads no more than 4,300 decimal digits, and a float ends at 309.
    if len(digits) <= _MOST_DIGITS and abs(number := int(digits, base)) < 10**_MOST_DIGITS:
        return number
    raise ValueError(f"a whole number has at most {_MOST_DIGITS} digits; quote it if it is text")


def _plain(problem: str, text: str, mark: Any) -> str:
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return "a tab; YAML is indented with spaces"
    return f"not YAML: {problem}"
