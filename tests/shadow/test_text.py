from __future__ import annotations

import pytest

from sparkguard.shadow.text import exit_code, shown, verdict_data
from sparkguard.shadow_rules.config import Examples
from sparkguard.shadow_rules.differences import Example
from sparkguard.shadow_rules.verdict import PartitionOutcome, PartitionVerdict
from sparkguard.slices import WHOLE, Slice

EXAMPLE = Example("s", "value", ("4711", None), "secret", None, 2.0)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("keys", {"key": ["4711", None]}),
        ("mask", {"key": ["4***", None], "control": "s***", "shadow": None}),
        ("raw", {"key": ["4711", None], "control": "secret", "shadow": None, "apart": 2.0}),
    ],
)
def test_examples_are_shown_as_far_as_allowed(mode: str, expected: dict[str, object]) -> None:
    found = shown(EXAMPLE, Examples(mode))  # type: ignore[arg-type]
    assert found == {"column": "s", "difference": "value", **expected}


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["clean", "waived"], 0),
        (["clean", "dirty"], 1),
        (["dirty", "void"], 3),
        (["error"], 3),
        ([], 3),
    ],
)
def test_exit_codes_tell_differences_from_what_could_not_be_decided(
    outcomes: list[str], code: int
) -> None:
    found = {
        Slice.of({"p": str(i)}): PartitionVerdict(WHOLE, PartitionOutcome(o), "")
        for i, o in enumerate(outcomes)
    }
    assert exit_code(found) == code


def test_a_verdict_without_a_comparison_is_plain_data() -> None:
    verdict = PartitionVerdict(Slice.of({"p": "1"}), PartitionOutcome.VOID, "why")
    assert verdict_data(verdict, Examples()) == {
        "partition": "p=1",
        "outcome": "void",
        "reason": "why",
        "breaches": [],
    }
