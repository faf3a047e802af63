"""pm2, over the socket of its daemon; starts and stops go through its command."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.supervisors.adapter import Adapter, Program, Site, stamped_version, wait_for
from benchmarks.supervisors.node import node_path
from benchmarks.supervisors.stream import Stream

_COUNT_MASK = 15


class AxonError(Exception):
    """pm2 answered with an error."""


class Axon(Stream):
    """An axon REQ socket that speaks axon-rpc in AMP frames."""

    def call(self, method: str, *params: Any) -> Any:
        """Call a method and return its result; raise AxonError."""
        request = {"type": "call", "method": method, "args": params}
        parts = (b"j:" + msgspec.json.encode(request), b"s:bench:1")
        frames = b"".join(struct.pack(">I", len(part)) + part for part in parts)
        self.send(bytes([1 << 4 | len(parts)]) + frames)
        count = self.exactly(1)[0] & _COUNT_MASK
        reply = [self.exactly(struct.unpack(">I", self.exactly(4))[0]) for _ in range(count)]
        message = msgspec.json.decode(reply[0][2:])
        if "error" in message:
            raise AxonError(str(message["error"]))
        return message["args"][0]


class Pm2(Adapter):
    """Its daemon is started by its command and is no child of ours."""

    name = "pm2"
    notes = (
        "axon-rpc getMonitorData, which reads CPU and memory of all; its protocol has no status of one; "
        "rotates nothing"
    )

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        super().__init__(site, work, fast=fast)
        self._home = work / "home"
        self._conf = work / "ecosystem.config.json"
        self._bin = site.peers / "pm2" / "node_modules" / ".bin" / "pm2"
        self._rpc: Axon | None = None
        self.env.update(PM2_HOME=str(self._home), PATH=node_path())
        self.env.update(PM2_DISABLE_VERSION_CHECK="true", PM2_DISCRETE_MODE="true")

    def is_installed(self) -> bool:
        return self._bin.exists()

    def version(self) -> str:
        return stamped_version(self.site.peers, "pm2")

    def configure(self, programs: Sequence[Program]) -> None:
        super().configure(programs)
        self._conf.write_bytes(msgspec.json.encode({"apps": [self._app(each) for each in programs]}))

    def _app(self, program: Program) -> dict[str, object]:
        return {
            "name": program.name,
            "script": program.argv[0],
            "args": program.argv[1:],
            "interpreter": "none",
            "exec_mode": "fork",
            "cwd": str(self.work),
            "out_file": f"{self.work}/{program.name}.log",
            "error_file": f"{self.work}/{program.name}.err",
            "max_restarts": 1000,
        }

    def start_supervisor(self) -> None:
        self.run([self._bin, "start", self._conf])

    def main_pid(self) -> int:
        return int((self._home / "pm2.pid").read_text())

    def wait_ready(self) -> None:
        self._rpc = wait_for(lambda: Axon(self._home / "rpc.sock"))

    def start_all(self) -> None:
        self.run([self._bin, "start", "all"])

    def stop_all(self) -> None:
        self.run([self._bin, "stop", "all"])

    def status_all(self) -> dict[str, int | None]:
        if self._rpc is None:
            raise ConnectionError("not connected")
        return {each["name"]: each["pid"] or None for each in self._rpc.call("getMonitorData", {})}

    def status_one(self, name: str) -> object:
        return self.status_all()[name]

    def status_command(self) -> list[str]:
        return [str(self._bin), "jlist"]

    def close(self) -> None:
        super().close()
        if self._rpc is not None:
            self._rpc.close()
