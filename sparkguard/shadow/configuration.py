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

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkguard.contracts.odcs import read_file
from sparkguard.contracts.yaml import Document, load
from sparkguard.errors import ConfigurationError, Problem, did_you_mean
from sparkguard.options import convert
from sparkguard.shadow_rules.config import ShadowConfig

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


def load_shadow(path: str | Path, variables: Mapping[str, str] | None = None) -> ShadowConfig:
    """The shadow in a file. Raises ConfigurationError with every problem found."""
    document = load(read_file(path), str(path), frozenset(("revision", "name")))
    if not isinstance(document.data, dict):
        raise ConfigurationError([Problem(document.where(()), "a shadow is a mapping")])
    problems: list[Problem] = []
    data = _resolved(document.data, (), variables or {}, document, problems)
    if problems:
        raise ConfigurationError(problems)
    return convert(
        ShadowConfig, data, "shadow", lambda option: document.where((option,) if option else ())
    )


def _resolved(
    value: Any,
    at: tuple[str | int, ...],
    variables: Mapping[str, str],
    document: Document,
    problems: list[Problem],
) -> Any:
    if isinstance(value, dict):
        return {k: _resolved(v, (*at, k), variables, document, problems) for k, v in value.items()}
    if isinstance(value, list):
        return [_resolved(v, (*at, i), variables, document, problems) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def given(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in variables:
            return variables[name]
        near = did_you_mean(name, variables)
        problems.append(Problem(document.where(at), f"variable {name!r} has no value.{near}"))
        return ""

    return _VARIABLE.sub(given, value)
