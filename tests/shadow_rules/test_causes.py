from __future__ import annotations

from sparkguard.shadow_rules.causes import NULL_BIN, Bin, Breakdown, causes, named


def test_a_threshold_that_separates_is_named_with_its_number() -> None:
    bins = {
        ("rows per tail", 10): Bin(0, 500, None, None, 600, 1000),
        ("rows per tail", 14): Bin(40, 60, 10_012, 12_000, 8_500, 9_990),
        ("rows per tail", 15): Bin(10, 0, 20_000, 21_000),
    }
    (found,) = causes(Breakdown(bins, frozenset({"rows per tail"})))
    assert found.condition == "rows per tail >= 10,012"
    assert (found.wrong, found.equal, found.rows) == (1.0, 0.0, 50)
    assert str(found) == (
        "rows per tail >= 10,012: 100.0% of 50 wrong rows, 0.0% of the equal ones"
    )


def test_a_value_and_null_are_named_and_weak_conditions_are_not() -> None:
    bins = {
        ("carrier", 7): Bin(90, 10, text="HA"),
        ("carrier", 9): Bin(10, 890, text="AA"),
        ("origin", 1): Bin(50, 450, text="JFK"),
        ("origin", 2): Bin(50, 450, text="EWR"),
        ("gate", NULL_BIN): Bin(95, 5),
        ("gate", 3): Bin(5, 895),
    }
    found = causes(Breakdown(bins))
    assert [c.condition for c in found] == ["gate is NULL", "carrier = HA"]
    assert named(found).startswith("gate is NULL: 95.0% of 100 wrong rows, 0.6% of")


def test_nothing_is_named_without_equal_rows() -> None:
    assert causes(Breakdown({("a", 1): Bin(5, 0, text="x")})) == ()
    assert causes(Breakdown({("a", 1): Bin(0, 5)})) == ()


def test_a_threshold_below_is_named_too() -> None:
    bins = {
        ("n", -3): Bin(20, 1, -7.5, -4.0, -3.9, -3.9),
        ("n", 3): Bin(0, 99, None, None, 4.0, 7.0),
    }
    (found,) = causes(Breakdown(bins, frozenset({"n"})))
    assert (found.condition, found.score) == ("n <= -4", 1.0)


def test_bins_merge_by_sums_and_ranges() -> None:
    one = Breakdown({("a", 1): Bin(1, 2, 1.0, 2.0, 0.0, 3.0, "x")}, frozenset())
    other = Breakdown({("a", 1): Bin(2, 1, 0.5, 1.0, None, None, "y"), ("b", 0): Bin(0, 1)})
    merged = one.merge(other)
    assert merged.bins["a", 1] == Bin(3, 3, 0.5, 2.0, 0.0, 3.0, None)
    assert merged == other.merge(one)
    assert one.merge(Breakdown({("a", 1): Bin(0, 4)})).bins["a", 1].text == "x"
