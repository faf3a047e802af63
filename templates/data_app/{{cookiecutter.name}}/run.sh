#!/bin/sh
# Runs this app by itself: makes .venv when needed, builds the pages, serves them until SIGINT or SIGTERM.
#
#   FRONTEND_PORT  where the pages and their API are; without it, the first free port from 3000
#   BACKEND_PORT   a second port with the API alone; without it, there is none
#   HOST           the address to listen on; 127.0.0.1 without it
#   DATABASE_URL   the database; data/app.db without it
#   PYTHON         the interpreter to use; without it, the newest of 3.13, 3.12 and 3.11 that runs
set -eu
CDPATH='' cd -P -- "$(dirname -- "$0")"

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $1"; shift; for line; do say "  $line"; done; exit 1; }

works() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    works "$PYTHON" || fail "PYTHON=$PYTHON does not run, or is older than 3.11"
    printf '%s\n' "$PYTHON"
    return
  fi
  for candidate in python3.13 python3.12 python3.11 python3; do
    if works "$candidate"; then printf '%s\n' "$candidate"; return; fi
  done
  fail "this app needs Python 3.11 or newer" "Debian, Ubuntu: apt install python3 python3-venv" "or say which one: PYTHON=/path/to/python ./run.sh"
}

install() {
  wanted=$(cat requirements.txt constraints.txt | cksum)
  if [ -x .venv/bin/python ] && works .venv/bin/python && [ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ]; then return; fi
  python=$(find_python)
  say "installing the libraries into .venv (once, about half a minute)"
  rm -rf .venv
  "$python" -m venv .venv || fail "Python's venv module does not work" "Debian, Ubuntu: apt install python3-venv"
  .venv/bin/python -m pip install -qq --disable-pip-version-check -r requirements.txt -c constraints.txt ||
    fail "the libraries could not be installed; the lines above say why"
  printf '%s\n' "$wanted" >.venv/installed
}

free_port() {
  .venv/bin/python - <<'PYTHON'
import socket

for port in range(3000, 4000):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break
PYTHON
}

stop() {
  trap '' INT TERM
  stopping=1
  for pid in $pids; do kill -TERM "$pid" 2>/dev/null || :; done
}

install
host=${HOST:-127.0.0.1}
port=${FRONTEND_PORT:-$(free_port)}
api_port=${BACKEND_PORT:-$port}

# Node and Bun come with the libraries; Reflex must fetch and report nothing by itself.
PATH="$PWD/.venv/bin:$PATH"
REFLEX_USE_SYSTEM_BUN=true
REFLEX_TELEMETRY_ENABLED=false
REFLEX_CHECK_LATEST_VERSION=false
REFLEX_DIR=${REFLEX_DIR:-$PWD/.venv/reflex}
export PATH REFLEX_USE_SYSTEM_BUN REFLEX_TELEMETRY_ENABLED REFLEX_CHECK_LATEST_VERSION REFLEX_DIR
unset FRONTEND_PORT BACKEND_PORT

pids=
stopping=
trap stop INT TERM
say "building the pages; the app will be at http://$host:$port"
reflex run --env prod --frontend-port "$port" --backend-host "$host" &
pids=$!
main=$!
if [ "$api_port" != "$port" ]; then
  reflex run --env prod --backend-only --backend-port "$api_port" --backend-host "$host" &
  pids="$pids $!"
fi

status=0
wait "$main" || status=$?
if [ -n "$stopping" ]; then status=0; else stop; fi
for pid in $pids; do wait "$pid" 2>/dev/null || :; done
exit "$status"
