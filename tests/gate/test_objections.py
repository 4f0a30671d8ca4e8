from __future__ import annotations

import pytest

from sparkguard.contracts.model import TableContract
from sparkguard.contracts.odcs import parse_contract
from sparkguard.datatypes import Struct, parse
from sparkguard.gate.objections import objections, weigh
from sparkguard.gate.prediction import TableState, WriteOptions, predict
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome, Severity, Verdict

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: flights
version: 1.0.0
status: active
schema:
  - name: flights
    properties:
      - {name: id, logicalType: integer, physicalType: bigint, required: true, primaryKey: true}
      - {name: dep_delay, logicalType: number, physicalType: double}
      - {name: flight, logicalType: integer, physicalType: int}
      - name: place
        logicalType: object
        properties: [{name: lat, logicalType: number}]
"""
TABLE = "id bigint NOT NULL, dep_delay double, flight int, place struct<lat:double>"


@pytest.fixture(scope="module")
def promise() -> TableContract:
    return parse_contract(CONTRACT, "flights.odcs.yaml").tables[0]


def struct(columns: str) -> Struct:
    found = parse(f"struct<{columns}>")
    assert isinstance(found, Struct)
    return found


def said(
    promise: TableContract, frame: str, fill: bool = False, widening: bool = True
) -> list[str]:
    state = TableState(struct(TABLE), type_widening=widening)
    prediction = predict(struct(frame), state, WriteOptions(merge_schema=True))
    return [str(o) for o in objections(struct(frame), prediction, promise, fill_missing=fill)]


def test_a_frame_inside_the_contract_meets_no_objection(promise: TableContract) -> None:
    assert said(promise, TABLE) == []
    assert said(promise, TABLE.replace("flight int", "flight smallint")) == []
    assert said(promise, TABLE.replace("dep_delay", "Dep_Delay")) == []


def test_a_rename_is_refused_with_both_names(promise: TableContract) -> None:
    found = said(promise, TABLE.replace("dep_delay", "departure_delay"))
    assert len(found) == 2
    assert "Did you mean 'departure_delay'?" in found[0]
    assert "drops the old column silently" in found[0]
    assert found[1] == "departure_delay: the contract does not know this column"


def test_a_widening_that_delta_would_carry_out_is_refused(promise: TableContract) -> None:
    (found,) = said(promise, TABLE.replace("flight int", "flight bigint"))
    assert found == "flight: arrives as bigint, promised is int"
    assert len(said(promise, TABLE.replace("flight int", "flight bigint"), widening=False)) == 2


def test_a_missing_column_is_refused_unless_it_may_be_filled(promise: TableContract) -> None:
    without = "id bigint, flight int, place struct<lat:double>"
    (found,) = said(promise, without)
    assert "Delta would fill it with NULL from now on" in found
    assert said(promise, without, fill=True) == []


OVERWRITE = WriteOptions("overwrite", overwrite_schema=True)


@pytest.mark.parametrize(
    ("stored", "frame", "options", "lacking"),
    [
        (None, "id bigint, place struct<lat:double>, flight int", WriteOptions(), "dep_delay"),
        (TABLE, "id bigint, place struct<lat:double>, flight int", OVERWRITE, "dep_delay"),
        (
            "id bigint, place struct<lat:double>, flight int",
            "id bigint, place struct<lat:double>, flight int",
            WriteOptions(merge_schema=True),
            "dep_delay",
        ),
        (None, "id bigint, dep_delay double, flight int", WriteOptions(), "place"),
        (
            "id bigint, dep_delay double, flight int, place struct<lon:double>",
            "id bigint, dep_delay double, flight int",
            WriteOptions(),
            "place.lat",
        ),
    ],
)
def test_nothing_may_be_left_to_a_table_that_will_not_have_it(
    promise: TableContract, stored: str | None, frame: str, options: WriteOptions, lacking: str
) -> None:
    state = None if stored is None else TableState(struct(stored))
    prediction = predict(struct(frame), state, options)
    assert prediction.resulting is not None
    (found,) = objections(struct(frame), prediction, promise, fill_missing=True)
    assert str(found) == (
        f"{lacking}: the contract promises it and the DataFrame lacks it; "
        "the table would be without it."
    )


def test_what_is_left_to_delta_is_held_to_the_contract_too(promise: TableContract) -> None:
    state = TableState(struct(TABLE.replace("flight int", "flight string")))
    frame = struct("id bigint, dep_delay double, place struct<lat:double>")
    prediction = predict(frame, state, WriteOptions())
    (found,) = objections(frame, prediction, promise, fill_missing=True)
    assert str(found) == "flight: the table's column is string, promised is int"
    assert said(promise, TABLE.replace("id bigint NOT NULL, ", ""), fill=True) != []


def test_a_column_that_delta_fills_itself_may_be_left_out(promise: TableContract) -> None:
    frame = struct("id bigint, flight int, place struct<lat:double>")
    state = TableState(struct(TABLE), defaults=frozenset({"dep_delay"}))
    assert objections(frame, predict(frame, state, WriteOptions()), promise) == ()


def test_a_column_that_may_be_generated_is_refused_with_that_doubt(
    promise: TableContract,
) -> None:
    frame = struct("id bigint, flight int, place struct<lat:double>")
    state = TableState(struct(TABLE), unclear="the log can't be read")
    (found,) = objections(frame, predict(frame, state, WriteOptions()), promise)
    assert "Delta may compute it instead: the log can't be read" in found.text


def test_many_unknown_columns_are_refused_in_no_time(promise: TableContract) -> None:
    frame = struct(", ".join(f"c{i} int" for i in range(5_000)))
    state = TableState(struct(TABLE))
    prediction = predict(frame, state, WriteOptions(merge_schema=True))
    assert len(objections(frame, prediction, promise)) > 5_000


def test_nested_fields_are_held_to_the_contract(promise: TableContract) -> None:
    more = TABLE.replace("lat:double", "lat:double,lon:double")
    assert said(promise, more) == ["place.lon: the contract does not know this field"]
    other = TABLE.replace("lat:double", "lat:string")
    assert "place.lat: arrives as string, promised is number" in said(promise, other)


def verdict(outcome: Outcome, counts_as: Outcome | None = None) -> Verdict:
    return Verdict("c", WHOLE, outcome, Severity.ERROR, counts_as=counts_as)


def test_what_the_batch_can_not_show_does_not_stop_it() -> None:
    every = [
        verdict(Outcome.PASS),
        verdict(Outcome.WARN),
        verdict(Outcome.NOT_EVALUABLE),
        verdict(Outcome.SKIPPED),
    ]
    assert weigh(every).clean
    assert len(weigh(every).unjudged) == 2
    assert not weigh([verdict(Outcome.FAIL)]).clean
    assert not weigh([verdict(Outcome.ERROR)]).clean
    assert not weigh([verdict(Outcome.NOT_EVALUABLE, Outcome.FAIL)]).clean


def test_a_write_that_leaves_no_row_is_stopped_by_what_needs_rows() -> None:
    blind = verdict(Outcome.NOT_EVALUABLE)
    (found,) = weigh([blind], emptying=True).unable
    assert found.reason.endswith("the write would leave the table without a row")
    for listed in (verdict(Outcome.SKIPPED), verdict(Outcome.NOT_EVALUABLE, Outcome.WARN)):
        assert weigh([listed], emptying=True).unjudged == (listed,)
