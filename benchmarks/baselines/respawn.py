"""The least supervisor: one program, started again when it ends. Writes each process's number on a line."""

import os
import sys

PROGRAM = ["/bin/sleep", "1000"]


def main() -> None:
    """Start, tell, wait, for ever."""
    while True:
        pid = os.posix_spawn(PROGRAM[0], PROGRAM, os.environ)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
