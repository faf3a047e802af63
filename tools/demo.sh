# Waits for the daemon (its pid is the argument), makes or starts the demo app, and prints its address.
set -u
daemon=$1
ctl=.venv/bin/protoddfctl

alive() { kill -0 "$daemon" 2>/dev/null; }

waited=0
until "$ctl" status >/dev/null 2>&1; do
  alive || exit 0
  waited=$((waited + 1))
  if [ "$waited" -gt 150 ]; then
    printf 'the daemon does not answer, so there is no demo app\n' >&2
    exit 1
  fi
  sleep 0.2
done

if "$ctl" show demo >/dev/null 2>&1; then
  said=$("$ctl" start demo 2>&1)
else
  said=$("$ctl" create demo --from examples/*.csv 2>&1)
fi
status=$?
alive || exit 0
if [ "$status" -ne 0 ]; then
  printf 'the demo app could not be started:\n%s\n' "$said" >&2
  exit 1
fi
url=$("$ctl" --json show demo | .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)["url"])')
bold='' plain=''
if [ -t 2 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
cat >&2 <<TEXT

  The demo app runs at   $bold$url$plain

  An app from your data  .venv/bin/protoddfctl create sales --from my-sales.csv
  Everything there is    .venv/bin/protoddfctl list
  Stop                   Ctrl-C

TEXT
