"""protoddfd of this checkout, over its socket."""

import os
import re
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from benchmarks.line import Line
from benchmarks.supervisors.adapter import KEEP, ROTATE_MIB, Adapter, Program, Site, wait_for
from benchmarks.supervisors.stream import listens

_BIN = Path(__file__).resolve().parents[3] / ".venv" / "bin"
_RECORD = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ([OEoe])[ +]")
_UNFINISHED = (b"o", b"e")
_ADOPTING_AT_ONCE = 16
_START_LIMIT_S = 180.0
_HELPERS = ("zygote", "logger")


class Protoddfd(Adapter):
    """The programs are adopted once, before anything is measured, and wanted up from then on."""

    name = "protoddfd"
    notes = "app.list of name, state and pid; every program's output is stamped and rotated"
    main = "daemon"
    killed = (("daemon",), ("zygote",), ("logger",), ("daemon", "zygote", "logger"))

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        super().__init__(site, work, fast=fast)
        self._socket = work / "run" / "protoddfd.sock"
        self._line: Line | None = None
        self.env["PROTODDF_HOME"] = str(work)
        self.env.pop("PROTODDF_SOCKET", None)

    def is_installed(self) -> bool:
        return (_BIN / "protoddfd").exists()

    def version(self) -> str:
        return self.run([_BIN / "protoddfd", "--version"]).decode().strip()

    def configure(self, programs: Sequence[Program]) -> None:
        super().configure(programs)
        logs = f"[logs]\nrotate_mib = {ROTATE_MIB}\nkeep = {KEEP}\nquota_mib = 0\n"
        (self.work / "config.toml").write_text(logs)
        self.start_supervisor()
        self.wait_ready()
        with ThreadPoolExecutor(_ADOPTING_AT_ONCE) as pool:
            for _ in pool.map(self._adopt, programs):
                pass
        self._end()

    def _adopt(self, program: Program) -> None:
        with Line(self._socket) as line:
            line.call("app.adopt", name=program.name, command=program.argv, cwd=str(self.work), ports=0)

    def _end(self) -> None:
        """End the daemon, and the programs with it; they stay wanted."""
        self._disconnect()
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGTERM)
            self._process.wait(60)

    def start_supervisor(self) -> None:
        self.launch([_BIN / "protoddfd"])

    def wait_ready(self) -> None:
        wait_for(self._is_connected, _START_LIMIT_S)

    def _is_connected(self) -> bool:
        self._disconnect()
        listens(self._socket)
        self._line = Line(self._socket)
        self._line.call("app.list", fields=["name"])
        return True

    def _disconnect(self) -> None:
        if self._line is not None:
            self._line.__exit__()
            self._line = None

    def _call(self, method: str, **params: Any) -> Any:
        if self._line is None:
            raise ConnectionError("not connected")
        return self._line.call(method, **params)

    def start_all(self) -> None:
        self._call("app.start", all=True, wait_s=_START_LIMIT_S)

    def stop_all(self) -> None:
        self._call("app.stop", all=True, wait_s=_START_LIMIT_S)

    def status_all(self) -> dict[str, int | None]:
        apps = self._call("app.list", fields=["name", "state", "instances.pid"])["apps"]
        return {app["name"]: _pid(app["instances"]) for app in apps}

    def status_one(self, name: str) -> object:
        return self._call("app.show", name=name)

    def status_command(self) -> list[str]:
        return [str(_BIN / "protoddfctl"), "--socket", str(self._socket), "list"]

    def log_files(self, name: str) -> list[Path]:
        folder = self.work / "logs" / name
        older = sorted(folder.glob("0.*.log"), key=lambda path: int(path.suffixes[0][1:]))
        return [each for each in (*older, folder / "0.log") if each.exists()]

    def text_of(self, record: bytes) -> bytes:
        """Return the text, without a newline where the line goes on; of the logger's remarks, nothing."""
        found = _RECORD.match(record)
        if found is None:
            return b""
        text = record[found.end() :]
        return text.rstrip(b"\n") if found[1] in _UNFINISHED else text

    def processes(self) -> dict[str, set[int]]:
        workers = {child.pid for child in psutil.Process(self.main_pid()).children()}
        helpers = {name: self.victims(name) for name in _HELPERS}
        return {"daemon": {self.main_pid()}, **helpers, "workers": workers - set().union(*helpers.values())}

    def victims(self, part: str) -> set[int]:
        if part == self.main:
            return {self.main_pid()}
        with Line(self._socket) as line:
            helper = line.call("daemon.status")[part]
        return {helper["pid"]} if helper["state"] == "up" else set()

    def close(self) -> None:
        super().close()
        self._disconnect()


def _pid(instances: Sequence[dict[str, int]]) -> int | None:
    return instances[0]["pid"] if instances else None
