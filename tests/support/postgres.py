"""A PostgreSQL server of the test's own, in a temporary folder, on a port of loopback."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from testbed import wait_for

PASSWORD = "p@ss/w%rd hush"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server and yield the URL of a database of it; `folder` is its own.

    The Debian package postgresql has to be there: what sets up the tests installs it.
    """
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    user = "postgres" if os.getuid() == 0 else None
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    for path in (folder, *folder.parents[:2], password):
        path.chmod(0o755)
    shutil.chown(folder, user) if user else None
    words = ["--auth=scram-sha-256", "--username=owner", f"--pwfile={password}", "--no-sync"]
    subprocess.run(
        [programs / "initdb", "-D", data, "--encoding=UTF8", *words],
        user=user, cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-k", "", "-h", "127.0.0.1", "-F"],
        user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"postgresql://owner:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"
    try:
        wait_for(lambda: _answers(url))
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # a killed one leaves shared memory behind
        server.wait(30)


def _answers(url: str) -> bool:
    try:
        with closing(psycopg.connect(url)):
            return True
    except psycopg.OperationalError:
        return False
