from __future__ import annotations

from rich.text import Text

from sparkguard.cli.root import out, plain_table

HOSTILE = "a\x1b]0;owned\x07\x1b[2Jb\x9b31m\u202e"


def printed(*things: object) -> str:
    with out.capture() as shown:
        for thing in things:
            out.print(thing, markup=False)
    return shown.get()


def test_nothing_from_data_steers_a_terminal() -> None:
    table = plain_table(("what", "says"), [(HOSTILE, "[red]x"), (Text("fail", "red"), HOSTILE)])
    said = printed(HOSTILE, table)
    assert not set("\x1b\x07\x9b\u202e") & set(said)
    assert said.count("a�]0;owned��[2Jb�31m�") == 3
    assert "[red]x" in said


def test_lines_stay_lines_and_numbers_stand_to_the_right() -> None:
    table = plain_table(("why", "rows"), [("one\ntwo", "7")], right={"rows"})
    assert printed("a\nb", table).splitlines() == ["a", "b", "why  rows", "one     7", "two      "]
