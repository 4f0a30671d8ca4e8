"""Demonstrations on real data, one per module: `sparkguard demo NAME` runs `NAME.run`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sparkguard.errors import ConfigurationError, MissingDependency, did_you_mean, listed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Show = Callable[[object], None]
"""Shows a line of text or a table to the user."""

Demo = Callable[[Path, "SparkSession", Show], bool]
"""Runs in a folder of Delta tables; True when it found what it should find."""

CORE = "core"
_HELPERS = ("landing", "late_flights")


def names() -> tuple[str, ...]:
    """The demonstrations there are, the first one first."""
    found = {module.name for module in pkgutil.iter_modules(__path__)} - set(_HELPERS)
    return (CORE, *sorted(found - {CORE}))


def load(name: str) -> Demo:
    """The demonstration of this name. Raises ConfigurationError when there is none."""
    if name not in names():
        raise ConfigurationError(
            f"there is no demo {name!r}; there are {listed(names())}.{did_you_mean(name, names())}"
        )
    return cast(Demo, importlib.import_module(f"{__name__}.{name}").run)


def lacking(error: ImportError) -> MissingDependency:
    """What a demonstration raises where a package of its own is not installed."""
    return MissingDependency(
        f"the demo needs the package {error.name}. Type: pip install 'sparkguard[spark,demo]'"
    )
