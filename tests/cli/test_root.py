from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
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


@pytest.mark.parametrize(("left", "stays"), [("stderr", "stdout"), ("stdout", "stderr")])
def test_a_reader_that_left_silences_its_own_stream_alone(left: str, stays: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    names = {"stdout": "out", "stderr": "messages"}
    program = (
        "from sparkguard.cli.root import messages, out\n"
        f"for _ in range(2): {names[left]}.print('unread')\n"
        f"{names[stays]}.print('read')"
    )
    streams: dict[str, Any] = {left: writer, stays: subprocess.PIPE}
    done = subprocess.run([sys.executable, "-c", program], text=True, check=False, **streams)
    os.close(writer)
    assert (done.returncode, getattr(done, stays)) == (0, "read\n")
