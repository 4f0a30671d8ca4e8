from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkguard.sql.patterns import to_java


@pytest.mark.parametrize(
    ("ecma", "java"),
    [
        ("^N[0-9A-Z]{1,5}$", r"\AN[0-9A-Z]{1,5}\z"),
        ("", ""),
        ("a.b", r"a[^\n\r\u2028\u2029]b"),
        (r"\d\D", "[0-9][^0-9]"),
        ("[[&&b]", r"[\[\&\&b]"),
        (r"[\w.-]+", r"[A-Za-z0-9_.\-]+"),
        ("[^a-z-]", r"[^a-z\-]"),
        (r"\v\0\/", r"\x0B\x00\/"),
        ("(?<year>[0-9]+)-(a|b)", "(?<year>[0-9]+)-(?:a|b)"),
        (r"\p{Lu}+", r"\p{Lu}+"),
        ("]}", r"\]\}"),
        ("(?:[a-z]+\\.)+[a-z]+", "(?:[a-z]+\\.){1,1000}[a-z]+"),
        ("(a|\\n|[0-9])*?", r"[\x{61}\n[0-9]]*?"),
        ("(?:ab)*(a|b)(c|de){2,3}", "(?:ab)*(?:a|b)(?:c|de){2,3}"),
        ("(a|bc){2000,}", "(?:a|bc){2000,2000}"),
        (
            "((a|bc)+,)*",
            r"\A(?=[\s\S]{0,1000}\z)[\s\S]*?(?:(?:(?:a|bc){1,1000},){0,1000})",
        ),
        ("a{3}?b{2,}", "a{3}?b{2,}"),
    ],
)
def test_ecma_patterns_mean_the_same_in_java(ecma: str, java: str) -> None:
    assert to_java(ecma) == java


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a+)+", "exponential"),
        ("(a*)*b", "exponential"),
        ("(a|b+)*", "exponential"),
        (r"([a-z]+\.?)+", "exponential"),
        (r"(\s*\w+\s*)*$", "exponential"),
        ("((a{1,100}){1,100})", "exponential"),
        ("(((a{0,10}){0,10}){0,10}){0,10}b", "exponential"),
        ("^(([0-9]{1,3},?){1,10};?){1,10}$", "exponential"),
        ("a++", "repetition of a repetition"),
        ("(?i)a", "ECMA-262 does not have"),
        ("(?>a)", "ECMA-262 does not have"),
        (r"\Qa\E", r"\\Q"),
        (r"\Aa\z", r"\\A"),
        (r"\1", "differently"),
        (r"\k<x>", "differently"),
        ("[]", "empty class"),
        ("[^]", "empty class"),
        ("[z-a]", "backwards"),
        (r"[\d-z]", "one character at each end"),
        ("[a", "without"),
        ("(", "without"),
        ("a)", "without"),
        ("a{,2}", "starts no repetition"),
        ("a{3,1}", "first number"),
        ("a{99999}", "at most"),
        ("*a", "nothing to repeat"),
        ("^*", "nothing to repeat"),
        ("(?<=a+)b", "longest match"),
        ("\\", "backslash at the end"),
        (r"\ud83d", "surrogate"),
        ("(" * 40 + ")" * 40, "nest"),
        ("a" * 5_001, "characters"),
    ],
)
def test_what_java_would_read_otherwise_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_java(pattern)


def _python(java: str) -> re.Pattern[str]:
    return re.compile(
        java.replace(r"\z", r"\Z")
        .replace("(?<", "(?P<")
        .replace("(?P<=", "(?<=")
        .replace("(?P<!", "(?<!")
    )


@pytest.mark.parametrize(
    ("pattern", "found", "not_found"),
    [
        ("^a$", ["a"], ["a\n", "ba", "ab"]),
        ("b", ["abc"], ["ac"]),
        (r"\bfoo\b", ["a foo b", "foo"], ["afoo", "foo1"]),
        (r"\Boo", ["foo"], ["oo"]),
        (r"^\s$", [" ", "\u00a0", "\ufeff", "\t"], ["a", ""]),
        (r"^[^\s]$", ["a"], [" ", "\u3000"]),
        ("^.$", ["\u0085", "a"], ["\n", "\u2028", "ab"]),
    ],
)
def test_translated_patterns_search(pattern: str, found: list[str], not_found: list[str]) -> None:
    java = _python(to_java(pattern))
    assert [bool(java.search(text)) for text in found] == [True] * len(found)
    assert [bool(java.search(text)) for text in not_found] == [False] * len(not_found)


@given(st.text(alphabet="ab^$.*+?()[]{}|\\-,:=!<dwsb01&", max_size=20))
def test_any_text_is_translated_or_refused_and_the_result_is_a_pattern(pattern: str) -> None:
    try:
        java = to_java(pattern)
    except ValueError:
        return
    _python(java)
