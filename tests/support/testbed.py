"""Real daemons in homes of their own. Everything started here is ended here, by process id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

from protoddfctl.client import Client, ClientFault
from protoddfd.wire import results

ROOT = Path(__file__).resolve().parents[2]
SPEC: dict[str, Any] = {
    "version": 1,
    "name": "any",
    "title": "Shop",
    "entities": [
        {
            "name": "Customer",
            "title": "Customer",
            "fields": [
                {"name": "name", "title": "Name", "type": "text", "required": True},
                {"name": "email", "title": "Email", "type": "email"},
            ],
        },
        {
            "name": "Order",
            "title": "Order",
            "fields": [
                {"name": "number", "title": "Number", "type": "text", "required": True},
                {"name": "customer", "title": "Customer", "type": "reference", "target": "Customer"},
            ],
        },
    ],
}


def cache() -> Path:
    """Return the folder of bundles that all tests share: the one given, else the checkout's."""
    return Path(os.environ.get("PROTODDF_CACHE") or ROOT / ".protoddf" / "cache")


@lru_cache(maxsize=1)
def port_range() -> str:
    """Return ports that are for the daemons of this run of tests alone, until it ends.

    A daemon that starts again finds its ports free, whatever is run beside it.
    """
    for first in range(3000, 20000, 2000):
        _CLAIM.append(socket.socket(socket.AF_UNIX))
        with suppress(OSError):  # another run has that one
            _CLAIM[-1].bind(f"\0proto-ddf-tests-{first}")
            return f"{first}-{first + 1999}"
        _CLAIM.pop().close()
    raise RuntimeError("there are more runs of tests than ports for them")


_CLAIM: list[socket.socket] = []
"""What holds them: a name that no two sockets have, and that goes with the process."""


def wait_for(what: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return the first true value of `what`, asked for `seconds`: often at first, then more and more rarely.

    Whoever asks all the time takes the processor from those who are asked.
    """
    begun = time.monotonic()
    while not (value := what()):
        waited = time.monotonic() - begun
        if waited > seconds:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(min(0.1, max(0.01, waited / 20)))
    return value


def http(port: int | None, path: str = "/") -> tuple[int, bytes]:
    """Return the status and body of a GET on loopback."""
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b""
        while block := connection.recv(65536):
            answer += block
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def runs(process: psutil.Process) -> bool:
    """Tell whether a process has not ended; one that waits to be reaped has."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


class Daemon:
    """A protoddfd in a home of its own."""

    def __init__(self, home: Path, *options: str, env: Mapping[str, str | None] | None = None) -> None:
        self.home = home
        self.socket = home / "run" / "protoddfd.sock"
        self.generated = home / "generated"
        self._options = options
        given = {"PROTODDF_CACHE": str(cache()), "PROTODDF_PORTS_RANGE": port_range(), **(env or {})}
        wanted = {**os.environ, "PROTODDF_HOME": None, "PROTODDF_SOCKET": None, **given}
        self._env = {name: value for name, value in wanted.items() if value is not None}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Daemon":
        """Start it and wait until it answers."""
        self.home.mkdir(exist_ok=True)
        output = (self.home / "output").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "protoddfd.main", "--home", str(self.home), *self._options],
            env=self._env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        output.close()
        wait_for(self._answers, 60)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.home / "output").read_text()
        with suppress(ClientFault):
            self.call("daemon.status")
            return True
        return False

    def call(self, method: str, **params: Any) -> Any:
        """Call a method and return its result as plain values; errors are the daemon's own."""
        with Client(str(self.socket), timeout_s=600) as client:
            return client.call(method, params, type=dict)

    def app(self, name: str) -> results.App:
        """Return an app as the daemon shows it."""
        with Client(str(self.socket)) as client:
            return client.call("app.show", {"name": name}, type=results.App)

    def create(self, name: str, **params: Any) -> results.App:
        """Make an app, from a small spec unless told otherwise, and return it when it answers."""
        if "sources" not in params:
            params.setdefault("spec", SPEC)
        with Client(str(self.socket), timeout_s=600) as client:
            return client.call("app.create", {"name": name, **params}, type=results.App)

    def adopt(self, name: str, *command: str, **params: Any) -> results.App:
        """Adopt a command without ports, unless told otherwise, and return it."""
        params.setdefault("ports", 0)
        with Client(str(self.socket), timeout_s=600) as client:
            asked = {"name": name, "command": list(command), **params}
            return client.call("app.adopt", asked, type=results.App)

    def pids(self, name: str) -> list[int]:
        """Return the processes that an app has, by slot."""
        return [each.pid for each in self.app(name).instances]

    def wait_state(self, name: str, *states: str, seconds: float = 30.0) -> results.App:
        """Return the app as soon as it is in one of `states`."""

        def seen() -> results.App | None:
            app = self.app(name)
            return app if app.state in states else None

        found: results.App = wait_for(seen, seconds)
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the daemon and return its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def kin(self) -> list[psutil.Process]:
        """Return every process that runs for this home, daemon included, whoever its parent is by now."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if str(self.home) in " ".join(process.cmdline()) or self._is_ours(process):
                    found.append(process)
        return found

    def _is_ours(self, process: psutil.Process) -> bool:
        """Tell by its environment, or its parents."""
        if process.environ().get("PROTODDF_HOME") == str(self.home):
            return True
        return any(str(self.home) in " ".join(parent.cmdline()) for parent in process.parents())

    def clean_up(self) -> None:
        """End what is left, after a failed test too: the daemon first, which would start the others again."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
        wait_for(self._all_ended)

    def _all_ended(self) -> bool:
        left = [process for process in self.kin() if runs(process)]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        return not left
