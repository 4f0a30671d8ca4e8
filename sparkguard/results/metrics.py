"""Profiles and drift in the shape of Databricks' profile and drift metrics tables.

The same column names and types, for dashboards and alerts that were written for those. A window is
one run: it starts and ends at the moment the run looked from. What SparkGuard does not measure is
NULL; `run_id`, `as_of` and, for drift, `outcome` come besides. Databricks' names are documented in
its reference of monitor metric tables.
"""

from __future__ import annotations

import re

from sparkguard import sql
from sparkguard.tables import ResultsPlace

KINDS = ("profile_metrics", "drift_metrics")
"""The views of a dataset: `<dataset>_profile_metrics` and `<dataset>_drift_metrics`."""

_PROFILE = {
    "count": ("rows", "BIGINT"),
    "num_nulls": ("null", "BIGINT"),
    "num_nan": ("nan", "BIGINT"),
    "avg": ("mean", "DOUBLE"),
    "stddev": ("stddev", "DOUBLE"),
    "min": ("min", "DOUBLE"),
    "max": ("max", "DOUBLE"),
    "median": ("q50", "DOUBLE"),
    "min_length": ("length_min", "DOUBLE"),
    "max_length": ("length_max", "DOUBLE"),
    "avg_length": ("length_mean", "DOUBLE"),
    "distinct_count": ("distinct", "BIGINT"),
}
"""Column of the view, metric of a profile, and type."""

_DRIFT = {
    "js_distance": "Jensen-Shannon",
    "wasserstein_distance": "Wasserstein-1, trimmed",
    "l_infinity_distance": "L-infinity",
    "population_stability_index": "PSI",
}
"""Column of the view and number of a comparison."""

_RANKS = ("q01", "q05", "q10", "q25", "q50", "q75", "q90", "q95", "q99")

_OF_CHECK = """
SELECT e.run_id, e.check_id, e.slice, e.name, e.label, e.number, e.x, e.as_of, e.table_version,
       r.slice_values, r.outcome,
       substring(e.check_id, length(e.dataset) + length(e.check_kind) + 3) AS column_name
FROM {evidence} AS e
JOIN {results} AS r ON r.run_id = e.run_id AND r.check_id = e.check_id AND r.slice = e.slice
WHERE e.dataset = {dataset} AND e.check_kind = {kind}
  AND e.run_id IN (SELECT run_id FROM {runs})"""

_WINDOW = "struct(max(as_of) AS `start`, max(as_of) AS `end`)"
_SLICED = """nullif(array_join(map_keys(any_value(slice_values)), ', '), '') AS slice_key,
  nullif(array_join(map_values(any_value(slice_values)), ', ', 'NULL'), '') AS slice_value"""


def view_name(dataset: str, kind: str) -> str:
    """The view of a dataset; characters that a table's name can't hold become underscores."""
    return re.sub(r"\W", "_", dataset) + f"_{kind}"


def select(location: ResultsPlace, dataset: str, kind: str) -> sql.Sql:
    """The query behind the view of that kind, `profile_metrics` or `drift_metrics`."""
    text = _profile() if kind == KINDS[0] else _drift()
    holes = {name: location.table(name).sql for name in ("evidence", "results", "runs", "pins")}
    of_kind = sql.literal(kind.removesuffix("_metrics"))
    return sql.template(text, dataset=sql.literal(dataset), kind=of_kind, **holes)


def _profile() -> str:
    numbers = ",\n  ".join(
        f"CAST({_number(metric)} AS {type_}) AS {column}"
        for column, (metric, type_) in _PROFILE.items()
    )
    nothing = ",\n  ".join(
        f"CAST({'rows' if column == 'count' else 'NULL'} AS {type_}) AS {column}"
        for column, (_, type_) in _PROFILE.items()
    )
    ranks = ", ".join(f"'{rank}'" for rank in _RANKS)
    return f"""SELECT {_WINDOW} AS `window`, 'run' AS granularity, 'INPUT' AS log_type,
  {_SLICED},
  column_name, CAST(NULL AS STRING) AS data_type,
  max(table_version) AS logging_table_commit_version,
  {numbers},
  transform(array_sort(collect_list(CASE WHEN label IN ({ranks}) THEN struct(label, number) END)),
    each -> each.number) AS quantiles,
  {_number("null")} / nullif({_number("rows")}, 0) * 100 AS percent_null,
  {_number("nan")} / nullif({_number("rows")}, 0) * 100 AS percent_nan,
  {_number("distinct")} / nullif({_number("rows")}, 0) * 100 AS percent_distinct,
  run_id, max(as_of) AS as_of
FROM ({_OF_CHECK})
GROUP BY run_id, check_id, slice, column_name
UNION ALL
SELECT struct(as_of AS `start`, as_of AS `end`), 'run', 'INPUT', CAST(NULL AS STRING),
  CAST(NULL AS STRING), ':table', CAST(NULL AS STRING), table_version,
  {nothing},
  CAST(NULL AS ARRAY<DOUBLE>), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE),
  run_id, as_of
FROM {{pins}}
WHERE dataset = {{dataset}} AND run_id IN (SELECT run_id FROM {{runs}})"""


def _drift() -> str:
    numbers = ",\n  ".join(f"{_number(label)} AS {column}" for column, label in _DRIFT.items())
    share = f"100 * ({_number('null share now')} - {_number('null share before')})"
    p_value = _number("p of chi-square")
    chi = f"struct({_number('chi-square')} AS statistic, {p_value} AS pvalue)"
    ks = f"struct({_number('Kolmogorov-Smirnov')} AS statistic, CAST(NULL AS DOUBLE) AS pvalue)"
    return f"""SELECT {_WINDOW} AS `window`, 'run' AS granularity,
  CAST(NULL AS STRUCT<`start`: TIMESTAMP, `end`: TIMESTAMP>) AS window_cmp,
  CASE WHEN name = 'to the baseline' THEN 'BASELINE' ELSE 'CONSECUTIVE' END AS drift_type,
  {_SLICED},
  column_name, CAST(NULL AS STRING) AS data_type,
  {_number("m")} - {_number("n")} AS count_delta,
  {share} AS percent_null_delta,
  {ks} AS ks_test,
  {chi} AS chi_squared_test,
  CAST(NULL AS DOUBLE) AS tv_distance,
  {numbers},
  any_value(outcome) AS outcome, run_id, max(as_of) AS as_of
FROM ({_OF_CHECK}
  AND e.kind = 'work' AND e.name IN ('to the baseline', 'to the partitions before'))
GROUP BY run_id, check_id, slice, column_name, name"""


def _number(label: str) -> str:
    return f"max(CASE WHEN label = '{label}' THEN number END)"
