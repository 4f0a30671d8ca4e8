"""Seeds faults into a copy of the shadow and looks whether the comparison finds each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from sparkguard import sql
from sparkguard.datatypes import Atomic, Field, Struct
from sparkguard.errors import EvaluationError
from sparkguard.relations.shadow_sides import Sides
from sparkguard.shadow.comparison import CONTROL, SHADOW, Settings, compare_frames
from sparkguard.shadow_rules.columns import Columns
from sparkguard.shadow_rules.faults import Fault, faults, left_out
from sparkguard.shadow_rules.verdict import PartitionOutcome, PartitionVerdict
from sparkguard.slices import Slice
from sparkguard.sql import Sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FAULT = "__sparkguard_fault"
SAMPLE = 2_000


@dataclass(frozen=True)
class _Copies:
    frames: Mapping[str, DataFrame]

    def frame(self, name: str, /) -> DataFrame:
        return self.frames[name]


def seeded(
    shadow: DataFrame, schema: Struct, columns: Columns, settings: Settings, partition: Slice
) -> Mapping[str, bool]:
    """Whether each fault that the columns and rows can hold was found, by its name.

    All faults are judged in one comparison: each has its own pair of copies of the same sample
    of rows, the first 2,000 by the hash of their key. Raises EvaluationError for a partition
    without rows, and where the comparison could not be computed.
    """
    sides = Sides(CONTROL, SHADOW, columns, partition)
    rows = sides.rows(_Copies({CONTROL: shadow}), "control")
    key = sides.key_hash("control")
    hashes = [r[0] for r in rows.selectExpr(f"{key} AS h").orderBy("h").limit(SAMPLE).collect()]
    if not hashes:
        raise EvaluationError(f"no rows to seed faults into in {partition}")
    last, first = sql.literal(hashes[-1]), sql.literal(hashes[0])
    sample = rows.where(sql.template("{} <= {}", key, last).text)
    here = sql.template("{} = {}", key, first)
    found = faults(columns, len(hashes))
    copies = _Copies(
        {
            CONTROL: _union(_copy(sample, schema, f, f.control, here) for f in found),
            SHADOW: _union(_faulty(sample, schema, f, here) for f in found),
        }
    )
    tagged = Struct((*schema.fields, Field(FAULT, Atomic("string"))))
    alone = replace(settings, by=(FAULT,), examples=0, explain=False)
    verdicts = compare_frames(copies, tagged, tagged, alone)
    return {f.name: detected(f.name, verdicts) for f in found}


def detected(fault: str, verdicts: Mapping[Slice, PartitionVerdict]) -> bool:
    """Whether the comparison found a fault; raises EvaluationError where it could not tell."""
    verdict = verdicts.get(Slice.of({FAULT: fault}))
    if verdict is None or verdict.outcome is PartitionOutcome.ERROR:
        every = [verdict] if verdict is not None else verdicts.values()
        why = "; ".join(v.reason for v in every if v.outcome is PartitionOutcome.ERROR)
        raise EvaluationError(f"seeded fault {fault!r} was not compared: {why or 'no verdict'}")
    return verdict.outcome is PartitionOutcome.DIRTY


def told(found: Mapping[str, bool], partition: Slice) -> PartitionVerdict:
    """What is recorded of seeded faults: clean when each was found, and which were left out."""
    missed = [name for name, was_found in found.items() if not was_found]
    outcome = PartitionOutcome.DIRTY if missed else PartitionOutcome.CLEAN
    reason = f"not detected: {', '.join(missed)}" if missed else f"{len(found)} faults detected"
    if others := left_out(found):
        reason += f"; left out, as no column or too few rows hold them: {', '.join(others)}"
    return PartitionVerdict(partition, outcome, reason)


def _copy(
    rows: DataFrame, schema: Struct, fault: Fault, cells: Iterable[tuple[str, Sql]], here: Sql
) -> DataFrame:
    there = dict(cells)
    where = sql.literal(True) if fault.every else here
    columns = [
        sql.alias(
            sql.template("if({}, {}, {})", where, there[name], sql.name(name))
            if name in there
            else sql.name(name),
            name,
        )
        for name in schema.names
    ]
    return rows.selectExpr(
        *(c.text for c in columns), sql.alias(sql.literal(fault.name), FAULT).text
    )


def _faulty(rows: DataFrame, schema: Struct, fault: Fault, here: Sql) -> DataFrame:
    if fault.row == "dropped":
        rows = rows.where(sql.template("NOT ({})", here).text)
    if fault.row == "duplicated":
        rows = rows.unionByName(rows.where(here.text))
    return _copy(rows, schema, fault, fault.shadow, here)


def _union(frames: Iterable[DataFrame]) -> DataFrame:
    return reduce(lambda one, other: one.unionByName(other), frames)
