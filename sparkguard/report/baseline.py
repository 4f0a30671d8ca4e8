"""What a baseline holds of each column, for people to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sparkguard.drift.cells import Feature, feature_of, is_distribution
from sparkguard.profile import Need, Profile
from sparkguard.rendering.plaintext import bar, columns, printable, sparkline
from sparkguard.slices import Slice


@dataclass(frozen=True)
class Held:
    """One state of a baseline. `feature` is None where it is no distribution."""

    column: str
    where: Slice
    need: Need[Any]
    state: Any
    feature: Feature | None

    headings: ClassVar[tuple[str, ...]] = (
        "column",
        "slice",
        "counted in",
        "rows",
        "cells",
        "distribution",
    )

    @property
    def rows(self) -> int | None:
        return getattr(self.state, "rows", None)

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts under `headings`."""
        drawn = sparkline(self.feature.reference.tolist()) if self.feature else ""
        count = str(len(self.feature.cells)) if self.feature else ""
        rows = "" if self.rows is None else f"{self.rows:,}"
        where = "" if self.where.is_whole else printable(str(self.where))
        return (printable(self.column), where, self.need.measure.kind, rows, count, drawn)

    def plot(self) -> Iterator[str]:
        """One line per cell: its rows, its share, and a bar."""
        if self.feature is None:
            return
        counts = self.feature.reference.tolist()
        total, most = max(1, sum(counts)), max(counts, default=0)
        yield self.column if self.where.is_whole else f"{self.column}, {self.where}"
        rows = [
            (printable(cell.label), f"{n:,}", f"{n / total:.2%}", bar(n, most, 40))
            for cell, n in zip(self.feature.cells, counts, strict=True)
        ]
        yield from (f"  {line}" for line in columns(rows))

    def to_dict(self) -> Mapping[str, Any]:
        counts = self.feature.reference.tolist() if self.feature else []
        cells = self.feature.cells if self.feature else ()
        return {
            "column": self.column,
            "slice": self.where.key,
            "measure": self.need.measure.kind,
            "rows": self.rows,
            "edges": list(getattr(self.need.measure, "edges", ())),
            "cells": [
                {"label": cell.label, "low": cell.low, "high": cell.high, "rows": n}
                for cell, n in zip(cells, counts, strict=True)
            ],
            "need": self.need.id,
        }


def held_of(profile: Profile) -> tuple[Held, ...]:
    """Every state of a baseline's profile, by column and slice."""
    found = [
        Held(
            ".".join(getattr(need.measure, "column", ("",))),
            where,
            need,
            state,
            feature_of(need.measure, state) if is_distribution(need.measure) else None,
        )
        for (need, where), state in profile.states.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.column, one.where.key)))
