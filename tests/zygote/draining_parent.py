"""A parent as the zygote is one: forks servers on two inherited sockets and replaces them, again and again.

`draining_parent.py FRONTEND BACKEND ROUNDS ORDER`: with ORDER `after` there is one server, and the next
starts when it has gone; with `before` there are two, and the next starts first. It says `ready`, replaces a
server for each line that it is sent and says `replaced`; after one more line it says how long each server
took to end, and its exit status.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import sys
import time

from draining import App

from protoddfd.zygote.http_server import Server


class Ready(Server):
    """Says when it serves, by closing a pipe."""

    def __init__(self, pipe: int) -> None:
        super().__init__(App())
        self._pipe = pipe

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        os.close(self._pipe)


def fork(sockets: list[socket.socket]) -> int:
    """Return the pid of a server that serves already."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os._exit(asyncio.run(Ready(writer).run_on(sockets)))
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    return child


def end(pid: int) -> dict[str, float]:
    """Tell a server to end; return its exit status and the seconds it took."""
    begun = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"status": status, "seconds": time.monotonic() - begun}


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def main(frontend: str, backend: str, rounds: str, order: str) -> None:
    sockets = [socket.socket(fileno=int(number)) for number in (frontend, backend)]
    gc.freeze()
    servers = [fork(sockets) for _ in range(2 if order == "before" else 1)]
    say("ready")
    ends = []
    for _ in range(int(rounds)):
        sys.stdin.readline()
        if order == "before":
            servers.append(fork(sockets))
            ends.append(end(servers.pop(0)))
        else:
            ends.append(end(servers.pop(0)))
            servers.append(fork(sockets))
        say("replaced")
    sys.stdin.readline()
    ends += [end(pid) for pid in servers]
    sys.stdout.write(json.dumps(ends) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:5])
