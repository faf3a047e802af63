"""The least work in Python: `baselines.py supervise N CHILD BOARD` or `pump LOG MAXBYTES PROGRAM ...`."""

import os
import signal
import subprocess
import sys
from pathlib import Path


def supervise(count: str, child: str, board: str) -> None:
    """Keep `count` programs running until SIGTERM; then end them."""
    running: dict[int, int] = {}
    stopping = False

    def start(slot: int) -> None:
        running[os.posix_spawn(child, [child, board, str(slot)], os.environ)] = slot

    def stop(_number: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in running:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    for slot in range(int(count)):
        start(slot)
    while running:
        slot = running.pop(os.wait()[0])
        if not stopping:
            start(slot)


def pump(log: str, max_bytes: str, *argv: str) -> None:
    """Copy what a program writes into files of `max_bytes`."""
    program = subprocess.Popen(argv, stdout=subprocess.PIPE, bufsize=0)
    if program.stdout is None:
        raise RuntimeError("no pipe")
    path, size, older = Path(log), 0, 0
    out = path.open("ab", 0)
    while block := os.read(program.stdout.fileno(), 65536):
        if size + len(block) > int(max_bytes):
            older += 1
            out.close()
            path.rename(f"{log}.{older}")
            out, size = path.open("ab", 0), 0
        out.write(block)
        size += len(block)


if __name__ == "__main__":
    command, *words = sys.argv[1:]
    if command == "supervise":
        supervise(*words)
    else:
        pump(*words)
