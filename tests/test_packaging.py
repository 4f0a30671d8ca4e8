"""What ships, and what the source must not contain."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import sparkguard

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "sparkguard").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

FORBIDDEN = {
    "the JVM, absent from Spark Connect": r"\._jvm\b|\._jdf\b|\._jsparkSession\b|\._jsc\b",
    "RDDs and the Spark context": r"\.rdd\b|\.sparkContext\b|\bSparkContext\b",
    "persisting, refused on serverless": r"\.persist\(|\.cache\(\)|\.(localC|c)heckpoint\(",
    "writing settings of a session": r"\bconf\.(set|unset)\(",
    "observation, which counts rows twice": r"\.observe\(|\bObservation\(",
    "chance": r"\.sample\(|\bF\.rand\(|functions\.rand\(|monotonically_increasing_id\(",
    "rows brought into pandas": r"\.toPandas\(",
    "names that another session can take over": r"\.create(OrReplace)?(Global)?TempView\(",
    "a kind of session by class": r"isinstance\([^)]*SparkSession\)",
    "Delta's class API, absent from Spark Connect": r"\bDeltaTable\.",
}
PERMITTED = {("session.py", "persisting, refused on serverless")}
"""`can_persist` asks the platform, on a frame of one row."""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_engine_uses_nothing_that_breaks_a_promise(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if (path.name, what) not in PERMITTED
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(FORBIDDEN[what], line)
    ]
    assert found == []


def test_every_module_is_short_enough_to_hold_one_thing() -> None:
    lengths = {p.relative_to(ROOT): len(p.read_text().splitlines()) for p in SOURCES}
    assert {path: n for path, n in lengths.items() if n > 330} == {}


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"mark\.(skip|xfail)|pytest\.(skip|xfail)\(")
    tests = (ROOT / "tests").rglob("*.py")
    assert [p for p in tests if p != Path(__file__) and marks.search(p.read_text())] == []


def test_jobs_are_wrappers() -> None:
    for job in (ROOT / "jobs").glob("*.py"):
        assert len(job.read_text().splitlines()) < 30, job
        # A submitted job's folder comes first on the path: its name would hide the module's.
        assert job.stem not in sys.stdlib_module_names, job


def test_the_reference_is_what_the_code_says() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "reference.py"))["reference"]()
    written = (ROOT / "docs" / "reference.md").read_text()
    assert made == written, "stale: run `python scripts/reference.py`"


def test_the_version_is_the_same_everywhere() -> None:
    assert sparkguard.__version__ == PROJECT["version"]


def test_pyspark_is_an_extra_and_pinned_exactly() -> None:
    assert not any("spark" in dependency for dependency in PROJECT["dependencies"])
    assert PROJECT["optional-dependencies"]["spark"] == ["pyspark==4.2.0", "delta-spark==4.4.0"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return folder


@pytest.mark.platform
def test_wheel_and_source_distribution_carry_what_they_need(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for kind in ("contracts", "audits"):
        for file in (ROOT / "conf" / kind).rglob("*.yaml"):
            assert f"sparkguard/conf/{file.relative_to(ROOT / 'conf')}" in names
    assert {"sparkguard/py.typed", "sparkguard/log4j2.properties"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests") for name in names)
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert {"LICENSE", "CHANGELOG.md", "README.md", "scripts/demo", "jobs/audit.py"} <= inside


@pytest.mark.platform
def test_the_installed_wheel_runs_alone(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    home = tmp_path / "venv"
    venv.create(home, with_pip=True, system_site_packages=False)
    python = home / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", "--no-deps", str(wheel)]
    subprocess.run(install, cwd=tmp_path, check=True)
    # The dependencies come from this environment: what is tested is that the code is complete.
    here = next(p for p in sys.path if p.endswith("site-packages"))
    (site,) = (home / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(here)
    code = "import sparkguard, pathlib; print(pathlib.Path(sparkguard.__file__).parent)"
    run = [str(python), "-c", code]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    package = Path(done.stdout.strip())
    assert package == site / "sparkguard"
    assert (package / "conf" / "audits").is_dir()
    command = [str(home / "bin" / "sparkguard"), "--help"]
    helped = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert helped.returncode == 0, helped.stderr
    assert "demo" in helped.stdout


def test_a_new_check_starts_complete(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "new-check"
    shutil.copy(ROOT / "scripts" / "new-check", script)
    made = subprocess.run([str(script), "max_words"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    check = tmp_path / "sparkguard" / "checks" / "max_words.py"
    code = "import runpy, sys; print(runpy.run_path(sys.argv[1])['MaxWords'].kind)"
    command = [sys.executable, "-c", code, str(check)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "max_words", done.stderr
    config = ("--config", str(ROOT / "pyproject.toml"))
    for lint in (("check",), ("format", "--check")):
        ruff = [sys.executable, "-m", "ruff", *lint, *config, str(tmp_path)]
        linted = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert linted.returncode == 0, linted.stdout
    again = subprocess.run([str(script), "max_words"], capture_output=True, text=True, check=False)
    assert (again.returncode, "exists already" in again.stderr) == (2, True)
