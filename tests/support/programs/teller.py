"""Writes numbered lines and keeps its own record of them: `teller.py RECORD LINES_PER_S WIDTH`.

RECORD.runs gets a line with its pid at every start, RECORD the number of lines written so far. It ends with
the status that RECORD.exit names as soon as that file is there, and writes its pid to RECORD.ended.
"""

import os
import signal
import sys
import time
from pathlib import Path

BATCHES_PER_S = 20


def main() -> int:
    """Write until told to end."""
    record, rate, width = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with Path(f"{record}.runs").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    done = int(record.read_text() or 0) if record.exists() else 0
    written = os.open(record, os.O_WRONLY | os.O_CREAT, 0o600)
    order = Path(f"{record}.exit")
    pad = "x" * max(0, width - 12)
    at_once = max(1, rate // BATCHES_PER_S)
    due = time.monotonic()
    while not order.exists():
        batch = "".join(f"{number:011d}{pad}\n" for number in range(done, done + at_once)).encode()
        while batch:
            batch = batch[os.write(1, batch) :]
        done += at_once
        os.pwrite(written, b"%d" % done, 0)
        due = max(due + at_once / rate, time.monotonic() - 1.0)
        time.sleep(max(0.0, due - time.monotonic()))
    status = int(order.read_text() or 0)
    order.unlink()  # it is meant for this life alone
    part = Path(f"{record}.part")
    part.write_text(str(os.getpid()))
    part.replace(f"{record}.ended")
    return status


if __name__ == "__main__":
    sys.exit(main())
