"""Reads an Open Data Contract Standard file into a `Contract`, strictly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from sparkguard.columns import Column
from sparkguard.contracts.compatibility.grades import Mode
from sparkguard.contracts.levels import read_levels
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.contracts.properties import (
    CONTRACT_PROPERTIES,
    SCHEMA_PROPERTIES,
    Declared,
    custom_properties,
    read_columns,
)
from sparkguard.contracts.quality import Quality
from sparkguard.contracts.relationships import References
from sparkguard.contracts.rules import Rules
from sparkguard.contracts.source import RuleIds, Source, frozen
from sparkguard.contracts.spec import CheckSpec
from sparkguard.contracts.validation import validate
from sparkguard.contracts.yaml import LARGEST, Path, load
from sparkguard.datatypes import ELEMENT, KEY, VALUE
from sparkguard.errors import ConfigurationError, Location, Problem, as_found, did_you_mean, listed
from sparkguard.kinds import fingerprint

_VERSIONS = re.compile(r"v3\.[01]\.\d+")
_OF_KEYS = frozenset(("uniqueness", "duplicate_values", "references"))
_TEXT_KEYS = frozenset(("version", "apiVersion", "id"))


def load_contract(path: str | FilePath) -> Contract:
    """The contract in a file. Raises ConfigurationError with every problem found in it."""
    return parse_contract(read_file(path), str(path))


def parse_contract(text: str | bytes, file: str) -> Contract:
    """The contract that `text` states; `file` names it in messages."""
    document = load(text, file, _TEXT_KEYS)
    source = Source(document)
    _header(source)
    if not source.problems:
        validate(source)
    if source.problems:
        raise ConfigurationError(source.problems)
    contract = _Reader(source).contract()
    if source.problems:
        raise ConfigurationError(source.problems)
    return contract


def read_file(path: str | FilePath) -> bytes:
    """The bytes of a configuration file, at most a little over what the loader accepts."""
    try:
        with FilePath(path).open("rb") as stream:
            return stream.read(4 * LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        near = did_you_mean(FilePath(path).name, _beside(FilePath(path)))
        raise ConfigurationError(
            [Problem(Location(str(path)), f"can't be read: {reason}.{near}")]
        ) from None
    except ValueError:
        raise ConfigurationError(f"not a file name: {str(path)[:200]!r}") from None


def _beside(file: FilePath) -> list[str]:
    """The names of what lies in the folder of a file that may not be there."""
    try:
        return sorted(other.name for other in file.parent.iterdir() if other.name != file.name)
    except OSError:
        return []


def _header(source: Source) -> None:
    data = source.document.data
    if not isinstance(data, dict):
        source.problem((), f"a contract is a mapping, found {as_found(data)}")
        return
    version = data.get("apiVersion")
    if version is None:
        source.problem((), "the contract needs 'apiVersion': v3.1.0 or v3.0.x")
    elif not (isinstance(version, str) and _VERSIONS.fullmatch(version)):
        source.problem(
            ("apiVersion",), f"apiVersion: found {as_found(version)}, allowed: v3.0.x and v3.1.x"
        )


def _of_rows(rule: CheckSpec) -> CheckSpec:
    """The rule; one about keys is only listed where a row has several of them."""
    paths = rule.options.get("columns", ()) if rule.kind in _OF_KEYS else ()
    for path in paths if isinstance(paths, tuple) else ():
        if isinstance(path, tuple) and {ELEMENT, KEY, VALUE}.intersection(path):
            reason = f"{rule.kind}: a row has several values of {'.'.join(path)}"
            return replace(rule, skip=rule.skip or reason)
    return rule


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._data: Mapping[str, Any] = source.document.data
        self._ids = RuleIds()

    def contract(self) -> Contract:
        data, source = self._data, self._source
        read = [self._table(node, ("schema", i)) for i, node in enumerate(data.get("schema") or ())]
        tables = tuple(table for table, _ in read)
        self._report_same_names(tables)
        own = custom_properties(data, (), source, CONTRACT_PROPERTIES)
        levels, only_listed = read_levels(data, tables, source, self._ids)
        with_rules = tuple(
            replace(
                table,
                rules=(
                    *map(_of_rows, self._rules(table, declared, tables)),
                    *levels.get(table.name, ()),
                ),
            )
            for table, declared in read
        )
        description = data.get("description") or {}
        return Contract(
            id=data["id"],
            name=data.get("name") or data["id"],
            version=data["version"],
            status=data["status"],
            file=source.document.file,
            source_hash=fingerprint(data),
            compatibility=self._mode(own),
            tables=with_rules,
            description=description.get("purpose") or "",
            listed=only_listed,
            data=frozen(data),
        )

    def _mode(self, own: Mapping[str, tuple[Any, Path]]) -> Mode:
        value, at = own.get("sparkguard.compatibility", (Mode.BOTH.value, ()))
        allowed = [mode.value for mode in Mode]
        if value in allowed:
            return Mode(value)
        self._source.problem(
            at,
            f"sparkguard.compatibility: found {as_found(value)}, allowed: {listed(allowed)}."
            f"{did_you_mean(str(value), allowed)}",
        )
        return Mode.BOTH

    def _report_same_names(self, tables: tuple[TableContract, ...]) -> None:
        seen: set[str] = set()
        for i, table in enumerate(tables):
            if table.name.casefold() in seen:
                self._source.problem(("schema", i), f"table {table.name!r} is declared twice")
            seen.add(table.name.casefold())

    def _table(
        self, node: Mapping[str, Any], at: Path
    ) -> tuple[TableContract, tuple[Declared, ...]]:
        source = self._source
        declared = read_columns(node.get("properties"), (*at, "properties"), source)
        for top in declared:
            for inner in top.inner:
                self._report_nested_keys(inner)
        key = self._positioned(declared, "primaryKey", "primaryKeyPosition")
        own = custom_properties(node, at, source, SCHEMA_PROPERTIES)
        table = TableContract(
            name=node["name"],
            physical_name=node.get("physicalName") or node["name"],
            description=node.get("description") or "",
            columns=tuple(one.column for one in declared),
            primary_key=key,
            partitioned_by=self._positioned(declared, "partitioned", "partitionKeyPosition"),
            grain=self._grain(own, declared) or key,
            quarantine=self._quarantine(own),
            tags=tuple(node.get("tags") or ()),
            id=node.get("id"),
            where=source.where(at),
        )
        return table, declared

    def _report_nested_keys(self, top: Declared) -> None:
        for one in top.walk():
            for word in ("primaryKey", "partitioned"):
                if one.node.get(word) is True:
                    self._source.problem(
                        (*one.at, word), f"{word} stands at top-level properties only"
                    )

    def _positioned(
        self, declared: tuple[Declared, ...], flag: str, position: str
    ) -> tuple[str, ...]:
        """Names of the flagged columns by position; without positions, in the order written."""
        flagged = [one for one in declared if one.node.get(flag) is True]
        places = [one.node.get(position, -1) for one in flagged]
        for one in declared:
            if position in one.node and one.node.get(flag) is not True:
                self._source.problem((*one.at, position), f"{position} without {flag}: true")
        if any(place < 1 for place in places):
            for one, place in zip(flagged, places, strict=True):
                if place != -1:
                    self._source.problem(
                        (*one.at, position),
                        f"{position}: give every column of the key a position from 1, or none",
                    )
            return tuple(one.column.name for one in flagged)
        if len(set(places)) < len(places):
            at = (*flagged[-1].at, position)
            self._source.problem(at, f"{position}: two columns have the same position")
        in_order = sorted(zip(places, flagged, strict=True), key=lambda pair: pair[0])
        return tuple(one.column.name for _, one in in_order)

    def _grain(
        self, own: Mapping[str, tuple[Any, Path]], declared: tuple[Declared, ...]
    ) -> tuple[str, ...]:
        nothing: tuple[Any, Path] = ((), ())
        value, at = own.get("sparkguard.grain", nothing)
        names = [value] if isinstance(value, str) else value
        by_name = {one.column.contract_name: one.column.name for one in declared}
        if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
            self._source.problem(at, f"sparkguard.grain: expected names, found {as_found(value)}")
            return ()
        for name in names:
            if name not in by_name:
                self._source.problem(
                    at, f"sparkguard.grain: no property {name!r}.{did_you_mean(name, by_name)}"
                )
        return tuple(by_name.get(str(name), str(name)) for name in names)

    def _quarantine(self, own: Mapping[str, tuple[Any, Path]]) -> bool:
        forbidden: tuple[Any, Path] = ("forbidden", ())
        value, at = own.get("sparkguard.quarantine", forbidden)
        if value not in ("allowed", "forbidden"):
            self._source.problem(
                at, f"sparkguard.quarantine: found {as_found(value)}, allowed: allowed, forbidden"
            )
        return bool(value == "allowed")

    def _rules(
        self,
        table: TableContract,
        declared: tuple[Declared, ...],
        tables: tuple[TableContract, ...],
    ) -> Iterable[CheckSpec]:
        source, ids = self._source, self._ids
        index = next(i for i, other in enumerate(tables) if other is table)
        at: Path = ("schema", index)
        node = self._data["schema"][index]
        makes = Rules(table.name, source, ids)
        if table.columns:
            options = {"columns": table.columns, "partitioned_by": table.partitioned_by}
            yield makes.spec("schema", (), options, at)
        if table.primary_key:
            keyed = {"columns": table.primary_key, "key_nulls": "violation"}
            label = "+".join(table.primary_key)
            yield makes.spec("uniqueness", (label,), keyed, self._key_at(declared))
        every = [one for top in declared for one in top.walk()]
        for one in every:
            yield from makes.of_column(one, table.primary_key)
        by_name: dict[str, Column] = {one.column.contract_name: one.column for one in declared}
        structs = {other.name: other.struct if other.columns else None for other in tables}
        quality = Quality(table.name, by_name, structs, source, ids)
        references = References(tables, source, ids)
        places: list[tuple[Mapping[str, Any], Path, Column | None]] = [(node, at, None)]
        for one in every:
            places.append((one.node, one.at, one.column))
        for holder, place, column in places:
            for i, item in enumerate(holder.get("quality") or ()):
                if made := quality.spec(item, (*place, "quality", i), column):
                    yield made
            for i, item in enumerate(holder.get("relationships") or ()):
                if made := references.spec(item, (*place, "relationships", i), table, column):
                    yield made

    def _key_at(self, declared: tuple[Declared, ...]) -> Path:
        return next((*one.at, "primaryKey") for one in declared if one.node.get("primaryKey"))
