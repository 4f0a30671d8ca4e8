"""Pictures from typed evidence rows, one module per kind of picture."""

from __future__ import annotations

from collections.abc import Iterable

from sparkguard.report.figures import distribution, intervals, series
from sparkguard.report.figures.frame import Figure
from sparkguard.report.model import Picture

MOST = 8
"""Pictures of one check and slice."""

_DRAWN = (series.figures, intervals.figures, distribution.figures)


def figures_of(evidence: Iterable[Picture]) -> tuple[Figure, ...]:
    """Every picture that the evidence of one verdict allows, the first eight; none for a table."""
    pictures = {(picture.kind, picture.name): picture for picture in evidence}
    return tuple(figure for draw in _DRAWN for figure in draw(pictures))[:MOST]


__all__ = ["Figure", "figures_of"]
