"""Ten chunks of 5,000 predictions whose metrics are published."""

from __future__ import annotations

import json
from pathlib import Path

from sparkguard.evaluation.scores import SUMS, Scores, bin_of, cell_of

THRESHOLD = 0.8
AUC = (
    *(0.97096, 0.97025, 0.97628, 0.96772, 0.96989),
    *(0.96005, 0.95853, 0.95904, 0.96309, 0.95756),
)
TRUE_POSITIVES = (2277, 2164, 2158, 2161, 2223, 2023, 2041, 2000, 2034, 2057)

_CHUNKS = json.loads((Path(__file__).parent / "data" / "work_home.json").read_text())


def rows(chunk: int) -> list[tuple[float, bool]]:
    """(score, label) of every prediction."""
    counts = _CHUNKS[chunk]
    return [
        (score / 100, positive)
        for positive, name in ((False, "negatives"), (True, "positives"))
        for score, n in enumerate(counts[name])
        for _ in range(n)
    ]


def cells(chunk: int, times: int = 1) -> dict[tuple[int, int], tuple[int, ...]]:
    """The state of a chunk, each row taken `times` times."""
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for positive, name in ((False, "negatives"), (True, "positives")):
        for hundredths, n in enumerate(_CHUNKS[chunk][name]):
            score = hundredths / 100
            key = (bin_of(score), int(score >= THRESHOLD))
            row = (times * n * x for x in cell_of(score, positive))
            before = found.get(key, (0,) * len(SUMS))
            found[key] = tuple(a + b for a, b in zip(before, row, strict=True))
    return found


def scores(chunk: int, times: int = 1) -> Scores:
    return Scores.of(cells(chunk, times))
