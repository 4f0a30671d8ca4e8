"""Wrong and equal rows by attribute and bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.shadow_rules.causes import Bin, Breakdown
from sparkguard.sql import Sql

_CELLS = ("wrong", "equal", "wrong_low", "wrong_high", "equal_low", "equal_high")


@dataclass(frozen=True)
class BreakdownBins(Measure[Breakdown], kind="shadow_breakdown"):
    """Gathers the rows of the relation `shadow_breakdown`.

    `attributes` are their names by position, `numeric` those with ordered bins. `texts` says
    whether a value that all wrong rows of a bin share may be named.
    """

    attributes: tuple[str, ...]
    numeric: frozenset[str]
    texts: bool = True
    prefix: str = "__sparkguard_"

    def columns(self) -> frozenset[str]:
        return frozenset()

    def aggregates(self) -> tuple[Sql, ...]:
        names = ("i", "bin", *_CELLS, "text_low", "text_high")
        cells = (sql.name(f"{self.prefix}{name}") for name in names)
        return (sql.call("collect_list", sql.call("struct", *cells)),)

    def state(self, cells: Sequence[Any], /) -> Breakdown:
        bins: dict[tuple[str, int], Bin] = {}
        for at, number, *counts, low, high in (tuple(row) for row in cells[0]):
            name = self.attributes[at]
            shared = low if low == high and self.texts and name not in self.numeric else None
            bins[name, number] = Bin(*[*counts, shared])
        return Breakdown(dict(sorted(bins.items())), self.numeric)

    def metrics(self, state: Breakdown, /) -> Metrics:
        return {"bins": len(state.bins)}

    def payload(self, state: Breakdown, /) -> bytes:
        bins = [[*at, *astuple(one)] for at, one in state.bins.items()]
        return to_json([bins, sorted(state.numeric)])

    def restore(self, payload: bytes, version: int, /) -> Breakdown:
        bins, numeric = from_json(payload)
        return Breakdown({(n, b): Bin(*cells) for n, b, *cells in bins}, frozenset(numeric))
