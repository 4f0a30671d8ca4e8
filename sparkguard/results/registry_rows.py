"""Rows of the registry's tables as plain data, and what they say about a contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sparkguard.contracts.compatibility.comparison import compare
from sparkguard.contracts.compatibility.grades import Access as Reading
from sparkguard.contracts.compatibility.grades import Change, Mode
from sparkguard.contracts.compatibility.reduction import shape_of
from sparkguard.contracts.model import Contract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.errors import ConfigurationError, StoreError
from sparkguard.registry.decision import Decision
from sparkguard.registry.publication import Consent, Consumer, Publication


class Overtaken(StoreError):
    """Somebody else published first; `winner` is theirs, and the message says what changed."""

    def __init__(self, message: str, winner: Publication) -> None:
        super().__init__(message)
        self.winner = winner


@dataclass(frozen=True)
class Published:
    """What became of a request: a publication, or a decision that blocks it."""

    decision: Decision
    publication: Publication | None


@dataclass(frozen=True)
class GateRow:
    """What became of a write, for `gates`; row counts that do not apply are None."""

    gate_id: str
    state: str
    contract_id: str
    contract_version: str
    contract_hash: str
    target: str
    staged_version: int | None = None
    target_version: int | None = None
    rows_staged: int | None = None
    rows_written: int | None = None
    rows_quarantined: int | None = None
    rows_refused: int | None = None
    reason: str = ""


def readers_of(events: Iterable[Mapping[str, Any]], contract: str) -> tuple[Consumer, ...]:
    """Who reads which version now, by the events of a contract in order."""
    latest: dict[str, Consumer] = {}
    for row in events:
        name = row["consumer"]
        if row["event"] == "left":
            latest.pop(name, None)
        elif row["event"] == "pinned":
            latest[name] = Consumer(name, contract, row["version"], Reading(row["access"]))
    return tuple(latest[name] for name in sorted(latest))


def consents_of(events: Iterable[Mapping[str, Any]], contract: str) -> tuple[Consent, ...]:
    """Who agreed to which version, by the events of a contract."""
    return tuple(
        Consent(row["consumer"], contract, row["hash"])
        for row in events
        if row["event"] == "acknowledged"
    )


def publication_of(row: Mapping[str, Any]) -> Publication:
    """The publication that a row of `contracts` holds. Raises StoreError for a newer one's."""
    name = f"{row['contract_id']} {row['version']} (published)"
    try:
        contract = parse_contract(row["document"], name)
    except ConfigurationError as error:
        raise StoreError(
            f"{name} can't be read by this SparkGuard; a newer one may have published it: {error}"
        ) from error
    return Publication(
        contract=row["contract_id"],
        sequence=row["number"],
        version=row["version"],
        hash=row["hash"],
        document=row["document"],
        mode=Mode(row["mode"]),
        by=row["published_by"],
        at=row["at"],
        shape=replace(shape_of(contract), version=row["version"]),
        previous=row["previous_hash"],
        supersedes=row["supersedes"],
        ends=row["ends"],
        accepted=frozenset(row["accepted"] or ()),
    )


def overtaken_by(contract: Contract, previous: Publication | None, winner: Publication) -> str:
    """What to tell the publisher who came second."""
    changes: Iterable[Change] = compare(previous.shape, winner.shape).changes if previous else ()
    told = "; ".join(f"{c.where} {c.rule}" for c in changes) or "it is the first version"
    return (
        f"{contract.id}: {winner.by} published version {winner.version} in the meantime ({told}). "
        f"Version {contract.version} was not published; take those changes in and publish again."
    )
