"""How Spark runs the plans of tests in classic mode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INTERPRETED = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Plans run as they are written: a third less work where rows are few."""

_COMPILED = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}


@contextmanager
def compiled(spark: Any) -> Iterator[None]:
    """Runs adaptive plans of generated code, as Spark does by default: faster for many rows."""
    before = {key: spark.conf.get(key) for key in _COMPILED}
    _set(spark, _COMPILED)
    try:
        yield
    finally:
        _set(spark, before)


def _set(spark: Any, settings: dict[str, str]) -> None:
    for key, value in settings.items():
        spark.conf.set(key, value)
