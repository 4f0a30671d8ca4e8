"""Orphan keys from run to run, also where lists are cut."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.measures.key_list import KeyListState, ListedKey
from sparkguard.references.orphans import Comparison, Orphan, Run, State, before, hidden

MONDAY = datetime(2026, 1, 5, tzinfo=timezone.utc)
TUESDAY = datetime(2026, 1, 6, tzinfo=timezone.utc)


def run(name: str, at: datetime, *listed: str, more: int = 0) -> Run:
    """A run that lists some orphan keys, and has `more` that it does not list."""
    keys = tuple(ListedKey(key, f"text of {key}", 2, "p=1") for key in listed)
    return Run(name, at, len(keys) + more, KeyListState(keys))


def after(first: Run, second: Run, shown: bool = True) -> Comparison:
    left = map(vars, Comparison("parent", first).orphans)
    return Comparison("parent", second, before(first.keys, left, shown))


def told(compared: Comparison) -> dict[str, tuple[str, str, datetime]]:
    return {o.key_hash: (o.state, o.first_run, o.first_seen) for o in compared.orphans}


def test_the_first_run_finds_every_key_new() -> None:
    first = Comparison("parent", run("one", MONDAY, "a"))
    assert first.orphans == (
        Orphan("parent", "a", "text of a", 2, "p=1", "new", "one", MONDAY, 1, True),
    )
    assert (first.surely_new, first.complete, first.tells_new) == (0, True, True)


def test_new_known_and_healed_keys_keep_when_they_were_first_seen() -> None:
    compared = after(run("one", MONDAY, "a", "b"), run("two", TUESDAY, "b", "c"))
    assert told(compared) == {
        "a": ("healed", "one", MONDAY),
        "b": ("known", "one", MONDAY),
        "c": ("new", "two", TUESDAY),
    }
    healed = next(o for o in compared.orphans if o.state == State.HEALED)
    assert (healed.rows, healed.first_slice, healed.key) == (0, None, "text of a")
    assert compared.surely_new == 1
    # What healed is forgotten: should it come back, it is new again.
    last = before(2, map(vars, compared.orphans))
    back = Comparison("parent", run("three", TUESDAY, "a", "b"), last)
    assert {o.key_hash: o.state for o in back.orphans} == {
        "a": "new", "b": "known", "c": "healed"
    }  # fmt: skip


def test_a_hidden_key_stays_hidden_when_it_heals() -> None:
    compared = after(run("one", MONDAY, "a"), run("two", TUESDAY), shown=False)
    assert [o.key for o in compared.orphans] == [None]


def test_hidden_keys_have_names_that_only_the_secret_gives() -> None:
    listed = run("one", MONDAY, "a", "b").listed
    one, again, other = (hidden(listed, secret) for secret in ("s", "s", "t"))
    assert one == again
    assert [key.rows for key in one.keys] == [key.rows for key in listed.keys]
    names = {key.hash for state in (listed, one, other) for key in state.keys}
    assert len(names) == 6
    assert {len(key.hash) for key in one.keys} == {32}


def test_what_a_cut_list_lacks_is_neither_new_nor_healed() -> None:
    cut_before = after(run("one", MONDAY, "a", more=3), run("two", TUESDAY, "a", "b"))
    assert {key: state for key, (state, *_) in told(cut_before).items()} == {
        "a": "known", "b": "unsure"
    }  # fmt: skip
    assert (cut_before.surely_new, cut_before.complete, cut_before.tells_new) == (0, False, False)
    cut_now = after(run("one", MONDAY, "a", "b"), run("two", TUESDAY, "b", more=5))
    assert {key: state for key, (state, *_) in told(cut_now).items()} == {"b": "known"}
    assert (cut_now.surely_new, cut_now.complete, cut_now.tells_new) == (4, False, False)
    # With only known keys left there is nothing to be unsure of.
    shrunk = after(run("one", MONDAY, "a", "b", more=9), run("two", TUESDAY, "b"))
    assert (shrunk.complete, shrunk.tells_new, shrunk.surely_new) == (False, True, 0)


KEYS = st.sets(st.sampled_from("abcdefgh"))


@given(KEYS, KEYS, st.integers(0, 8), st.integers(0, 8))
def test_lists_however_cut_never_say_what_is_not_so(
    first: set[str], second: set[str], kept_before: int, kept_now: int
) -> None:
    def cut(name: str, at: datetime, keys: set[str], kept: int) -> Run:
        return run(name, at, *sorted(keys)[:kept], more=max(0, len(keys) - kept))

    compared = after(cut("one", MONDAY, first, kept_before), cut("two", TUESDAY, second, kept_now))
    for orphan in compared.orphans:
        truth = {
            State.NEW: orphan.key_hash in second - first,
            State.KNOWN: orphan.key_hash in second & first,
            State.HEALED: orphan.key_hash in first - second,
            State.UNSURE: orphan.key_hash in second,
        }
        assert truth[State(orphan.state)]
    assert compared.surely_new <= len(second - first)
    if compared.complete:
        assert compared.surely_new == len(second - first)
        assert compared.number(State.HEALED) == len(first - second)
    if compared.tells_new and not compared.surely_new:
        assert second <= first
