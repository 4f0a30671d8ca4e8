"""Tables of shadow comparison: verdicts by partition, and the ledger of dual writes."""

from __future__ import annotations

from sparkguard.results.schemas.base import Table, columns, register

SHADOW_VERDICTS = register(
    Table(
        "shadow_verdicts",
        "Comparisons of a shadow with its control, by run and partition.",
        columns(
            ("shadow", "STRING", "Name of the shadow."),
            ("run_id", "STRING", "The run that compared."),
            ("kind", "STRING", "partition, noise (control with itself) or sensitivity (faults)."),
            ("partition", "STRING", "The partition as column=value; empty for the whole table."),
            ("outcome", "STRING", "clean, waived, dirty, void, not_run or error."),
            ("reason", "STRING", "Why, in a sentence without cell values."),
            ("code", "STRING", "Hash of the code revision and rules of the shadow."),
            ("control_version", "BIGINT", "Delta version of the control that was read."),
            ("shadow_version", "BIGINT", "Delta version of the shadow that was read."),
            ("control_inputs", "MAP<STRING, BIGINT>", "Input versions the control was built on."),
            ("shadow_inputs", "MAP<STRING, BIGINT>", "Input versions the shadow was built on."),
            ("rows_control", "BIGINT", "Rows of the control."),
            ("rows_shadow", "BIGINT", "Rows of the shadow."),
            ("identical", "BIGINT", "Pairs of rows that are equal in every column."),
            ("within", "BIGINT", "Pairs that differ only inside tolerances."),
            ("different", "BIGINT", "Pairs of one key with a difference."),
            ("only_in_control", "BIGINT", "Rows whose key the shadow lacks."),
            ("only_in_shadow", "BIGINT", "Rows whose key the control lacks."),
            ("repeated_in_control", "BIGINT", "Rows of repeated keys without an equal partner."),
            ("repeated_in_shadow", "BIGINT", "The same, on the side of the shadow."),
            ("fingerprint_control", "STRING", "rows:sum:xor of the 64-bit row hashes."),
            ("fingerprint_shadow", "STRING", "The same, of the shadow."),
            ("false_match", "DOUBLE", "Bound on the chance that a difference was overlooked."),
            (
                "columns",
                "ARRAY<STRUCT<name: STRING, null_in_control: BIGINT, null_in_shadow: BIGINT, "
                "value: BIGINT, type: BIGINT, tolerated: BIGINT, absolute: DOUBLE, "
                "signed: DOUBLE, squares: DOUBLE, largest: DOUBLE>>",
                "Counters of every column with a difference.",
            ),
            ("missing_in_shadow", "ARRAY<STRING>", "Columns that only the control has."),
            ("missing_in_control", "ARRAY<STRING>", "Columns that only the shadow has."),
            ("excluded", "MAP<STRING, STRING>", "Columns that were not compared, and why."),
            (
                "breaches",
                "ARRAY<STRUCT<counter: STRING, found: DOUBLE, reason: STRING, column: STRING, "
                "waived_by: STRING>>",
                "Broken rules, and the waiver that covers each.",
            ),
            ("causes", "ARRAY<STRING>", "What the wrong rows have in common."),
            (
                "strata",
                "ARRAY<STRING>",
                "month_end, dst_day, backfill, empty_partition, late_data.",
            ),
            ("columns_compared", "INT", "Columns compared."),
            ("columns_total", "INT", "Columns of both tables together."),
            ("faults", "MAP<STRING, BOOLEAN>", "Seeded faults, and whether each was detected."),
            (
                "configuration",
                "MAP<STRING, STRING>",
                "Session time zone, ANSI mode, Spark version, ids of the tables read.",
            ),
            ("at", "TIMESTAMP", "When, by the clock of the writer, UTC."),
        ),
        identity=("run_id", "shadow", "kind", "partition"),
        judged=("outcome", "code"),
        by_run=False,
        expires=False,
    )
)

SHADOW_LEDGER = register(
    Table(
        "shadow_ledger",
        "Steps of every dual write; a pair is compared once both sides are confirmed.",
        columns(
            ("shadow", "STRING", "Name of the shadow."),
            ("run_id", "STRING", "The run that wrote."),
            ("partition", "STRING", "The partition as column=value; empty for the whole table."),
            ("sink", "STRING", "control or shadow."),
            ("status", "STRING", "intent, committed, confirmed or failed."),
            ("input_versions", "MAP<STRING, BIGINT>", "Delta version of every input."),
            ("txn_app_id", "STRING", "Delta transaction identifier of the write."),
            ("txn_version", "BIGINT", "Its number."),
            ("rows", "BIGINT", "Rows that the commit wrote; once confirmed, rows read back."),
            ("fingerprint", "STRING", "rows:sum:xor of what was read back."),
            ("commit_version", "BIGINT", "Delta version that the write made."),
            ("reason", "STRING", "Why it failed."),
            ("at", "TIMESTAMP", "When, by the clock of the writer, UTC."),
            ("deadline", "TIMESTAMP", "When a write that is not confirmed counts as failed."),
        ),
        identity=("run_id", "shadow", "partition", "sink", "status"),
        by_run=False,
        expires=False,
    )
)
