from __future__ import annotations

import pytest

import sparkguard


@pytest.mark.parametrize("name", sparkguard.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(sparkguard, name).__doc__


def test_the_list_of_public_names_is_whole() -> None:
    assert sorted(sparkguard.__all__) == sorted(sparkguard._HOME_OF)
    assert set(sparkguard.__all__) <= set(dir(sparkguard))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'audti'"):
        sparkguard.audti  # type: ignore[attr-defined]
