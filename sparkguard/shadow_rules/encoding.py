"""A 64-bit hash of a row that tells every pair of different rows apart, as Spark SQL.

`xxhash64` skips NULLs and the bounds of arrays, so (1, NULL) and (NULL, 1) collide. Here it is
fed, in this order: a tag of the names and types, the null flags of all values packed into
bigints, the sizes of collections, then the values in name order. Every step mixes the length of
a string or binary, so the sequence can be read back in one way only: two rows give the same
sequence exactly when they are equal. Floats have one NaN and one zero. Beyond structs, the parts
of a collection enter as hashes of their own, so that each level of nesting adds another chance
of about 2^-64 that two different rows match.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from sparkguard import sql
from sparkguard.datatypes import Array, Atomic, DataType, Decimal, Map, Struct, Text
from sparkguard.errors import EvaluationError
from sparkguard.sql import Sql

_FLAGS_PER_WORD = 62
_PLAIN = frozenset(
    ("tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "date", "timestamp")
    + ("timestamp_ntz", "string", "binary")
)


class NotEncodable(EvaluationError):
    """A type that the row encoding lacks; the message names the column."""


@dataclass(frozen=True)
class Value:
    """A value of a row: where it stands, its type there, and the type it is compared in.

    `unordered` says that the elements of an array are compared as a multiset.
    """

    column: str
    expression: Sql
    type: DataType
    common: DataType
    nullable: bool = True
    unordered: bool = False


@dataclass
class _Parts:
    flags: list[Sql] = field(default_factory=list)
    sizes: list[Sql] = field(default_factory=list)
    values: list[Sql] = field(default_factory=list)


def row_hash(values: Iterable[Value], seed: int = 0, after: Sql | None = None) -> Sql:
    """A bigint that is equal for equal rows and, but for a chance of 2^-64, only for those.

    `after` is the hash of other values of the same row, which this one then covers too. Hashes
    of different `seed` are independent. Raises NotEncodable naming the column.
    """
    ordered = sorted(values, key=lambda v: v.column)
    parts = _Parts()
    for value in ordered:
        _add(parts, value, value.expression, value.type, value.common, value.nullable, 0)
    tag = sql.literal(_tag(ordered, seed))
    words = _packed(parts.flags)
    front = [tag] if after is None else [tag, after]
    return sql.call("xxhash64", *front, *words, *parts.sizes, *parts.values)


def value_hash(value: Value) -> Sql:
    """The hash of one value, NULL where it is NULL."""
    return sql.template("CASE WHEN {} IS NOT NULL THEN {} END", value.expression, row_hash([value]))


def is_plain(type_: DataType) -> bool:
    """True when Spark's `<=>` compares values of the type exactly as the encoding does."""
    return isinstance(type_, Decimal | Text) or (
        isinstance(type_, Atomic) and (type_.name in _PLAIN or type_.name.startswith("interval "))
    )


def _tag(values: Iterable[Value], seed: int) -> int:
    text = ",".join(f"{v.column!r}:{_canonical(v.common)}:{v.unordered}" for v in values)
    digest = hashlib.sha256(f"{seed}:{text}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big")


def _canonical(type_: DataType) -> str:
    """The type's text without nullability, with struct fields in name order."""
    match type_:
        case Struct():
            fields = sorted(type_.fields, key=lambda f: f.name)
            return f"struct<{','.join(f'{f.name!r}:{_canonical(f.type)}' for f in fields)}>"
        case Array():
            return f"array<{_canonical(type_.element)}>"
        case Map():
            return f"map<{_canonical(type_.key)},{_canonical(type_.value)}>"
        case Text():
            return "string"
    return str(type_)


def _packed(flags: list[Sql]) -> list[Sql]:
    words = []
    for start in range(0, len(flags), _FLAGS_PER_WORD):
        bits = [
            sql.template("if({}, {}, 0L)", flag, Sql(f"{1 << at}L"))
            for at, flag in enumerate(flags[start : start + _FLAGS_PER_WORD])
        ]
        words.append(sql.joined(" | ", bits))
    return words


def _add(
    parts: _Parts,
    value: Value,
    at: Sql,
    type_: DataType,
    common: DataType,
    nullable: bool,
    depth: int,
) -> None:
    if nullable:
        parts.flags.append(sql.template("{} IS NULL", at))
    match type_, common:
        case Struct(), Struct():
            for field_ in sorted(type_.fields, key=lambda f: f.name):
                inner = sql.template("{}.{}", at, sql.name(field_.name))
                target = common.get(field_.name)
                if target is None:
                    raise _lacks(value, common)
                may_be_null = field_.nullable or target.nullable
                _add(parts, value, inner, field_.type, target.type, may_be_null, depth)
        case Array(), Array():
            parts.sizes.append(sql.call("array_size", at))
            may_be_null = type_.contains_null or common.contains_null
            if is_plain(common.element) and not value.unordered:
                if type_.element != common.element:
                    at = sql.template("CAST({} AS " + _canonical(common) + ")", at)
                if may_be_null:
                    parts.values.append(sql.template("transform({}, e -> e IS NULL)", at))
                parts.values.append(at)
                return
            element = Sql(f"e{depth}")
            inner = _nested(value, element, type_.element, common.element, may_be_null, depth)
            hashes = sql.template("transform({}, {} -> {})", at, element, inner)
            outermost = value.unordered and depth == 0
            parts.values.append(sql.call("sort_array", hashes) if outermost else hashes)
        case Map(), Map():
            entry = Sql(f"e{depth}")
            entries = sql.template(
                "transform(map_entries({}), {} -> xxhash64({}, {}))",
                at,
                entry,
                _nested(value, Sql(f"{entry}.key"), type_.key, common.key, False, depth),
                _nested(
                    value,
                    Sql(f"{entry}.value"),
                    type_.value,
                    common.value,
                    type_.value_contains_null or common.value_contains_null,
                    depth,
                ),
            )
            # Keys are unique in a map, so the multiset of its entries' hashes is the map.
            parts.sizes.append(sql.template("cardinality(map_keys({}))", at))
            parts.values.append(sql.call("sort_array", entries))
        case _:
            parts.values += _atomic(value, at, type_, common)


def _nested(
    value: Value, at: Sql, type_: DataType, common: DataType, nullable: bool, depth: int
) -> Sql:
    parts = _Parts()
    _add(parts, value, at, type_, common, nullable, depth + 1)
    return sql.call("xxhash64", *_packed(parts.flags), *parts.sizes, *parts.values)


def _atomic(value: Value, at: Sql, type_: DataType, common: DataType) -> list[Sql]:
    if isinstance(common, Atomic) and common.name == "void":
        return []
    if isinstance(common, Atomic) and common.name.startswith("string collate "):
        # The hash of a collated string is that of its sort key: 'a' and 'A' may be equal.
        return [sql.template("CAST({} AS BINARY)", at)]
    if not is_plain(common):
        raise _lacks(value, common)
    return [at if type_ == common else cast(at, type_, common)]


def cast(at: Sql, type_: DataType, common: DataType) -> Sql:
    """`at` in the type it is compared in; `at` itself where that is its own."""
    text = isinstance(type_, Text) or isinstance(common, Text)
    return at if type_ == common or text else sql.template("CAST({} AS {})", at, Sql(str(common)))


def _lacks(value: Value, type_: DataType) -> NotEncodable:
    return NotEncodable(
        f"column {value.column!r}: values of type {type_} can't be compared exactly; "
        "ignore the column with a reason, or cast it on both sides",
        "SPARKGUARD_NOT_ENCODABLE",
    )
