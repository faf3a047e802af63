"""What a supervisor must be able to do to be compared. A new one: subclass, and add it to `peers.ADAPTERS`.

The folder `work` is empty at first. Each of `programs` tells its own process and start time, so no supervisor
has to be believed. What one cannot do is left out: the base's method says Unsupported.
"""

import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec
import psutil

from benchmarks.supervisors import kin

ROTATE_MIB = 16
ROTATE_BYTES = ROTATE_MIB << 20
KEEP = 20
"""Files that are kept of one program's output."""

T = TypeVar("T")


class Unsupported(Exception):
    """This supervisor has no such thing."""


class Program(msgspec.Struct, frozen=True):
    """What is to be kept running."""

    name: str
    argv: tuple[str, ...]

    @property
    def line(self) -> str:
        """The command for a shell; nothing in it needs quoting."""
        return " ".join(self.argv)


class Site(msgspec.Struct, frozen=True):
    """Where things are: the installed `peers`, and the compiled `programs`."""

    peers: Path
    programs: Path


def wait_for(ready: Callable[[], T], limit_s: float = 60.0) -> T:
    """Return the first true value of `ready`, whose errors count as not yet; raise TimeoutError."""
    end = time.monotonic() + limit_s
    while True:
        error: Exception | None = None
        try:
            if value := ready():
                return value
        except Exception as raised:  # noqa: BLE001  every protocol has errors of its own while it starts
            error = raised
        if time.monotonic() > end:
            raise TimeoutError(f"not ready within {limit_s} s: {error!r}") from error
        time.sleep(0.005)


class Adapter(ABC):
    """One supervisor in one run."""

    name: ClassVar[str]
    notes: ClassVar[str] = ""
    what: ClassVar[tuple[str, ...]] = ("measure", "survival", "logs")
    """What can be asked of it."""
    captures: ClassVar[bool] = True
    """Does it take a program's output?"""
    has_fast_mode: ClassVar[bool] = False
    """Does it look for dead programs more often when told to?"""
    main: ClassVar[str] = "supervisor"
    """The part without which nothing answers."""
    killed: ClassVar[tuple[tuple[str, ...], ...]] = (("supervisor",),)
    """Parts that are killed together, one try each."""

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        self.site, self.work, self.fast = site, work, fast
        self.env = {**os.environ, "BENCH_FOLDER": str(work)}
        self.programs: Sequence[Program] = ()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def is_installed(self) -> bool:
        """Tell whether it can be run."""

    def version(self) -> str:
        """Return its version."""
        return ""

    def configure(self, programs: Sequence[Program]) -> None:
        """Have every program started at once, and restarted as fast as can be whenever it dies."""
        self.programs = programs

    @abstractmethod
    def start_supervisor(self) -> None:
        """Start it with the programs configured; it may return before they run."""

    def wait_ready(self) -> None:  # noqa: B027  one that cannot be asked is ready
        """Return once it answers."""

    def start_all(self) -> None:
        """Start every program again after `stop_all`, by the shortest way to the supervisor."""
        raise Unsupported

    def stop_all(self) -> None:
        """Stop every program; the supervisor stays where it can."""
        raise Unsupported

    def status_all(self) -> dict[str, int | None]:
        """Return the process of every program by one raw call: None where it is down, 0 where not told."""
        raise Unsupported

    def status_one(self, name: str) -> object:
        """Return the status of one program by one raw call."""
        raise Unsupported

    def status_command(self) -> list[str]:
        """Return the command that prints the status of all programs."""
        raise Unsupported

    def log_files(self, name: str) -> list[Path]:
        """Return the files with a program's output, oldest first."""
        return rotated(self.work / f"{name}.log")

    def text_of(self, record: bytes) -> bytes:
        """Return what the program wrote of a line in the log; empty for a remark of the supervisor's own."""
        return record

    def processes(self) -> dict[str, set[int]]:
        """Return its own processes, those of the programs apart, by what they are."""
        return {"supervisor": self.own()}

    def own(self) -> set[int]:
        """Return the supervisor and what it has started, without the programs."""
        root = psutil.Process(self.main_pid())
        return {root.pid, *(each.pid for each in root.children(recursive=True))} - set(self.running())

    def running(self) -> dict[int, str]:
        """Return the live processes of programs as the kernel tells, whoever their parent is: pid -> name."""
        names = {each.argv: each.name for each in self.programs}
        found: dict[int, str] = {}
        for process in psutil.process_iter(["cmdline", "status"]):
            name = names.get(tuple(process.info["cmdline"] or ()))
            if name is not None and process.info["status"] != psutil.STATUS_ZOMBIE:
                found[process.pid] = name
        return found

    def main_pid(self) -> int:
        """Return the supervisor's own process."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    def victims(self, part: str) -> set[int]:
        """Return the processes that are killed for `part`, one of `killed`; none where there is no such."""
        return {self.main_pid()} if part == self.main else set()

    def kill(self, pids: Sequence[int]) -> None:
        """Kill processes of this run, in this order."""
        for pid in pids:
            kin.kill(pid, self.work)
        if self._process is not None and self._process.pid in pids:
            self._process.wait()

    def close(self) -> None:
        """Let go of what was opened; its processes have ended."""
        if self._process is not None:
            self._process.wait()

    def launch(self, command: Sequence[str | Path]) -> None:
        """Start the supervisor in the background, in a session of its own."""
        with (self.work / "supervisor.out").open("ab") as output:
            self._process = subprocess.Popen(
                [str(word) for word in command], cwd=self.work, env=self.env, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def run(self, command: Sequence[str | Path], *, check: bool = True) -> bytes:
        """Run a command to its end and return what it printed; raise CalledProcessError."""
        return subprocess.run(
            [str(word) for word in command], cwd=self.work, env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, check=check, timeout=300,
        ).stdout  # fmt: skip


def rotated(log: Path) -> list[Path]:
    """Return `log.N` ... `log.1`, `log`: the files that there are, oldest first."""
    older = [each for each in log.parent.glob(f"{log.name}.*") if each.suffix[1:].isdigit()]
    older.sort(key=lambda path: -int(path.suffix[1:]))
    return [*older, log] if log.exists() else older


def stamped_version(peers: Path, name: str) -> str:
    """Return the version that the installer noted."""
    return (peers / f"{name}.done").read_text().strip()
