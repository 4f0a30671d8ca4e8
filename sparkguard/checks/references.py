"""Every row of a child table has its parent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sparkguard.checks.base import Check, Context, Judgement, not_evaluable, passed, violated
from sparkguard.errors import ConfigurationError
from sparkguard.measures.key_list import KeyListState
from sparkguard.measures.totals import Totals, TotalsState
from sparkguard.options import ColumnPath
from sparkguard.profile import Need, Profile
from sparkguard.references import explain, origins, orphans
from sparkguard.references.comparable import incomparable
from sparkguard.references.orphans import Comparison
from sparkguard.references.terms import counts
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.reference_counts import ReferenceCounts
from sparkguard.rendering.plaintext import plural
from sparkguard.slices import WHOLE
from sparkguard.sql.normalising import Rule
from sparkguard.verdicts import Evidence


@dataclass(frozen=True)
class References(Check, kind="references"):
    """Each row's `columns` name a row of `to_table`, found by its `to_columns`.

    `match` says what NULL in a key means: `simple` leaves a row with any NULL part unchecked;
    `full` allows a key only whole or NULL altogether; `partial` asks for a parent that equals
    the parts that are not NULL. `normalise` compares after the named changes of text; without
    it keys are equal only when they are the same.

    A row without a parent is an orphan. `max_orphan_rows` and `max_orphan_keys` are the shares
    (0 to 1) of rows and of distinct keys that may be orphans. `duplicates` says whether a parent
    key held by several rows, which multiplies the child's rows in a join, breaks the rule.
    `new_orphans` does the same for orphan keys that the last run did not have, so that tolerated
    orphans can't be replaced by others unseen; the first run has nothing to compare with.
    `unused` reports how many parents no child names. `top` orphan keys are shown, by their text
    or, without `show_keys`, by a hash: an HMAC where the audit's `samples` give a `key`.
    """

    wants_history = 1
    wants_history_of_slices = False
    wants_versions = True
    keeps = orphans.TABLE

    columns: tuple[ColumnPath, ...]
    to_table: str
    to_columns: tuple[ColumnPath, ...]
    match: Literal["simple", "full", "partial"] = "simple"
    normalise: tuple[Rule, ...] = ()
    max_orphan_rows: float = 0.0
    max_orphan_keys: float = 0.0
    duplicates: Literal["violation", "allow"] = "violation"
    new_orphans: Literal["violation", "allow"] = "allow"
    unused: bool = False
    top: int = 20
    show_keys: bool = True

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError("references needs at least one column")
        if len(self.columns) != len(self.to_columns):
            raise ValueError(
                f"{len(self.columns)} columns refer to {len(self.to_columns)}; "
                "they pair up one to one"
            )
        if len(self.columns) > _MOST_PARTS:
            raise ValueError(f"a key has at most {_MOST_PARTS} parts, found {len(self.columns)}")
        if self.new_orphans == "violation" and "unicode" in self.normalise:
            raise ValueError(
                "new_orphans can't be a violation under normalise unicode: of several spellings of "
                "one key, each run may name another"
            )
        if not 0 <= self.top <= _MOST_SHOWN:
            raise ValueError(f"top lies between 0 and {_MOST_SHOWN}, found {self.top}")
        for share in (self.max_orphan_rows, self.max_orphan_keys):
            if not 0 <= share <= 1:
                raise ValueError(f"a share of orphans lies between 0 and 1, found {share}")

    def requires(self, context: Context) -> frozenset[tuple[str, ColumnPath]]:
        mine = {(context.table.name, column) for column in self.columns}
        return frozenset(mine | {(self.to_table, column) for column in self.to_columns})

    def needs(self, context: Context) -> tuple[Need[Any], ...]:
        self._refuse_types(context)
        need = self._counts(context)
        whole = context.seen.at(WHOLE, need)
        if whole is None or not whole.count("orphan_keys"):
            return (need,)
        return (need, *self._explanation(context).needs)

    def _refuse_types(self, context: Context) -> None:
        """Raises ConfigurationError for keys that can't be compared, before any row is read."""
        parent = context.tables.get(self.to_table)
        if parent is None:
            return
        for mine, theirs in zip(self.columns, self.to_columns, strict=True):
            ours, other = context.table.schema.at(mine), parent.schema.at(theirs)
            if ours is None or other is None:
                continue
            if reason := incomparable(ours.type, other.type, self.normalise):
                where = f"{'.'.join(mine)} and {self.to_table}.{'.'.join(theirs)}"
                raise ConfigurationError(f"references can't compare {where}: {reason}")

    def judge(self, seen: Profile, context: Context) -> Judgement:
        need = self._counts(context)
        found = seen.at(context.where, need)
        whole = context.seen.at(WHOLE, need) or found
        if found is None or whole is None or not found.count("rows"):
            return not_evaluable("no rows refer to anything", rows=0)
        rows, nulls = found.count("rows"), found.count("null_all")
        if self.match != "partial":
            nulls += found.count("null_some")
        orphan_rows, orphan_keys = found.count("orphan_rows"), found.count("orphan_keys")
        compared = self._compared(context, orphan_keys) if context.where.is_whole else None
        reasons = []
        if not whole.count("parent_keys"):
            reasons.append(f"the parent table {self.to_table} has no keys")
        if self._beyond(orphan_rows, rows, orphan_keys, found.count("keys")):
            reason = (
                f"{orphan_rows:,} of {rows:,} rows have no parent in {self.to_table} "
                f"({orphan_keys:,} of {found.count('keys'):,} keys)"
            )
            if compared is not None:
                clauses = explain.said(context.seen, self._explanation(context), orphan_rows)
                reason = ", and ".join((reason, *clauses))
            reasons.append(reason)
        gate = compared if self.new_orphans == "violation" else None
        if compared is not None and compared.surely_new and (gate or reasons):
            reasons.append(explain.said_of_new(compared))
        partly = found.count("null_some") if self.match == "full" else 0
        if partly:
            reasons.append(f"{plural(partly, 'row')} with a key that is NULL in part")
        if self.duplicates == "violation" and (doubled := found.count("multiplied_keys")):
            surplus = found.count("joined_rows") - found.count("matched_rows")
            reasons.append(
                f"{plural(doubled, 'key')} with several parents, so that a join gains "
                f"{plural(surplus, 'row')}"
            )
        details: dict[str, Any] = {
            "observed": orphan_rows,
            "expected": self._expected(),
            "unit": "rows",
            "rows": rows,
            "violations": orphan_rows + partly,
            "evidence": (
                *self._evidence(found, whole, context),
                *self._why(context, orphan_rows, compared),
            ),
            "kept": () if compared is None else tuple(map(vars, compared.orphans)),
        }
        if not reasons and nulls == rows:
            return not_evaluable("every key is NULL", **details)
        if not reasons and gate is not None and not gate.tells_new:
            return not_evaluable(f"only {orphans.MOST_KEYS:,} orphan keys are compared", **details)
        if not reasons:
            return passed(**details)
        if nulls:
            reasons.append(f"not among them: {plural(nulls, 'row')} with a NULL key")
        return violated("; ".join(reasons), **details)

    def _beyond(self, rows: int, of_rows: int, keys: int, of_keys: int) -> bool:
        # Divided, for a share times a number may fall just short of the whole number it stands for.
        return bool(
            (rows and rows / of_rows > self.max_orphan_rows)
            or (keys and keys / of_keys > self.max_orphan_keys)
        )

    def _expected(self) -> str:
        columns = ", ".join(".".join(column) for column in self.to_columns)
        text = f"a parent in {self.to_table} by {columns}"
        if self.max_orphan_rows or self.max_orphan_keys:
            text += (
                f" for all but {self.max_orphan_rows:.4%} of rows"
                f" and {self.max_orphan_keys:.4%} of keys"
            )
        return text

    def _evidence(
        self, found: TotalsState, whole: TotalsState, context: Context
    ) -> tuple[Evidence, ...]:
        matched, joined = found.count("matched_rows"), found.count("joined_rows")
        numbers = {
            "rows checked": found.count("rows"),
            "rows with a key NULL in part": found.count("null_some"),
            "rows with a key NULL altogether": found.count("null_all"),
            "orphan rows": found.count("orphan_rows"),
            "orphan keys": found.count("orphan_keys"),
            "keys": found.count("keys"),
            "keys with several parents": found.count("multiplied_keys"),
            "rows of an inner join": joined,
        }
        if context.where.is_whole:
            numbers["parent keys"] = whole.count("parent_keys")
            numbers["duplicate parent keys"] = whole.count("duplicate_parent_keys")
            numbers["surplus parent rows"] = whole.count("surplus_parent_rows")
            if self.unused:
                numbers["parent keys without a child"] = whole.count("unused_parent_keys")
        rows = [
            Evidence("counts", "references", i, label=label, count=count)
            for i, (label, count) in enumerate(numbers.items())
        ]
        if matched:
            ratio = Evidence("work", "references", len(rows), "fan-out", number=joined / matched)
            rows.append(ratio)
        return tuple(rows)

    def _why(
        self, context: Context, orphan_rows: int, compared: Comparison | None
    ) -> Iterator[Evidence]:
        if compared is None:
            return
        yield from explain.changes(compared)
        if orphan_rows:
            why = self._explanation(context)
            yield from explain.evidence(context.seen, why, orphan_rows, self.top, compared)

    def looks_back(self, context: Context) -> tuple[Need[Any], ...]:
        found = context.seen.at(WHOLE, self._counts(context))
        if found is None or not found.count("rows"):
            return ()
        _, changes = self._changed(context, found.count("orphan_keys"))
        return origins.needs(changes)

    def _compared(self, context: Context, orphan_keys: int) -> Comparison:
        return origins.told(*self._changed(context, orphan_keys), context.looked)

    def _changed(
        self, context: Context, orphan_keys: int
    ) -> tuple[Comparison, tuple[origins.Change, ...]]:
        """The whole table's orphan keys against those of the last run that measured them.

        Besides, the keys that changed and what tells why.
        """
        counts = self._counts(context)
        listed = context.seen.at(WHOLE, self._explanation(context).orphans) or KeyListState()
        plain, hidden = listed, not self.show_keys and bool(context.secret)
        if hidden:
            listed = orphans.hidden(listed, context.secret)
        now = orphans.Run(context.run_id, context.as_of, orphan_keys, listed)
        for past in reversed(context.history):
            if (last := past.profile.at(WHOLE, counts)) is not None:
                rows = [row for row in context.earlier if row["run_id"] == past.run_id]
                before = orphans.before(last.count("orphan_keys"), rows, self.show_keys)
                compared = Comparison(self.to_table, now, before)
                versions = (past.versions.get(self.to_table), context.tables[self.to_table].version)
                parent = origins.Parent(self._relation(context), *versions)
                names = {key.hash: of.hash for key, of in zip(listed.keys, plain.keys, strict=True)}
                return compared, origins.changes(compared, parent, names, hidden)
        return Comparison(self.to_table, now), ()

    def _explanation(self, context: Context) -> explain.Explanation:
        found = [context.table.schema.at(column) for column in self.columns]
        types = tuple(field.type for field in found if field is not None)
        return explain.explanation(self._relation(context), types, self.show_keys)

    def _relation(self, context: Context) -> ChildWithParent:
        return ChildWithParent(
            context.table.name,
            self.columns,
            self.to_table,
            self.to_columns,
            self.match == "partial",
            self.normalise,
        )

    def _counts(self, context: Context) -> Need[TotalsState]:
        kinds = ReferenceCounts(self._relation(context))
        reads = frozenset(column[0] for column in self.columns)
        return Need(kinds, Totals(counts(kinds), reads))


_MOST_PARTS = 8
_MOST_SHOWN = 1_000
