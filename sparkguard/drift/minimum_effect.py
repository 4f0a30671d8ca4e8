"""The test that a population stability index exceeds the least effect that matters.

Without drift PSI / v follows a chi-square with B - 1 degrees of freedom (Yurdakul and Naranjo,
2020). With a true index of delta it follows the non-central one with non-centrality delta / v, so
that a small effect stays small at ten billion rows (compare Potgieter and others, 2023).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

ALPHA = 0.001
_MOST = 1e4
"""Non-centrality up to which the distribution is summed; above, Sankaran's form is as exact."""


def p_value(psi: ArrayLike, v: ArrayLike, cells: ArrayLike, delta: float) -> Floats:
    """P of an index of at least `psi` if the true one were `delta`; 1 for one cell or none."""
    d, s, df = np.broadcast_arrays(_floats(psi), _floats(v), _floats(cells) - 1)
    usable = (df > 0) & (s > 0) & np.isfinite(s)
    x, shift = np.zeros_like(d), np.zeros_like(d)
    np.divide(d, s, out=x, where=usable)
    np.divide(np.full_like(s, delta), s, out=shift, where=usable)
    safe = np.where(usable, df, 1.0)
    exact = np.asarray(
        stats.chi2.sf(x, safe) if delta == 0 else _upper(x, safe, np.minimum(shift, _MOST))
    )
    found = np.where(shift > _MOST, _sankaran(x, safe, shift), exact)
    return np.where(usable, found, 1.0)


def critical(v: ArrayLike, cells: ArrayLike, delta: float, alpha: float = ALPHA) -> Floats:
    """The index from which `p_value` is at most `alpha`; 0 for one cell, or without rows."""
    s, df = np.broadcast_arrays(_floats(v), _floats(cells) - 1)
    usable = (df > 0) & np.isfinite(s)
    s, df = np.where(usable, s, 1.0), np.where(usable, df, 1.0)
    shift = delta / s
    if delta == 0:
        exact = stats.chi2.isf(alpha, df)
    else:
        exact = special.chndtrix(1 - alpha, df, np.minimum(shift, _MOST))
    h, m, deviation = _form(df, shift)
    far = (df + shift) * (m + deviation * stats.norm.isf(alpha)) ** (1 / h)
    return np.where(usable, np.where(shift > _MOST, far, exact) * s, 0.0)


def is_evaluable(v: ArrayLike, cells: ArrayLike, delta: float, alpha: float = ALPHA) -> Any:
    """True where noise alone stays below `delta`: chi-square's quantile times v is at most it."""
    df = np.maximum(np.asarray(cells) - 1, 0)
    quantile = np.where(df > 0, stats.chi2.isf(alpha, np.maximum(df, 1)), 0.0)
    return quantile <= delta / np.asarray(v, dtype=np.float64)


def _upper(x: Floats, df: Floats, shift: Floats) -> Floats:
    """1 - chndtr keeps 1e-16; further out the p-value is that small anyway."""
    return np.asarray(np.clip(1 - special.chndtr(x, df, shift), 0.0, 1.0))


def _sankaran(x: Floats, df: Floats, shift: Floats) -> Floats:
    h, m, s = _form(df, shift)
    with np.errstate(invalid="ignore"):
        z = ((np.maximum(x, 0) / (df + shift)) ** h - m) / s
    return np.asarray(stats.norm.sf(z))


def _form(df: Any, shift: Any) -> tuple[Any, Any, Any]:
    """(exponent, mean, deviation) of the normal form of Sankaran (1963)."""
    k, n = df, shift
    h = 1 - 2 / 3 * (k + n) * (k + 3 * n) / (k + 2 * n) ** 2
    p = (k + 2 * n) / (k + n) ** 2
    m = (h - 1) * (1 - 3 * h)
    mean = 1 + h * p * (h - 1 - 0.5 * (2 - h) * m * p)
    return h, mean, h * np.sqrt(2 * p) * (1 + 0.5 * m * p)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
