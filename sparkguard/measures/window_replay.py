"""Which bug explains the wrong values of a feature."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sparkguard import sql
from sparkguard.measures.base import Measure, Metrics, from_json, to_json
from sparkguard.sql import Sql
from sparkguard.windows.cases import Case
from sparkguard.windows.features import Feature
from sparkguard.windows.oracle import Event
from sparkguard.windows.replay import Replayed, Score, replay
from sparkguard.windows.spec import WindowSpec
from sparkguard.windows.values import Output

_COLUMNS = tuple(
    f"__sparkguard_{c}" for c in ("entity", "at", "held", "right", "events", "complete")
)


@dataclass(frozen=True)
class BugScores(Measure[Replayed], kind="window_bug_scores"):
    """Replays every bug on the rows of a `window_replay`. `hints` are populations at which
    errors may begin. No cell value stays in the state."""

    spec: WindowSpec
    feature: Feature
    output: Output
    hints: tuple[int, ...] = ()

    def columns(self) -> frozenset[str]:
        return frozenset(_COLUMNS)

    def aggregates(self) -> tuple[Sql, ...]:
        parts = sql.joined(", ", [sql.name(c) for c in _COLUMNS])
        return (sql.template("collect_list(struct({}))", parts),)

    def state(self, cells: Sequence[Any], /) -> Replayed:
        rows = sorted(cells[0] or (), key=lambda row: (row[0] is not None, row[0], row[1]))
        cases = [(self._case(row), bool(row[3])) for row in rows]
        agreed = [case for case, right in cases if case.is_right == right]
        found = replay(agreed, self.hints)
        return dataclasses.replace(found, disputed=len(cases) - len(agreed))

    def _case(self, row: Any) -> Case:
        key, at, held, _, events, complete = row
        return Case(
            self.spec,
            self.feature.aggregate,
            self.output,
            key,
            at,
            held,
            [
                Event(t, _plain(v, self.feature), a, id_, tuple(ties), elsewhere)
                for t, a, id_, v, ties, elsewhere in events
            ],
            complete,
        )

    def metrics(self, state: Replayed, /) -> Metrics:
        best = state.ranked[0].explained if state.ranked else 0
        return {
            "replayed_wrong": state.wrong,
            "replayed_right": state.right,
            "disputed": state.disputed,
            "explained": best,
        }

    def payload(self, state: Replayed, /) -> bytes:
        return to_json(
            {
                "wrong": state.wrong,
                "right": state.right,
                "disputed": state.disputed,
                "largest": state.largest,
                "sensitivity": dict(state.sensitivity),
                "unreplayed": dict(state.unreplayed),
                "finest": dict(state.finest),
                "scores": [dataclasses.asdict(score) for score in state.scores],
            }
        )

    def restore(self, payload: bytes, version: int, /) -> Replayed:
        stored = from_json(payload)
        scores = tuple(Score(**score) for score in stored.pop("scores"))
        return Replayed(scores=scores, **stored)


def _plain(value: Any, feature: Feature) -> Any:
    """Whole numbers where values are added up, fractions for other decimals."""
    if isinstance(value, Decimal):
        return int(value) if feature.adds else Fraction(value)
    return value
