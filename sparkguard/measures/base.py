"""What a measure is: a statistic that aggregates in Spark and merges in Python."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from sparkguard.kinds import Registry
from sparkguard.sql import Sql


class State(Protocol):
    """The immutable value of a measure over some rows; merging is associative and commutative."""

    def merge(self, other: Self, /) -> Self: ...


S = TypeVar("S", bound=State)
Metrics = Mapping[str, float | int | None]

MEASURES: Registry[Measure[Any]] = Registry("measure")


class Measure(ABC, Generic[S]):
    """One statistic of one relation. Subclasses are frozen dataclasses; equal ones run once.

    Subclass with `class Counts(Measure[CountsState], kind="counts")`.
    """

    kind: ClassVar[str]
    version: ClassVar[int] = 1  # of the bytes that `dump` writes

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


def to_json(values: Any) -> bytes:
    """Plain data as compact JSON bytes; floats keep every bit, integers are unbounded."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()


def from_json(payload: bytes) -> Any:
    return json.loads(payload)
