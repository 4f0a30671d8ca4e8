"""The probe as CSV files: rows for the pipeline's input, and its output read back."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sparkguard.errors import ConfigurationError
from sparkguard.windows.clock import micros, moment
from sparkguard.windows.probes import Probe
from sparkguard.windows.spec import Aggregate, WindowSpec

EVENTS, ROWS = "events.csv", "rows.csv"


@dataclass(frozen=True)
class Named:
    """A probe and the columns that its rows have."""

    spec: WindowSpec
    aggregate: Aggregate
    output: str
    probe: Probe

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Writes the source rows and the feature rows to be made of them; returns both files."""
        folder.mkdir(parents=True, exist_ok=True)
        events, rows = folder / EVENTS, folder / ROWS
        _write(events, self._event_columns, self._events())
        keys = [*self.spec.entity, self.spec.query_time]
        _write(rows, keys, ([*self._key(k), _text(at)] for k, at in self.probe.rows()))
        return events, rows

    def read(self, file: Path) -> dict[tuple[str, int], Any]:
        """What a pipeline wrote for the probe's rows, from a CSV file with a header.

        Raises ConfigurationError when a column is missing or a cell is no number or time.
        """
        first, at = self.spec.entity[0], self.spec.query_time
        with file.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            for column in (first, at, self.output):
                if column not in (reader.fieldnames or ()):
                    raise ConfigurationError(f"{file.name} has no column {column!r}")
            found: dict[tuple[str, int], Any] = {}
            for line, row in enumerate(reader, 2):
                try:
                    found[row[first], _micros(row[at])] = _number(row[self.output])
                except (ValueError, InvalidOperation):
                    raise ConfigurationError(
                        f"{file.name}:{line}: expected a time in {at} and a number in {self.output}"
                    ) from None
        return found

    def _key(self, key: str) -> list[str]:
        return [key] * len(self.spec.entity)

    @property
    def _ties(self) -> Sequence[str]:
        return tuple(
            dict.fromkeys([*(self.spec.window.order or ()), *(self.aggregate.order or ())])
        )

    @property
    def _event_columns(self) -> list[str]:
        spec = self.spec
        named = [*spec.events_entity, spec.event_time, spec.arrival_time, spec.distinct_id]
        wanted = [*named, self.aggregate.column, *self._ties]
        return list(dict.fromkeys(c for c in wanted if c is not None))

    def _events(self) -> Iterator[list[str]]:
        spec = self.spec
        for key, events in self.probe.events.items():
            for event in events:
                cells: dict[str | None, str] = dict(
                    zip(spec.events_entity, self._key(key), strict=True)
                )
                cells |= {tie: str(event.order[0]) for tie in self._ties}
                cells[spec.event_time] = _text(event.time or 0)
                cells[spec.arrival_time] = _text(event.arrival or 0)
                cells[spec.distinct_id] = str(event.id)
                cells[self.aggregate.column] = "" if event.value is None else str(event.value)
                yield [cells[column] for column in self._event_columns]


def _write(file: Path, header: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def _text(at: int) -> str:
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _micros(text: str) -> int:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return micros(found if found.tzinfo else found.replace(tzinfo=timezone.utc))


def _number(text: str) -> Any:
    if text.strip().lower() in ("", "null"):
        return None
    number = Decimal(text)
    if not number.is_finite():
        return float(number)
    return int(number) if number == number.to_integral_value() else float(number)


def told(found: Mapping[tuple[str, int], Any], probe: Probe) -> tuple[int, int]:
    """(rows of the probe that the output holds, rows it lacks)."""
    every = list(probe.rows())
    there = sum(row in found for row in every)
    return there, len(every) - there
