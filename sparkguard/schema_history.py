"""A table's schema over its commits, and the contract versions that each commit broke."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkguard.contracts.compatibility.evolution import Promise, Step, steps
from sparkguard.contracts.compatibility.reduction import shape_of
from sparkguard.contracts.odcs import parse_contract, read_file
from sparkguard.deltalog import read_log
from sparkguard.errors import ConfigurationError, listed
from sparkguard.results.registry import Registry
from sparkguard.session import open_session
from sparkguard.tables import TableRef


def schema_history(
    table: TableRef | str,
    since: int = 0,
    files: Iterable[str | Path] = (),
    contract: str | None = None,
    registry: Registry | None = None,
) -> tuple[int, tuple[Step, ...]]:
    """Schema changes of a table by commit, with the contract versions that each broke.

    Contracts are given as files, or by the id of a published one. The first number is the oldest
    version that the log still tells about, 0 when it is complete.
    """
    ref = TableRef.of(table)
    shapes = [shape_of(parse_contract(read_file(file), str(file))) for file in files]
    log = read_log(open_session(), ref)
    if registry is not None and contract is not None:
        found = registry.publications(contract)
        if not found:
            registry.publication(contract)
        shapes += [publication.shape for publication in found]
    name = ref.own_name
    promises: list[Promise] = []
    for shape in shapes:
        promised = shape.table(name) or (shape.tables[0] if len(shape.tables) == 1 else None)
        if promised is None:
            names = listed(t.name for t in shape.tables)
            raise ConfigurationError(f"contract {shape.id!r} has no table {name!r}; it has {names}")
        promises.append((shape.id, shape.version, promised))
    return log.first, steps(log.commits, promises, since)
