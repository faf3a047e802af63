# Finds a Python for set-up: sets $python, or says what to do and exits. Sourced by run.sh and test.sh.

is_usable() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    is_usable "$PYTHON" || no_python "PYTHON=$PYTHON does not run, or is older than Python 3.11"
    python=$PYTHON
    return
  fi
  if [ -f .venv/set-up.json ] && is_usable .venv/bin/python; then
    python=.venv/bin/python
    return
  fi
  for python in python3.13 python3.12 python3.11 python3; do
    if is_usable "$python" && "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then return; fi
  done
  for python in python3.13 python3.12 python3.11 python3; do
    if is_usable "$python"; then return; fi
  done
  no_python "Proto-DDF needs Python 3.11 or newer, and none was found that runs"
}

no_python() {
  printf 'error: %s\n' "$1" >&2
  printf '  Debian 12, Ubuntu 24.04: apt install python3 python3-venv\n' >&2
  printf '  or say which one: PYTHON=/path/to/python3.13 %s\n' "$0" >&2
  exit 1
}
