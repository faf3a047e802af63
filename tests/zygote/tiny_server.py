"""What the tests' zygote serves instead of Reflex: `module` says what the child does."""

import os
import resource
import select
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

RESERVED: list[str] = []


def prepare_environment() -> None:
    RESERVED.append("prepared")
    os.environ["TINY_SWITCH"] = "on"


def preload_steps() -> Iterator[None]:
    RESERVED.append("preloaded")
    yield
    if gate := os.environ.get("TINY_PRELOAD_WAITS"):  # steps until the file is there
        while not Path(gate).exists():
            select.select([], [], [], 0.001)
            yield
    if os.environ.get("TINY_PRELOAD_GRABS_SIGNALS"):
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    if os.environ.get("TINY_PRELOAD_LEAVES_A_THREAD"):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
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
    if kind == "limits":
        print(resource.getrlimit(resource.RLIMIT_NOFILE), Path("/proc/self/cgroup").read_text(), sep="\n")  # noqa: T201
        return 0
    if kind == "daemon":
        daemonise(Path(argument))
    return serve(frontend, backend)


def daemonise(say: Path) -> None:
    """Leave a process that runs no other program, in a session of its own and with nothing open."""
    if (middle := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 4096)
            say.write_text(f"{os.getpid()}\n")
            while True:
                signal.pause()
        os._exit(0)
    os.waitpid(middle, 0)


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
