"""The table of references: orphan keys from run to run."""

from __future__ import annotations

from sparkguard.results.schemas.base import Table, columns, register
from sparkguard.results.schemas.core import AS_OF, CHECKED

ORPHANS = register(
    Table(
        "orphans",
        "Keys without a parent: those of each run, and those healed since the run before.",
        columns(
            *CHECKED,
            ("parent", "STRING", "The dataset that was referred to."),
            ("key_hash", "STRING", "Identifies the key between runs: 128 bits of SHA-256 or HMAC."),
            ("key", "STRING", "The key as text, cut at 200 characters; NULL where not shown."),
            ("rows", "BIGINT", "Rows of the run that hold the key; 0 when it healed."),
            ("first_slice", "STRING", "Least slice of the run that holds the key."),
            ("state", "STRING", "new, known, healed; or unsure, where the last list was cut."),
            (
                "cause",
                "STRING",
                "Why new: parent_deleted or child_added; why healed: parent_arrived or "
                "child_deleted; unknown where nothing tells. NULL for others and in a first run.",
            ),
            ("first_run", "STRING", "The run that saw the key as an orphan first."),
            ("first_seen", "TIMESTAMP", "As-of time of that run, UTC."),
            ("orphan_keys", "BIGINT", "Orphan keys of the run altogether."),
            ("complete", "BOOLEAN", "Whether this run and the last list all their keys."),
            AS_OF,
        ),
        identity=("check_id", "slice", "key_hash"),
        judged=("state", "table_version"),
        version=2,
    )
)
