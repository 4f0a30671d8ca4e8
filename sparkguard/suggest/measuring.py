"""Measures a table at full scale, for a contract that it satisfies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.checks.base import TableFacts
from sparkguard.checks.profile import path_text
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.datatypes import (
    Atomic,
    DataType,
    from_json,
    is_integer,
    is_string,
    is_temporal,
)
from sparkguard.measures.values import Values, ValuesState
from sparkguard.ports import Clock, SystemClock
from sparkguard.profiling import ColumnSummary, TableProfile, measure_columns
from sparkguard.progress import Progress, quiet
from sparkguard.session import open_session
from sparkguard.snapshot import Snapshot
from sparkguard.sql import Path
from sparkguard.sql.limits import micros
from sparkguard.suggest.draft import ColumnFacts, Draft, Reference, contract_text
from sparkguard.tables import Pinned, TableRef

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MOST_VALUES = 50
ROWS_PER_VALUE = 50
MOST_KEY_COLUMNS = 4
ALMOST = 0.1
"""A share of values without a parent up to which a reference that does not hold is told."""


@dataclass(frozen=True)
class Suggestion:
    """A contract as text, and as it was read back from that text."""

    text: str
    contract: Contract


def suggest(
    table: TableRef | str,
    *,
    name: str | None = None,
    others: Mapping[str, TableRef] | None = None,
    spark: SparkSession | None = None,
    clock: Clock | None = None,
    progress: Progress = quiet,
) -> Suggestion:
    """A contract that the table satisfies at its present version, with the evidence of each rule.

    `others` are tables among which references are looked for: a column whose every value is in
    a unique column of one of them. One that almost holds, or by the columns' names should, is told
    in a comment. Raises ConfigurationError when the draft can't be read back.
    """
    ref = TableRef.of(table)
    session = open_session(existing=spark)
    called = name or ref.own_name
    # The table itself may be one of them, and has one name in the contract.
    known = {
        called if other.casefold() == called.casefold() else other: where
        for other, where in (others or {}).items()
    }
    snapshot = Snapshot.pin(session, {**known, called: ref})
    pinned = snapshot[called]
    table_facts = TableFacts(called, pinned.schema, pinned.partition_columns, pinned.version)
    measured = measure_columns(snapshot, table_facts, clock=clock, progress=progress)
    facts = tuple(_facts(measured, pinned))
    frame = snapshot.frame(called)
    draft = Draft(
        id=called,
        table=called,
        version=pinned.version,
        columns=facts,
        key=_key(frame, facts),
        partitioned_by=pinned.partition_columns,
        references=tuple(_references(frame, facts, {n: snapshot.frame(n) for n in known})),
        newest=_newest(frame, facts, (clock or SystemClock()).now()),
    )
    text = contract_text(draft)
    return Suggestion(text, parse_contract(text, f"{called}.odcs.yaml"))


def _facts(measured: TableProfile, pinned: Pinned) -> Iterator[ColumnFacts]:
    values = _all_values(measured)
    rows = pinned.rows or 0
    summaries = {summary.column: summary for summary in measured.at()}
    for field in pinned.schema:
        summary = summaries.get(path_text((field.name,)))
        numbers = summary.numbers if summary is not None else {}
        yield ColumnFacts(
            name=field.name,
            type=field.type,
            rows=int(numbers.get("rows") or rows),
            nulls=_whole(numbers.get("null")),
            distinct=_whole(numbers.get("distinct")),
            nan=int(numbers.get("nan") or 0) + int(numbers.get("infinite") or 0),
            low=_float(summary, "min"),
            high=_float(summary, "max"),
            least=summary.least if summary else None,
            greatest=summary.greatest if summary else None,
            values=_set(field.type, values.get((field.name,))),
            shortest=_whole(numbers.get("length_min")),
            longest=_whole(numbers.get("length_max")),
        )


def _all_values(measured: TableProfile) -> Mapping[Path, ValuesState]:
    found: dict[Path, ValuesState] = {}
    for need, _ in measured.states.states:
        if isinstance(need.measure, Values):
            state = measured.states.whole(need)
            if state is not None and not state.overflow:
                found[need.measure.column] = state
    return found


def _set(type_: DataType, state: ValuesState | None) -> tuple[str, ...]:
    """The values of a column of few, each seen often; not of numbers, which have ranges."""
    if state is None or not is_string(type_):
        return ()
    present = {text: rows for text, rows in state.counts.items() if text is not None}
    often = sum(present.values()) >= ROWS_PER_VALUE * len(present)
    return tuple(sorted(present)) if 0 < len(present) <= MOST_VALUES and often else ()


def _float(summary: ColumnSummary | None, metric: str) -> float | None:
    value = summary.numbers.get(metric) if summary is not None else None
    return None if value is None else float(value)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _key(frame: DataFrame, facts: Sequence[ColumnFacts]) -> tuple[str, ...]:
    """Columns that identify a row: one alone, else those that together tell most rows apart.

    Estimates propose, an exact count over all rows decides.
    """
    usable = [
        f for f in facts
        if f.rows and not f.nulls and not f.nan and (f.distinct or 0) > 1 and _may_be_key(f.type)
    ]  # fmt: skip
    usable.sort(key=lambda f: (-(f.distinct or 0), not _looks_like_key(f.name)))
    rows = facts[0].rows if facts else 0
    for fact in usable:
        if (fact.distinct or 0) >= 0.95 * rows and _is_unique(frame, (fact.name,), rows):
            return (fact.name,)
    chosen: list[str] = []
    for _ in range(MOST_KEY_COLUMNS):
        left = [f.name for f in usable if f.name not in chosen][:12]
        if not left:
            return ()
        estimates = frame.selectExpr(
            *(sql.alias(_estimate([*chosen, name]), f"c{i}").text for i, name in enumerate(left))
        ).collect()[0]
        best = max(range(len(left)), key=lambda i: (estimates[i], -i))
        chosen.append(left[best])
        enough = len(chosen) > 1 and estimates[best] >= 0.95 * rows
        if enough and _is_unique(frame, tuple(chosen), rows):
            return tuple(chosen)
    return ()


def _may_be_key(type_: DataType) -> bool:
    return is_integer(type_) or is_string(type_) or is_temporal(type_)


def _looks_like_key(name: str) -> bool:
    return name.lower().endswith(("id", "key", "code", "no", "num"))


def _estimate(columns: Sequence[str]) -> sql.Sql:
    hashed = sql.call("xxhash64", *(sql.name(column) for column in columns))
    return sql.template("approx_count_distinct({}, 0.02D)", hashed)


def _is_unique(frame: DataFrame, columns: tuple[str, ...], rows: int) -> bool:
    keys = [sql.name(column).text for column in columns]
    return frame.selectExpr(*keys).distinct().count() == rows


def _references(
    frame: DataFrame, facts: Sequence[ColumnFacts], others: Mapping[str, DataFrame]
) -> Iterator[Reference]:
    for table, other in others.items():
        for target, type_ in _unique_columns(other):
            values = other.selectExpr(sql.alias(sql.name(target), "there").text)
            for fact in facts:
                if str(fact.type) != str(type_) or not fact.distinct or fact.distinct < 2:
                    continue
                mine = frame.selectExpr(sql.alias(sql.name(fact.name), "here").text)
                mine = mine.where("here IS NOT NULL").distinct()
                joined = mine.join(values, mine["here"] == values["there"], "left")
                every, lost = joined.selectExpr("count(1)", "count_if(there IS NULL)").collect()[0]
                if not lost or fact.name == target or lost <= ALMOST * every:
                    yield Reference(fact.name, table, target, type_, every, lost)


def _unique_columns(frame: DataFrame) -> Iterator[tuple[str, DataType]]:
    """Text and integer columns in which every row has a value of its own."""
    schema = from_json(frame.schema.jsonValue())
    usable = [f for f in schema if is_string(f.type) or is_integer(f.type)]
    if not usable:
        return
    counts = frame.selectExpr(
        "count(1) AS every",
        *(
            sql.alias(sql.template("count(DISTINCT {})", sql.name(f.name)), f"c{i}").text
            for i, f in enumerate(usable)
        ),
    ).collect()[0]
    for i, field in enumerate(usable):
        if counts["every"] and counts[f"c{i}"] == counts["every"]:
            yield field.name, field.type


def _newest(
    frame: DataFrame, facts: Sequence[ColumnFacts], now: datetime
) -> tuple[str, int] | None:
    """The time column with the newest value that is not in the future."""
    times = {f.name: f.type for f in facts if f.type in (Atomic("timestamp"), Atomic("date"))}
    if not times:
        return None
    newest = (micros(sql.template("max({})", sql.name(n)), type_) for n, type_ in times.items())
    ends = frame.selectExpr(
        *(sql.alias(end, f"c{i}").text for i, end in enumerate(newest))
    ).collect()[0]
    ages = {
        name: int(now.timestamp()) - end // 1_000_000
        for name, end in zip(times, ends, strict=True)
        if end is not None
    }
    past = {name: age for name, age in ages.items() if age >= 0}
    return min(past.items(), key=lambda item: item[1]) if past else None
