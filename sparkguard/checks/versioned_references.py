"""Every row of a child table has exactly one version of its parent at its own time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sparkguard import sql
from sparkguard.checks.base import Check, Context, Judgement, not_evaluable, passed, violated
from sparkguard.errors import ConfigurationError
from sparkguard.measures.totals import Totals, TotalsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.references.comparable import incomparable
from sparkguard.relations.child_with_versions import ChildWithVersions
from sparkguard.relations.versions import Versions
from sparkguard.slices import WHOLE
from sparkguard.sql import Sql
from sparkguard.verdicts import Evidence

_BROKEN = {
    "unknown": "rows whose key the parent never had",
    "early": "rows before the first version of their key",
    "late": "rows after the last version of their key",
    "gap": "rows in a gap between versions of their key",
    "several": "rows with several versions at once",
}
_TOLD = {
    "rows": "rows checked",
    "null_key": "rows with a NULL in their key",
    "null_time": "rows without a time",
    "once": "rows with exactly one version",
    **_BROKEN,
    "joined": "rows of a join by key and time",
}
_HISTORY = {
    "inverted": "versions that end before they begin, or have no start",
    "overlap": "versions that begin before an earlier one has ended",
    "gap": "gaps between versions of one key",
    "several_open": "open versions beyond the first of their key",
}


@dataclass(frozen=True)
class VersionedReferences(Check, kind="versioned_references"):
    """Each row's `columns` name a key of `to_table` that has one version valid at the row's `at`.

    A version is valid from `valid_from` until before `valid_to`; a NULL `valid_to` is open. Rows
    without a key or without a time are counted and not judged. `history` says whether the
    parent's own overlaps, inverted and doubly open versions break the rule where no row of the
    child meets them.
    """

    columns: tuple[ColumnPath, ...]
    to_table: str
    to_columns: tuple[ColumnPath, ...]
    at: ColumnPath
    valid_from: ColumnPath
    valid_to: ColumnPath
    history: Literal["report", "violation"] = "report"

    def __post_init__(self) -> None:
        if not self.columns or len(self.columns) != len(self.to_columns):
            raise ValueError("versioned_references pairs columns with to_columns, one to one")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        mine = {(context.table.name, column) for column in (*self.columns, self.at)}
        theirs = (*self.to_columns, self.valid_from, self.valid_to)
        return frozenset(mine | {(self.to_table, column) for column in theirs})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        self._refuse_types(context)
        return (self._rows(context), self._history())

    def judge(self, seen: Profile, context: Context) -> Judgement:
        found = seen.at(context.where, self._rows(context))
        if found is None or not found.count("rows"):
            return not_evaluable("no rows refer to anything", rows=0)
        rows, broken = found.count("rows"), sum(found.count(name) for name in _BROKEN)
        reasons = [f"{found.count(n):,} {said}" for n, said in _BROKEN.items() if found.count(n)]
        past = context.seen.at(WHOLE, self._history())
        if past is None or not past.count("versions"):
            reasons.insert(0, f"the parent table {self.to_table} has no versions")
        if self.history == "violation" and past is not None:
            told = ("inverted", "overlap", "several_open")
            reasons += [f"{past.count(n):,} {_HISTORY[n]}" for n in told if past.count(n)]
        numbers = {said: found.count(name) for name, said in _TOLD.items()}
        if context.where.is_whole and past is not None:
            numbers.update({said: past.count(name) for name, said in _HISTORY.items()})
        details: dict[str, Any] = {
            "observed": broken,
            "expected": f"one version in {self.to_table} valid at {'.'.join(self.at)}",
            "unit": "rows",
            "rows": rows,
            "violations": broken,
            "evidence": tuple(
                Evidence("counts", "versions", i, label=label, count=count)
                for i, (label, count) in enumerate(numbers.items())
            ),
        }
        if reasons:
            return violated("; ".join(reasons), **details)
        if found.count("null_key") + found.count("null_time") == rows:
            return not_evaluable("no row has both a key and a time", **details)
        return passed(**details)

    def _refuse_types(self, context: Context) -> None:
        """Raises ConfigurationError for keys or times that can't be compared, before any read."""
        parent = context.tables.get(self.to_table)
        if parent is None:
            return
        pairs = [*zip(self.columns, self.to_columns, strict=True)]
        pairs += [(self.at, self.valid_from), (self.at, self.valid_to)]
        for mine, theirs in pairs:
            one, other = context.table.schema.at(mine), parent.schema.at(theirs)
            if one is None or other is None:
                continue
            if reason := incomparable(one.type, other.type):
                where = f"{'.'.join(mine)} and {self.to_table}.{'.'.join(theirs)}"
                raise ConfigurationError(f"versioned_references can't compare {where}: {reason}")

    def _rows(self, context: Context) -> Need[TotalsState]:
        of = ChildWithVersions(
            context.table.name,
            self.columns,
            self.at,
            self.to_table,
            self.to_columns,
            self.valid_from,
            self.valid_to,
        )
        reads = frozenset(column[0] for column in (*self.columns, self.at))
        return Need(of, Totals(_terms(of), reads))

    def _history(self) -> Need[TotalsState]:
        of = Versions(self.to_table, self.to_columns, self.valid_from, self.valid_to)
        one = sql.literal(1)
        terms = (
            ("versions", one),
            ("inverted", _if(of.inverted, one)),
            ("overlap", _if(of.overlap, one)),
            ("gap", _if(of.gap, one)),
            ("several_open", _if(of.several_open, one)),
        )
        paths = (*self.to_columns, self.valid_from, self.valid_to)
        return Need(of, Totals(terms, frozenset(path[0] for path in paths)))


def _terms(of: ChildWithVersions) -> tuple[tuple[str, Sql], ...]:
    judged = sql.template("NOT ({}) AND NOT ({})", of.null_key, of.null_time)
    known = sql.template("{} AND {}", judged, of.known)
    absent = sql.template("{} AND {} = 0", known, of.valid)
    conditions = {
        "null_key": of.null_key,
        "null_time": sql.template("NOT ({}) AND {}", of.null_key, of.null_time),
        "unknown": sql.template("{} AND NOT ({})", judged, of.known),
        "early": sql.template("{} AND NOT {}", absent, of.begun),
        "late": sql.template("{} AND {} AND NOT {}", absent, of.begun, of.later),
        "gap": sql.template("{} AND {} AND {}", absent, of.begun, of.later),
        "once": sql.template("{} AND {} = 1", known, of.valid),
        "several": sql.template("{} AND {} > 1", known, of.valid),
    }
    joined = sql.template("{} * CAST({} AS BIGINT)", of.rows, of.valid)
    return (
        ("rows", of.rows),
        *((name, _if(condition, of.rows)) for name, condition in conditions.items()),
        ("joined", _if(known, joined)),
    )


def _if(condition: Sql, number: Sql) -> Sql:
    return sql.template("if({}, {}, 0)", condition, number)
