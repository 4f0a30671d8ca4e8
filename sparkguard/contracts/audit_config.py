"""How an audit applies contracts to tables, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from sparkguard.contracts.alert_routes import Alerts, Lineage
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.contracts.spec import CheckSpec
from sparkguard.errors import Location
from sparkguard.slices import Slice
from sparkguard.tables import ResultsPlace, TableRef
from sparkguard.verdicts import Outcome

_MOST_ROWS = 1_000


@dataclass(frozen=True)
class SlicePolicy:
    """The columns by which a dataset is sliced; `judged` is None when every slice is judged."""

    by: tuple[str, ...] = ()
    judged: tuple[Slice, ...] | None = ()


@dataclass(frozen=True)
class Dataset:
    """A table of a contract, where it is, and how its slices are judged."""

    name: str
    contract: Contract
    table: TableRef
    slices: SlicePolicy = SlicePolicy()
    where: Location = field(default=Location(""), compare=False)

    @property
    def promise(self) -> TableContract:
        """What the contract says of this table."""
        table = self.contract.table(self.name)
        assert table is not None
        return table

    @property
    def rules(self) -> tuple[CheckSpec, ...]:
        return self.promise.rules


@dataclass(frozen=True)
class Skip:
    """A rule's id or a kind of check that this audit leaves out, and why."""

    check: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a skipped check needs its reason")


@dataclass(frozen=True)
class Samples:
    """What may be kept of failing rows: nothing, their keys, or `columns` hashed, masked or raw.

    `key` is the deployment's secret for `hash`, and for orphan keys that are not shown; give it by
    a variable.
    """

    mode: Literal["off", "keys", "hash", "mask", "raw"] = "off"
    rows: int = 10
    columns: tuple[str, ...] = ()
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= _MOST_ROWS:
            raise ValueError(f"rows is 1 to {_MOST_ROWS:,}, found {self.rows:,}")
        if self.mode in ("hash", "mask", "raw") and not self.columns:
            raise ValueError(f"mode {self.mode} needs columns: the ones that may be shown")
        if self.mode == "hash" and not self.key:
            raise ValueError('mode hash needs key; give it by a variable: "${name}"')


@dataclass(frozen=True)
class AuditConfig:
    """One audit with its contracts loaded and bound to datasets.

    `skips` gives the reason by the id of each rule, or check of one, that is switched off.
    `not_evaluable` says how such a verdict weighs: ERROR, FAIL or WARN. `as_of` is in UTC.
    `sections` holds what the readers in `SECTIONS` made of the file's other keys.
    """

    name: str
    file: str
    source_hash: str
    results: ResultsPlace
    contracts: tuple[Contract, ...]
    datasets: tuple[Dataset, ...]
    skips: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    not_evaluable: Outcome = Outcome.ERROR
    fail_on_warn: bool = False
    samples: Samples = Samples()
    as_of: datetime | None = None
    sections: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def alerts(self) -> Alerts:
        """Who is told of alerts; nobody where the audit has no such section."""
        return self.sections.get("alerts") or Alerts()

    @property
    def lineage(self) -> Lineage | None:
        """Where OpenLineage events go; nowhere unless the audit says so."""
        return self.sections.get("openlineage")

    def dataset(self, name: str) -> Dataset | None:
        return next((dataset for dataset in self.datasets if dataset.name == name), None)
