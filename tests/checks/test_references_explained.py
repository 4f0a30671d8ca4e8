"""What a references check says of its orphans, beyond their number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sparkguard.checks.base import Context, Judgement, Past
from sparkguard.checks.references import References
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome

A = (("a",),)
K = (("k",),)


def evidence(judgement: Judgement, name: str) -> list[tuple[str | None, int | None, str | None]]:
    return [(e.label, e.count, e.text) for e in judgement.evidence if e.name == name]


def test_top_orphans_with_their_first_slice_and_causes(spark: Any, observe: Any) -> None:
    rows = [
        ("2", "a "),
        ("1", "a "),
        ("2", "a "),
        ("2", "zz"),
        ("1", "B"),
        ("1", "b"),
        ("1", "007"),
    ]
    frames = {
        "t": spark.createDataFrame(rows, "p string, c string"),
        "parent": spark.createDataFrame([("a",), ("b",), ("7",)], "k string"),
    }
    check = References((("c",),), "parent", K, top=3)
    seen = observe([check], frames, by=("p",))
    whole = check.judge(seen.seen.only(WHOLE), seen)
    assert evidence(whole, "top orphans") == [
        ("a ", 3, "first in p=1"),
        ("007", 1, "first in p=1"),
        ("B", 1, "first in p=1"),
    ]
    causes = {e.label: (e.count, e.number, e.text) for e in whole.evidence if e.name == "causes"}
    assert causes == {
        "all changes of text together": (5, 5 / 6, "[a ] for the parent [a]"),
        "trimming white space": (3, 3 / 6, "[a ] for the parent [a]"),
        "folding case": (1, 1 / 6, "[B] for the parent [b]"),
        "dropping leading zeros": (1, 1 / 6, "[007] for the parent [7]"),
        "reading text as numbers": (1, 1 / 6, "[007] for the parent [7]"),
    }
    assert "5 of them match after all changes of text together" in whole.reason
    volume = [e for e in whole.evidence if e.name == "orphan rate by number of keys"]
    assert (volume[-1].label, volume[-1].x, volume[-1].number) == ("all keys", 5.0, 4 / 5)
    assert volume[-1].text == "6 of 7 rows"
    frequency = [
        (e.label, e.count, e.number)
        for e in whole.evidence
        if e.name == "orphan rate by rows per key"
    ]
    assert frequency == [("1", 3, 3 / 4), ("2", 1, 1.0)]
    hidden = replace(check, show_keys=False)
    seen = observe([hidden], frames, by=("p",))
    told = repr(hidden.judge(seen.seen.only(WHOLE), seen).evidence)
    assert "zz" not in told
    assert "007" not in told
    plain, keyed = (
        {row["key_hash"] for row in hidden.judge(seen.seen.only(WHOLE), context).kept}
        for context in (seen, replace(seen, secret="s"))
    )
    assert len(plain) == len(keyed) == 4
    assert plain.isdisjoint(keyed)


def test_whole_numbers_that_passed_through_a_double_are_named(spark: Any, judge: Any) -> None:
    child = spark.createDataFrame([(2**53,), (2**53,), (4,), (7,)], "a bigint")
    parent = spark.createDataFrame([(2**53 + 1,), (4,)], "k bigint")
    (found,) = judge([References(A, "parent", K)], {"t": child, "parent": parent})
    assert "2 of them equal a parent after passing whole numbers through a double" in found.reason


def test_new_known_and_healed_orphans_against_the_last_run(spark: Any, observe: Any) -> None:
    def frames(*keys: int) -> dict[str, Any]:
        return {
            "t": spark.createDataFrame([(key,) for key in keys], "a int"),
            "parent": spark.createDataFrame([(1,)], "k int"),
        }

    tolerant = References(A, "parent", K, max_orphan_rows=1, max_orphan_keys=1)
    strict = replace(tolerant, new_orphans="violation")

    def after(last: Context | None, *keys: int) -> tuple[Context, Judgement]:
        seen = observe([strict], frames(*keys))
        if last is not None:
            left = strict.judge(last.seen.only(WHOLE), last).kept
            past = Past(WHOLE, 1, last.as_of, last.seen, "last", {"parent": 0})
            earlier = tuple({**row, "run_id": "last"} for row in left)
            seen = replace(seen, history=(past,), earlier=earlier)
        return seen, strict.judge(seen.seen.only(WHOLE), seen)

    def told(judged: Judgement) -> tuple[Outcome, dict[str | None, int | None]]:
        changes = {label: n for label, n, _ in evidence(judged, "since the last run")}
        return judged.outcome, changes

    first, judged = after(None, 1, 8, 9)
    assert told(judged) == (Outcome.PASS, {})
    assert told(after(first, 1, 8, 9)[1]) == (Outcome.PASS, {"new": 0, "known": 2, "healed": 0})
    assert told(after(first, 1, 8)[1]) == (Outcome.PASS, {"new": 0, "known": 1, "healed": 1})
    assert told(after(first, 1)[1]) == (Outcome.PASS, {"new": 0, "known": 0, "healed": 2})
    _, replaced = after(first, 1, 8, 7)
    assert told(replaced) == (Outcome.FAIL, {"new": 1, "known": 1, "healed": 1})
    assert replaced.reason == "1 orphan keys were none in the last run: 1 came with new values"
    clean, _ = after(None, 1)
    assert told(after(clean, 8)[1]) == (Outcome.FAIL, {"new": 1, "known": 0, "healed": 0})
    # A last run whose list is lost or cut can't tell which keys are new: that is never a pass.
    cut = replace(
        observe([strict], frames(1, 8, 9)),
        history=(Past(WHOLE, 1, first.as_of, first.seen),),
    )
    assert strict.judge(cut.seen.only(WHOLE), cut).outcome is Outcome.NOT_EVALUABLE
