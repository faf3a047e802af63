"""Forks processes that touch the state file when told to, so that a tracer can sit on each of them first.

Run as `snapshot_victim.py FOLDER`; each line on standard input is `write PATH TEXT`, `read PATH` or
`count PATH FROM`. Answers with two lines: the pid of the process that waits for SIGUSR1, and how it ended:
`done`, `errno N`, `leaked`, `failed N` or `signal N`. The system calls between its two calls of getpgid(2)
are those of the action. `count` writes one number after another until it is killed, and says each.
"""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from protoddfd.edge import snapshot

LIFE_S = 30
LEAKED = 2
ERRNO_BASE = 100  # exit statuses from here on are an errno


def open_descriptors() -> list[bool]:
    """Return which of the first descriptors are open, found without opening one."""
    return [is_open(number) for number in range(12)]


def is_open(number: int) -> bool:
    try:
        os.get_inheritable(number)
    except OSError:
        return False
    return True


def act(words: list[str]) -> int:
    """Do what `words` say and return the exit status for it."""
    path = Path(words[1])
    data = words[2].encode() if words[0] == "write" else b""
    before = open_descriptors()
    status = 0
    os.getpgid(0)
    try:
        if words[0] == "write":
            snapshot.write(path, data)
        else:
            snapshot.read(path)
    except OSError as error:
        status = ERRNO_BASE + (error.errno or 0)
    os.getpgid(0)
    return status if open_descriptors() == before else LEAKED


def count_up(path: Path, number: int) -> NoReturn:
    """Write `number` and those after it, each said on standard output once it is on disk."""
    while True:
        snapshot.write(path, b"%d" % number)
        os.write(1, b"%d\n" % number)
        number += 1


def ending(status: int) -> str:
    """Return how a process ended, from its wait status."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return f"signal {-code}"
    if code >= ERRNO_BASE:
        return f"errno {code - ERRNO_BASE}"
    return {0: "done", LEAKED: "leaked"}.get(code, f"failed {code}")


def main() -> None:
    """Serve until standard input ends."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    warm = str(Path(sys.argv[1]) / "warm.json")
    act(["write", warm, "1"])  # what is imported or cached on first use is not what we are after
    act(["read", warm])
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.alarm(LIFE_S)
            signal.sigwait({signal.SIGUSR1})
            words = line.rstrip("\n").split(" ", 2)
            if words[0] == "count":
                count_up(Path(words[1]), int(words[2]))
            os._exit(act(words))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(ending(status) + "\n")
        sys.stdout.flush()


main()
