"""Which columns of two tables are compared, in which type, and how the schemas differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from sparkguard import sql
from sparkguard.datatypes import (
    FLOATS,
    INTEGERS,
    Array,
    Atomic,
    DataType,
    Decimal,
    Field,
    Map,
    Struct,
    Text,
    is_integer,
    is_string,
)
from sparkguard.errors import ConfigurationError, did_you_mean, listed
from sparkguard.shadow_rules.encoding import Value, cast, is_plain, row_hash, value_hash
from sparkguard.shadow_rules.tolerance import Tolerance
from sparkguard.sql import Sql

EXACT = Tolerance()
Side = Literal["control", "shadow"]
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}


@dataclass(frozen=True)
class Compared:
    """A column of both tables: its type on each side, and the type that holds both exactly."""

    name: str
    control: DataType
    shadow: DataType
    common: DataType
    nullable: bool = True
    tolerance: Tolerance = EXACT

    @property
    def retyped(self) -> bool:
        """True when the values of the two sides have another type, not only another spelling."""
        return _bare(self.control) != _bare(self.shadow)

    @property
    def is_plain(self) -> bool:
        return is_plain(self.common)

    def value(self, side: Side) -> Value:
        """The column as an input of the row's hash."""
        type_ = self.control if side == "control" else self.shadow
        unordered = self.tolerance.unordered
        at = sql.name(self.name)
        return Value(self.name, at, type_, self.common, self.nullable, unordered)

    def cell(self, side: Side) -> Sql:
        """What the two sides are compared by: the value, or a hash where `<=>` is not exact."""
        value = self.value(side)
        if self.is_plain:
            return cast(value.expression, value.type, self.common)
        return value_hash(value)


@dataclass(frozen=True)
class Retyped:
    """A column whose types hold no common value, so that no row of it can be compared."""

    name: str
    control: DataType
    shadow: DataType

    def __str__(self) -> str:
        return f"{self.name} ({self.control} against {self.shadow})"


@dataclass(frozen=True)
class Columns:
    """How two schemas match. `compared` are in name order and hold the key's columns too."""

    key: tuple[str, ...]
    compared: tuple[Compared, ...]
    only_in_control: tuple[str, ...] = ()
    only_in_shadow: tuple[str, ...] = ()
    incomparable: tuple[Retyped, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    total: int = 0

    @property
    def keys(self) -> tuple[Compared, ...]:
        by_name = {column.name: column for column in self.compared}
        return tuple(by_name[name] for name in self.key)

    @property
    def values(self) -> tuple[Compared, ...]:
        """Compared columns outside the key; all of them when there is no key."""
        return tuple(column for column in self.compared if column.name not in self.key)

    @property
    def tolerant(self) -> tuple[Compared, ...]:
        return tuple(column for column in self.compared if column.tolerance.is_tolerant)

    @property
    def retyped(self) -> tuple[Compared, ...]:
        """Columns compared after exact widening."""
        return tuple(column for column in self.compared if column.retyped)

    def hashes(self, side: Side, seed: int = 0) -> tuple[Sql, Sql]:
        """(strict, full) hash of a row: without the tolerant columns, and over all of them."""
        tolerant = [column.value(side) for column in self.tolerant]
        exact = [c.value(side) for c in self.compared if not c.tolerance.is_tolerant]
        strict = row_hash(exact, seed)
        return strict, row_hash(tolerant, seed, after=strict) if tolerant else strict


def align(
    control: Struct,
    shadow: Struct,
    key: tuple[str, ...] = (),
    rules: Mapping[str, Tolerance] | None = None,
    by: tuple[str, ...] = (),
) -> Columns:
    """Matches the columns of two tables by name, whatever their order.

    Raises ConfigurationError when the key, a column of `by` (whose values are the parts of the
    tables) or a rule names no column, or when a rule does not fit its type, and NotEncodable for
    a type that can't be compared.
    """
    rules = dict(rules or {})
    everything = dict.fromkeys((*control.names, *shadow.names))
    problems = [
        *_missing_columns(control, shadow, "key", key),
        *_missing_columns(control, shadow, "partition", by),
        *_misfits(control, shadow, key, rules, tuple(everything)),
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))
    ignored = {n: rule.ignored for n, rule in rules.items() if rule.ignored}
    compared, incomparable = [], []
    for name in sorted(n for n in everything if n not in ignored):
        one, other = control.get(name), shadow.get(name)
        if one is None or other is None:
            continue
        common = widened(one.type, other.type)
        if common is None:
            incomparable.append(Retyped(name, one.type, other.type))
            continue
        nullable = one.nullable or other.nullable
        column = Compared(name, one.type, other.type, common, nullable, rules.get(name, EXACT))
        row_hash([column.value("control")])
        compared.append(column)
    if bad := [c.name for c in incomparable if c.name in key]:
        raise ConfigurationError(f"key column {bad[0]!r} has types that can't be compared")
    return Columns(
        key=key,
        compared=tuple(compared),
        only_in_control=tuple(_missing(control, shadow, ignored)),
        only_in_shadow=tuple(_missing(shadow, control, ignored)),
        incomparable=tuple(incomparable),
        ignored=MappingProxyType(ignored),
        total=len(everything),
    )


