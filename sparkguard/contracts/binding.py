"""Finds an audit's contracts and binds their tables to its datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from sparkguard.columns import Column
from sparkguard.contracts.audit_config import Dataset, SlicePolicy
from sparkguard.contracts.model import Contract, TableContract
from sparkguard.contracts.odcs import load_contract
from sparkguard.contracts.rules import option_path
from sparkguard.contracts.source import Source, frozen
from sparkguard.contracts.spec import CheckSpec
from sparkguard.contracts.yaml import Path
from sparkguard.errors import ConfigurationError, as_found, did_you_mean, listed
from sparkguard.expressions import Query
from sparkguard.slices import Slice
from sparkguard.tables import TableRef, refuse_relative

_SUFFIX = ".odcs.yaml"
_DATASET_KEYS = ("contract", "version", "table", "slices")


def load_contracts(
    value: Any, folder: FilePath, root: FilePath, source: Source
) -> tuple[Contract, ...]:
    """The contracts of a folder or of a list of files, none of them outside `root`."""
    contracts: list[Contract] = []
    for file, at in _files(value, folder, root, source):
        try:
            contracts.append(load_contract(file))
        except ConfigurationError as error:
            source.problems.extend(error.problems)
            if not error.problems:
                source.problem(at, str(error))
    seen: dict[tuple[str, str], str] = {}
    for contract in contracts:
        other = seen.setdefault((contract.id, contract.version), contract.file)
        if other != contract.file:
            source.problem(
                ("contracts",),
                f"contract {contract.id!r} version {contract.version!r} is in two files: "
                f"{other}, {contract.file}",
            )
    return tuple(contracts)


def _files(
    value: Any, folder: FilePath, root: FilePath, source: Source
) -> list[tuple[FilePath, Path]]:
    at: Path = ("contracts",)
    if isinstance(value, str):
        place = folder / value
        if not _jailed(place, root, at, source):
            return []
        if place.is_dir():
            files = sorted(place.glob(f"*{_SUFFIX}"))
            if not files:
                source.problem(at, f"contracts: no file *{_SUFFIX} in {value!r}")
            return [(file, at) for file in files if _jailed(file, root, at, source)]
        value = [value]
    if not isinstance(value, list):
        source.problem(
            at, f"contracts: expected a folder or a list of files, found {as_found(value)}"
        )
        return []
    files_found = []
    for i, name in enumerate(value):
        place_at = (*at, i) if len(value) > 1 else at
        if not isinstance(name, str):
            source.problem(place_at, f"contracts: expected a file, found {as_found(name)}")
        elif _jailed(folder / name, root, place_at, source):
            files_found.append((folder / name, place_at))
    return files_found


def _jailed(place: FilePath, root: FilePath, at: Path, source: Source) -> bool:
    """Whether `place`, with all links followed, lies under `root`."""
    try:
        inside = place.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):
        inside = False
    if not inside:
        source.problem(at, "contracts: the file lies outside the project's folder")
    return inside


def bind_datasets(
    value: Any, contracts: tuple[Contract, ...], skips: Mapping[str, str], source: Source
) -> tuple[Dataset, ...]:
    """One dataset for each entry, whose rules refer to other datasets by name."""
    if not isinstance(value, dict):
        source.problem(("datasets",), f"datasets: expected a mapping, found {as_found(value)}")
        return ()
    datasets = []
    for name, node in value.items():
        at: Path = ("datasets", name)
        if not isinstance(node, dict):
            source.problem(at, f"{name}: expected a mapping, found {as_found(node)}")
            continue
        source.unknown_keys(node, at, _DATASET_KEYS)
        contract = _contract(node, at, contracts, source)
        table = _table_ref(node.get("table"), (*at, "table"), source)
        if contract is None or table is None:
            continue
        promise = contract.table(name)
        if promise is None:
            names = [t.name for t in contract.tables]
            source.problem(
                at,
                f"contract {contract.id!r} has no table {name!r}; it has {listed(names)}."
                f"{did_you_mean(name, names)}",
            )
            continue
        slices = _slices(node.get("slices") or {}, (*at, "slices"), promise, source)
        datasets.append(Dataset(name, contract, table, slices, source.where(at)))
    return tuple(_with_targets(dataset, datasets, skips, source) for dataset in datasets)


def _contract(
    node: Mapping[str, Any], at: Path, contracts: tuple[Contract, ...], source: Source
) -> Contract | None:
    wanted, version = node.get("contract"), node.get("version")
    ids = tuple(dict.fromkeys(contract.id for contract in contracts))
    matching = [c for c in contracts if c.id == wanted and version in (None, c.version)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        versions = listed(repr(contract.version) for contract in matching)
        source.problem(at, f"contract {wanted!r} has versions {versions}; give version")
    elif wanted in ids:
        versions = listed(repr(c.version) for c in contracts if c.id == wanted)
        source.problem(
            (*at, "version"), f"contract {wanted!r} has versions {versions}, found {version!r}"
        )
    elif ids:
        near = did_you_mean(str(wanted), ids)
        source.problem(
            (*at, "contract"), f"contract: found {as_found(wanted)}, allowed: {listed(ids)}.{near}"
        )
    return None


def _table_ref(value: Any, at: Path, source: Source) -> TableRef | None:
    """`{path: ...}`, `{name: ...}`, or a catalog name as text."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        source.problem(at, f"table: expected {{path: ...}} or a name, found {as_found(value)}")
        return None
    source.unknown_keys(value, at, ("path", "name"))
    given = {key: value[key] for key in ("path", "name") if value.get(key) is not None}
    if not all(isinstance(text, str) for text in given.values()):
        source.problem(at, "table: path and name are texts")
        return None
    try:
        if given.get("path"):
            refuse_relative(given["path"])
        return TableRef(**given)
    except ValueError as error:
        source.problem(at, f"table: {error}")
        return None


