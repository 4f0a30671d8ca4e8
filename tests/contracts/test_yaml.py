from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.contracts.yaml import load, resolve
from sparkguard.errors import ConfigurationError, Location


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("1e3", 1000.0),
        ("1.10", 1.1),
        ("22:30", "22:30"),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("2013-01-01", "2013-01-01"),
        ("~", None),
        (".inf", float("inf")),
        ("0.12345678901234567890123", Decimal("0.12345678901234567890123")),
        ("1e999999999", float("inf")),
        ("٣", "٣"),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_keys_are_text_and_text_keys_keep_their_source() -> None:
    found = load("on: 1\n1.10: 2\nversion: 1.10\nrule: {version: 2}", "f", frozenset({"version"}))
    assert found.data == {"on": 1, "1.10": 2, "version": "1.10", "rule": {"version": "2"}}


def test_options_of_an_implementation_are_no_text_keys() -> None:
    found = load("implementation: {version: 2}", "f", frozenset({"version"}))
    assert found.data == {"implementation": {"version": 2}}


def test_marks_give_line_and_column_of_keys_and_items() -> None:
    found = load("a:\n  - b: 1\n  - c: 2\n", "f.yaml")
    assert found.where(("a", 1, "c")) == Location("f.yaml", 3, 5)
    assert found.where(("a", 1, "absent")) == Location("f.yaml", 3, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "f:2:1: key 'a' is already given at line 1"),
        ("a: &x 1", "f:1:4: anchor &x; anchors and aliases are not read"),
        ("a: *x", "f:1:4: alias *x; write the value out"),
        ("<<: {a: 1}", "f:1:1: merge key '<<'; write the keys out"),
        (
            "a: !!python/object:os.system x",
            "f:1:4: tag 'tag:yaml.org,2002:python/object:os.system'",
        ),
        ("--- 1\n--- 2", "f:2:1: a second document; a file holds one"),
        ("a:\n\t- b", "f:2:1: a tab; YAML is indented with spaces"),
        ("? [a]\n: b", "f:1:3: a key must be text"),
        ("~: b", "f:1:1: a key must be text, found nothing"),
        ("*a : b", "f:1:1: a key must be text, found an alias"),
        ("", "f: the file is empty"),
        ("# nothing\n", "f: the file is empty"),
        ("~", "f: the file is empty"),
        ("a: 'x", "not YAML: found unexpected end of stream"),
        ("a: \x00", "f:1:1: a control character"),
        ("a: 🎉🎉🎉\nb: \x01\nc: 1\nd: \x01\n", "f:2:1: a control character"),
        ("- " * 2_000 + "x", "f:1:101: more than 50 levels deep"),
        ("x" * 1_000_001, "f: 1,000,001 characters; at most 1,000,000 are read"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(text, "f")
    assert message in str(caught.value)


def test_all_problems_are_collected() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load("a: 1\na: &x 2\nb: *x", "f")
    assert len(caught.value.problems) == 3


def test_an_alias_bomb_is_never_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    with pytest.raises(ConfigurationError, match="anchor"):
        load("\n".join(lines), "f")


def test_a_byte_order_mark_is_no_content_and_other_encodings_are_named() -> None:
    assert load(b"\xef\xbb\xbfa: 1", "f").data == {"a": 1}
    with pytest.raises(ConfigurationError, match="f:2:1: not UTF-8"):
        load(b"a: 1\nb: \xff", "f")


@given(st.text(max_size=60))
def test_any_text_loads_or_is_a_configuration_error(text: str) -> None:
    with contextlib.suppress(ConfigurationError):
        load(text, "f")
