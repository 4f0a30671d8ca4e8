"""What rules about each value of a column have in common: the meaning of NULL, and counting."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from sparkguard import sql
from sparkguard.checks.base import Check, Context, Judgement, not_evaluable, passed, violated
from sparkguard.datatypes import DataType, is_string
from sparkguard.measures.tally import Tally, TallyState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.sql import Sql
from sparkguard.sql.limits import among
from sparkguard.sql.values import any_missing, any_present, any_value
from sparkguard.thresholds import Threshold, percent
from sparkguard.verdicts import Outcome

NULL = "NULL"

Nulls = Literal["allow", "violation"]


SPELLING = "the same but for case or blanks"


def misspelt(
    value: Sql, values: Iterable[bool | int | float | str], type_: DataType
) -> Mapping[str, Sql]:
    """The hint that a text would be one of `values` if case and blanks around it were mended."""
    texts = [text for text in values if isinstance(text, str)]
    if not is_string(type_) or not texts:
        return {}
    folded = sql.joined(", ", (_folded(sql.literal(text)) for text in texts))
    inside = among(value, texts, type_)
    # Texts are folded for those that are not in the list only.
    hint = sql.template("CASE WHEN NOT ({}) THEN {} IN ({}) END", inside, _folded(value), folded)
    return {SPELLING: hint}


def _folded(text: Sql) -> Sql:
    return sql.template("lower(trim({}))", text)


class Unsupported(Exception):
    """The rule has no meaning for a column's type; the message says so."""


def _unsupported(check: Check, context: Context) -> str:
    try:
        check.violates(context)
    except Unsupported as reason:
        return str(reason)
    return ""


