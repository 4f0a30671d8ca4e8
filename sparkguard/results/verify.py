"""Proof, before a run counts, that what it appended is what the tables hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.errors import StoreError, listed
from sparkguard.results.access import Access
from sparkguard.results.records import Part
from sparkguard.results.rows import hash_sql
from sparkguard.results.schemas import TABLES, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MOST_PARTS = 100_000

Expected = Mapping[tuple[str, str], Part | None]
"""Parts by (table, part); None where the rows never passed through this process."""


@dataclass(frozen=True)
class Stored:
    """The parts of one run as the tables hold them, and its different (check, slice) pairs."""

    parts: tuple[Part, ...]
    verdicts: int

    @property
    def reported(self) -> int:
        return sum(part.rows for part in self.parts if part.table == "results")


def of_run(frame: DataFrame, run_id: str) -> DataFrame:
    return frame.where(sql.template("run_id = {}", sql.literal(run_id)).text)


def read_back(access: Access, run_id: str, tables: Iterable[str]) -> Stored:
    """Counts and digests of everything stored under `run_id` in `tables`, in one query."""
    rows = {name: of_run(access.load(TABLES[name]), run_id) for name in tables}
    # Grouped after the union: one exchange for all tables, not one for each.
    tallied = _tallied(
        reduce(
            lambda one, other: one.unionAll(other),
            (_hashed(frame, TABLES[name]) for name, frame in rows.items()),
        )
    )
    if "results" in rows:
        tallied = tallied.unionAll(rows["results"].selectExpr(*_VERDICTS))
    found = access.collect(tallied, f"parts of run {run_id}", _MOST_PARTS)
    parts = (Part(**row) for row in found if row["part"] is not None)
    verdicts = next((row["rows"] for row in found if row["part"] is None), 0)
    return Stored(tuple(sorted(parts, key=lambda p: (p.table, p.part))), verdicts)


def differences(expected: Expected, stored: Stored, reported: int) -> list[str]:
    """What is stored otherwise than expected; `expected` is empty when another process wrote."""
    found: list[str] = []
    by_key = {(part.table, part.part): part for part in stored.parts}
    for (table, part), wanted in sorted(expected.items()):
        there = by_key.get((table, part))
        if wanted is None or (there is None and wanted.rows == 0):
            continue
        if there is None or there.rows != wanted.rows:
            count = there.rows if there else 0
            found.append(f"{table}/{part} holds {count} rows of {wanted.rows}")
        elif there.digest != wanted.digest:
            found.append(f"{table}/{part} holds other rows")
    strangers = sorted(set(by_key) - set(expected)) if expected else []
    found.extend(f"{table}/{part} is no part of this run" for table, part in strangers)
    if stored.reported != reported:
        found.append(f"results holds {stored.reported} rows, reported are {reported}")
    if stored.verdicts != stored.reported:
        found.append(f"results holds {stored.reported - stored.verdicts} verdicts twice")
    return found


def refuse(run_id: str, found: list[str]) -> None:
    """Raises StoreError when something was found."""
    if found:
        raise StoreError(
            f"run {run_id} is stored with other data than this process computed: "
            f"{listed(found, 6)}. It was not marked complete; start it under a new run id."
        )


_VERDICTS = (
    "'results' AS `table`",
    "CAST(NULL AS STRING) AS part",
    "count(DISTINCT check_id, slice) AS rows",
    "'0' AS digest",
)


def _hashed(rows: DataFrame, table: Table) -> DataFrame:
    named = sql.alias(sql.literal(table.name), "table").text
    return rows.selectExpr(named, "part", sql.alias(hash_sql(table), "hash").text)


def _tallied(hashed: DataFrame) -> DataFrame:
    from pyspark.sql.functions import expr

    return hashed.groupBy("table", "part").agg(
        expr("count(1)").alias("rows"), expr("CAST(sum(hash) AS STRING)").alias("digest")
    )
