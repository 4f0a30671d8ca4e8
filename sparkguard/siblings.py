"""Imports every module of a package, so that a new kind needs no list to be kept."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable


def import_siblings(package: str, path: Iterable[str]) -> None:
    for module in pkgutil.iter_modules(list(path)):
        importlib.import_module(f"{package}.{module.name}")
