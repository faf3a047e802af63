"""A daemon of the benchmarks' own, in a home of its own, and its apps."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.line import Line
from benchmarks.processes import end_tree
from benchmarks.specs import SPEC

START_LIMIT_S = 120.0


class Daemon:
    """A running protoddfd; a context that ends it with all that it started and removes its home."""

    def __init__(self, cache: Path) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="pdb-"))  # short: a socket's path may not be long
        self.socket = self.home / "run" / "protoddfd.sock"
        self._environment = {**os.environ, "PROTODDF_CACHE": str(cache)}
        for name in ("PROTODDF_HOME", "PROTODDF_SOCKET"):
            self._environment.pop(name, None)
        self.process = self._start()
        self._helpers: list[int] = []

    def _start(self) -> "subprocess.Popen[bytes]":
        with (self.home / "output").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "protoddfd.main", "--home", str(self.home)],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip

    def kill_and_start_again(self) -> None:
        """SIGKILL the daemon, and start another in the same home; return when that has begun to start."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def __enter__(self) -> "Daemon":
        end = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                output = (self.home / "output").read_text()
                self.__exit__()
                raise RuntimeError(f"the daemon did not start:\n{output}")
            time.sleep(0.02)
        return self

    def _answers(self) -> bool:
        try:
            status = self.call("daemon.status")
        except OSError:
            return False
        self._helpers = [status["zygote"]["pid"], status["logger"]["pid"]]
        return all(status[name]["state"] == "up" for name in ("zygote", "logger"))

    def __exit__(self, *_: object) -> None:
        family = [pid for pid in self._helpers if pid and psutil.pid_exists(pid)]
        end_tree(self.process.pid, grace_s=60.0)
        for pid in family:
            end_tree(pid)
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def zygote(self) -> int:
        """The zygote's process."""
        return int(self.call("daemon.status")["zygote"]["pid"])

    @property
    def logger(self) -> int:
        """The logger's process."""
        return int(self.call("daemon.status")["logger"]["pid"])

    @property
    def workers(self) -> list[int]:
        """The processes that read files and write apps."""
        children = psutil.Process(self.process.pid).children()
        return [child.pid for child in children if "protoddfd.worker" in child.cmdline()]

    def call(self, method: str, **params: Any) -> Any:
        """Call a method on a connection of its own and return its result; raise line.Refused."""
        with Line(self.socket) as line:
            return line.call(method, **params)

    def create(self, name: str, *, start: bool = True) -> dict[str, Any]:
        """Make an app of three entities and return it, running if it is to `start`."""
        made: dict[str, Any] = self.call("app.create", name=name, spec=SPEC, start=start, wait_s=60)
        return made
