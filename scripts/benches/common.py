"""What the benchmarks share: TPC-H files, a session, clocks and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

# The benchmark named profile would otherwise hide the standard library's module of that name.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != _HERE]

CACHE = Path(os.environ.get("SPARKGUARD_BENCH_CACHE", "~/.cache/sparkguard/bench")).expanduser()


def tpch(table: str, scale: float) -> Path:
    """One TPC-H table as a Parquet file, generated on first use."""
    folder = CACHE / f"tpch-sf{scale:g}"
    target = folder / f"{table}.parquet"
    if not target.exists():
        print(f"generating TPC-H {table} at scale factor {scale:g} in {folder}", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(Path(sys.executable).with_name("tpchgen-cli")), "parquet"]
        options = [f"--tables={table}", "-s", f"{scale:g}", f"--output-dir={folder}"]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    return target


def session(memory: str = "2g", **settings: str) -> Any:
    """A local session on two cores."""
    from sparkguard.session import open_session

    options = {
        "spark.master": "local[2]",
        "spark.driver.memory": memory,
        "spark.sql.shuffle.partitions": "4",
        **settings,
    }
    return open_session(options=options)


class Parquet:
    """Parquet files as the tables of a scan, by name."""

    def __init__(self, spark: Any, **files: Path) -> None:
        self._spark, self._files = spark, files

    def frame(self, name: str, /) -> Any:
        return self._spark.read.parquet(str(self._files[name]))


def bare_scan(tables: Parquet, name: str) -> float:
    """Seconds to read all columns and throw them away."""
    frame = tables.frame(name)
    return seconds(lambda: frame.write.format("noop").mode("overwrite").save())


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(measured: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds by name; all take turns in each round, and a round before them is not counted."""
    times: dict[str, list[float]] = {name: [] for name in measured}
    for round_ in range(rounds + 1):
        for name, work in measured.items():
            taken = seconds(work)
            if round_:
                times[name].append(taken)
    return times


def peak_memory() -> float:
    """The largest resident size of the Java processes this one started, in MiB (Linux)."""
    return max((_high_water(pid) for pid in _descendants(os.getpid())), default=0.0)


def table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Prints rows under a header, aligned."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *others)).rstrip())


def _descendants(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found[1:]


def _high_water(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    if not status.startswith("Name:\tjava"):
        return 0.0
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(lines["VmHWM"].split()[0]) / 1024
