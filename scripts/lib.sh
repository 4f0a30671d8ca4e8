# Sourced by the other scripts: finds or installs Python and Java, keeps one virtual environment
# per Spark version and Delta's jars. A second run finds everything in place and needs no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

default_spark=4.2.0

say() { printf '==> %s\n' "$*" >&2; }
stop() { printf '%s\n' "$*" >&2; exit 2; }

delta_for() {
  case $1 in
    4.2.0 | 4.1.2) echo 4.4.0 ;;
    4.0.2) echo 4.0.1 ;;
    *) stop "Spark $1 is not supported; supported: 4.2.0, 4.1.2, 4.0.2" ;;
  esac
}

# install WHAT PACKAGE: through the system's package manager where that needs no password;
# otherwise stops with the command to type. SPARKGUARD_NO_INSTALL=1 forbids it.
install() {
  local what=$1 package=$2 as_root="" manager command
  [ "$(id -u)" = 0 ] || as_root="sudo "
  if command -v apt-get >/dev/null; then manager="apt-get install -y"
  elif command -v dnf >/dev/null; then manager="dnf install -y"
  elif command -v brew >/dev/null; then manager="brew install" as_root=""
  else stop "SparkGuard needs $what, and no package manager is known here. Install it by hand."
  fi
  command="$as_root$manager $package"
  if [ -n "${SPARKGUARD_NO_INSTALL:-}" ] || { [ -n "$as_root" ] && ! sudo -n true 2>/dev/null; }; then
    stop "SparkGuard needs $what. Type: $command"
  fi
  say "Installing $what: $command"
  if [ "${manager%% *}" = apt-get ]; then
    ${as_root}env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || true
    command="${as_root}env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $package"
  fi
  $command >&2 || stop "That failed. SparkGuard needs $what."
}

is_python() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${SPARKGUARD_PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
    if command -v "$candidate" >/dev/null && is_python "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

ensure_python() {
  if ! python=$(find_python); then
    if command -v brew >/dev/null; then install "Python 3.11 or newer" python@3.11
    elif command -v apt-get >/dev/null; then install "Python 3.11 or newer" "python3.11 python3.11-venv"
    else install "Python 3.11 or newer" python3.11
    fi
    python=$(find_python) || stop "Python 3.11 or newer is still not found; set SPARKGUARD_PYTHON."
  fi
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    install "Python's venv module" \
      "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
}

java_works() {
  local java=java found
  [ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java
  command -v "$java" >/dev/null || return 1
  found=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ -n "$found" ] && [ "$found" -ge 17 ]
}

ensure_java() {
  local package=java-17-openjdk-headless candidate
  java_works && return
  if [ -n "${JAVA_HOME:-}" ]; then
    stop "Spark needs Java 17 or newer; JAVA_HOME=$JAVA_HOME is not one. Unset or change it."
  fi
  if command -v apt-get >/dev/null; then
    package=openjdk-17-jre-headless
    for candidate in openjdk-21-jre-headless openjdk-25-jre-headless; do
      apt-cache show "$package" >/dev/null 2>&1 && break
      ! apt-cache show "$candidate" >/dev/null 2>&1 || package=$candidate
    done
  elif command -v brew >/dev/null; then package=openjdk@17
  fi
  install "Java 17 or newer" "$package"
  if command -v brew >/dev/null && ! java_works; then
    JAVA_HOME=$(brew --prefix openjdk@17)
    export JAVA_HOME
  fi
  java_works || stop "Java 17 or newer is still not found; set JAVA_HOME."
}

# The tests look at reports in a real browser.
ensure_browser() {
  local browser
  for browser in chromium chromium-browser google-chrome google-chrome-stable; do
    ! command -v "$browser" >/dev/null || return 0
  done
  install "Chromium, for the tests of reports" chromium
}

# ready PURPOSE [SPARK]: leaves $venv usable; PURPOSE is demo or dev.
ready() {
  local purpose=$1 spark=${2:-$default_spark} delta key extras stamp
  delta=$(delta_for "$spark")
  ensure_java
  venv=.venv
  [ "$spark" = "$default_spark" ] || venv=.venv-$spark
  key="$(cksum <pyproject.toml) $PWD"
  for stamp in "$venv/.ready-dev" "$venv/.ready-$purpose"; do
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && is_python "$venv/bin/python"; then
      bring_jars
      return
    fi
  done
  ensure_python
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    say "Creating $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv"
  fi
  extras=demo
  [ "$purpose" = demo ] || extras=demo,connect,dev
  say "Installing packages into $venv (Spark $spark; some 600 MB, a minute or two)"
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-input -q \
    --editable ".[$extras]" "pyspark==$spark" "delta-spark==$delta" >&2 ||
    stop "The packages could not be installed; see above. A later run goes on from here."
  bring_jars
  printf '%s\n' "$key" >"$venv/.ready-$purpose"
}

bring_jars() {
  "$venv/bin/python" -m sparkguard.jars >/dev/null || exit 2
}
