"""Rows of the tables that single checks have for themselves: what one run leaves for the next."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from sparkguard import sql
from sparkguard.results.access import Access
from sparkguard.results.records import Origin, checked
from sparkguard.results.schemas import TABLES
from sparkguard.results.verify import of_run
from sparkguard.verdicts import Record, Verdict

R = TypeVar("R", bound=Record)

_MOST = 100_000


def record_row(verdict: Verdict, record: Record, origin: Origin) -> dict[str, Any]:
    """The row of a record that a check left with its verdict."""
    return {**checked(verdict.check, verdict.slice, origin), **vars(record)}


def remembered(access: Access, kind: type[R], check: str, run_id: str) -> tuple[R, ...]:
    """The records that a check left in a complete run.

    Raises StoreError for more than 100,000.
    """
    rows = of_run(access.load(TABLES[kind.table]), run_id)
    rows = rows.where(sql.template("check_id = {}", sql.literal(check)).text)
    names = [column.name for column in fields(kind)]
    found = access.collect(rows.select(*names), f"{kind.table} of {check}", _MOST)
    return tuple(kind(**row) for row in found)
