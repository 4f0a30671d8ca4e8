"""Delta's two jars for a local Spark: which ones, where they are, and how to get them.

`python -m sparkguard.jars` puts the jars of the installed PySpark into the cache.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sparkguard.errors import MissingDependency, bounded

GET_THEM = "python -m sparkguard.jars"
_PATIENCE = 600  # seconds, for a slow network


@dataclass(frozen=True)
class Jar:
    """An artifact of group `io.delta`, with the checksum of its file."""

    artifact: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        return f"io.delta:{self.artifact}:{self.version}"

    @property
    def file(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


@dataclass(frozen=True)
class Release:
    """A tested pair of Spark and Delta, pinned exactly: other patch releases don't fit."""

    spark: str
    delta: str
    jars: tuple[Jar, Jar]


_STORAGE_440 = Jar(
    "delta-storage", "4.4.0", "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc"
)
RELEASES = {
    release.spark: release
    for release in (
        Release(
            "4.2.0",
            "4.4.0",
            (
                Jar(
                    "delta-spark_4.2_2.13",
                    "4.4.0",
                    "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
                ),
                _STORAGE_440,
            ),
        ),
        Release(
            "4.1.2",
            "4.4.0",
            (
                Jar(
                    "delta-spark_4.1_2.13",
                    "4.4.0",
                    "75a9400986853c061f5109f012547de2545a5759e5e752e5ef633dabe16a4f10",
                ),
                _STORAGE_440,
            ),
        ),
        Release(
            "4.0.2",
            "4.0.1",
            (
                Jar(
                    "delta-spark_2.13",
                    "4.0.1",
                    "a1e76860b19fe1e6b205a4ea7a9099a2f9575d39bb71d49b3e679b299d0efb91",
                ),
                Jar(
                    "delta-storage",
                    "4.0.1",
                    "ecc42c5aaa51c423312d9e4e48aa4a12b34740bf2c37de0e8f279277ec3d12e4",
                ),
            ),
        ),
    )
}


def pyspark_version() -> str:
    """The installed PySpark's version. Raises MissingDependency with the command to type."""
    try:
        return importlib.metadata.version("pyspark")
    except importlib.metadata.PackageNotFoundError:
        pass
    try:
        # Of a Spark with its own PySpark, as spark-submit puts on the path, no package is known.
        from pyspark import __version__
    except ImportError:
        raise MissingDependency(
            "PySpark is not installed. Type: pip install 'sparkguard[spark]'"
        ) from None
    return __version__


def release_of(spark_version: str) -> Release:
    """The tested release. Raises MissingDependency for any other Spark."""
    release = RELEASES.get(spark_version)
    if release is None:
        raise MissingDependency(
            f"Spark {spark_version} has no tested Delta release; tested: {', '.join(RELEASES)}. "
            "Install one of these, or name the two jars in SPARKGUARD_DELTA_JARS."
        )
    return release


def cache() -> Path:
    """SPARKGUARD_CACHE, or `sparkguard/jars` in the user's cache folder.

    Raises MissingDependency for a user without one.
    """
    if own := os.environ.get("SPARKGUARD_CACHE"):
        return Path(own)
    home = _home()
    folder = os.environ.get("XDG_CACHE_HOME") or (home / ".cache" if home else None)
    if folder is None:
        raise MissingDependency(
            "this user has no home folder for Delta's jars; set SPARKGUARD_CACHE to a folder"
        )
    return Path(folder) / "sparkguard" / "jars"


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:  # neither HOME nor an entry for this user, as in many containers
        return None


def find(spark_version: str) -> tuple[Path, ...]:
    """The jars on this machine: SPARKGUARD_DELTA_JARS, the cache, the Ivy caches.

    Jars of the caches are taken only with the right checksum. Raises MissingDependency when
    a named jar does not exist or nothing was found.
    """
    if named := os.environ.get("SPARKGUARD_DELTA_JARS"):
        paths = tuple(Path(part.strip()) for part in named.split(",") if part.strip())
        if missing := [path for path in paths if not path.is_file()]:
            raise MissingDependency(
                f"SPARKGUARD_DELTA_JARS names missing files: {', '.join(map(str, missing))}"
            )
        return paths
    release = release_of(spark_version)
    found = [next(_copies(jar), None) for jar in release.jars]
    if None in found:
        names = " and ".join(jar.file for jar in release.jars)
        raise MissingDependency(
            f"Delta's jars for Spark {spark_version} are not on this machine: {names}. "
            f"Type: {GET_THEM}. Without a network, put them into {cache()} by hand."
        )
    return tuple(path for path in found if path)


