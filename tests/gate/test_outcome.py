from __future__ import annotations

from typing import Any

import pytest

from sparkguard.errors import ConfigurationError
from sparkguard.gate.objections import Weighed, weigh
from sparkguard.gate.outcome import GateOptions, GateResult, Refused
from sparkguard.slices import WHOLE
from sparkguard.verdicts import Outcome, Severity, Verdict

BEGUN = GateResult("orders", "1.0.0", "/lake/orders", True)


def weighed(*outcomes: Outcome) -> Weighed:
    return weigh(Verdict(o.value, WHOLE, o, Severity.ERROR, reason="why") for o in outcomes)


@pytest.mark.parametrize(
    ("outcomes", "accepted", "code"),
    [
        ((Outcome.PASS, Outcome.WARN, Outcome.SKIPPED, Outcome.NOT_EVALUABLE), True, 0),
        ((Outcome.PASS, Outcome.FAIL), False, 1),
        ((Outcome.FAIL, Outcome.ERROR), False, 3),
        ((Outcome.ERROR,), False, 3),
    ],
)
def test_what_could_not_be_judged_is_told_from_what_is_wrong(
    outcomes: tuple[Outcome, ...], accepted: bool, code: int
) -> None:
    result = BEGUN.with_audit(weighed(*outcomes), 10)
    assert (result.accepted, result.exit_code, result.rows_staged) == (accepted, code, 10)
    if code:
        assert Refused(result).exit_code == code
        assert "refused by contract orders 1.0.0" in str(Refused(result))


def test_warnings_are_told_and_do_not_refuse() -> None:
    result = BEGUN.with_audit(weighed(Outcome.WARN), 1)
    assert [v["check"] for v in result.to_dict()["warned"]] == ["warn"]
    assert result.reasons == ()


@pytest.mark.parametrize(
    "options",
    [{"mode": "upsert"}, {"overwrite_schema": True}, {"write_id": " "}],
)
def test_contradicting_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        GateOptions(**options)