@dataclass(frozen=True)
class RowRule(Check):
    """A rule that each value of `column` obeys or breaks; what is counted are rows.

    `nulls` says what a row without a value means. Without it NULL is allowed where the table's
    column is nullable. A row with several values (elements of an array) breaks the rule when any
    of them does.
    """

    column: ColumnPath
    nulls: Nulls | None = field(default=None, kw_only=True)

    @abstractmethod
    def causes(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        """Conditions, by a phrase for messages, that say how a value that is not NULL breaks
        the rule. Raises Unsupported for a type that the rule has no meaning for."""

    @abstractmethod
    def expected(self) -> str:
        """The rule as text."""

    def hints(self, value: Sql, type_: DataType) -> Mapping[str, Sql]:
        """Conditions on values that break the rule, by a phrase on what would mend them."""
        return {}

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def unsupported(self, context: Context) -> str:
        return _unsupported(self, context)

    def violates(self, context: Context) -> Sql:
        return sql.any_of(self._conditions(context).values())

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        try:
            conditions, hints = self._conditions(context), self._hints(context)
        except Unsupported:
            return ()
        parts = [*(conditions.values() if len(conditions) > 1 else ()), *hints.values()]
        return (self._whole(context), *(self._need(context, part) for part in parts))

    def judge(self, seen: Profile, context: Context) -> Judgement:
        try:
            conditions = self._conditions(context)
        except Unsupported as error:
            return Judgement(Outcome.ERROR, expected=self.expected(), reason=str(error))
        found = seen.at(context.where, self._whole(context))
        if found is None:
            return not_evaluable("no rows", rows=0)
        details: dict[str, Any] = {
            "observed": found.true,
            "expected": self.expected(),
            "unit": "rows",
            "rows": found.rows,
            "violations": found.true,
        }
        if found.null == found.rows:
            return not_evaluable("no row has a value", **{**details, "observed": None})
        if not found.true:
            return passed(**details)
        causes = self._counted(conditions, seen, context)
        if len(conditions) == 1:
            causes = next(iter(conditions))
        reason = f"{found.true:,} of {found.rows:,} rows: {causes}{self._hinted(seen, context)}"
        return violated(f"{reason}; expected {self.expected()}", **details)

    def _hinted(self, seen: Profile, context: Context) -> str:
        """What would mend how many of the rows that break the rule, as the end of a sentence."""
        said = self._counted(self._hints(context), seen, context)
        return f"; {said}" if said else ""

    def _counted(self, conditions: Mapping[str, Sql], seen: Profile, context: Context) -> str:
        tallies = (
            (phrase, seen.at(context.where, self._need(context, condition)))
            for phrase, condition in conditions.items()
        )
        return ", ".join(f"{phrase} in {t.true:,}" for phrase, t in tallies if t and t.true)

    def _nulls_break(self, nullable: bool) -> bool:
        return self.nulls == "violation" or (self.nulls is None and not nullable)

    def _type(self, context: Context) -> tuple[DataType, bool]:
        found = context.table.schema.at(self.column)
        if found is None:
            raise Unsupported(f"there is no {'.'.join(self.column)} in {context.table.name}")
        return found.type, found.nullable

    def _conditions(self, context: Context) -> Mapping[str, Sql]:
        """Conditions on rows, by the phrase of their cause."""
        type_, nullable = self._type(context)
        found = self._of_rows(lambda value: self.causes(value, type_))
        if self._nulls_break(nullable):
            found[NULL] = any_missing(self.column)
        return found

    def _hints(self, context: Context) -> Mapping[str, Sql]:
        type_, _ = self._type(context)
        return self._of_rows(lambda value: self.hints(value, type_))

    def _of_rows(self, of_value: Callable[[Sql], Mapping[str, Sql]]) -> dict[str, Sql]:
        """Conditions on rows that have a value of which a condition is true."""

        def in_row(phrase: str) -> Sql:
            def holds(value: Sql) -> Sql:
                return sql.template("{} IS NOT NULL AND ({})", value, of_value(value)[phrase])

            return any_value(self.column, holds)

        return {phrase: in_row(phrase) for phrase in of_value(sql.name("value"))}

    def _whole(self, context: Context) -> Need[TallyState]:
        broken = sql.any_of(self._conditions(context).values())
        condition = sql.template(
            "CASE WHEN {} THEN true WHEN {} THEN false END", broken, any_present(self.column)
        )
        return self._need(context, condition)

    def _need(self, context: Context, condition: Sql) -> Need[TallyState]:
        return Need(Table(context.table.name), Tally(condition, frozenset({self.column[0]})))


@dataclass(frozen=True)
class CountedRule(Check):
    """A limit on how many rows there are of which something is true."""

    column: ColumnPath

    @abstractmethod
    def violates(self, context: Context) -> Sql:
        """The condition on a row; raises Unsupported where it has no meaning."""

    @abstractmethod
    def conclude(self, count: int, rows: int) -> Judgement:
        """The judgement on `count` of `rows` rows, of which there may be none."""

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        return frozenset({(context.table.name, self.column)})

    def unsupported(self, context: Context) -> str:
        return _unsupported(self, context)

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        try:
            return (self._need(context),)
        except Unsupported:
            return ()

    def judge(self, seen: Profile, context: Context) -> Judgement:
        try:
            need = self._need(context)
        except Unsupported as reason:
            return Judgement(Outcome.ERROR, reason=str(reason))
        tally = seen.at(context.where, need) or TallyState()
        return self.conclude(tally.true, tally.rows)

    def _need(self, context: Context) -> Need[TallyState]:
        reads = frozenset({self.column[0]})
        return Need(Table(context.table.name), Tally(self.violates(context), reads))


@dataclass(frozen=True)
class ThresholdRule(CountedRule):
    """A counted rule whose limit is a threshold, in rows or in percent of all rows."""

    threshold: Threshold = field(kw_only=True)
    what: ClassVar[str]  # of the rows that count, as messages say it

    def conclude(self, count: int, rows: int) -> Judgement:
        return by_threshold(self.threshold, count, rows, self.what)


def by_threshold(threshold: Threshold, count: int, rows: int, what: str) -> Judgement:
    """Judges `count` of `rows` rows that are `what`, in rows or in percent of all rows."""
    in_percent = threshold.unit == "percent"
    share = percent(count, rows) if in_percent and rows else 0
    details: dict[str, Any] = {
        "observed": float(share) if in_percent else count,
        "expected": f"{threshold} {what}",
        "unit": threshold.unit,
        "rows": rows,
        "violations": count,
    }
    if not rows:
        return not_evaluable("no rows", rows=0)
    value = share if in_percent else count
    if threshold.holds(value):
        return passed(**details)
    missed = "" if threshold.forbids_any else threshold.missed(value)
    return violated(f"{count:,} of {rows:,} rows {what}{missed}", **details)
