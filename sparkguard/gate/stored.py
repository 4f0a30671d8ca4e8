"""What of a stored table decides what a write does to it, as Delta and its log tell."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.datatypes import from_json
from sparkguard.deltalog import declared_schema
from sparkguard.errors import SnapshotError
from sparkguard.gate.prediction import TableState
from sparkguard.sink import detail
from sparkguard.tables import TableRef

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_DEFAULT = "CURRENT_DEFAULT"
_GENERATED = "delta.generationExpression"
_IDENTITY = "delta.identity.start"
_TAKES_VALUES = "delta.identity.allowExplicitInsert"


def stored_state(
    spark: SparkSession, target: TableRef, arriving: Collection[str] = ()
) -> TableState | None:
    """The target as it is stored, for rows of the columns `arriving`; None when there is none."""
    known = detail(spark, target)
    if known is None:
        return None
    stored = spark.sql(sql.template("SELECT * FROM {}", target.sql).text).schema
    properties = known["properties"] or {}
    features = set(known["tableFeatures"] or ())
    declared: Mapping[str, Mapping[str, Any]] = {f.name: f.metadata for f in stored.fields}
    given = {name.casefold() for name in arriving}
    left_out = {name for name in declared if name.casefold() not in given}
    hidden = "identityColumns" in features or (
        "generatedColumns" in features and any(_DEFAULT not in declared[n] for n in left_out)
    )
    unclear = ""
    if hidden:
        try:
            declared = _declared(spark, target)
        except SnapshotError as error:
            unclear = str(error)
    return TableState(
        from_json(json.loads(stored.json())),
        type_widening=properties.get("delta.enableTypeWidening") == "true",
        column_mapping=properties.get("delta.columnMapping.mode", "none") != "none",
        timestamp_ntz="timestampNtz" in features or "timestamp_ntz" in stored.simpleString(),
        defaults=_with(declared, _DEFAULT) | _with(declared, _GENERATED),
        identity=_with(declared, _IDENTITY),
        always_numbered=frozenset(n for n, m in declared.items() if m.get(_TAKES_VALUES) is False),
        unclear=unclear,
        partitioned_by=tuple(known["partitionColumns"] or ()),
    )


def _declared(spark: SparkSession, target: TableRef) -> Mapping[str, Mapping[str, Any]]:
    """Each column's metadata from the log: Delta keeps what it computes from readers' schemas."""
    fields = declared_schema(spark, target)["fields"]
    return {field["name"]: field.get("metadata") or {} for field in fields}


def _with(declared: Mapping[str, Mapping[str, Any]], key: str) -> frozenset[str]:
    return frozenset(name for name, metadata in declared.items() if key in metadata)
