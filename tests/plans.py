"""Settings of the session that tests share: how Spark runs plans, and others for a while."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

INTERPRETED = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Plans run as they are written: a third less work where rows are few."""

COMPILED = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}


@contextmanager
def configured(spark: Any, settings: Mapping[str, str]) -> Iterator[None]:
    """Session settings for a while; afterwards they are what they were, set or unset."""
    before = {key: spark.conf.get(key, None) for key in settings}
    try:
        for key, value in settings.items():
            spark.conf.set(key, value)
        yield
    finally:
        for key, value in before.items():
            if value is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, value)


def compiled(spark: Any) -> AbstractContextManager[None]:
    """Runs adaptive plans of generated code, as Spark does by default: faster for many rows."""
    return configured(spark, COMPILED)


LONGEST = 8_000
"""Bytes of a method above which Java never compiles it."""


def method_sizes(said: str) -> list[int]:
    """Bytes of the longest method of each part of a plan, from what `explain("codegen")` said."""
    return [int(size) for size in re.findall(r"maxMethodCodeSize:(\d+)", said)]
