"""Ways in which two texts can differ and still mean one key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from sparkguard import sql
from sparkguard.sql import Sql

Rule = Literal["trim", "fold_case", "strip_zeros", "number", "unicode"]

_NUMBER = r"\A[+-]?0*([0-9]{1,38})(\.0*)?\z"


def normalised(value: Sql, rules: Iterable[Rule]) -> Sql:
    """The value after `rules`, in this order: trim, fold_case, strip_zeros, number, unicode.

    `trim` drops white space at both ends, no-break spaces too; `fold_case` ignores case;
    `strip_zeros` drops leading zeros; `number` reads `7`, `'007'` and `'7.0'` as one whole
    number and leaves other text alone; `unicode` makes equal what Unicode's collation calls
    equal at its third level: composed and decomposed letters, digits of all scripts, and texts
    that differ in characters without weight, as control characters and the soft hyphen are.
    """
    chosen = set(rules)
    if chosen:
        value = sql.as_text(value)
    if "trim" in chosen:
        blanks = sql.literal(r"\A[\s\u00A0\u200B\uFEFF]+|[\s\u00A0\u200B\uFEFF]+\z")
        value = sql.template("regexp_replace({}, {}, '')", value, blanks)
    if "fold_case" in chosen:
        value = sql.template("lower({})", value)
    if "strip_zeros" in chosen:
        value = sql.template("regexp_replace({}, {}, '')", value, sql.literal(r"\A0+(?=[^\s])"))
    if "number" in chosen:
        number = sql.template("CAST(try_cast({} AS DECIMAL(38,0)) AS STRING)", value)
        value = sql.template(
            "CASE WHEN {0} RLIKE {1} THEN {2} ELSE {0} END", value, sql.literal(_NUMBER), number
        )
    if "unicode" in chosen:
        value = sql.template("collate({}, 'UNICODE')", value)
    return value
