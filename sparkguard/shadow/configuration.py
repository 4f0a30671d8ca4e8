"""Reads a shadow's configuration file.

    name: flights_rolling
    control: {path: "${lake}/features_v1"}   # or {name: catalog.schema.table}
    shadow: {path: "${lake}/features_v2"}
    results: "${lake}/sparkguard"            # a folder, or catalog.schema
    key: [origin, time_hour]
    partition: [month]
    columns:
      mean_delay: {rel: 1.0e-12, share: 1.0}
      loaded_at: {ignored: "set by each run"}
    populations: [[origin]]
    revision: "v2"
    period: "2013-{month}"
    zone: America/New_York
    promotion: {clean: 3, strata: [month_end, dst_day]}
    examples: {mode: off}

`${name}` is replaced in texts after the file is read, by variables that the caller gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sparkguard.contracts.odcs import read_file
from sparkguard.contracts.source import Source, resolved
from sparkguard.contracts.yaml import load
from sparkguard.errors import ConfigurationError, Problem
from sparkguard.options import convert
from sparkguard.shadow_rules.config import ShadowConfig
from sparkguard.tables import refuse_relative


def load_shadow(path: str | Path, variables: Mapping[str, str] | None = None) -> ShadowConfig:
    """The shadow in a file. Raises ConfigurationError with every problem found."""
    document = load(read_file(path), str(path), frozenset(("revision", "name")))
    if not isinstance(document.data, dict):
        raise ConfigurationError([Problem(document.where(()), "a shadow is a mapping")])
    source = Source(document)
    data = resolved(document.data, (), variables or {}, source)
    if source.problems:
        raise ConfigurationError(source.problems)
    found = convert(
        ShadowConfig, data, "shadow", lambda option: document.where((option,) if option else ())
    )
    places = {"control": found.control.path, "shadow": found.shadow.path, "results": found.results}
    for option, place in places.items():
        if place is None or (option == "results" and "/" not in place):
            continue
        try:
            refuse_relative(place)
        except ValueError as error:
            source.problem((option,), f"shadow.{option}: {error}")
    if source.problems:
        raise ConfigurationError(source.problems)
    return found
