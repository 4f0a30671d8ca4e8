"""Distances between two distributions, from their counts in common cells.

`R` and `X` are baseline and current counts along the last axis; n and m are their sums,
p = R / n and q = X / m. Cells that are empty on both sides never matter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def sampling(R: ArrayLike, X: ArrayLike) -> Floats:
    """v = 1/n + 1/m, the common factor of all sampling errors; infinite for an empty side."""
    with np.errstate(divide="ignore"):
        return np.asarray(1 / _sum(_floats(R)) + 1 / _sum(_floats(X)))


def used(R: ArrayLike, X: ArrayLike) -> NDArray[np.bool_]:
    """Which cells hold rows on either side."""
    return np.asarray((_floats(R) + _floats(X)) > 0)


def psi_raw(R: ArrayLike, X: ArrayLike) -> Floats:
    """Population stability index, sum of (p - q) ln(p / q), in nats; NaN when a cell is zero.

    Symmetric; 0 for equal distributions, unbounded above (Siddiqi, 2006).
    """
    a, b = np.broadcast_arrays(_floats(R), _floats(X))
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = a / _sum(a)[..., None], b / _sum(b)[..., None]
        terms = np.where(used(a, b), (p - q) * np.log(p / q), 0.0)
    total = _sum(terms)
    return np.where(np.isfinite(total), total, np.nan)


def psi_terms(R: ArrayLike, X: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """(p, q, term) of every cell of `psi`; 0 in cells without rows.

    p = (R + 1/2) / (n + B/2), and q alike, with B the cells in use: the posterior mean under
    Jeffreys' prior, so that no cell is zero.
    """
    a, b = np.broadcast_arrays(_floats(R), _floats(X))
    inside = used(a, b)
    half = _sum(inside.astype(np.float64))[..., None] / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(inside, (a + 0.5) / (_sum(a)[..., None] + half), 0.0)
        q = np.where(inside, (b + 0.5) / (_sum(b)[..., None] + half), 0.0)
        terms = np.where(inside, (p - q) * np.log(p / q), 0.0)
    return p, q, terms


def psi(R: ArrayLike, X: ArrayLike) -> Floats:
    """Population stability index in nats, with half a row added to every cell in use."""
    return _sum(psi_terms(R, X)[2])


def jensen_shannon(R: ArrayLike, X: ArrayLike) -> Floats:
    """Jensen-Shannon divergence in bits, between 0 and 1 (Lin, 1991)."""
    p, q = _shares(R, X)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(p > 0, p * np.log2(p / middle), 0.0)
        right = np.where(q > 0, q * np.log2(q / middle), 0.0)
    return np.maximum(0.0, (_sum(left) + _sum(right)) / 2)


def jensen_shannon_corrected(R: ArrayLike, X: ArrayLike) -> Floats:
    """Distance, in square roots of bits: root of the divergence above (B - 1) v / (8 ln 2).

    That is its mean without drift, as 8 ln 2 times the divergence then follows PSI's law.
    """
    noise = (_sum(used(*_pair(R, X)).astype(np.float64)) - 1) * sampling(R, X) / (8 * np.log(2))
    return np.asarray(np.sqrt(np.maximum(0.0, jensen_shannon(R, X) - noise)))


def chi_square(R: ArrayLike, X: ArrayLike) -> Floats:
    """Two-sample chi-square without a unit, B - 1 degrees of freedom, E from the margins.

    Pearson (1911). It grows with the rows: `effect_size` is the part that does not.
    """
    a, b = _pair(R, X)
    both = a + b
    share_a = (_sum(a) / _sum(both))[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(both > 0, (a - both * share_a) ** 2 / (both * share_a), 0.0)
        right = np.where(both > 0, (b - both * (1 - share_a)) ** 2 / (both * (1 - share_a)), 0.0)
    return _sum(left) + _sum(right)


def effect_size(R: ArrayLike, X: ArrayLike) -> Floats:
    """sqrt(sum of (p - q)^2 / (2 (p + q))), from 0 to 1, whatever the sample sizes.

    The distance of Vincze (1981) and Le Cam (1986).
    """
    p, q = _shares(R, X)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p + q > 0, (p - q) ** 2 / (2 * (p + q)), 0.0)
    return np.sqrt(_sum(terms))


def l_infinity(R: ArrayLike, X: ArrayLike) -> Floats:
    """The greatest difference between the shares of a cell, from 0 to 1 (Chebyshev's distance)."""
    p, q = _shares(R, X)
    return np.asarray(np.abs(p - q).max(axis=-1, initial=0.0))


def l_infinity_noise(cells: ArrayLike, v: ArrayLike, alpha: float) -> Floats:
    """What the greatest difference of that many shares stays below without drift, as a share.

    Hoeffding's inequality (1963) for each cell, with a share of `alpha` for each.
    """
    return np.asarray(np.sqrt(np.log(2 * _floats(cells) / alpha) * _floats(v) / 2))


def smirnov(alpha: float) -> float:
    """c(alpha) = sqrt(-ln(alpha / 2) / 2) of the two-sample bound of Smirnov (1939)."""
    return float(np.sqrt(-np.log(alpha / 2) / 2))


def above_noise(distance: ArrayLike, v: ArrayLike, alpha: float, sketch_error: float = 0.0) -> Any:
    """max(0, distance - c(alpha) sqrt(v) - sketch_error): a lower bound of the true distance."""
    return np.maximum(0.0, _floats(distance) - smirnov(alpha) * np.sqrt(_floats(v)) - sketch_error)


def _shares(R: ArrayLike, X: ArrayLike) -> tuple[Floats, Floats]:
    a, b = _pair(R, X)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = a / _sum(a)[..., None], b / _sum(b)[..., None]
    return np.nan_to_num(p), np.nan_to_num(q)


def _pair(R: ArrayLike, X: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.broadcast_arrays(_floats(R), _floats(X))
    return a, b


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _sum(values: Floats) -> Floats:
    return np.asarray(values.sum(axis=-1))
