# Sourced by scripts/check and scripts/test: what can be said about the code without running it.

static_checks() {
  say "ruff check"
  "$venv/bin/ruff" check .
  say "ruff format --check"
  "$venv/bin/ruff" format --check .
  say "mypy"
  "$venv/bin/mypy"
  say "lint-imports"
  "$venv/bin/lint-imports" --no-logo
}
