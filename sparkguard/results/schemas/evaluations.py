"""Metrics of models against the truth that arrived later, as revisions."""

from __future__ import annotations

from sparkguard.results.schemas.base import Table, columns, register
from sparkguard.results.schemas.core import AS_OF, CHECKED

EVALUATIONS = register(
    Table(
        "evaluations",
        "Metrics by cohort, model version and segment; one row for each change of a number.",
        columns(
            *CHECKED,
            ("model_version", "STRING", "Version of the model; NULL for all versions together."),
            ("segment", "STRING", "Declared slice column; empty for all rows of the cohort."),
            ("segment_value", "STRING", "Its value as text; NULL for NULL, or without segment."),
            ("metric", "STRING", "auc, log_loss, rmse ..."),
            ("revision", "BIGINT", "1 for the first row of this metric, then without gaps."),
            ("value", "DOUBLE", "The metric; NULL where it has none, with the reason."),
            ("low", "DOUBLE", "Lower end of the 95 percent interval of sampling."),
            ("high", "DOUBLE", "Upper end of it."),
            ("bin_low", "DOUBLE", "Lower bound of the unbinned metric: arithmetic, not sampling."),
            ("bin_high", "DOUBLE", "Upper bound of it."),
            ("standard_error", "DOUBLE", "Standard error of the value."),
            ("reweighted", "DOUBLE", "The value if labels had all scores; for BIASED_SAMPLE."),
            ("n_effective", "DOUBLE", "How many labels of equal weight those are worth."),
            ("n_predictions", "BIGINT", "Predictions, without repeated ones."),
            ("n_labelled", "BIGINT", "Those with a label at the as-of time."),
            ("coverage", "DOUBLE", "Share of predictions with a label."),
            ("expected_coverage", "DOUBLE", "Coverage to be expected of the cohort at its age."),
            ("maturity", "STRING", "PROVISIONAL, MATURING, MATURE, CLOSED, STARVED, UNKNOWN."),
            ("status", "STRING", "OK, INSUFFICIENT (few labels), UNDEFINED or INVALID."),
            ("flags", "ARRAY<STRING>", "BIASED_SAMPLE: labelled scores differ from all scores."),
            ("reason", "STRING", "Why there is no value."),
            ("definition", "STRING", "SHA-256 of what was measured; another one, another series."),
            ("delta", "DOUBLE", "The value less that of the revision before."),
            ("cause", "STRING", "new_labels, correction, deletion, backfill or definition."),
            ("label_version", "BIGINT", "Delta version of the label table that was read."),
            ("n_superseded", "BIGINT", "Label rows of the cohort that a later one replaced."),
            ("n_deleted", "BIGINT", "Label rows of the cohort that take a label back."),
            ("n_backfilled", "BIGINT", "Label rows of the cohort that were filled in later."),
            AS_OF,
        ),
        identity=("check_id", "slice", "model_version", "segment", "segment_value", "metric"),
        judged=("revision", "table_version"),
        version=2,
    )
)

EVALUATION_PAIRS = register(
    Table(
        "evaluation_pairs",
        "Settled predictions that count otherwise since the run before: without, and with.",
        columns(
            *CHECKED,
            ("prediction", "STRING", "Identifies it: 128 bits of SHA-256 of its id as text."),
            ("change", "INT", "-1 for what no longer counts, 1 for what counts instead."),
            ("bucket", "STRING", "labelled, duplicate_label, conflicting, pending or overdue."),
            ("known_at", "TIMESTAMP", "When its label became known, UTC; NULL without a label."),
            ("label_version", "BIGINT", "Delta version of the label table that was read."),
            AS_OF,
        ),
        identity=("check_id", "slice", "prediction", "change"),
    )
)
