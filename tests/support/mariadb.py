"""A MariaDB server of the tests' own, in a temporary folder, on a unix socket alone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed import wait_for

TEXT = "--default-character-set=utf8mb4"


class MariaDb:
    """A server; the Debian packages mariadb-server-core and mariadb-client have to be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = folder / "s"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make its data and start it."""
        user = ["--user=root"] if os.getuid() == 0 else []
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", "--skip-test-db",
             "--auth-root-authentication-method=normal", *user],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", "--skip-networking",
                 f"--datadir={self.folder / 'data'}", f"--socket={self._socket}",
                 f"--pid-file={self.folder / 'pid'}", *user],
                stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(lambda: self._client("-e", "SELECT 1", check=False).returncode == 0)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def run(self, script: bytes, database: str | None = None) -> None:
        """Run a script, in a new database if one is named."""
        if database is not None:
            self._client("-e", f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        self._client(*([database] if database else []), script=script)

    def counts(self, database: str) -> dict[str, int]:
        """Return how many rows each table has, by its name in small letters."""
        tables = (
            f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{database}' "
            "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
        )
        names = self._client("-N", "-e", tables).stdout.decode().split("\n")[:-1]
        each = [f"SELECT '{name}', count(*) FROM `{name}`;" for name in names]
        rows = self._client("-N", database, script="".join(each).encode()).stdout.decode().splitlines()
        return {name.casefold(): int(count) for name, count in (row.split("\t") for row in rows)}

    def dump(self, database: str, *options: str) -> bytes:
        """Return what mysqldump writes."""
        return subprocess.run(
            ["mysqldump", "--no-defaults", f"--socket={self._socket}", TEXT, *options, database],
            check=True, capture_output=True, timeout=300,
        ).stdout  # fmt: skip

    def _client(
        self, *words: str, script: bytes | None = None, check: bool = True
    ) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self._socket}", TEXT, "--user=root", *words],
            input=script, check=check, capture_output=True, timeout=300,
        )  # fmt: skip


@contextmanager
def mariadb() -> Iterator[MariaDb]:
    """Run a server; nothing is left of it."""
    with tempfile.TemporaryDirectory(
        prefix="my-"
    ) as folder:  # short: a socket's address has 107 bytes at most
        made = MariaDb(Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.stop()