def widened(one: DataType, other: DataType) -> DataType | None:
    """The type that holds the values of both exactly; None when there is none."""
    match one, other:
        case Struct(), Struct():
            if sorted(one.names) != sorted(other.names):
                return None
            fields = []
            for field_ in one:
                match_ = other.get(field_.name)
                common = widened(field_.type, match_.type) if match_ else None
                if match_ is None or common is None:
                    return None
                fields.append(Field(field_.name, common, field_.nullable or match_.nullable))
            return Struct(tuple(fields))
        case Array(), Array():
            element = widened(one.element, other.element)
            may_be_null = one.contains_null or other.contains_null
            return element and Array(element, may_be_null)
        case Map(), Map():
            key, value = widened(one.key, other.key), widened(one.value, other.value)
            may_be_null = one.value_contains_null or other.value_contains_null
            return Map(key, value, may_be_null) if key and value else None
    if isinstance(one, Text | Atomic) and is_string(one) and is_string(other) and one != other:
        return Atomic("string")
    return one if one == other else _number(one, other)


def _bare(type_: DataType) -> DataType:
    """The type of the values alone: no order of fields, no comment, no promise on NULLs."""
    match type_:
        case Struct():
            fields = sorted(type_.fields, key=lambda f: f.name)
            return Struct(tuple(Field(f.name, _bare(f.type)) for f in fields))
        case Array():
            return Array(_bare(type_.element))
        case Map():
            return Map(_bare(type_.key), _bare(type_.value))
    return type_


def _number(one: DataType, other: DataType) -> DataType | None:
    if isinstance(one, Atomic) and isinstance(other, Atomic):
        for family in (INTEGERS, FLOATS):
            if one.name in family and other.name in family:
                return Atomic(max(one.name, other.name, key=family.index))
    a, b = _as_decimal(one), _as_decimal(other)
    if a is None or b is None:
        return None
    scale = max(a.scale, b.scale)
    precision = max(a.precision - a.scale, b.precision - b.scale) + scale
    return Decimal(precision, scale) if precision <= 38 else None


def _as_decimal(type_: DataType) -> Decimal | None:
    if isinstance(type_, Decimal):
        return type_
    return Decimal(_DIGITS[str(type_)], 0) if is_integer(type_) else None


def _missing(there: Struct, here: Struct, ignored: Mapping[str, str]) -> Iterator[str]:
    return (n for n in there.names if here.get(n) is None and n not in ignored)


def _missing_columns(
    control: Struct, shadow: Struct, what: str, names: tuple[str, ...]
) -> Iterator[str]:
    for name in names:
        for side, schema in (("control", control), ("shadow", shadow)):
            if schema.get(name) is None:
                near = did_you_mean(name, schema.names)
                yield (
                    f"{what} column {name!r} is missing in the {side}; "
                    f"it has {listed(schema.names)}.{near}"
                )


def _misfits(
    control: Struct,
    shadow: Struct,
    key: tuple[str, ...],
    rules: Mapping[str, Tolerance],
    everything: tuple[str, ...],
) -> Iterator[str]:
    for name in key:
        rule = rules.get(name, EXACT)
        if rule.is_tolerant or rule.ignored or rule.unordered:
            yield f"key column {name!r} is compared exactly; it takes no tolerance"
    if len(set(key)) < len(key):
        yield "the key names a column twice"
    for name, rule in rules.items():
        if name not in everything:
            near = did_you_mean(name, everything)
            yield f"a rule names {name!r}, a column of neither table.{near}"
        elif rule.is_tolerant and not key:
            yield f"column {name!r}: a tolerance needs a key, which says what to compare it with"
        for schema in (control, shadow):
            found = schema.get(name)
            if found is not None and (misfit := rule.misfit(found.type)):
                yield f"column {name!r}: {misfit}"
                break
