"""What daemontools, runit and s6 share: a folder and a helper for each program, a fifo, a status file."""

import os
import struct
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from benchmarks.supervisors import kin
from benchmarks.supervisors.adapter import Adapter, Program, Site, wait_for


class ServiceFolders(Adapter):
    """Without loggers; `has_loggers` adds one for each program."""

    captures = False
    has_loggers: ClassVar[bool] = False
    pid_format: ClassVar[str] = "<I"
    pid_offset: ClassVar[int] = 12
    """Where the status file has the process."""
    killed = (("supervisor",), ("helper",))

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        super().__init__(site, work, fast=fast)
        self.folders = work / "scan"
        self.bin = site.peers / "debian" / "usr" / "bin"

    @abstractmethod
    def logger(self, folder: Path) -> str:
        """Return the command that keeps a program's output in `folder`."""

    def configure(self, programs: Sequence[Program]) -> None:
        super().configure(programs)
        output = " 2>&1" if self.has_loggers else " > /dev/null"
        for each in programs:
            folder = self.folders / each.name
            _script(folder / "run", f"exec {each.line}{output}")
            if self.has_loggers:
                logs = self.work / f"{each.name}.logs"
                logs.mkdir()
                _script(folder / "log" / "run", f"exec {self.logger(logs)}")

    def wait_ready(self) -> None:
        wait_for(lambda: len(self.status_all()) == len(self.programs))

    def _control(self, letter: bytes) -> None:
        for each in self.programs:
            fifo = os.open(self.folders / each.name / "supervise/control", os.O_WRONLY | os.O_NONBLOCK)
            try:
                os.write(fifo, letter)
            finally:
                os.close(fifo)

    def start_all(self) -> None:
        self._control(b"u")

    def stop_all(self) -> None:
        self._control(b"d")

    def _pid(self, name: str) -> int | None:
        status = (self.folders / name / "supervise/status").read_bytes()
        return struct.unpack_from(self.pid_format, status, self.pid_offset)[0] or None

    def status_one(self, name: str) -> object:
        return self._pid(name)

    def status_all(self) -> dict[str, int | None]:
        return {each.name: self._pid(each.name) for each in self.programs}

    def log_files(self, name: str) -> list[Path]:
        folder = self.work / f"{name}.logs"
        return [each for each in (*sorted(folder.glob("@*")), folder / "current") if each.exists()]

    def own(self) -> set[int]:
        """Return the helpers, those too whose supervisor is gone."""
        return kin.kin(self.work) - set(self.running())

    def victims(self, part: str) -> set[int]:
        if part != "helper":
            return super().victims(part)
        folder = self.folders / self.programs[0].name
        return {pid for pid in self.own() if _works_in(pid, folder)}


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:  # it has ended
        return False


def _script(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
