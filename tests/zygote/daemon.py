"""A daemon by the book: `daemon.py SAY [deaf] [bare] [locked] [near]`.

It says its pid in the FIFO SAY when nothing ties it to its starter any more. The starter waits for a line in
the FIFO `go` of its folder and exits with 3. `deaf`: it ignores SIGTERM. `bare`: it has no environment.
`locked`: it keeps its open files. `near`: it stays in its starter's session.
"""

import os
import signal
import sys
from pathlib import Path

say, flags = sys.argv[1], set(sys.argv[2:])


def main() -> int:
    go = Path("go").resolve()
    cut, tie = os.pipe()
    middle = os.fork()
    if middle == 0:
        if "near" not in flags:
            os.setsid()
        if os.fork() == 0:
            os.close(tie)
            os.read(cut, 1)
            serve()
        os._exit(0)
    os.waitpid(middle, 0)
    os.close(tie)
    with go.open() as line:
        line.readline()
    return 3


def serve() -> None:
    path = Path(say).resolve()
    os.chdir("/")
    if "locked" not in flags:
        os.closerange(0, 4096)
    signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in flags else signal.SIG_DFL)
    program = f"echo $$ > {path}; exec sleep 1000"
    if "bare" in flags:
        os.execve("/bin/sh", ["sh", "-c", program], {})
    path.write_text(f"{os.getpid()}\n")
    while True:
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
