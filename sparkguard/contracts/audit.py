"""Reads an audit configuration: which tables a run reads, and how it applies their contracts.

    audit: nycflights
    contracts: ../contracts                  # a folder of *.odcs.yaml, or a list of files
    results: {path: "${lake}/sparkguard"}    # or {schema: catalog.schema}
    as_of: 2014-01-02T00:00:00Z              # optional; --as-of goes before it; else the clock
    datasets:
      flights:                               # a table of the contract
        contract: nycflights
        version: "1.0.0"                     # only where several versions are at hand
        table: {path: "${lake}/flights"}     # or {name: catalog.schema.flights}
        slices: {by: [month], judge: all}    # all, none, or a list such as [{month: 5}]
    skip:
      - {check: flights.range.distance, reason: "..."}   # a rule's id, or a kind of check
    not_evaluable: error                     # or fail, warn
    fail_on_warn: false
    samples: {mode: off, rows: 10, columns: []}   # off, keys, hash, mask or raw
    incremental: false                       # true: read changed partitions only
    alerts: {...}, openlineage: {...}        # see alert_routes.py

`${name}` is replaced in texts after the file is read, by variables that the caller gives. Contract
files must lie under the project's root: the folder above the audit's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path as FilePath
from types import MappingProxyType
from typing import Any

from sparkguard.contracts.alert_routes import read_alerts, read_lineage
from sparkguard.contracts.audit_config import AuditConfig, Samples, Skip
from sparkguard.contracts.model import Contract
from sparkguard.contracts.source import Source, converted, frozen, resolved
from sparkguard.contracts.spec import named
from sparkguard.contracts.yaml import Path, load
from sparkguard.errors import ConfigurationError, as_found, did_you_mean
from sparkguard.kinds import fingerprint
from sparkguard.tables import ResultsPlace
from sparkguard.verdicts import Outcome

SectionReader = Callable[[Any, Path, Source], Any]


def _incremental(value: Any, at: Path, source: Source) -> bool:
    return _flag(value, at, source)


SECTIONS: dict[str, SectionReader] = {
    "incremental": _incremental,
    "alerts": read_alerts,
    "openlineage": read_lineage,
}
"""Further top-level keys and what reads them: to add a section, add a line. A reader gets the
value, its path and the source, adds problems to the source, and returns frozen data."""

_KEYS = (
    *("audit", "contracts", "results", "as_of", "datasets", "skip"),
    *("not_evaluable", "fail_on_warn", "samples"),
)


def load_audit(
    path: str | FilePath,
    variables: Mapping[str, str] | None = None,
    root: str | FilePath | None = None,
) -> AuditConfig:
    """The audit in a file, with its contracts.

    `variables` fill `${name}`; `root` is the folder that contract files may not leave, by
    default the one above the audit's folder. Raises ConfigurationError with every problem found
    in the audit and its contracts.
    """
    from sparkguard.contracts.binding import bind_datasets, load_contracts
    from sparkguard.contracts.odcs import read_file

    file = FilePath(path)
    document = load(read_file(file), str(path), frozenset(("version", "audit")))
    source = Source(document)
    if not isinstance(document.data, dict):
        source.problem((), f"an audit is a mapping, found {as_found(document.data)}")
        raise ConfigurationError(source.problems)
    data = resolved(document.data, (), variables or {}, source)
    for key in ("audit", "contracts", "results", "datasets"):
        if data.get(key) in (None, {}, [], ""):
            source.problem((key,), f"the audit needs {key!r}")
    incomplete = bool(source.problems)
    source.unknown_keys(data, (), (*_KEYS, *SECTIONS))
    if incomplete:
        raise ConfigurationError(source.problems)
    folder = file.parent
    contracts = load_contracts(data["contracts"], folder, FilePath(root or folder / ".."), source)
    skips = _skips(data.get("skip") or [], contracts, source)
    datasets = bind_datasets(data["datasets"], contracts, skips, source)
    config = AuditConfig(
        name=_text(data["audit"], ("audit",), source),
        file=str(path),
        source_hash=fingerprint(document.data),
        results=converted(ResultsPlace, data["results"], ("results",), source),
        contracts=contracts,
        datasets=datasets,
        skips=skips,
        not_evaluable=_policy(data.get("not_evaluable", "error"), source),
        fail_on_warn=_flag(data.get("fail_on_warn", False), ("fail_on_warn",), source),
        samples=converted(Samples, data.get("samples") or {}, ("samples",), source),
        as_of=_moment(data.get("as_of"), source),
        sections=MappingProxyType(
            {key: read(data[key], (key,), source) for key, read in SECTIONS.items() if key in data}
        ),
    )
    if source.problems:
        raise ConfigurationError(source.problems)
    return config


def _skips(value: Any, contracts: tuple[Contract, ...], source: Source) -> Mapping[str, str]:
    if not isinstance(value, list):
        source.problem(("skip",), f"skip: expected a list, found {as_found(value)}")
        return {}
    rules = [rule for contract in contracts for rule in contract.rules]
    known = {rule.id for rule in rules} | {rule.kind for rule in rules}
    reasons: dict[str, str] = {}
    for i, item in enumerate(value):
        at: Path = ("skip", i)
        skip = converted(Skip, item, at, source)
        if skip is None:
            continue
        meant = named(skip.check, rules)
        if not meant:
            near = did_you_mean(skip.check, known)
            source.problem(
                (*at, "check"), f"no rule of the contracts has the id or kind {skip.check!r}.{near}"
            )
        for rule in meant:
            whole = skip.check in (rule.id, rule.kind)
            reasons.setdefault(rule.id if whole else skip.check, skip.reason)
    return frozen(reasons)  # type: ignore[no-any-return]


def _policy(value: Any, source: Source) -> Outcome:
    allowed = (Outcome.ERROR, Outcome.FAIL, Outcome.WARN)
    if value in tuple(outcome.value for outcome in allowed):
        return Outcome(value)
    source.problem(
        ("not_evaluable",),
        f"not_evaluable: found {as_found(value)}, allowed: error, fail, warn."
        f"{did_you_mean(str(value), allowed)}",
    )
    return Outcome.ERROR


def _flag(value: Any, at: Path, source: Source) -> bool:
    if not isinstance(value, bool):
        source.problem(at, f"{at[-1]}: expected true or false, found {as_found(value)}")
    return value is True


def _text(value: Any, at: Path, source: Source) -> str:
    if not isinstance(value, str):
        source.problem(at, f"{at[-1]}: expected text, found {as_found(value)}")
    return str(value)


def _moment(value: Any, source: Source) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        source.problem(("as_of",), f"as_of: expected an ISO 8601 time, found {as_found(value)}")
        return None
    if moment.tzinfo is None:
        source.problem(("as_of",), "as_of: expected a time with its zone, such as ...T00:00:00Z")
        return None
    return moment.astimezone(timezone.utc)
