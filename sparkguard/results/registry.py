"""The contract registry in Delta: of several writers of one number, one wins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sparkguard import sql
from sparkguard.contracts.compatibility.reduction import shape_of
from sparkguard.contracts.model import Contract
from sparkguard.errors import ConfigurationError, StoreError, did_you_mean
from sparkguard.ports import Clock, Ids
from sparkguard.registry.decision import Decision, Request, decide
from sparkguard.registry.publication import Consent, Consumer, Publication
from sparkguard.results import setup
from sparkguard.results.access import Access, Writer
from sparkguard.results.registry_rows import (
    GateRow,
    Overtaken,
    Published,
    consents_of,
    overtaken_by,
    publication_of,
    readers_of,
)
from sparkguard.results.rows import cells_of, frame_of, restamped, version_stamps
from sparkguard.results.schemas import Table
from sparkguard.results.schemas.registry import CONSUMERS, CONTRACTS, GATES
from sparkguard.tables import ResultsPlace

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MOST = 100_000
_DOCUMENTS = 2_000


class Registry:
    """Contracts and consumers in the result store at `location`."""

    def __init__(
        self,
        spark: SparkSession,
        location: ResultsPlace | str,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        writer: Writer | None = None,
    ) -> None:
        self._access = Access.open(spark, location, clock=clock, ids=ids, writer=writer)
        self._checked = False

    def check(self) -> None:
        """Raises ConfigurationError with the fix unless the registry's tables can be used."""
        if not self._checked:
            setup.check(self._access, ("runs", "contracts", "consumers", "gates"))
            self._checked = True

    def publications(self, contract: str) -> tuple[Publication, ...]:
        """Every version of a contract, oldest first.

        Raises StoreError for a document that this SparkGuard can't read.
        """
        rows = self._rows(CONTRACTS, {"contract_id": contract}, _DOCUMENTS)
        return tuple(publication_of(row) for row in rows)

    def listing(self) -> tuple[Mapping[str, Any], ...]:
        """Every publication without its document, by contract and number."""
        return tuple(self._rows(CONTRACTS, {}, _MOST, leaving=("document",)))

    def publication(self, contract: str, version: str | None = None) -> Publication:
        """One version, the latest by default. Raises ConfigurationError when there is none."""
        every = self.publications(contract)
        if not every:
            known = {row["contract_id"] for row in self.listing()}
            raise ConfigurationError(
                f"no contract {contract[:80]!r} is published.{did_you_mean(contract, known)}"
            )
        found = next((p for p in every if version in (None, p.version) and
                      (version or p is every[-1])), None)  # fmt: skip
        if found is None:
            allowed = [p.version for p in every]
            raise ConfigurationError(
                f"contract {contract!r} has no version {str(version)[:40]!r}; it has "
                f"{', '.join(allowed)}"
            )
        return found

    def publish(
        self,
        contract: Contract,
        document: str,
        by: str,
        request: Request | None = None,
        seen: tuple[Publication, ...] | None = None,
    ) -> Published:
        """Publish a contract version, or say what blocks it.

        `request` carries what makes breaks legal; `seen` are the publications the caller judged
        by, those stored now when None. Raises Overtaken when somebody published in between.
        """
        self.check()
        known = self.publications(contract.id) if seen is None else seen
        wanted = request or request_of(contract)
        today = self._access.clock.now().date()
        events = self._events(contract.id) if known else []
        decision = decide(
            wanted, known, readers_of(events, contract.id), consents_of(events, contract.id), today
        )
        if decision.already is not None or not decision.allowed:
            return Published(decision, decision.already)
        previous = known[-1] if known else None
        number = len(known) + 1
        row = self._contract_row(contract, document, by, wanted, decision, previous, number)
        self._record(CONTRACTS, row, number, "contracts", contract.id)
        stored = self.publications(contract.id)
        winner = next((p for p in stored if p.sequence == number), None)
        if winner is None:
            raise StoreError(f"version {contract.version} of {contract.id} was not stored")
        if winner.hash != contract.source_hash:
            raise Overtaken(overtaken_by(contract, previous, winner), winner)
        return Published(decision, winner)

    def _contract_row(
        self,
        contract: Contract,
        document: str,
        by: str,
        wanted: Request,
        decision: Decision,
        previous: Publication | None,
        number: int,
    ) -> dict[str, Any]:
        changes = decision.diffs[-1].changes if decision.diffs else ()
        return {
            "contract_id": contract.id,
            "number": number,
            "version": contract.version,
            "hash": contract.source_hash,
            "document": document,
            "mode": contract.compatibility.value,
            "published_by": by,
            "at": self._access.clock.now(),
            "previous_hash": previous.hash if previous else "",
            "supersedes": wanted.supersedes,
            "ends": wanted.ends,
            "reason": wanted.acknowledged,
            "changes": [
                (c.rule, c.where, c.old[:400], c.new[:400], c.grade.name, c.why) for c in changes
            ],
            "accepted": sorted(decision.accepted),
            "overrides": [(o.rule, o.party.value, o.author, o.reason) for o in wanted.overrides],
            "proofs": list(wanted.proofs),
            "request": self._access.ids.new(),
        }

    def consumers(self, contract: str) -> tuple[Consumer, ...]:
        """Who reads a contract now, by name."""
        return readers_of(self._events(contract), contract)

    def consents(self, contract: str) -> tuple[Consent, ...]:
        """Every consent given to a version of a contract."""
        return consents_of(self._events(contract), contract)

    def _events(self, contract: str) -> list[dict[str, Any]]:
        return self._rows(CONSUMERS, {"contract_id": contract}, _MOST)

    def pin(self, consumer: Consumer, by: str, reason: str = "") -> None:
        """Register a reader of a published version, or change what it pins."""
        self.check()
        version = self.publication(consumer.contract, consumer.version).version
        self._event(consumer.contract, consumer.name, "pinned", version, by, reason,
                    access=consumer.access.value)  # fmt: skip

    def leave(self, contract: str, consumer: str, by: str, reason: str = "") -> None:
        """Take a reader off the list."""
        self.check()
        self._known(contract, consumer)
        self._event(contract, consumer, "left", "", by, reason)

    def acknowledge(self, contract: Contract, consumer: str, by: str, reason: str) -> None:
        """Record a reader's consent to a version to come, by its hash."""
        self.check()
        self._known(contract.id, consumer)
        if not reason.strip():
            raise ConfigurationError("a consent needs a reason")
        self._event(contract.id, consumer, "acknowledged", contract.version, by, reason,
                    hash=contract.source_hash)  # fmt: skip

    def record(self, row: GateRow) -> None:
        """Keep what became of a write; a repeat that came out the same is kept once."""
        cells = row.__dict__
        known = self._rows(GATES, {"gate_id": row.gate_id}, _MOST)
        if any(all(kept[name] == value for name, value in cells.items()) for kept in known):
            return
        number = len(known) + 1
        entry = {
            **cells,
            "number": number,
            "at": self._access.clock.now(),
            "request": self._access.ids.new(),
        }
        self._record(GATES, entry, number, "gates", row.gate_id)

    def _known(self, contract: str, consumer: str) -> None:
        names = [c.name for c in self.consumers(contract)]
        if consumer not in names:
            raise ConfigurationError(
                f"contract {contract!r} has no consumer {consumer[:80]!r}."
                f"{did_you_mean(consumer, names)}"
            )

    def _event(
        self, contract: str, consumer: str, event: str, version: str, by: str, reason: str,
        access: str = "", hash: str = "",
    ) -> None:  # fmt: skip
        key = {"contract_id": contract, "consumer": consumer}
        number = len(self._rows(CONSUMERS, key, _MOST)) + 1
        row = {
            **key,
            "number": number,
            "event": event,
            "version": version,
            "hash": hash,
            "access": access,
            "by": by,
            "reason": reason,
            "at": self._access.clock.now(),
            "request": self._access.ids.new(),
        }
        self._record(CONSUMERS, row, number, "consumers", f"{contract}/{consumer}")
        stored = self._rows(CONSUMERS, {**key, "number": number}, _MOST)
        if not stored or stored[0]["request"] != row["request"]:
            raise StoreError(f"the entry of {consumer!r} was changed by somebody else; look again")

    def _record(
        self, table: Table, row: Mapping[str, Any], number: int, what: str, subject: str
    ) -> None:
        stamps = version_stamps(table, self._access.clock.now())
        cells = restamped(table, [cells_of(table, row)], stamps)
        frame = frame_of(self._access.spark, table, cells)
        self._access.append(table, frame, f"sparkguard/{what}/{quote(subject, safe='')}", number)

    def _rows(
        self, table: Table, where: Mapping[str, Any], most: int, leaving: tuple[str, ...] = ()
    ) -> list[dict[str, Any]]:
        conditions = [
            sql.template("{} = {}", sql.name(column), sql.literal(value))
            for column, value in where.items()
        ]
        frame = self._access.load(table).where(sql.all_of(conditions).text).drop(*leaving)
        rows = self._access.collect(frame, table.name, most)
        return sorted(rows, key=lambda row: tuple(row[name] for name in table.identity))


def request_of(contract: Contract, **legal: Any) -> Request:
    """The request to publish a contract; `legal` are the fields that make breaks legal."""
    return Request(contract.id, contract.version, contract.source_hash, shape_of(contract), **legal)
