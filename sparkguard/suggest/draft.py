"""Writes a starter contract from what was measured; pure: facts in, ODCS YAML out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from sparkguard import datatypes as dt

_DIGITS = 700
"""Enough for any two doubles and their difference."""

_LONGEST = Decimal(10) ** 37
_PLAIN = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*", re.ASCII)

MARGIN = 0.1
"""How far a range reaches beyond the values seen, as a share of their span."""


STALE_DAYS = 30
"""Age of the newest row from which on a table is hardly one that is loaded every day."""


@dataclass(frozen=True)
class ColumnFacts:
    """What a full scan said of a top-level column; `least` and `greatest` are texts of values.

    `nulls` is None where only the fields inside were looked at.
    """

    name: str
    type: dt.DataType
    rows: int
    nulls: int | None
    distinct: int | None = None
    nan: int = 0
    low: float | None = None
    high: float | None = None
    least: str | None = None
    greatest: str | None = None
    values: tuple[str, ...] = ()
    shortest: int | None = None
    longest: int | None = None


@dataclass(frozen=True)
class Reference:
    """Of the `values` in `column` all but `lost` are found in `to_column` of table `to_table`."""

    column: str
    to_table: str
    to_column: str
    to_type: dt.DataType
    values: int
    lost: int = 0

    @property
    def to(self) -> str:
        return f"{self.to_table}.{self.to_column}"


@dataclass(frozen=True)
class Draft:
    """All facts of a table that a contract is written from.

    `newest` names a time column, with the age of its newest value in seconds.
    """

    id: str
    table: str
    version: int
    columns: tuple[ColumnFacts, ...]
    key: tuple[str, ...] = ()
    partitioned_by: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    newest: tuple[str, int] | None = None


def contract_text(draft: Draft) -> str:
    """The contract as YAML, every rule with its evidence beside it.

    It states what holds of the scanned version; a person decides what is meant to hold.
    """
    rows = draft.columns[0].rows if draft.columns else 0
    lines = [
        f"# Suggested from a full scan of version {draft.version}: {rows:,} rows. Each rule holds",
        "# there; keep those that are meant to hold always. Ranges reach beyond what was seen by a",
        "# tenth of its span, lengths by a tenth, a latency by half.",
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {_text(draft.id)}",
        "version: 0.1.0",
        "status: draft",
    ]
    if draft.newest is not None and not {".", ","} & {*draft.table, *draft.newest[0]}:
        column, age = draft.newest
        days = max(1, math.ceil(age * 1.5 / 86_400))
        stale = age > STALE_DAYS * 86_400
        lines += [
            "slaProperties:",
            "  - property: latency",
            *(["    # Old already: say how old the newest row may be, or drop this."] * stale),
            f"    value: {days}  # the newest value was {age / 86_400:,.1f} days old",
            "    unit: d",
            f"    element: {_text(f'{draft.table}.{column}')}",
        ]
    lines += ["schema:", f"  - name: {_text(draft.table)}", "    properties:"]
    for fact in draft.columns:
        lines += [f"      {line}" for line in _column(fact, draft)]
    lines += [f"    {line}" for line in _odd_references(draft)]
    for table, columns in sorted(_targets(draft).items()):
        lines += [f"  - name: {_text(table)}", "    properties:"]
        for name, type_ in columns.items():
            lines += [
                f"      - name: {_text(name)}",
                f"        physicalType: {_text(str(type_))}",
                "        unique: true",
            ]
    return "\n".join(lines) + "\n"


def _targets(draft: Draft) -> dict[str, dict[str, dt.DataType]]:
    """By other table, the columns that references name."""
    found: dict[str, dict[str, dt.DataType]] = {}
    for reference in draft.references:
        if reference.lost or reference.to_table == draft.table:
            continue
        found.setdefault(reference.to_table, {})[reference.to_column] = reference.to_type
    return found


def _odd_references(draft: Draft) -> Iterator[str]:
    """Rules for the references to names that `table.column` can't spell."""
    odd = [r for r in draft.references if not r.lost and not _PLAIN.fullmatch(r.to)]
    if odd:
        yield "quality:"
    for one in odd:
        yield f"  - name: {_text(f'{one.column} in {one.to}')}"
        yield "    type: custom"
        yield "    engine: sparkguard"
        yield f"    implementation:  # all of {one.values:,} values are there"
        yield "      check: references"
        yield f"      columns: [[{_text(one.column)}]]"
        yield f"      to_table: {_text(one.to_table)}"
        yield f"      to_columns: [[{_text(one.to_column)}]]"


