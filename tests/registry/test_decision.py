from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from sparkguard.contracts.compatibility.evidence import Override, Proof, predicate_of
from sparkguard.contracts.compatibility.grades import Access, Mode, Party
from sparkguard.contracts.compatibility.shape import (
    Bound,
    ContractShape,
    Facts,
    Rule,
    TableShape,
)
from sparkguard.datatypes import Struct, parse
from sparkguard.errors import ConfigurationError
from sparkguard.registry.decision import Decision, Request, decide
from sparkguard.registry.publication import Consent, Consumer, Publication, numbers

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = NOON.date()


def shape(columns: str, version: str, mode: Mode = Mode.BOTH, **rest: Any) -> ContractShape:
    schema = parse(f"struct<{columns}>")
    assert isinstance(schema, Struct)
    return ContractShape("orders", version, (TableShape("t", schema, **rest),), mode)


def published(
    columns: str, version: str, sequence: int = 1, mode: Mode = Mode.BOTH, **rest: Any
) -> Publication:
    return Publication(
        "orders", sequence, version, f"hash-{version}", "", mode, "ann", NOON,
        shape(columns, version, mode), **rest,
    )  # fmt: skip


def request(columns: str, version: str, **rest: Any) -> Request:
    facts = rest.pop("facts", {})
    mode = rest.pop("mode", Mode.BOTH)
    return Request(
        "orders", version, f"hash-{version}", shape(columns, version, mode, facts=facts), **rest
    )


def rules(decision: Decision) -> list[tuple[str, str]]:
    return sorted((b.change.rule, b.party.value) for b in decision.blocks)


V1 = published("a int, b int", "1.0.0")


def test_the_first_version_is_published_and_the_same_content_again_is_nothing_new() -> None:
    assert decide(request("a int", "1.0.0"), []).allowed
    again = decide(request("a int, b int", "1.0.0"), [V1])
    assert again.already == V1


def test_a_published_version_never_changes() -> None:
    taken = replace(request("a int", "1.0.0"), hash="another")
    with pytest.raises(ConfigurationError, match=r"1\.0\.0 is not above 1\.0\.0, published by ann"):
        decide(taken, [V1])
    with pytest.raises(ConfigurationError, match="not above"):
        decide(request("a int", "0.9"), [V1])


def test_a_new_nullable_column_is_published() -> None:
    assert decide(request("a int, b int, c int", "1.1.0"), [V1]).allowed


def test_a_break_is_refused_with_the_change_that_would_be_legal() -> None:
    decision = decide(request("a int", "1.1.0"), [V1])
    assert rules(decision) == [("dropped_nullable", "consumers")]
    text = str(decision.blocks[0])
    assert text == (
        "t.b: dropped_nullable (int -> nothing) breaks consumers of version 1.0.0: existing jobs "
        "select it. Legal instead: keep the column until its readers have moved; a rename needs "
        "sparkguard.renamedFrom."
    )


@pytest.mark.parametrize(
    ("mode", "columns", "allowed"),
    [
        (Mode.HISTORY, "a int", True),
        (Mode.HISTORY, "a int NOT NULL, b int", False),
        (Mode.CONSUMERS, "a int", False),
        (Mode.CONSUMERS, "a int NOT NULL, b int", True),
        (Mode.NONE, "z date", True),
    ],
)
def test_only_the_protected_party_blocks(mode: Mode, columns: str, allowed: bool) -> None:
    old = published("a int, b int", "1.0.0", mode=mode)
    assert decide(request(columns, "1.1.0", mode=mode), [old]).allowed is allowed


def test_protection_is_not_dropped_in_the_step_that_needs_it() -> None:
    decision = decide(request("a int", "1.1.0", mode=Mode.NONE), [V1])
    assert ("dropped_nullable", "consumers") in rules(decision)
    assert ("compatibility_mode", "history") in rules(decision)


def test_history_is_protected_for_every_live_version() -> None:
    chain = [
        published("k int, c string", "1.0.0", 1, Mode.HISTORY),
        published("k int", "1.1.0", 2, Mode.HISTORY),
    ]
    new = request("k int, c int", "1.2.0", mode=Mode.HISTORY)
    assert rules(decide(new, chain)) == [("family", "history")]
    assert decide(replace(new, live={"t": frozenset({"1.1.0"})}), chain).allowed
    assert not decide(replace(new, live={"t": frozenset({"1.0.0", "1.1.0"})}), chain).allowed
    assert not decide(replace(new, live={"another": frozenset({"1.1.0"})}), chain).allowed


