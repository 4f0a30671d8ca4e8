"""The report in a real browser, at the width of a phone and of a desk."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from sparkguard.report import render
from sparkguard.report.build import build
from tests.report.facts import facts

pytestmark = pytest.mark.platform

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--virtual-time-budget=2000", "--disable-dev-shm-usage"),
)
FRAME = """<!DOCTYPE html><meta charset="utf-8"><title>waiting</title>
<body style="margin:0"><iframe src="report.html" width="{width}" height="3000"></iframe>
<script>
onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  for (const each of page.querySelectorAll("details")) each.open = true;
  const clipped = (e) => e.closest(".scroll, .wide, .hidden, .symbols, .skip") !== null;
  const over = [...page.querySelectorAll("body *")].filter(
    (e) => !clipped(e) && e.getBoundingClientRect().right > {width} + 1);
  document.title = JSON.stringify({{
    width: page.documentElement.scrollWidth,
    over: over.slice(0, 5).map((e) => e.tagName + "." + e.getAttribute("class")),
    drawn: page.querySelectorAll("svg.figure").length,
  }});
}};
</script>"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "no browser: scripts/test installs chromium, or names the command"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    (made / "report.html").write_text(render(build(facts())), encoding="utf-8")
    return made


def look(browser: str, folder: Path, page: str, *options: str) -> str:
    profile = folder / f"profile-{page}"
    command = [browser, *FLAGS, f"--user-data-dir={profile}", *options, (folder / page).as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_overflows(browser: str, folder: Path, width: int) -> None:
    name = f"frame-{width}.html"
    (folder / name).write_text(FRAME.format(width=width), encoding="utf-8")
    options = ("--allow-file-access-from-files", "--dump-dom", f"--window-size={width},3000")
    seen = look(browser, folder, name, *options)
    title = seen.partition("<title>")[2].partition("</title>")[0]
    assert title == f'{{"width":{width},"over":[],"drawn":12}}'


@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_drawn(browser: str, folder: Path, width: int) -> None:
    picture = folder / f"{width}.png"
    options = (f"--screenshot={picture}", f"--window-size={width},1200")
    look(browser, folder, "report.html", *options)
    head = picture.read_bytes()[:24]
    assert struct.unpack(">II", head[16:24]) == (width, 1200)
    # A page that was not drawn is one colour, and compresses to a few kilobytes.
    assert picture.stat().st_size > 30_000
