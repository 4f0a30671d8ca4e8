from __future__ import annotations

import json
from dataclasses import replace

from sparkguard.measures.window_replay import BugScores
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate, Window, WindowSpec
from sparkguard.windows.values import Output

SPEC = WindowSpec(
    table="features",
    events="events",
    entity=("key",),
    events_entity=("key",),
    query_time="at",
    event_time="time",
    arrival_time=None,
    knowledge="final",
    nulls="ignore",
    distinct_id=None,
    timezone="UTC",
    history="complete",
    window=Window(kind="unbounded", bounds="]"),
)
FEATURE = Feature(("total",), Aggregate("sum", None, "amount"))
MEASURE = BugScores(SPEC, FEATURE, Output())


def window(key: int | None, at: int, held: int | None, right: bool) -> tuple[object, ...]:
    events = [(t, None, None, t + 1, (0,), False) for t in range(10)]
    return (key, at, held, right, events, True)


def test_a_cap_explains_sums_of_the_last_rows() -> None:
    last_three = {at: sum(range(max(at - 1, 1), at + 2)) for at in range(10)}
    cells = [[window(at, at, total, at < 3) for at, total in last_three.items()]]
    found = MEASURE.state(cells)
    assert (found.wrong, found.right, found.disputed) == (7, 3, 0)
    assert found.ranked[0].bug == "cap_last"
    assert found.ranked[0].explained == 7
    assert MEASURE.metrics(found)["explained"] == 7
    assert MEASURE.load(MEASURE.dump(found)) == found


def test_windows_on_which_the_oracles_disagree_are_left_out() -> None:
    found = MEASURE.state([[window(1, 1, 3, False), window(2, 1, 99, False)]])
    assert (found.wrong, found.disputed) == (1, 1)


def test_rows_of_a_null_entity_without_its_events_are_named() -> None:
    found = MEASURE.state([[window(7, 5, 21, True), window(None, 5, None, False)] * 2])
    assert (found.wrong, found.right, found.best[0].bug) == (2, 2, "null_keys")


def test_states_of_before_grains_were_told_are_read() -> None:
    found = MEASURE.state([[window(1, 5, 21, True)]])
    assert found.finest
    kind, _, payload = MEASURE.dump(found).partition(b"\n")
    older = {k: v for k, v in json.loads(payload).items() if k != "finest"}
    assert MEASURE.load(kind + b"\n" + json.dumps(older).encode()) == replace(found, finest={})


def test_nothing_to_replay() -> None:
    found = MEASURE.state([None])
    assert (found.wrong, found.right, found.ranked) == (0, 0, ())
