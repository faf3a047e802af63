#!/bin/sh
# From a fresh clone to the tests' verdict: sets up what is missing, then checks format, lint, types and behaviour.
set -eu
CDPATH='' cd -P -- "$(dirname -- "$0")"
. tools/python.sh

usage() {
  cat <<'TEXT'
usage: ./test.sh [--unit] [--browser] [--all] [--help] [-- ARGUMENT ...]

Sets everything up and runs every check and test; exits 0 when all are green.

  --unit         only what needs no daemon and no browser
  --browser      only what drives a real Chromium or Firefox
  --all          the tests that take minutes, too
  -- ARGUMENT    what follows goes to pytest, for example: -- tests/generate -x
TEXT
}

which_tests=every
long='not long'
while [ $# -gt 0 ]; do
  case $1 in
    --unit) which_tests=unit ;;
    --browser) which_tests=browser ;;
    --all) long= HYPOTHESIS_PROFILE=thorough; export HYPOTHESIS_PROFILE ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    *) printf 'error: unknown argument: %s\n' "$1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

say() { printf '%s\n' "$*" >&2; }

install_tools() {
  missing=
  if [ "$which_tests" != unit ]; then
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    command -v firefox-esr >/dev/null 2>&1 || missing="$missing firefox-esr"
    command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
    [ -d /usr/lib/postgresql ] || missing="$missing postgresql"
  fi
  if [ -z "$long" ] && [ ! -x /usr/sbin/mariadbd ]; then missing="$missing mariadb-server-core mariadb-client"; fi
  command -v strace >/dev/null 2>&1 || missing="$missing strace"
  command -v zsh >/dev/null 2>&1 || missing="$missing zsh"
  command -v fish >/dev/null 2>&1 || missing="$missing fish"
  command -v man >/dev/null 2>&1 || missing="$missing man-db"
  command -v cc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
  if [ -z "$missing" ]; then return; fi
  say "installing for the tests:$missing"
  root=
  if [ "$(id -u)" -ne 0 ]; then root='sudo -n'; fi
  # shellcheck disable=SC2086  # words are meant
  if command -v apt-get >/dev/null 2>&1 && $root apt-get update -qq >/dev/null &&
    $root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing >/dev/null; then return; fi
  say "error: the tests need$missing, which could not be installed"
  say "  install them: apt-get install$missing; or run what needs no browser: ./test.sh --unit"
  exit 1
}

red=
check() {
  say "== $*"
  "$@" || red="$red $1"
}

if [ -n "${CI:-}" ] || [ ! -t 0 ]; then exec </dev/null; fi
install_tools
find_python
"$python" tools/setup.py --dev
PATH="$PWD/.venv/bin:$PATH"
export PATH

chosen=$*
tests() {
  marks=$1${1:+${long:+ and }}$long
  shift
  say "== pytest -m '$marks'"
  pytest -m "$marks" "$@" || { [ $? -eq 5 ] && [ -n "$chosen" ]; } || red="$red pytest"
}

# Half of the files: two processes that know nothing of each other take half as long as one. The slowest are dealt
# out first, so that both take as long.
half() {
  { cat tests/slowest.txt; find tests -name 'test_*.py' | sort; } |
    awk -v half="$1" '!known[$0]++ && int(++number / 2) % 2 == half'
}

# One half; a cache of its own remembers what failed.
one_half() {
  say "== pytest -m '$marks', one half"
  # shellcheck disable=SC2046  # words are meant
  pytest -m "$marks" -q -o cache_dir="$2" $(half "$1") || echo $? >"$2/ended"
}

# What fails beside the other half is run again by itself, and both are told: a busy machine is no fault.
again() {
  ended=$(cat "$1/ended" 2>/dev/null || echo 0)
  if [ "$ended" = 1 ] && [ "$(grep -c '::' "$1/v/cache/lastfailed")" -le 5 ]; then
    say '== pytest, what failed beside the other half, by itself'
    pytest -m "$marks" --last-failed --last-failed-no-failures none -o cache_dir="$1" tests && ended=0
  fi
  rm -r "$1"
  [ "$ended" = 0 ] || red="$red pytest"
}

in_halves() {
  marks=$1${1:+${long:+ and }}$long
  first=$(mktemp -d) second=$(mktemp -d) later=$(mktemp)
  one_half 1 "$second" >"$later" 2>&1 &
  other=$!
  one_half 0 "$first"
  wait $other
  cat "$later"
  rm "$later"
  again "$first"
  again "$second"
}

if [ "$which_tests" != browser ]; then
  check ruff format --check
  check ruff check
  types=$(mktemp)
  nice -n 5 mypy >"$types" 2>&1 &
  typing=$!
fi

case $which_tests in
  every) marks= ;;
  unit) marks='not e2e and not browser' ;;
  browser) marks=browser ;;
esac
# Some of those that take minutes measure, and want the machine for themselves.
if [ "$which_tests" = browser ] || [ -z "$long" ] || [ -n "$chosen" ]; then tests "$marks" "$@"; else in_halves "$marks"; fi

if [ "$which_tests" != browser ]; then
  say '== mypy'
  wait $typing || red="$red mypy"
  cat "$types"
  rm "$types"
fi

if [ -n "$red" ]; then
  say "red:$red"
  exit 1
fi
