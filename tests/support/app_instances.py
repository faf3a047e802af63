"""An app called `shop` in several processes on shared sockets, and a Redis of a test's own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PARENT = Path(__file__).parent.parent / "dataforms_ui" / "instances.py"
LIMIT_S = 20


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Start Redis on a socket in `folder`; yield its address."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs Redis: apt install redis-server")
    path = folder / "redis.sock"
    options = [
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--dir",
        str(folder),
        "--save",
        "",
        "--daemonize",
        "no",
    ]
    with subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("ready to accept connections" in line.lower() for line in process.stdout)
        try:
            yield f"unix://{path}"
        finally:
            process.terminate()


class Instances:
    """The processes of one app, on shared sockets."""

    def __init__(self, parent: "subprocess.Popen[str]", port: int) -> None:
        self._parent = parent
        self.port = port

    def fork(self) -> int:
        """Start one more process; return its pid."""
        to, of = self._parent.stdin, self._parent.stdout
        assert to is not None
        assert of is not None
        to.write("one\n")
        to.flush()
        return int(of.readline())

    def end(self) -> list[int]:
        """End every process; return the exit statuses."""
        said, _ = self._parent.communicate(timeout=LIMIT_S)
        statuses: list[int] = json.loads(said)
        return statuses


@contextmanager
def instances(app: Path, bundle: Path, **env: str) -> Iterator[Instances]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    numbers = [each.fileno() for each in sockets]
    program = [sys.executable, str(PARENT), str(app), "shop_app.shop", str(bundle)]
    with subprocess.Popen(
        [*program, *map(str, numbers)],
        pass_fds=numbers,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    ) as parent:
        started = Instances(parent, sockets[0].getsockname()[1])
        try:
            yield started
        finally:
            statuses = started.end()
    assert set(statuses) <= {0, -signal.SIGKILL}
    for each in sockets:
        each.close()
