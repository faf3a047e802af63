"""What the tests' zygote serves instead of Reflex: `module` says what the child does."""

import os
import select
import signal
import socket
import sys
from pathlib import Path

RESERVED: list[str] = []


def prepare_environment() -> None:
    RESERVED.append("prepared")
    os.environ["TINY_SWITCH"] = "on"


def preload() -> None:
    RESERVED.append("preloaded")
    if os.environ.get("TINY_PRELOAD_FAILS"):
        raise RuntimeError("no such version")


def run(folder: Path, module: str, bundle: Path, frontend: socket.socket, backend: socket.socket) -> int:
    kind, _, argument = module.partition(":")
    if kind == "exit":
        return int(argument)
    if kind == "raise":
        raise ValueError(argument)
    if kind == "system_exit":
        sys.exit(argument)
    if kind == "print":
        sys.stdout.write(argument + "\n")
        sys.stderr.write(f"{folder} {bundle}\n")
        return 0
    return serve(frontend, backend)


def serve(frontend: socket.socket, backend: socket.socket) -> int:
    """Answer each connection with this process's pid and side until SIGTERM."""
    stopped: list[int] = []
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    while not stopped:
        waited: list[socket.socket | int] = [frontend, backend, reader]
        ready, _, _ = select.select(waited, [], [])
        for each in ready:
            if isinstance(each, socket.socket):
                answer(each, b"front" if each is frontend else b"back")
    return 0


def answer(listener: socket.socket, side: bytes) -> None:
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return
    with connection:
        connection.sendall(b"%d %s" % (os.getpid(), side))
