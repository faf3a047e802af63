"""PostgreSQL servers of the tests' own, in temporary folders, on a port of loopback and a unix socket."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

from testbed import wait_for

PASSWORD = "p@ss/w%rd hush"


class Server:
    """A server; the Debian package postgresql has to be there: what sets up the tests installs it."""

    def __init__(self) -> None:
        # Short, since the address of a socket has at most 107 bytes, and none that other runs clean up.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.user = "postgres" if os.getuid() == 0 else None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        password = quote(PASSWORD, safe="")
        self.url = f"postgresql://owner:{password}@127.0.0.1:{self.port}/postgres"
        self.socket_url = f"postgresql://owner:{password}@/postgres?host={self.folder}&port={self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)

    def make(self) -> None:
        """Make the folder of its data."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        for path in (self.folder, password):
            path.chmod(0o755)
        if self.user:
            shutil.chown(self.folder, self.user)
        words = ["--auth=scram-sha-256", "--username=owner", f"--pwfile={password}", "--no-sync"]
        subprocess.run(
            [self.programs / "initdb", "-D", self.folder / "data", "--encoding=UTF8", "--locale=C", *words],
            user=self.user, cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:  # what it said last, should it be gone in a test
            self._process = subprocess.Popen(
                [
                    self.programs / "postgres", "-D", self.folder / "data", "-p", str(self.port),
                    "-k", self.folder, "-h", "127.0.0.1", "-F",
                ],
                user=self.user, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(lambda: _answers(self.url))

    def stop(self) -> None:
        """Close its connections and end it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # a killed one leaves shared memory behind
            self._process.wait(30)
            self._process = None

    @contextmanager
    def schema(self) -> Iterator[str]:
        """Yield the URL of a schema of its own, as good as a database; it is dropped at the end."""
        name = f"test_{next(self._names)}"
        with closing(psycopg.connect(self.socket_url, autocommit=True)) as connection:
            connection.execute(f'CREATE SCHEMA "{name}"'.encode())
            try:
                yield f"{self.socket_url}&options=-csearch_path%3D{name}"
            finally:
                connection.execute("SET lock_timeout = '5s'")
                connection.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())


@contextmanager
def server() -> Iterator[Server]:
    """Run a server; nothing is left of it."""
    made = Server()
    try:
        made.make()
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder)


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server and yield the URL of a database of it."""
    with server() as made:
        yield made.url


def _answers(url: str) -> bool:
    try:
        with closing(psycopg.connect(url)):
            return True
    except psycopg.OperationalError:
        return False
