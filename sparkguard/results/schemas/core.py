"""The tables of every run, and the state changes that people and runs record."""

from __future__ import annotations

from sparkguard.results.schemas.base import Table, columns, register

CHECKED = (
    ("check_id", "STRING", "Identifies the check within its audit."),
    ("check_kind", "STRING", "The kind of check: completeness, references, drift ..."),
    ("dataset", "STRING", "The dataset whose rows were judged, by its name in the audit."),
    ("table_version", "BIGINT", "Delta version of the dataset that was read."),
    ("slice", "STRING", "Key of the slice, as month=5/origin=JFK; empty for the whole table."),
)
"""Columns that say which check, on which slice of which version, a row speaks of."""

SLICE_VALUES = ("slice_values", "MAP<STRING, STRING>", "The slice, column by column.")
AS_OF = ("as_of", "TIMESTAMP", "The moment the run looked from, UTC.")
CONTRACT = (
    ("contract_id", "STRING", "The contract the check comes from."),
    ("contract_version", "STRING", "Version the contract gives itself."),
    ("contract_fingerprint", "STRING", "SHA-256 of the canonical JSON of the contract."),
)

RUNS = register(
    Table(
        "runs",
        "One row per complete run, written last: rows of other tables count from then on.",
        columns(
            ("audit", "STRING", "Name of the audit."),
            ("status", "STRING", "complete; or error when planned and reported differ."),
            ("exit_code", "INT", "What the command line returned: 0, 1 or 3."),
            AS_OF,
            ("started_at", "TIMESTAMP", "Start by the clock of the run, UTC."),
            ("finished_at", "TIMESTAMP", "End by the clock of the run, UTC."),
            ("planned", "BIGINT", "Checks times slices, fixed before the first query."),
            ("reported", "BIGINT", "Rows of this run in results."),
            ("passed", "BIGINT", "Results with outcome pass."),
            ("warned", "BIGINT", "Results with outcome warn."),
            ("failed", "BIGINT", "Results with outcome fail."),
            ("errors", "BIGINT", "Results with outcome error."),
            ("skipped", "BIGINT", "Results with outcome skipped."),
            ("not_evaluable", "BIGINT", "Results with outcome not_evaluable."),
            (
                "parts",
                "ARRAY<STRUCT<table: STRING, part: STRING, rows: BIGINT, digest: STRING>>",
                "Every part that belongs to the run, as read back before this row was written.",
            ),
            ("table_versions", "MAP<STRING, BIGINT>", "Delta version read of every dataset."),
            ("contract_versions", "MAP<STRING, STRING>", "Contract version by contract."),
            ("contract_fingerprints", "MAP<STRING, STRING>", "Contract SHA-256 by contract."),
            ("audit_fingerprint", "STRING", "SHA-256 of the audit configuration."),
            ("fail_on", "STRING", "Lowest outcome that fails the run: fail or warn."),
            ("not_evaluable_as", "STRING", "How not_evaluable weighs: error, fail or warn."),
            ("reason", "STRING", "Why the run could not evaluate, for status error."),
            ("spark_version", "STRING", "Spark version of the session."),
        ),
        identity=("audit",),
        judged=("status", "exit_code", "planned", "reported"),
    )
)

PINS = register(
    Table(
        "pins",
        "The table versions a run reads, fixed before its first query.",
        columns(
            ("dataset", "STRING", "Name of the dataset in the audit."),
            ("ref", "STRING", "Path or catalog name of the table."),
            ("table_id", "STRING", "Identifier that Delta gave the table."),
            ("table_version", "BIGINT", "Delta version that every read uses."),
            ("rows", "BIGINT", "Rows of that version; NULL when they could not be counted."),
            ("rows_proven", "BOOLEAN", "Whether the statistics of Delta gave the row count."),
            AS_OF,
        ),
        identity=("dataset",),
        judged=("table_version",),
    )
)

