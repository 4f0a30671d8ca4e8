from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.results.rows import batches, cells_of, digest, in_order, restamped
from sparkguard.results.schemas import GENERATION, TABLES, Column, Table, register
from sparkguard.results.schemas.base import columns
from sparkguard.results.verdict_rows import ResultRow
from sparkguard.verdicts import Outcome
from tests.results.support import ORIGIN, verdicts

RESULTS = TABLES["results"]
KEYED = Table(
    "keyed",
    "For tests.",
    columns(("a", "STRING", "One."), ("n", "BIGINT", "Two."), ("d", "DOUBLE", "Three.")),
    identity=("a", "n"),
)


def cells(*rows: tuple[str | None, int | None]) -> list[tuple[object, ...]]:
    return [cells_of(KEYED, {"a": a, "n": n}) for a, n in rows]


def test_the_digest_is_a_known_number() -> None:
    # int(sha256("1:a2:12")[:15], 16) + int(sha256("--")[:15], 16), by sha256sum and bc
    assert digest(KEYED, []) == "0"
    assert digest(KEYED, cells(("a", 12))) == str(DIGEST_A12)
    assert digest(KEYED, cells(("a", 12), (None, None))) == str(DIGEST_A12 + DIGEST_NULLS)


DIGEST_A12 = 338672415591468873
DIGEST_NULLS = 973154355123594301

KEYS = st.lists(st.tuples(st.none() | st.text(), st.none() | st.integers(-9, 9)), max_size=6)


@given(KEYS, st.randoms())
def test_the_digest_ignores_order_and_counts_copies(
    keys: list[tuple[str | None, int | None]], random: object
) -> None:
    shuffled = list(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert digest(KEYED, cells(*shuffled)) == digest(KEYED, cells(*keys))
    assert in_order(KEYED, cells(*shuffled)) == in_order(KEYED, cells(*keys))
    if keys:
        assert digest(KEYED, cells(*keys, keys[0])) != digest(KEYED, cells(*keys))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("ab", 1)], [("a", 1)]),
        ([("1:a", 1)], [("a", 1)]),
        ([("-", None)], [(None, None)]),
        ([("", 1)], [(None, 1)]),
        ([("a", 1), ("b", 2)], [("a", 2), ("b", 1)]),
        ([("a", 1), ("a", 1)], [("b", 1), ("b", 1)]),
    ],
)
def test_different_rows_have_different_digests(
    one: list[tuple[str | None, int | None]], other: list[tuple[str | None, int | None]]
) -> None:
    assert digest(KEYED, cells(*one)) != digest(KEYED, cells(*other))


def test_a_result_is_digested_by_check_slice_outcome_and_version() -> None:
    def one(outcome: Outcome) -> str:
        return digest(RESULTS, [cells_of(RESULTS, ResultRow.of(verdicts(outcome)[1], ORIGIN))])

    assert RESULTS.digested == ("check_id", "slice", "outcome", "table_version")
    assert one(Outcome.FAIL) != one(Outcome.WARN)


def test_cells_are_converted_to_the_types_of_the_table() -> None:
    row = cells_of(KEYED, {"d": 1, "a": Outcome.PASS})
    picked = dict(zip([c.name for c in KEYED.columns], row, strict=True))
    assert (picked["d"], type(picked["d"]), picked["a"], picked["n"]) == (1.0, float, "pass", None)


def test_an_unknown_column_names_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"no column 'severety'\. Did you mean 'severity'"):
        cells_of(RESULTS, {"severety": "error"})


def test_a_timestamp_needs_a_time_zone() -> None:
    with pytest.raises(TypeError, match="without a time zone"):
        cells_of(RESULTS, {"as_of": datetime(2024, 1, 1)})


def test_stamps_replace_cells_by_name() -> None:
    (row,) = restamped(KEYED, cells(("a", 1)), {"run_id": "r", "part": "0"})
    assert (row[0], row[1], row[4]) == ("r", "a", "0")


def test_batches_are_cut_by_number_of_rows_alone() -> None:
    rows = cells(*((str(n), n) for n in range(5)))
    assert [len(batch) for batch in batches(rows, 2)] == [2, 2, 1]
    assert list(batches([], 2)) == []


def test_a_table_is_registered_once_and_only_once() -> None:
    assert register(RESULTS) is RESULTS
    with pytest.raises(TypeError, match="'results' is registered twice"):
        register(Table("results", "Another.", KEYED.own, ("a",)))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_documented_and_typed(name: str) -> None:
    table = TABLES[name]
    assert table.name == name
    assert len(table.comment) > 20
    assert all(column.comment.endswith(".") for column in table.columns)
    assert {"part", "written_at", "schema_version", "engine_version"} <= {
        column.name for column in table.columns
    }
    assert (table.columns[0].name == "run_id") is table.by_run
    # Delta refuses these in names without column mapping.
    assert not any(set(column.name) & set(" ,;{}()\n\t=") for column in table.columns)


@pytest.mark.parametrize(
    ("own", "identity", "complaint"),
    [
        (KEYED.own, ("b",), "has no columns"),
        (KEYED.own, ("d",), "can't enter a digest"),
        ((*KEYED.own, KEYED.own[0]), ("a",), "twice"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(
    own: tuple[Column, ...], identity: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Table("odd", "For tests.", own, identity)


def test_a_comment_that_ddl_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="quote"):
        Column("a", "STRING", "Spark's")


def test_the_generation_is_the_first() -> None:
    assert GENERATION == 1