def test_a_consumer_break_is_lifted_by_every_affected_consumer() -> None:
    readers = [
        Consumer("bi", "orders", "1.0.0"),
        Consumer("ml", "orders", "1.0.0"),
        Consumer("else", "payments", "1.0.0"),
    ]
    new = request("a int", "1.1.0")
    one = [Consent("bi", "orders", new.hash)]
    decision = decide(new, [V1], readers, one)
    assert [b.whom for b in decision.blocks] == ["ml"]
    assert decide(new, [V1], readers, [*one, Consent("ml", "orders", new.hash)]).allowed
    assert not decide(new, [V1], readers, [*one, Consent("ml", "orders", "other")]).allowed


def test_consent_does_not_lift_a_history_break() -> None:
    readers = [Consumer("bi", "orders", "1.0.0")]
    new = request("a int NOT NULL, b int", "1.1.0")
    decision = decide(new, [V1], readers, [Consent("bi", "orders", new.hash)])
    assert rules(decision) == [("required", "history")]


def test_a_positional_consumer_is_hurt_by_a_new_column() -> None:
    new = request("a int, b int, c int", "1.1.0")
    by_name = [Consumer("bi", "orders", "1.0.0")]
    by_position = [Consumer("bi", "orders", "1.0.0", Access.POSITIONAL)]
    assert decide(new, [V1], by_name).allowed
    assert rules(decide(new, [V1], by_position)) == [("added_nullable", "consumers")]


def test_consumers_are_compared_with_the_version_they_pin() -> None:
    chain = [V1, published("a int, b int, c int", "1.1.0", 2)]
    new = request("a int, b int", "1.2.0")
    assert decide(new, chain, [Consumer("old", "orders", "1.0.0")]).allowed
    assert not decide(new, chain, [Consumer("new", "orders", "1.1.0")]).allowed


def test_a_break_is_legal_as_a_major_version_with_a_successor_and_an_end() -> None:
    assert not decide(request("a string", "2.0.0"), [V1]).allowed
    ends = date(2026, 9, 1)
    major = request("a string", "2.0.0", supersedes="1.0.0", ends=ends)
    decision = decide(major, [V1], today=TODAY)
    assert decision.allowed
    assert len(decision.accepted) == 3


@pytest.mark.parametrize(
    ("version", "supersedes", "ends", "message"),
    [
        ("2.0.0", "0.9.0", date(2026, 9, 1), "--supersedes 1.0.0"),
        ("2.0.0", "1.0.0", None, "--ends"),
        ("1.5.0", "1.0.0", date(2026, 9, 1), "2.0.0"),
        ("2.0.0", "1.0.0", TODAY, "in the future"),
    ],
)
def test_a_succession_is_complete(
    version: str, supersedes: str, ends: date | None, message: str
) -> None:
    wanted = request("a string", version, supersedes=supersedes, ends=ends)
    with pytest.raises(ConfigurationError, match=message):
        decide(wanted, [V1], today=TODAY)


def test_a_break_once_accepted_is_not_asked_for_again_but_a_new_one_is() -> None:
    major = request("a string", "2.0.0", supersedes="1.0.0", ends=date(2026, 9, 1))
    accepted = decide(major, [V1], today=TODAY).accepted
    v2 = replace(published("a string", "2.0.0", 2), accepted=accepted)
    assert decide(request("a string, c int", "2.1.0"), [V1, v2]).allowed
    back = decide(request("a string, b date", "2.1.0"), [V1, v2])
    assert rules(back) == [("family", "history")]


def ruled(version: str, sequence: int, **promises: Any) -> Publication:
    what = shape("a int", version, Mode.HISTORY, **promises)
    return replace(published("a int", version, sequence, Mode.HISTORY), shape=what)


def of_sql(text: str) -> dict[str, Any]:
    return {"rules": {"sql": Rule("sql_expression of t", rest=text)}}


