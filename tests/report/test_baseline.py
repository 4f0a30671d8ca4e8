from __future__ import annotations

from sparkguard.measures.bins import Bins, BinsState
from sparkguard.measures.families import Family
from sparkguard.measures.rows import Rows, RowsState
from sparkguard.measures.values import Values, ValuesState
from sparkguard.profile import Need, Profile
from sparkguard.relations.table import Table
from sparkguard.report.baseline import held_of
from sparkguard.slices import WHOLE, Slice

EDGES = tuple(float(i) for i in range(1, 100))
TABLE = Table("trips")
JFK = Slice.of({"origin": "JFK"})


def test_every_column_is_drawn_in_the_cells_it_is_compared_in() -> None:
    delay = Need(TABLE, Bins(("delay",), Family.FLOAT, EDGES))
    dest = Need(TABLE, Values(("dest",), Family.STRING))
    profile = Profile(
        {
            (dest, JFK): ValuesState({"a": 30, "b": 10}),
            (delay, WHOLE): BinsState((1,) * 100, null=20),
            (Need(TABLE, Rows()), WHOLE): RowsState(120),
        }
    )
    rows, of_delay, of_dest = held_of(profile)
    assert rows.cells == ("", "", "rows", "120", "", "")
    assert list(rows.plot()) == []
    assert of_delay.cells[:5] == ("delay", "", "bins", "120", "24")
    assert of_delay.cells[5] == "▃" * 20 + "█   "
    assert of_dest.cells == ("dest", "origin=JFK", "values", "40", "4", "█▃  ")
    title, first, second, *_ = of_dest.plot()
    assert title == "dest, origin=JFK"
    assert first.split() == ["a", "30", "75.00%", "█" * 40]
    assert second.split() == ["b", "10", "25.00%", "█" * 13 + "▍"]
    assert of_delay.to_dict()["edges"] == list(EDGES)
    assert of_dest.to_dict()["cells"][0] == {"label": "a", "low": None, "high": None, "rows": 30}