def _slices(value: Any, at: Path, table: TableContract, source: Source) -> SlicePolicy:
    if not isinstance(value, dict):
        source.problem(at, f"slices: expected a mapping with by and judge, found {as_found(value)}")
        return SlicePolicy()
    source.unknown_keys(value, at, ("by", "judge"))
    by = value.get("by") or []
    if not isinstance(by, list) or not all(isinstance(name, str) for name in by):
        source.problem((*at, "by"), f"by: expected a list of columns, found {as_found(by)}")
        return SlicePolicy()
    names = {column.name for column in table.columns}
    for i, name in enumerate(by):
        if names and name not in names:
            near = did_you_mean(name, names)
            source.problem(
                (*at, "by", i),
                f"the contract of {table.name} has no column {name!r}; it has "
                f"{listed(sorted(names))}.{near}",
            )
    if len(set(by)) < len(by):
        source.problem((*at, "by"), "by: a column is given twice")
    judge = value.get("judge", "all")
    if judge == "all":
        return SlicePolicy(tuple(by), None if by else ())
    if judge == "none":
        return SlicePolicy(tuple(by), ())
    if not isinstance(judge, list):
        source.problem(
            (*at, "judge"),
            f"judge: found {as_found(judge)}, allowed: all, none, or a list such as [{{month: 5}}]."
            f"{did_you_mean(str(judge), ('all', 'none'))}",
        )
        return SlicePolicy(tuple(by))
    judged = [_slice(item, (*at, "judge", i), by, source) for i, item in enumerate(judge)]
    return SlicePolicy(tuple(by), tuple(dict.fromkeys(s for s in judged if s is not None)))


def _slice(item: Any, at: Path, by: list[str], source: Source) -> Slice | None:
    if not isinstance(item, dict) or set(item) != set(by):
        source.problem(at, f"judge: expected one value for each of {listed(by)}")
        return None
    if any(isinstance(value, (list, dict, float)) for value in item.values()):
        source.problem(at, "judge: a value is text, a whole number, true, false or null")
        return None
    return Slice.of({name: _as_text(value) for name, value in item.items()})


def _as_text(value: Any) -> str | None:
    """The value as Spark casts it to a string."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _with_targets(
    dataset: Dataset, datasets: list[Dataset], skips: Mapping[str, str], source: Source
) -> Dataset:
    """The dataset with every table that its active rules read found among the datasets."""
    rules = tuple(
        rule if rule.skip or rule.id in skips else _with_target(rule, dataset, datasets, source)
        for rule in dataset.rules
    )
    promise = replace(dataset.promise, rules=rules)
    tables = tuple(promise if t.name == promise.name else t for t in dataset.contract.tables)
    return replace(dataset, contract=replace(dataset.contract, tables=tables))


def _with_target(
    rule: CheckSpec, dataset: Dataset, datasets: list[Dataset], source: Source
) -> CheckSpec:
    target, query = rule.options.get("to_table"), rule.options.get("query")
    if isinstance(query, Query):
        target = query.table
    if not isinstance(target, str):
        return rule
    file, _, name = target.rpartition("#")
    found_there = next((other for other in datasets if other.name == name), None)
    inside = FilePath(dataset.contract.file).resolve()
    wanted = inside.parent / file if file else inside
    if found_there is None or FilePath(found_there.contract.file).resolve() != wanted.resolve():
        near = did_you_mean(name, (other.name for other in datasets))
        source.problem(
            ("datasets", dataset.name),
            f"rule {rule.id!r} reads {target!r}, which is not among the datasets.{near} Add it "
            f"under datasets as {name}: {{contract: ..., table: ...}}, or skip the rule",
        )
        return rule
    if not file:
        return rule
    columns = [_named(names, found_there.promise) for names in rule.options["to_columns"]]
    if None in columns:
        source.problem(
            ("datasets", dataset.name),
            f"rule {rule.id!r} refers to a property that {target!r} does not have",
        )
        return rule
    paths = [option_path(column.path) for column in columns if column is not None]
    return replace(rule, options=frozen({**rule.options, "to_table": name, "to_columns": paths}))


def _named(names: Any, table: TableContract) -> Column | None:
    """The column that another contract calls by these names or ids."""
    columns, column = table.columns, None
    for name in (names,) if isinstance(names, str) else names:
        column = next((c for c in columns if name in (c.contract_name, c.id)), None)
        if column is None:
            return None
        columns = column.fields
    return column
