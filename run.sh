#!/bin/sh
# From a fresh clone to a running demo app: sets up what is missing, then runs protoddfd in the foreground.
set -eu
CDPATH='' cd -P -- "$(dirname -- "$0")"
. tools/python.sh

usage() {
  cat <<'TEXT'
usage: ./run.sh [--setup-only] [--no-demo] [--help] [-- ARGUMENT ...]

Sets everything up, starts protoddfd in the foreground, makes and starts a demo app and prints its address.
Ctrl-C stops the apps and protoddfd.

  --setup-only   stop after the set-up
  --no-demo      make no demo app
  -- ARGUMENT    what follows goes to protoddfd

  PYTHON         the Python to use; without it, the newest of 3.13, 3.12 and 3.11 that runs
TEXT
}

setup_only=
demo=1
while [ $# -gt 0 ]; do
  case $1 in
    --setup-only) setup_only=1 ;;
    --no-demo) demo= ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    *) printf 'error: unknown argument: %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

find_python
"$python" tools/setup.py
if [ -n "$setup_only" ]; then exit 0; fi

: "${PROTODDF_PATHS_GENERATED:=$PWD/generated}"
export PROTODDF_PATHS_GENERATED
mkdir -p "$PROTODDF_PATHS_GENERATED"

if [ -n "$demo" ]; then
  # Twice into the background: what makes the demo is no child of the daemon that this shell becomes.
  ( sh tools/demo.sh $$ & )
fi
exec .venv/bin/protoddfd "$@"