def of_values(values: str) -> dict[str, Any]:
    return {"facts": {("a",): Facts(frozenset(values))}}


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        (of_sql("A"), of_sql("B"), of_sql("C")),
        ({"facts": {("a",): Facts()}}, of_values("xy"), of_values("xz")),
        (of_values("abcdefghijklmno"), of_values("a"), of_values("b")),
    ],
)
def test_a_break_that_reads_like_an_accepted_one_is_asked_for_as_well(
    first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> None:
    one, two, three = (
        ruled(version, at, **promises)
        for at, (version, promises) in enumerate(
            [("1.0.0", first), ("2.0.0", second), ("2.1.0", third)], 1
        )
    )

    def asked(wanted: Publication, known: list[Publication], **more: Any) -> Decision:
        return decide(Request("orders", wanted.version, wanted.hash, wanted.shape, **more), known)

    legal = {"acknowledged": "agreed", "supersedes": "1.0.0", "ends": date(2027, 1, 1)}
    done = asked(two, [one], **legal)
    assert done.allowed
    two = replace(two, accepted=done.accepted)
    again = ruled("2.1.0", 3, **second)
    assert asked(again, [one, two]).allowed, "it was accepted as it is"
    found = asked(three, [one, two])
    assert "1.0.0" in {block.version for block in found.blocks}


def test_a_break_accepted_in_the_words_of_an_older_release_stays_accepted() -> None:
    old, new = (
        {"rules": {"r": Rule("range of a", Bound(Fraction(low), strict=True))}} for low in (0, 1)
    )
    said = "range of a in 4.94066e-324 to inf|range of a in 1 to inf"
    accepted = frozenset({f"1.0.0|history|t.range of a:rule_changed|{said}"})
    known = [ruled("1.0.0", 1, **old), replace(ruled("2.0.0", 2, **new), accepted=accepted)]
    wanted = ruled("2.1.0", 3, **new)
    request = Request("orders", "2.1.0", "h", wanted.shape)
    assert decide(request, known).allowed
    assert not decide(request, [known[0], replace(known[1], accepted=frozenset())]).allowed


def test_what_nobody_can_grade_waits_for_an_acknowledgement() -> None:
    facts = {("a",): Facts(meaning={"unit": "s"})}
    old = Publication(
        "orders", 1, "1.0.0", "h", "", Mode.BOTH, "ann", NOON, shape("a int", "1.0.0", facts=facts)
    )
    new = request("a int", "1.1.0", facts={("a",): Facts(meaning={"unit": "ms"})})
    assert {b.unknown for b in decide(new, [old]).blocks} == {True}
    assert decide(replace(new, acknowledged="agreed on 1 March"), [old]).allowed
    major = replace(
        new, version="2.0.0", supersedes="1.0.0", ends=date(2027, 1, 1), hash="hash-2.0.0"
    )
    assert not decide(major, [old], today=TODAY).allowed


def test_a_proof_lifts_a_history_break_and_an_override_a_default() -> None:
    new = request("a int NOT NULL, b int", "1.1.0")
    (block,) = decide(new, [V1]).blocks
    proof = Proof("table", 4, predicate_of(block.change), 10, 10, 0)
    assert decide(replace(new, proofs=(proof,)), [V1]).allowed
    decided = Override("dropped_nullable", Party.CONSUMERS, "ann", "nobody reads b")
    assert decide(request("a int", "1.1.0", overrides=(decided,)), [V1]).allowed


def test_partitioning_is_an_operational_note() -> None:
    old = replace(V1, shape=shape("a int, b int", "1.0.0", partitioning=("a",)))
    decision = decide(request("a int, b int", "1.1.0"), [old])
    assert decision.allowed
    assert "partitioning of t" in decision.notes[0]


@pytest.mark.parametrize(
    ("text", "found"), [("1.4.0", (1, 4, 0)), ("v2", (2, 0, 0)), ("1.10", (1, 10, 0))]
)
def test_versions_are_numbers(text: str, found: tuple[int, int, int]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize("text", ["", "1.x", "next", "1.2.3.4", "-1.0.0"])
def test_other_versions_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"MAJOR\.MINOR\.PATCH"):
        numbers(text)


def test_an_override_of_a_change_that_is_not_made_is_refused() -> None:
    override = Override("dropped_nulable", Party.CONSUMERS, "ann", "nobody reads it")
    with pytest.raises(ConfigurationError, match="Did you mean 'dropped_nullable'"):
        decide(request("a int", "1.1.0", overrides=(override,)), [V1])
