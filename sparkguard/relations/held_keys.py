"""Which of some keys a parent table holds, at any version of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sparkguard.relations.base import Relation, Tables
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.relations.keys import key_names
from sparkguard.relations.top_keys import HASH, key_hash
from sparkguard.relations.utc import in_utc

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

VERSION = "$version="
"""A table's name with this and a number names that version of it."""


@dataclass(frozen=True)
class HeldKeys(Relation, kind="held_keys"):
    """Those of `hashes`, made by `key_hash`, whose keys find a parent at `version`, once each.

    The subject is that version of the parent, which has no slices.
    """

    reference: ChildWithParent
    version: int
    hashes: frozenset[str]

    @property
    def subject(self) -> str:
        return f"{self.reference.parent}{VERSION}{self.version}"

    def frame(self, tables: Tables, by: tuple[str, ...], /) -> DataFrame:
        from pyspark.sql import functions as F  # noqa: N812

        parts = len(self.reference.columns)
        parent = replace(self.reference, parent=self.subject).parent_keys(tables)
        hashed = in_utc(parent, key_names(parts)).select(F.expr(key_hash(parts).text).alias(HASH))
        wanted = hashed.sparkSession.createDataFrame(
            [(each,) for each in sorted(self.hashes)], f"{HASH} STRING"
        )
        return hashed.join(wanted, HASH, "left_semi").distinct()
