from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest

from sparkguard.kinds import Registry, canonical, fingerprint
from sparkguard.measures.tally import Tally
from sparkguard.sql import Sql


def test_a_kind_claimed_twice_names_both_modules() -> None:
    registry: Registry[object] = Registry("check")
    one = type("One", (), {"__module__": "a"})
    registry.add("x", one)
    registry.add("x", one)
    with pytest.raises(TypeError, match="check 'x' is claimed by a and b"):
        registry.add("x", type("Two", (), {"__module__": "b"}))


def test_canonical_data_names_the_kind_and_orders_sets() -> None:
    tally = Tally(Sql("a"), frozenset({"c", "b"}))
    assert canonical(tally) == {"kind": "tally", "condition": {"sql": "a"}, "reads": ["b", "c"]}


def test_fingerprints_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "from sparkguard.kinds import fingerprint; from sparkguard.sql import Sql;"
        "from sparkguard.measures.tally import Tally;"
        "print(fingerprint(Tally(Sql('a'), frozenset('abcdefgh'))))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


@dataclass(frozen=True)
class Point:
    x: int
    y: float


def test_different_values_have_different_fingerprints() -> None:
    values = [Point(1, 2.0), Point(2, 1.0), (1, 2.0), "1", 1, None, True, ["1"], {"1": None}]
    assert len({fingerprint(value) for value in values}) == len(values)