def _column(column: ColumnFacts, draft: Draft) -> Iterator[str]:
    yield f"- name: {_text(column.name)}"
    if logical := _logical(column.type):
        yield f"  logicalType: {logical}"
    yield f"  physicalType: {_text(str(column.type))}"
    if column.nulls is None:
        pass
    elif column.rows and not column.nulls:
        yield f"  required: true  # 0 of {column.rows:,} rows are NULL"
    elif column.nulls:
        yield f"  # {column.nulls:,} of {column.rows:,} rows are NULL"
    if column.name in draft.key:
        yield f"  primaryKey: true  # {', '.join(map(_text, draft.key))}: no row repeats another"
        yield f"  primaryKeyPosition: {draft.key.index(column.name) + 1}"
    elif column.distinct and column.values == () and draft.key != (column.name,):
        yield f"  # about {column.distinct:,} different values"
    if column.name in draft.partitioned_by:
        yield "  partitioned: true"
        yield f"  partitionKeyPosition: {draft.partitioned_by.index(column.name) + 1}"
    if logical and (options := tuple(_options(column, draft.key == (column.name,)))):
        yield "  logicalTypeOptions:"
        yield from (f"    {option}" for option in options)
    if column.values:
        yield "  quality:"
        yield "    - metric: invalidValues"
        yield "      mustBe: 0"
        yield f"      # {len(column.values)} values in {column.rows - (column.nulls or 0):,} rows"
        yield f"      arguments: {{validValues: [{', '.join(map(_text, column.values))}]}}"
    mine = [r for r in draft.references if r.column == column.name]
    for broken in (r for r in mine if r.lost):
        lost = f"{broken.lost:,} of {broken.values:,} values are not there"
        yield f"  # no reference to {_text(broken.to)}: {lost}"
    if holding := [r for r in mine if not r.lost and _PLAIN.fullmatch(r.to)]:
        yield "  relationships:"
        for reference in holding:
            yield f"    - to: {_text(reference.to)}  # all of {reference.values:,} values are there"


def _logical(type_: dt.DataType) -> str:
    if isinstance(type_, dt.Decimal) or dt.is_float(type_):
        return "number"
    if dt.is_integer(type_):
        return "integer"
    if dt.is_string(type_):
        return "string"
    return {
        "date": "date",
        "timestamp": "timestamp",
        "timestamp_ntz": "timestamp",
        "boolean": "boolean",
    }.get(str(type_), "")


def _options(column: ColumnFacts, counts_on: bool) -> Iterator[str]:
    """Ranges and lengths; a key by itself may be counted on, so that it has no maximum."""
    seen = f"  # seen: {column.least} to {column.greatest}"
    if dt.is_numeric(column.type) and column.low is not None and column.high is not None:
        if column.nan or not (math.isfinite(column.low) and math.isfinite(column.high)):
            return
        low, high = _margins(*_ends(column), dt.is_integer(column.type))
        if math.isfinite(low):
            yield f"minimum: {_number(low, -math.inf)}{seen}"
        if math.isfinite(high) and not counts_on:
            yield f"maximum: {_number(high, math.inf)}"
    elif str(column.type) == "date" and column.least and len(column.least) == 10:
        yield f"minimum: {_text(column.least)}{seen}"
    elif dt.is_string(column.type) and not column.values and column.longest is not None:
        if column.shortest == column.longest:
            yield f"minLength: {column.shortest}  # every text is that long"
        yield f"maxLength: {_longest(column)}  # seen: {column.shortest} to {column.longest}"


def _longest(column: ColumnFacts) -> int:
    longest = column.longest or 0
    return longest if column.shortest == longest else math.ceil(longest * (1 + MARGIN))


def _ends(column: ColumnFacts) -> tuple[Decimal, Decimal]:
    """The least and the greatest number; of types that a double can't hold from their texts."""
    if not dt.is_float(column.type) and column.least is not None and column.greatest is not None:
        return Decimal(column.least), Decimal(column.greatest)
    return Decimal(repr(column.low)), Decimal(repr(column.high))


def _margins(low: Decimal, high: Decimal, whole: bool) -> tuple[Decimal, Decimal]:
    """The range with its margin, in round numbers; a range that begins at 0 or above stays so."""
    with localcontext(prec=_DIGITS):
        span = high - low or abs(high) or Decimal(1)
        margin = span * Decimal(repr(MARGIN))
        step = Decimal(1).scaleb(margin.adjusted())
        if whole:
            step = max(step, Decimal(1))
        below = ((low - margin) / step).to_integral_value(ROUND_FLOOR) * step
        above = ((high + margin) / step).to_integral_value(ROUND_CEILING) * step
    return (Decimal(0) if low >= 0 > below else below), above


def _number(value: Decimal, towards: float) -> str:
    """A limit in digits; a long one as the double beside it that lies outside of the range."""
    if value == value.to_integral_value() and abs(value) < _LONGEST:
        return str(int(value))
    near = float(value)
    beyond = Decimal(repr(near)) - value
    if beyond * Decimal(math.copysign(1, towards)) < 0:
        near = math.nextafter(near, towards)
    return repr(near)


def _text(text: str) -> str:
    """A YAML scalar: double-quoted JSON text, bare where nothing can be misread."""
    plain = text.isascii() and text.replace("_", "").isalnum() and text[:1].isalpha()
    reserved = text.lower() in ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
    if plain and not reserved:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    # YAML has an escape of its own for what lies beyond the first plane, where JSON writes halves.
    return "".join(c if c.isprintable() else _escape(ord(c)) for c in quoted)


def _escape(code: int) -> str:
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
