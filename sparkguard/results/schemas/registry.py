"""The contract registry: published versions, who reads them, and what the gate let through."""

from __future__ import annotations

from sparkguard.results.schemas.base import Table, columns, register

CONTRACTS = register(
    Table(
        "contracts",
        "Published contract versions; one row each, never changed.",
        columns(
            ("contract_id", "STRING", "Identifies the contract."),
            ("number", "BIGINT", "1 for the first version of a contract, then without gaps."),
            ("version", "STRING", "The version the contract gives itself."),
            ("hash", "STRING", "SHA-256 of what the file says, whatever its layout."),
            ("document", "STRING", "The file as published."),
            ("mode", "STRING", "Who is protected: both, history, consumers or none."),
            ("published_by", "STRING", "Who published it."),
            ("at", "TIMESTAMP", "When, by the clock of the writer, UTC."),
            ("previous_hash", "STRING", "Hash of the version before; empty for the first."),
            ("supersedes", "STRING", "The version that a new major version replaces."),
            ("ends", "DATE", "Last day of the version that is replaced."),
            ("reason", "STRING", "Why changes that nobody can grade were acknowledged."),
            (
                "changes",
                "ARRAY<STRUCT<rule: STRING, path: STRING, old: STRING, new: STRING, "
                "grade: STRING, why: STRING>>",
                "What differs from the version before, each change with its grade.",
            ),
            ("accepted", "ARRAY<STRING>", "Breaks that were legal here, so that none asks again."),
            (
                "overrides",
                "ARRAY<STRUCT<rule: STRING, party: STRING, author: STRING, reason: STRING>>",
                "Default rules that were decided otherwise, by whom and why.",
            ),
            (
                "proofs",
                "ARRAY<STRUCT<table_id: STRING, version: BIGINT, predicate: STRING, "
                "scanned: BIGINT, rows: BIGINT, violations: BIGINT, rewritten: BOOLEAN>>",
                "Full scans that showed stored rows to satisfy a stricter rule.",
            ),
            ("request", "STRING", "Identifies the attempt, so that a repeat is recognised."),
        ),
        identity=("contract_id", "number"),
        judged=("hash",),
        by_run=False,
        expires=False,
    )
)

CONSUMERS = register(
    Table(
        "consumers",
        "Who reads the tables of a contract, and what they agreed to; the last row counts.",
        columns(
            ("contract_id", "STRING", "Identifies the contract."),
            ("consumer", "STRING", "Name of the reader."),
            ("number", "BIGINT", "1 for the first entry of a reader, then without gaps."),
            ("event", "STRING", "pinned, acknowledged or left."),
            ("version", "STRING", "The version pinned, or agreed to."),
            ("hash", "STRING", "Hash of the version agreed to; empty otherwise."),
            ("access", "STRING", "How it reads: by_name, positional or exact."),
            ("by", "STRING", "Who made the entry."),
            ("reason", "STRING", "Why."),
            ("at", "TIMESTAMP", "When, by the clock of the writer, UTC."),
            ("request", "STRING", "Identifies the attempt, so that a repeat is recognised."),
        ),
        identity=("contract_id", "consumer", "number"),
        judged=("event", "hash"),
        by_run=False,
        expires=False,
    )
)

GATES = register(
    Table(
        "gates",
        "Writes that went through the gate: what was decided, and every row accounted for.",
        columns(
            ("gate_id", "STRING", "Identifies the write; a repeat has the same."),
            ("number", "BIGINT", "1 for the first attempt at a write, then without gaps."),
            ("state", "STRING", "accepted or refused."),
            ("contract_id", "STRING", "The contract."),
            ("contract_version", "STRING", "Its version."),
            ("contract_hash", "STRING", "Its hash."),
            ("target", "STRING", "Path or name of the table written to."),
            ("staged_version", "BIGINT", "Delta version of the staging table that was audited."),
            ("target_version", "BIGINT", "Delta version of the table after the write."),
            ("rows_staged", "BIGINT", "Rows of the DataFrame."),
            ("rows_written", "BIGINT", "Rows appended to the table."),
            ("rows_quarantined", "BIGINT", "Rows kept apart, with their reasons."),
            ("rows_refused", "BIGINT", "Rows written nowhere."),
            ("reason", "STRING", "Why it was refused."),
            ("at", "TIMESTAMP", "When, by the clock of the writer, UTC."),
            ("request", "STRING", "Identifies the attempt, so that a repeat is recognised."),
        ),
        identity=("gate_id", "number"),
        judged=("state", "rows_staged", "rows_written"),
        by_run=False,
        expires=False,
    )
)
