"""A few rows that break a rule, for audits that ask for them, made safe before they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparkguard import sql
from sparkguard.contracts.audit_config import Samples
from sparkguard.datatypes import Struct
from sparkguard.pseudonyms import mask, pseudonym
from sparkguard.relations.utc import in_utc
from sparkguard.slices import Slice
from sparkguard.sql import Sql
from sparkguard.sql.slices import is_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_LONGEST_VALUE = 1_000


def shown(policy: Samples, schema: Struct, primary_key: Sequence[str]) -> tuple[str, ...]:
    """The columns of a table that a sample holds: the key's, or the policy's allow-list.

    Only those that the table has.
    """
    if policy.mode == "off":
        return ()
    if policy.mode == "keys":
        return tuple(column for column in primary_key if schema.get(column) is not None)
    return tuple(column for column in schema.names if column in policy.columns)


def sample(
    frame: DataFrame, breaks: Sql, where: Slice, columns: Sequence[str], policy: Samples
) -> Iterator[Mapping[str, str | None]]:
    """At most `policy.rows` rows of `frame` that break a rule, each as safe text by column.

    The same rows under any partitioning: they are the first by the hash of their values. `keys`
    and `raw` keep values as they are, `hash` their HMAC-SHA256 under the deployment's key, `mask`
    the first character of longer ones.
    """
    if not columns:
        return
    conditions = [sql.is_true(breaks), is_in(where)]
    texts = [sql.as_text(sql.name(column)) for column in columns]
    order = sql.call("xxhash64", *texts)
    named = [sql.alias(text, f"c{i}").text for i, text in enumerate([*texts, order])]
    rows = (
        in_utc(frame.where(sql.all_of(conditions).text), columns)
        .selectExpr(*named)
        .orderBy(f"c{len(columns)}", *(f"c{i}" for i in range(len(columns))))
        .limit(policy.rows)
        .collect()
    )
    for row in rows:
        yield {c: _safe(row[i], policy) for i, c in enumerate(columns)}


def _safe(value: Any, policy: Samples) -> str | None:
    if value is None:
        return None
    text = str(value)
    if policy.mode == "hash":
        return pseudonym(text, policy.key)
    if policy.mode == "mask":
        return mask(text)
    return text[:_LONGEST_VALUE]
