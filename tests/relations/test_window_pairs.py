from __future__ import annotations

from typing import Any

from sparkguard.relations.recomputed_window import rows_compared
from sparkguard.relations.window_compare import status
from sparkguard.windows.clock import moment
from sparkguard.windows.durations import HOUR
from sparkguard.windows.features import Feature
from sparkguard.windows.spec import Aggregate
from sparkguard.windows.statuses import Status
from tests.frames import Frames
from tests.relations.window_specs import spec, window


def test_events_on_the_edge_of_a_tile_meet_the_rows_of_both(spark: Any) -> None:
    """Tiles are two hours longer than the window; rows and events lie on and around their edges."""
    declared = spec(window(length="PT2H", bounds="(]"))
    places = [tile * 4 * HOUR + off for tile in range(1, 4) for off in (-1, 0, 1)]
    events = [(at, n) for n, at in enumerate(places)]
    asked = [*places, *(at + 2 * HOUR for at in places)]
    rows = [
        ("a", moment(at), max((n for t, n in events if at - 2 * HOUR < t <= at), default=None))
        for at in asked
    ]
    frames = Frames(
        features=spark.createDataFrame(rows, "key string, at timestamp, most bigint"),
        events=spark.createDataFrame(
            [("a", moment(t), n) for t, n in events], "key string, time timestamp, amount bigint"
        ),
    )
    most = Feature(("most",), Aggregate("max", None, "amount"))
    found = rows_compared(declared, (most,), frames, ()).collect()
    assert [row[status(0)] for row in found] == [Status.MATCHING] * len(asked)