def fetch(spark_version: str) -> tuple[Path, ...]:
    """`find`, after Spark's own resolver has brought what is missing into the cache.

    Raises MissingDependency when the resolver fails, a checksum is wrong, or the cache can't be
    written.
    """
    try:
        return find(spark_version)
    except MissingDependency:
        if os.environ.get("SPARKGUARD_DELTA_JARS"):
            raise
    try:
        _bring(release_of(spark_version))
    except OSError as error:
        raise MissingDependency(
            f"Delta's jars can't be put into {cache()}: {error.strerror or type(error).__name__}. "
            f"Set SPARKGUARD_CACHE to a folder that can be written, then type: {GET_THEM}"
        ) from error
    return find(spark_version)


def _bring(release: Release) -> None:
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sparkguard-") as folder:
        brought = _resolve(release, Path(folder))
        for jar in release.jars:
            source = next((p for p in brought if p.name.endswith(jar.file)), None)
            if source is None or not is_intact(source, jar):
                raise MissingDependency(
                    f"{jar.file}: the file that Spark's resolver brought is missing or does not "
                    f"have the SHA-256 checksum {jar.sha256}; nothing was kept"
                )
            _place(source, cache() / jar.file)


def is_intact(path: Path, jar: Jar) -> bool:
    """True when the file's SHA-256 is the one on SparkGuard's list."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256


def _copies(jar: Jar) -> Iterator[Path]:
    places = [cache() / jar.file]
    home = _home()
    for ivy in (home / ".ivy2.5.2", home / ".ivy2") if home else ():
        places.append(ivy / "jars" / f"io.delta_{jar.file}")
        places.append(ivy / "cache" / "io.delta" / jar.artifact / "jars" / jar.file)
    return (path for path in places if _is_copy(path, jar))


def _is_copy(path: Path, jar: Jar) -> bool:
    try:
        return path.is_file() and is_intact(path, jar)
    except OSError:  # what can't be read is no copy for this user
        return False


def _resolve(release: Release, folder: Path) -> list[Path]:
    spec = importlib.util.find_spec("pyspark")
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependency("PySpark is not installed. Type: pip install 'sparkguard[spark]'")
    home = Path(spec.submodule_search_locations[0])
    nothing = folder / "nothing.py"
    nothing.touch()
    command = [
        str(home / "bin" / "spark-submit"),
        *("--master", "local[1]"),
        *("--conf", f"spark.jars.ivy={folder}"),
        *("--packages", release.jars[0].coordinate),
        # Delta's reader of other formats and catalogs: 31 jars that nothing here uses.
        *("--exclude-packages", "io.delta:delta-kernel-*,io.unitycatalog:*"),
        str(nothing),
    ]
    env = {**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
        failed, said = bool(done.returncode), done.stderr
    except subprocess.TimeoutExpired:
        failed, said = True, f"it did not end within {_PATIENCE} s"
    except OSError as error:
        failed, said = True, f"it can't be started ({error.strerror})"
    brought = sorted((folder / "jars").glob("*.jar"))
    if failed or not brought:
        last = " ".join(said.split("\n")[-4:]).strip()
        raise MissingDependency(
            f"Spark's resolver could not bring {release.jars[0].coordinate}: {bounded(last, 500)}. "
            f"Without a network, put the jars into {cache()} by hand."
        )
    return brought


def _place(source: Path, target: Path) -> None:
    beside = target.with_suffix(f".{os.getpid()}")
    shutil.copyfile(source, beside)
    beside.replace(target)


def main() -> int:
    """Fetch what is missing and print where the jars lie."""
    try:
        for path in fetch(pyspark_version()):
            print(path)
    except MissingDependency as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
