"""The rows that let a reader redo a comparison by hand, and draw both distributions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from sparkguard import sql
from sparkguard.drift import cumulative, distances
from sparkguard.drift.cells import Binned, Counted, Feature
from sparkguard.drift.comparison import Comparison, Limits
from sparkguard.drift.minimum_effect import ALPHA, critical, p_value
from sparkguard.measures.base import Grouped, Measure
from sparkguard.measures.bins import Bins, BinsState
from sparkguard.slices import Slice
from sparkguard.sql.slices import is_in_any
from sparkguard.verdicts import Evidence

MOST_CELLS = 60
"""Cells that are shown; of more categories the ones that moved most."""


def bins(feature: Feature, reference: Counted, current: Counted, name: str) -> Iterator[Evidence]:
    """Both distributions and their terms of PSI, cell by cell.

    Three pictures: `<name>: baseline` and `<name>: current` with counts and shares, and
    `<name>: terms` with what each cell adds to the index.
    """
    p, q, terms = distances.psi_terms(reference, current)
    shown = [i for i in range(len(feature.cells)) if reference[i] or current[i]]
    if len(shown) > MOST_CELLS:
        shown = sorted(sorted(shown, key=lambda i: -abs(terms[i]))[:MOST_CELLS])
    sides = ((f"{name}: baseline", reference, p), (f"{name}: current", current, q))
    for title, counts, shares in sides:
        for i in shown:
            cell = feature.cells[i]
            yield Evidence(
                *("bins", title, i, cell.label),
                number=float(shares[i]),
                count=int(counts[i]),
                low=cell.low,
                high=cell.high,
            )
    for i in shown:
        cell = feature.cells[i]
        yield Evidence(
            *("bins", f"{name}: terms", i, cell.label),
            number=float(terms[i]),
            low=cell.low,
            high=cell.high,
        )


def work(
    feature: Feature,
    found: Comparison,
    at: int,
    reference: Counted,
    current: Counted,
    limits: Limits,
    name: str,
) -> Iterator[Evidence]:
    """Every number of the formula, in the order in which a reader works it out."""
    v, cells = float(found.v[at]), int(found.used[at])
    numbers: list[tuple[str, float | None, str]] = [
        ("n", float(found.n[at]), f"rows of {name.removeprefix('to ')}"),
        ("m", float(found.m[at]), "rows now"),
        ("null share before", float(found.null_before[at]), ""),
        ("null share now", float(found.null_after[at]), ""),
    ]
    if feature.has_distance and np.isfinite(v):
        psi = float(found.psi[at])
        numbers += [
            ("B", cells, "cells with rows on either side"),
            ("v", v, "1/n + 1/m"),
            ("PSI", psi, "nats: sum of (p - q) ln(p / q), p = (R + 1/2) / (n + B/2), q alike"),
            (
                "PSI, raw",
                float(distances.psi_raw(reference, current)),
                "nats: p = R / n, q = X / m",
            ),
            ("PSI / v", psi / v, "chi-square with B - 1 degrees of freedom if nothing moved"),
            ("p if nothing moved", float(p_value(psi, v, cells, 0.0)), ""),
        ]
        for delta, p in ((limits.warn, found.p_warn[at]), (limits.alert, found.p_alert[at])):
            numbers += [
                (f"lambda at {delta:g}", delta / v, "delta / v"),
                (f"p at {delta:g}", float(p), "P[non-central chi-square >= PSI / v]"),
                (f"critical PSI at {delta:g}", float(critical(v, cells, delta)), f"p = {ALPHA:g}"),
            ]
        numbers += _distances(reference, current, cells)
    if feature.categories:
        vanished = float(reference[current == 0].sum() / max(1, reference.sum()))
        numbers.append(("vanished mass", vanished, "baseline's share of values that are gone"))
    if feature.unseen is not None:
        numbers.append(("unseen mass", float(found.unseen[at]), "share of unseen values"))
    for i, (label, number, text) in enumerate(numbers):
        if number is not None and np.isfinite(number):
            yield Evidence("work", name, i, label, number=float(number), text=text or None)


def _distances(
    reference: Counted, current: Counted, cells: int
) -> Iterator[tuple[str, float | None, str]]:
    """What is shown beside the index, each with its unit."""
    chi = float(distances.chi_square(reference, current))
    yield "Jensen-Shannon divergence", float(distances.jensen_shannon(reference, current)), "bits"
    corrected = float(distances.jensen_shannon_corrected(reference, current))
    yield "Jensen-Shannon", corrected, "square root of bits above noise"
    yield "chi-square", chi, "no unit: two-sample, B - 1 degrees of freedom"
    yield "p of chi-square", float(p_value(chi, 1.0, cells, 0.0)), ""
    yield "effect size", float(distances.effect_size(reference, current)), "V_b, 0 to 1"
    greatest = float(distances.l_infinity(reference, current))
    yield "L-infinity", greatest, "greatest difference of a share, 0 to 1"


def of_fine_bins(
    feature: Feature, baseline: BinsState, current: BinsState, v: float, name: str
) -> Iterator[Evidence]:
    """Kolmogorov-Smirnov bound and trimmed Wasserstein-1, from the hundred fine bins."""
    if not isinstance(feature, Binned) or not isinstance(feature.measure, Bins):
        return
    if not sum(baseline.fine) or not sum(current.fine):
        return
    least, most = cumulative.kolmogorov(baseline.fine, current.fine)
    bound = float(distances.above_noise(least, v, ALPHA))
    yield Evidence(
        *("work", name, 100, "Kolmogorov-Smirnov"),
        number=bound,
        low=float(least),
        high=float(most),
        text="lower bound of the distance; low and high are what the bins allow",
    )
    trimmed = cumulative.trimmed_wasserstein(feature.measure.edges, baseline.fine, current.fine)
    if trimmed is not None:
        yield Evidence(
            *("work", name, 101, "Wasserstein-1, trimmed"),
            number=trimmed.distance,
            low=trimmed.low,
            high=trimmed.high,
            text=f"in robust deviations of {trimmed.scale:.6g}",
        )


def series(
    labels: Sequence[str], found: Comparison, limits: Limits, name: str
) -> Iterator[Evidence]:
    """PSI of every partition in the order of time, with the critical index as its high."""
    highs = critical(found.v, found.used, limits.alert)
    for i, label in enumerate(labels):
        if np.isfinite(found.psi[i]) and np.isfinite(found.v[i]):
            yield Evidence(
                *("series", name, i, label),
                x=float(i),
                number=float(found.psi[i]),
                count=int(found.m[i]),
                low=0.0,
                high=float(highs[i]),
            )


def recount(
    measure: Measure[Any], sides: Iterable[tuple[str, int, Iterable[Slice]]]
) -> Iterator[Evidence]:
    """SQL that counts both sides again; the reader puts the table's name in.

    `sides` are (label, Delta version, the slices of which any counts, none for all rows).
    """
    if not isinstance(measure, Grouped):
        return
    inputs = ["*", *(sql.alias(found, name).text for name, found in measure.inputs())]
    (key,) = measure.group_by()
    for at, (label, version, slices) in enumerate(sides):
        inside = is_in_any(slices).text if slices else "true"
        query = (
            f"SELECT {key.text} AS cell, count(*) AS rows "
            f"FROM (SELECT {', '.join(inputs)} FROM <table> VERSION AS OF {version}) "
            f"WHERE {inside} GROUP BY 1 ORDER BY 1"
        )
        yield Evidence(
            "work", "work it out again in SQL", at, label, number=float(version), text=query
        )
