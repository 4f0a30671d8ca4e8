"""Why orphans are new or healed, from the parent table alone."""

from __future__ import annotations

from typing import Any

import pytest

from sparkguard.measures.key_list import KeyListState, ListedKey
from sparkguard.profile import Failure, Profile, Scanned
from sparkguard.references import origins
from sparkguard.references.explain import changes as evidence_of
from sparkguard.references.explain import said_of_new
from sparkguard.references.orphans import Comparison, before, hidden
from sparkguard.relations.child_with_parent import ChildWithParent
from sparkguard.slices import WHOLE
from tests.references.test_orphans import MONDAY, TUESDAY, run

REFERENCE = ChildWithParent("child", (("c",),), "parent", (("k",),))
FIRST = run("one", MONDAY, "a", "b", "c")
KEPT = before(3, map(vars, Comparison("parent", FIRST).orphans))
COMPARED = Comparison("parent", run("two", TUESDAY, "c", "d", "e"), KEPT)


def looked(*found: tuple[origins.Change, set[str] | str]) -> Scanned:
    """What a run sees of changes: the keys that the parent holds, or an error's condition."""
    states: dict[Any, Any] = {}
    failures: dict[Any, Failure] = {}
    for change, what in found:
        if isinstance(what, str):
            failures[change.need] = Failure(what, "")
        else:
            keys = tuple(ListedKey(key, None, 1) for key in what)
            states[change.need, WHOLE] = KeyListState(keys)
    return Scanned(Profile(states), failures)


def causes(compared: Comparison) -> dict[str, str | None]:
    return {orphan.key_hash: orphan.cause for orphan in compared.orphans}


def texts(compared: Comparison) -> dict[str | None, str | None]:
    return {row.label: row.text for row in evidence_of(compared)}


def changes(then: int | None, now: int, **parts: Any) -> tuple[origins.Change, ...]:
    reference = ChildWithParent(**{**vars(REFERENCE), **parts})
    return origins.changes(COMPARED, origins.Parent(reference, then, now), {}, False)


def test_the_parent_of_then_tells_of_new_keys_and_that_of_now_of_healed_ones() -> None:
    new, healed = changes(3, 5)
    assert (new.held and new.held.version, set(new.keys)) == (3, {"d", "e"})
    assert (healed.held and healed.held.version, set(healed.keys)) == (5, {"a", "b"})
    assert origins.needs((new, healed)) == (new.need, healed.need)
    told = origins.told(COMPARED, (new, healed), looked((new, {"d"}), (healed, {"b"})))
    assert causes(told) == {
        "a": "child_deleted",
        "b": "parent_arrived",
        "c": None,
        "d": "parent_deleted",
        "e": "child_added",
    }
    assert said_of_new(told) == (
        "2 orphan keys were none in the last run: 1 lost their parent, 1 came with new values"
    )
    assert texts(told) == {
        "new": "complete; 1 lost their parent, 1 came with new values",
        "known": "complete",
        "healed": "complete; 1 got their parent, 1 lost their rows",
    }


def test_a_parent_that_did_not_change_is_not_read() -> None:
    found = changes(5, 5)
    assert origins.needs(found) == ()
    told = causes(origins.told(COMPARED, found, Scanned()))
    assert {told["a"], told["b"]} == {"child_deleted"}
    assert {told["d"], told["e"]} == {"child_added"}


@pytest.mark.parametrize(
    ("then", "parts", "why"),
    [
        (3, {}, "parent can't be read at version 3 (FILE_NOT_EXIST)"),
        (None, {}, "the last run read another table as parent"),
        (3, {"normalise": ("unicode",)}, "keys that are equal in Unicode differ in their hashes"),
        (5, {"normalise": ("unicode",)}, "keys that are equal in Unicode differ in their hashes"),
    ],
)
def test_what_nothing_tells_is_unknown_and_says_why(then: Any, parts: Any, why: str) -> None:
    found = changes(then, 5, **parts)
    seen = looked(*((c, "FILE_NOT_EXIST") for c in found if c.need and c.state == "new"))
    told = origins.told(COMPARED, found, seen)
    assert {causes(told)[key] for key in "de"} == {"unknown"}
    assert said_of_new(told).endswith(f"in the last run: 2 of unknown cause ({why})")
    assert texts(told)["new"] == f"complete; 2 of unknown cause ({why})"


def test_what_was_not_looked_up_is_unknown() -> None:
    told = origins.told(COMPARED, changes(3, 5), Scanned())
    assert causes(told) == dict.fromkeys("abde", "unknown") | {"c": None}


def test_a_pseudonym_of_this_run_is_looked_up_by_the_keys_hash_and_one_of_the_last_is_not() -> None:
    plain = run("two", TUESDAY, "d").listed
    (key,) = hidden(plain, "secret").keys
    compared = Comparison("parent", run("two", TUESDAY, key.hash), KEPT)
    parent = origins.Parent(REFERENCE, 3, 5)
    new, healed = origins.changes(compared, parent, {key.hash: "d"}, True)
    assert new.held is not None
    assert new.held.hashes == {"d"}
    told = causes(origins.told(compared, (new, healed), looked((new, {"d"}))))
    assert told.pop(key.hash) == "parent_deleted"
    assert set(told.values()) == {"unknown"}
    assert "pseudonyms" in healed.untold


def test_a_first_run_has_no_causes() -> None:
    first = Comparison("parent", FIRST)
    assert origins.changes(first, origins.Parent(REFERENCE, None, 5), {}, False) == ()
    assert set(causes(first).values()) == {None}
