"""State changes by several people at once: numbered rows, of which each number has one winner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from sparkguard import sql
from sparkguard.errors import StoreError
from sparkguard.results.access import Access
from sparkguard.results.records import TransitionRow, record_of
from sparkguard.results.rows import cells_of, frame_of, restamped
from sparkguard.results.schemas import TABLES

_MOST = 100_000


class Conflict(StoreError):
    """Somebody else made the change with this number first; `winner` is theirs."""

    def __init__(self, message: str, winner: TransitionRow) -> None:
        super().__init__(message)
        self.winner = winner


def record(access: Access, wanted: TransitionRow, stamps: dict[str, Any]) -> TransitionRow:
    """Stores `wanted` if nobody took its number, and returns the row that is stored.

    A repeat of the same `request` is a success. Raises Conflict with the winner's row,
    ValueError when earlier numbers are missing.
    """
    last = fold(changes(access, wanted.kind, wanted.subject))
    reached = last.number if last else 0
    if wanted.number > reached + 1 or wanted.number < 1:
        raise ValueError(
            f"the next change of {wanted.kind} {wanted.subject} has number {reached + 1}, "
            f"not {wanted.number}"
        )
    if wanted.number == reached + 1:
        table = TABLES["transitions"]
        frame = frame_of(access.spark, table, restamped(table, [cells_of(table, wanted)], stamps))
        access.append(table, frame, app_id(wanted.kind, wanted.subject), wanted.number)
    # A change that came second may have been dropped without a word: look who won.
    return settled(wanted, changes(access, wanted.kind, wanted.subject))


def settled(wanted: TransitionRow, stored: Iterable[TransitionRow]) -> TransitionRow:
    """The row with the number of `wanted`; raises Conflict when it is of another request."""
    rows = tuple(stored)
    winner = next((row for row in rows if row.number == wanted.number), None)
    if winner is None:
        raise StoreError(f"change {wanted.number} of {wanted.kind} {wanted.subject} was not stored")
    if winner.request != wanted.request:
        last = fold(rows) or winner
        since = "" if last == winner else f"; it is now at {last}"
        raise Conflict(
            f"{wanted.kind} {wanted.subject} was changed before: {winner}{since}", winner
        )
    return winner


def changes(access: Access, kind: str, subject: str) -> tuple[TransitionRow, ...]:
    """All changes of a subject by number."""
    rows = access.load(TABLES["transitions"]).where(
        sql.template("kind = {} AND subject = {}", sql.literal(kind), sql.literal(subject)).text
    )
    return _sorted(access.collect(rows, f"changes of {kind} {subject}", _MOST))


def states(access: Access, kind: str) -> dict[str, TransitionRow]:
    """The last change of every subject of a kind, by subject."""
    rows = access.load(TABLES["transitions"])
    rows = rows.where(sql.template("kind = {}", sql.literal(kind)).text)
    last = rows.selectExpr(
        "*", "row_number() OVER (PARTITION BY subject ORDER BY number DESC) AS age"
    ).where("age = 1")
    found = _sorted(access.collect(last.drop("age"), f"states of {kind}", _MOST))
    return {row.subject: row for row in found}


def fold(rows: Iterable[TransitionRow]) -> TransitionRow | None:
    """The change that holds now: the last one; None when there was none.

    Raises StoreError when numbers are missing or taken twice.
    """
    ordered = sorted(rows, key=lambda row: row.number)
    numbers = [row.number for row in ordered]
    if numbers != list(range(1, len(numbers) + 1)):
        raise StoreError(
            f"changes of {ordered[0].kind} {ordered[0].subject} are not numbered "
            f"1 to {len(numbers)} without gaps"
        )
    return ordered[-1] if ordered else None


def app_id(kind: str, subject: str) -> str:
    """The transaction identifier under which a subject's changes are numbered."""
    return f"sparkguard/transitions/{quote(kind, safe='')}/{quote(subject, safe='')}"


def _sorted(rows: Iterable[dict[str, Any]]) -> tuple[TransitionRow, ...]:
    found = (record_of(TransitionRow, row) for row in rows)
    return tuple(sorted(found, key=lambda row: (row.subject, row.number)))
