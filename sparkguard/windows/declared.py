"""The options with which a contract declares a windowed feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sparkguard.datatypes import Struct, is_float
from sparkguard.errors import did_you_mean, listed
from sparkguard.options import ColumnPath
from sparkguard.windows.catalogue import NAMES
from sparkguard.windows.features import LOOSE, Feature
from sparkguard.windows.spec import TOTALS, Aggregate, Window, WindowSpec
from sparkguard.windows.values import EXACT, Tolerance


@dataclass(frozen=True)
class DeclaredWindow:
    """Which window of which events a feature claims to be; `checks/window` says what each means."""

    events: str
    entity: tuple[str, ...]
    query_time: str
    event_time: str
    knowledge: Literal["as_of", "final"]
    window: Window
    nulls: Literal["ignore", "zero", "propagate"]
    timezone: str
    output: ColumnPath | None = None
    aggregate: Aggregate | None = None
    outputs: Mapping[str, Aggregate] | None = None
    events_entity: tuple[str, ...] | None = None
    arrival_time: str | None = None
    distinct_id: str | None = None
    history: Literal["complete", "retained"] = "retained"
    required: Literal["output", "events"] = "output"
    null_entity: Literal["keep", "drop"] = "keep"
    entities: float = 1.0
    tolerance: Tolerance | None = None
    sensitive_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.outputs is None) == (self.aggregate is None):
            raise ValueError("give output and aggregate, or outputs from column to aggregate")
        if self.aggregate is not None and self.output is None:
            raise ValueError("window needs the option 'output'")
        for name in self.sensitive_to:
            if name not in NAMES:
                raise ValueError(
                    f"sensitive_to: unknown bug {name[:40]!r}; known are {listed(NAMES, 30)}."
                    f"{did_you_mean(name, NAMES)}"
                )
        self.spec("")

    def spec(self, table: str) -> WindowSpec:
        """The window of the features of `table`."""
        return WindowSpec(
            table,
            self.events,
            self.entity,
            self.events_entity or self.entity,
            self.query_time,
            self.event_time,
            self.arrival_time,
            self.knowledge,
            self.window,
            self.nulls,
            self.distinct_id,
            self.timezone,
            self.history,
            self.required,
            self.null_entity,
            self.entities,
        )

    def feature(self, table: str, schema: Struct) -> Feature:
        """The one output that is compared, and what it claims to be."""
        assert self.output is not None
        output = self.output
        if len(output) == 1 and output[0].startswith(table + "."):
            output = (output[0].removeprefix(table + "."),)
        return self._feature(output, self.aggregate or (self.outputs or {})[output[0]], schema)

    def together(self, table: str, schema: Struct) -> tuple[Feature, ...]:
        """The features recomputed in one pass with this one."""
        mine = self.feature(table, schema)
        if self.outputs is None:
            return (mine,)
        every = [self._feature((name,), a, schema) for name, a in self.outputs.items()]
        by_totals = mine.aggregate.function in TOTALS
        same = [f for f in every if (f.aggregate.function in TOTALS) == by_totals]
        known = [f for f in same if schema.at(f.output) is not None]
        return tuple(known) if mine in known else (mine,)

    def _feature(self, output: tuple[str, ...], aggregate: Aggregate, schema: Struct) -> Feature:
        field = schema.at(output)
        floats = field is not None and is_float(field.type)
        loose = floats or aggregate.function in LOOSE
        return Feature(output, aggregate, self.tolerance or EXACT if loose else EXACT)