RESULTS = register(
    Table(
        "results",
        "One verdict per check and slice that the run planned.",
        columns(
            *CHECKED,
            SLICE_VALUES,
            ("outcome", "STRING", "pass, warn, fail, error, skipped or not_evaluable."),
            ("severity", "STRING", "error, warn or info: what a violation means."),
            ("counts_as", "STRING", "How a not_evaluable weighs, where the check decides."),
            ("observed_double", "DOUBLE", "The number judged, when it is a fraction."),
            ("observed_long", "BIGINT", "The number judged, when it is a count."),
            ("observed_string", "STRING", "The number judged, exactly, when it fits neither."),
            ("unit", "STRING", "Unit of the number judged: rows, keys, share, seconds ..."),
            ("expected", "STRING", "The rule, as text."),
            ("reason", "STRING", "Why the outcome is not pass."),
            ("rows", "BIGINT", "Rows in scope."),
            ("snapshot_rows", "BIGINT", "Rows of the pinned table version."),
            ("violations", "BIGINT", "Rows in scope that break the rule."),
            (
                "coverage",
                "STRING",
                "proven, sampled or unproven: were all rows seen? NULL if none count.",
            ),
            ("condition", "STRING", "Error class of Spark, for outcome error."),
            *CONTRACT,
            ("check_fingerprint", "STRING", "SHA-256 of the check and its options."),
            ("spark_version", "STRING", "Spark version of the session."),
            AS_OF,
        ),
        identity=("check_id", "slice"),
        judged=("outcome", "table_version"),
    )
)

EVIDENCE = register(
    Table(
        "evidence",
        "Typed rows behind a verdict; every picture in a report is drawn from these.",
        columns(
            *CHECKED,
            ("kind", "STRING", "series, bins, counts, hypotheses, examples or work."),
            ("name", "STRING", "The picture or table that the row belongs to."),
            ("ordinal", "BIGINT", "Position within the picture."),
            ("label", "STRING", "Name of the point, bin or value."),
            ("x", "DOUBLE", "Position on the axis."),
            ("number", "DOUBLE", "The value shown."),
            ("count", "BIGINT", "Rows or keys behind the value."),
            ("low", "DOUBLE", "Lower bound: of the bin, or of the interval of the value."),
            ("high", "DOUBLE", "Upper bound: of the bin, or of the interval of the value."),
            ("text", "STRING", "What the row says in words."),
            AS_OF,
        ),
        identity=("check_id", "slice", "kind", "name", "ordinal"),
    )
)

PROFILES = register(
    Table(
        "profiles",
        "What was measured: one mergeable state per measure and slice.",
        columns(
            ("dataset", "STRING", "The dataset whose slice columns apply."),
            ("table_version", "BIGINT", "Delta version of the dataset that was read."),
            ("slice", "STRING", "Key of the slice; empty for the whole table."),
            SLICE_VALUES,
            ("need_id", "STRING", "SHA-256 of relation and measure: equal ones compare."),
            ("relation_kind", "STRING", "Shape of the rows measured: table, key_counts ..."),
            ("relation", "STRING", "The relation as canonical JSON."),
            ("measure_kind", "STRING", "The statistic: rows, tally, moments ..."),
            ("measure", "STRING", "The measure as canonical JSON."),
            ("columns", "ARRAY<STRING>", "Columns the measure reads."),
            ("state", "BINARY", "The state; begins with measure kind and format version."),
            ("metrics", "MAP<STRING, DOUBLE>", "The state in named numbers."),
            ("rows", "BIGINT", "Rows of the slice, where they were counted."),
            AS_OF,
        ),
        identity=("need_id", "slice"),
        judged=("table_version",),
        batch=500,
    )
)

VIOLATIONS = register(
    Table(
        "violations",
        "Rows that break a rule: their number, and samples where the audit allows them.",
        columns(
            *CHECKED,
            ("sample_mode", "STRING", "off, keys, hash, mask or raw: how values are shown."),
            ("violations", "BIGINT", "Rows of the slice that break the rule."),
            ("sample_rows", "BIGINT", "Rows sampled of them."),
            ("ordinal", "BIGINT", "Number of the sampled row from 1; 0 for the count alone."),
            ("column", "STRING", "Column of the sampled value; empty for the count alone."),
            ("value", "STRING", "The value as text, shown as sample_mode says."),
            AS_OF,
        ),
        identity=("check_id", "slice", "ordinal", "column"),
        judged=("violations", "table_version"),
    )
)

TRANSITIONS = register(
    Table(
        "transitions",
        "State changes by number; the state of a subject is its last row.",
        columns(
            ("kind", "STRING", "What changes: contract, baseline, alert, shadow ..."),
            ("subject", "STRING", "Which one of that kind."),
            ("number", "BIGINT", "1 for the first change of the subject, then without gaps."),
            ("state", "STRING", "The state after the change."),
            ("changed_by", "STRING", "Who or what changed it."),
            ("reason", "STRING", "Why."),
            ("details", "MAP<STRING, STRING>", "What the change rests on, by name."),
            ("request", "STRING", "Identifies the attempt, so that a repeat is recognised."),
            ("at", "TIMESTAMP", "When, by the clock of the writer, UTC."),
        ),
        identity=("kind", "subject", "number"),
        by_run=False,
        expires=False,
    )
)
