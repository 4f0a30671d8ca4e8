"""What drift is measured against, and the alerts that runs raise."""

from __future__ import annotations

from sparkguard.results.schemas.base import Table, columns, register
from sparkguard.results.schemas.core import AS_OF

BASELINES = register(
    Table(
        "baselines",
        "States that later ones are compared with; transitions of kind baseline say which count.",
        columns(
            ("baseline_id", "STRING", "Identifies the baseline of a dataset."),
            ("dataset", "STRING", "The dataset, by its name in the audit."),
            ("table_id", "STRING", "Identifier that Delta gave the table."),
            ("table_version", "BIGINT", "Delta version that was counted."),
            ("partitions", "ARRAY<STRING>", "Keys of the slices that were counted."),
            ("slice", "STRING", "Slice the state speaks of; empty for all partitions."),
            ("need_id", "STRING", "SHA-256 of relation and measure: equal ones compare."),
            ("relation", "STRING", "The relation as canonical JSON."),
            ("measure_kind", "STRING", "The statistic: bins, values, counts ..."),
            ("measure", "STRING", "The measure as canonical JSON, with its frozen edges."),
            ("columns", "ARRAY<STRING>", "Columns the measure reads."),
            ("state", "BINARY", "The state; begins with measure kind and format version."),
            ("rows", "BIGINT", "Rows that were counted."),
            ("replayed", "BIGINT", "Feature-partitions of the baseline compared with it."),
            ("replay_alarms", "BIGINT", "Alarms among them."),
            ("created_by", "STRING", "Who or what made it."),
            ("at", "TIMESTAMP", "When, by the clock of the writer, UTC."),
        ),
        identity=("baseline_id", "need_id", "slice"),
        by_run=False,
        expires=False,
    )
)

ALERTS = register(
    Table(
        "alerts",
        "Alerts as runs leave them: a row where one opened, changed or was resolved.",
        columns(
            ("dataset", "STRING", "The dataset, by its name in the audit."),
            ("check_id", "STRING", "Identifies the check within its audit."),
            ("check_kind", "STRING", "The kind of check."),
            ("state", "STRING", "open or resolved."),
            ("outcome", "STRING", "Worst outcome of the check over its slices."),
            ("previous_outcome", "STRING", "The same in the run before; NULL for the first."),
            ("slices", "ARRAY<STRING>", "Keys of the slices that broke."),
            ("new_slices", "ARRAY<STRING>", "Those that had not broken before."),
            ("weight", "DOUBLE", "What alerts are ranked by: the greatest number observed."),
            ("reason", "STRING", "Why, of the worst slice."),
            ("first_seen", "TIMESTAMP", "As-of time of the run that opened it, UTC."),
            ("owner", "STRING", "Who answers for the dataset, as the audit says."),
            AS_OF,
        ),
        identity=("dataset", "check_id"),
        judged=("state",),
        version=2,
    )
)
