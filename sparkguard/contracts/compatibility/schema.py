"""Differences between two trees of columns: names, types, order and nullability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sparkguard import datatypes as dt
from sparkguard.contracts.compatibility.grades import (
    BOTH,
    LOOSENS,
    NONE,
    TIGHTENS,
    Change,
    Discharge,
    Path,
)
from sparkguard.contracts.compatibility.shape import Facts, TableShape
from sparkguard.contracts.compatibility.widening import retyped
from sparkguard.datatypes import ELEMENT, KEY, VALUE
from sparkguard.kinds import fingerprint


@dataclass(frozen=True)
class Trees:
    """The two sides of a comparison.

    `renames` maps new paths to old ones; they keep history readable only with `column_mapping`.
    """

    table: str
    facts: Mapping[Path, Facts]
    renames: Mapping[Path, str]
    column_mapping: bool = False


def schema_changes(
    old: TableShape,
    new: TableShape,
    renames: Mapping[Path, str] | None = None,
    column_mapping: bool = False,
) -> tuple[Change, ...]:
    """Every difference between the columns of `old` and `new`, nested ones included."""
    declared = {p: f.renamed_from for p, f in new.facts.items() if f.renamed_from is not None}
    trees = Trees(new.name, new.facts, {**(renames or {}), **declared}, column_mapping)
    return tuple(_struct(old.schema, new.schema, (), trees))


def _struct(old: dt.Struct, new: dt.Struct, at: Path, trees: Trees) -> Iterator[Change]:
    before = {field.name: field for field in old}
    by_fold = {field.name.casefold(): field for field in old}
    matched: list[tuple[str, str]] = []
    for field in new:
        path = (*at, field.name)
        source = before.get(field.name)
        if source is None:
            source = _renamed(old, new, path, trees)
            if source is not None:
                yield _rename(source, field, path, trees)
        if source is None:
            cased = by_fold.get(field.name.casefold())
            if cased is not None and new.get(cased.name) is None:
                source = cased
                yield _case_rename(cased, path, trees)
        if source is None:
            yield _added(field, path, trees)
            continue
        matched.append((source.name, field.name))
        yield from _field(source, field, path, trees)
    kept = {name for name, _ in matched}
    for field in old:
        if field.name not in kept:
            yield _dropped(field, (*at, field.name), trees)
    yield from _order(old, new, matched, at, trees)


def _renamed(old: dt.Struct, new: dt.Struct, path: Path, trees: Trees) -> dt.Field | None:
    source = trees.renames.get(path)
    if source is None or new.get(source) is not None:
        return None
    return old.get(source)


def _rename(old: dt.Field, new: dt.Field, path: Path, trees: Trees) -> Change:
    grade, why, mend = (
        BOTH,
        "without column mapping a rename is a drop and an add: stored files hold the old name",
        "enable column mapping on the table (delta.columnMapping.mode = name)",
    )
    if trees.column_mapping:
        grade, why, mend = (
            LOOSENS,
            "existing jobs select the old name",
            "keep the old name until its readers have moved",
        )
    return Change("renamed", trees.table, path, old.name, new.name, grade, why, mend, exact=True)


def _case_rename(old: dt.Field, path: Path, trees: Trees) -> Change:
    return Change(
        "case_renamed",
        trees.table,
        path,
        old.name,
        path[-1],
        LOOSENS,
        "engines with case-sensitive names no longer find it",
        f"keep the spelling {old.name!r}",
        exact=True,
    )


def _added(field: dt.Field, path: Path, trees: Trees) -> Change:
    if field.nullable:
        return Change(
            "added_nullable",
            trees.table,
            path,
            "",
            str(field.type),
            NONE,
            "stored files read NULL",
            positional=True,
            exact=True,
        )
    facts = trees.facts.get(path, Facts())
    return Change(
        "added_required",
        trees.table,
        path,
        "",
        f"{field.type} NOT NULL",
        TIGHTENS,
        "stored files lack it",
        "make it nullable, or declare a default and prove the backfill",
        positional=True,
        exact=True,
        discharge=Discharge.BACKFILL if facts.has_default else Discharge.NOTHING,
    )


def _dropped(field: dt.Field, path: Path, trees: Trees) -> Change:
    rule = "dropped_nullable" if field.nullable else "dropped_required"
    why = "existing jobs select it" + ("" if field.nullable else "; filled with NULL it breaks")
    return Change(
        rule,
        trees.table,
        path,
        str(field.type),
        "",
        LOOSENS,
        why,
        "keep the column until its readers have moved; a rename needs sparkguard.renamedFrom",
        positional=True,
        exact=True,
    )


def _field(old: dt.Field, new: dt.Field, path: Path, trees: Trees) -> Iterator[Change]:
    yield from _nullability("", old.nullable, new.nullable, path, trees)
    yield from _type(old.type, new.type, path, trees)


def _nullability(prefix: str, old: bool, new: bool, path: Path, trees: Trees) -> Iterator[Change]:
    if old and not new:
        yield Change(
            f"{prefix}required",
            trees.table,
            path,
            "nullable",
            "required",
            TIGHTENS,
            "stored rows may be NULL",
            "keep it nullable, or prove that no stored row is NULL",
            exact=True,
            discharge=Discharge.SCAN,
        )
    elif new and not old:
        yield Change(
            f"{prefix}nullable",
            trees.table,
            path,
            "required",
            "nullable",
            LOOSENS,
            "joins and aggregates of existing jobs change",
            "keep it required",
            exact=True,
        )


def _type(old: dt.DataType, new: dt.DataType, path: Path, trees: Trees) -> Iterator[Change]:
    match old, new:
        case dt.Struct(), dt.Struct():
            yield from _struct(old, new, path, trees)
        case dt.Array(), dt.Array():
            inner = (*path, ELEMENT)
            yield from _nullability("element_", old.contains_null, new.contains_null, inner, trees)
            yield from _type(old.element, new.element, inner, trees)
        case dt.Map(), dt.Map():
            yield from _map(old, new, path, trees)
        case _ if old != new:
            found = retyped(old, new)
            yield Change(
                found.rule,
                trees.table,
                path,
                str(old),
                str(new),
                found.grade,
                found.why,
                _retype_remedy(found.rule, old),
                exact=True,
                discharge=found.discharge,
            )


def _map(old: dt.Map, new: dt.Map, path: Path, trees: Trees) -> Iterator[Change]:
    if old.key != new.key:
        yield Change(
            "map_key",
            trees.table,
            (*path, KEY),
            str(old.key),
            str(new.key),
            BOTH,
            "lookups change",
            f"keep the key type {old.key}",
            exact=True,
        )
    inner = (*path, VALUE)
    yield from _nullability(
        "element_", old.value_contains_null, new.value_contains_null, inner, trees
    )
    yield from _type(old.value, new.value, inner, trees)


def _retype_remedy(rule: str, old: dt.DataType) -> str:
    if rule in ("narrowing", "lossy", "decimal_digits"):
        return f"keep {old}, or prove that every stored value fits and rewrite the table"
    return f"keep {old}, or add a new column of the new type beside it"


def _order(
    old: dt.Struct, new: dt.Struct, matched: list[tuple[str, str]], at: Path, trees: Trees
) -> Iterator[Change]:
    """Order among the fields both sides have: additions and drops speak for themselves."""
    positions = {name: i for i, name in enumerate(old.names)}
    sequence = [positions[before] for before, _ in matched]
    shared = {after for _, after in matched}
    appended = all(field.name in shared for field in new.fields[: len(matched)])
    if sequence != sorted(sequence) or not appended:
        yield Change(
            "field_order" if at else "column_order",
            trees.table,
            at,
            ", ".join(old.names[:8]),
            ", ".join(new.names[:8]),
            NONE,
            "insertInto, union and CSV go by position",
            "put new columns last",
            positional=True,
            exact=True,
            content=fingerprint(matched),
        )
