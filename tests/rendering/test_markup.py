from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sparkguard.rendering.markup import LONGEST, Markup, element, visible


@given(st.text(max_size=50), st.text(max_size=50))
def test_text_stays_text_wherever_it_stands(inside: str, attribute: str) -> None:
    parsed = ElementTree.fromstring(element("p", inside, title=attribute))
    assert len(parsed) == 0
    assert parsed.text in (visible(inside), None)
    assert parsed.get("title", "").replace("\n", " ") == visible(attribute).replace("\n", " ")


def test_markup_is_not_escaped_again() -> None:
    bold = element("b", "<&>")
    assert bold == "<b>&lt;&amp;&gt;</b>"
    assert element("p", bold, " & ", None, [1_234, "x"]) == f"<p>{bold} &amp; 1,234x</p>"
    assert isinstance(bold, Markup)


def test_what_can_not_be_seen_is_written_out() -> None:
    assert visible("a\u00a0b\u202ec\x1b[31m\n") == "a\\u00a0b\\u202ec\\u001b[31m\n"
    assert visible("x" * 10_000) == "x" * (LONGEST - 1) + "…"


def test_attributes() -> None:
    assert element("meta", http_equiv="a") == '<meta http-equiv="a"/>'
    assert element("i", class_="k", hidden=None, open=False, x=1.50) == '<i class="k" x="1.5"></i>'
    assert element("details", open=True) == '<details open=""></details>'
