"""What a measure is: a statistic that aggregates in Spark and merges in Python."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from sparkguard.kinds import Registry
from sparkguard.sql import Path, Sql


class State(Protocol):
    """The immutable value of a measure over some rows; merging is associative and commutative."""

    def merge(self, other: Self, /) -> Self: ...


S = TypeVar("S", bound=State)
Metrics = Mapping[str, float | int | None]

MEASURES: Registry[Measure[Any]] = Registry("measure")


class Pass(Enum):
    """How a measure reads rows. Each pass reads a column's bytes once."""

    AGGREGATES = "aggregates"  # one row of cells per slice, in Spark's generated code
    SKETCHES = "sketches"  # the same, by objects: apart, as one would slow the others down
    GROUPS = "groups"  # rows counted by keys
    SAMPLE = "sample"  # a few rows, to decide what to measure


class Measure(ABC, Generic[S]):
    """One statistic of one relation. Subclasses are frozen dataclasses; equal ones run once.

    Subclass with `class Counts(Measure[CountsState], kind="counts")`. A field that changes the
    cost and never the state is declared with `field(compare=False)`.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1  # of the bytes that `dump` writes
    pass_: ClassVar[Pass] = Pass.AGGREGATES
    stored: ClassVar[bool] = True  # False where the state only serves to ask for others
    functions: ClassVar[frozenset[str]] = frozenset()  # of Spark, that not every version has

    def __init_subclass__(cls, kind: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if kind is not None:
            cls.kind = kind
            MEASURES.add(kind, cls)

    @abstractmethod
    def columns(self) -> frozenset[str]:
        """Top-level columns of the relation whose bytes are read."""

    @abstractmethod
    def aggregates(self) -> tuple[Sql, ...]:
        """Aggregate expressions, one for each cell of `state`."""

    def inputs(self) -> tuple[tuple[str, Sql], ...]:
        """(name, expression) of what is computed once per row, before the aggregates use it.

        Equal names must mean equal expressions; measures of one query share them.
        """
        return ()

    def fallback(self) -> tuple[Sql, ...]:
        """As `aggregates`, for a Spark that lacks one of `functions`."""
        return self.aggregates()

    @abstractmethod
    def state(self, cells: Sequence[Any], /) -> S:
        """The state of one aggregate row."""

    @abstractmethod
    def metrics(self, state: S, /) -> Metrics:
        """Named numbers for people and for history; None where undefined."""

    @abstractmethod
    def payload(self, state: S, /) -> bytes:
        """The state as bytes, without the header that `dump` puts first."""

    @abstractmethod
    def restore(self, payload: bytes, version: int, /) -> S:
        """The inverse of `payload` for every version ever written."""

    def dump(self, state: S, /) -> bytes:
        """Bytes that begin with kind and format version."""
        return f"{self.kind}/{self.version}\n".encode() + self.payload(state)

    def load(self, data: bytes, /) -> S:
        """The state that `dump` wrote.

        Raises ValueError naming both sides when kind or version is not this measure's.
        """
        header, _, payload = data.partition(b"\n")
        kind, _, version = header.decode("ascii", "replace").partition("/")
        if kind != self.kind or not version.isdigit() or not 1 <= int(version) <= self.version:
            raise ValueError(
                f"stored state is {kind[:40]}/{version[:10]}, "
                f"this SparkGuard reads {self.kind}/1 to {self.kind}/{self.version}"
            )
        return self.restore(payload, int(version))


@dataclass(frozen=True)
class OfColumn:
    """Stands before the base of a measure that reads one column, or a field inside it."""

    column: Path

    def columns(self) -> frozenset[str]:
        return frozenset({self.column[0]})


class Grouped(Measure[S]):
    """A measure made of row counts by keys; several of few groups are counted jointly.

    Of the last `spread` keys only the least and the greatest come back, for each combination of
    the others.
    """

    pass_ = Pass.GROUPS
    spread: ClassVar[int] = 0
    alone: ClassVar[bool] = False  # True where the keys' code is large
    expected: int  # groups per slice, roughly

    @abstractmethod
    def group_by(self) -> tuple[Sql, ...]:
        """Group expressions over columns and inputs."""

    @abstractmethod
    def of_groups(self, groups: Iterable[tuple[tuple[Any, ...], int]], /) -> S:
        """The state of (key values, rows) pairs; for spread keys, a (least, greatest) pair."""

    @abstractmethod
    def overflow(self) -> S:
        """The state that says there were too many groups to hold."""

    def aggregates(self) -> tuple[Sql, ...]:
        return ()

    def state(self, cells: Sequence[Any], /) -> S:
        raise TypeError(f"{self.kind} is made of groups")


class Sampled(Measure[S]):
    """A measure of the first rows that Spark finds; its state is never stored."""

    pass_ = Pass.SAMPLE
    stored = False
    rows: int

    @abstractmethod
    def cells(self) -> tuple[Sql, ...]:
        """What is taken of each row."""

    @abstractmethod
    def of_rows(self, rows: Sequence[tuple[tuple[str | None, ...], tuple[Any, ...]]], /) -> S:
        """The state of (slice values, cells) pairs, in the order found."""

    def aggregates(self) -> tuple[Sql, ...]:
        return ()

    def state(self, cells: Sequence[Any], /) -> S:
        raise TypeError(f"{self.kind} is made of rows")


def to_json(values: Any) -> bytes:
    """Plain data as compact JSON bytes; floats keep every bit, integers are unbounded."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()


def from_json(payload: bytes) -> Any:
    return json.loads(payload)
