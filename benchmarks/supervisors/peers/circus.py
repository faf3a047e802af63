"""circus, over its ZeroMQ endpoint."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.supervisors.adapter import KEEP, ROTATE_BYTES, Adapter, Program, Site, wait_for
from benchmarks.supervisors.stream import Stream

_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
_READY = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER"
_LONG = 2
_SHORT_MAX = 255


class Zmtp(Stream):
    """A ZMTP 3.0 DEALER with the NULL mechanism: enough to speak to circusd's ROUTER socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.send(_GREETING)
        self.exactly(len(_GREETING))
        self.send(bytes([4, len(_READY)]) + _READY)
        self._frame()

    def _frame(self) -> bytes:
        flags = self.exactly(1)[0]
        size = struct.unpack(">Q", self.exactly(8))[0] if flags & _LONG else self.exactly(1)[0]
        return self.exactly(size)

    def call(self, command: str, **properties: Any) -> Any:
        """Carry out a command of circus and return the answer."""
        body = msgspec.json.encode({"id": "b", "command": command, "properties": properties})
        long = len(body) > _SHORT_MAX
        self.send((struct.pack(">BQ", _LONG, len(body)) if long else bytes([0, len(body)])) + body)
        return msgspec.json.decode(self._frame())


class Circus(Adapter):
    """Looks for dead programs every second, every 0.1 s in fast mode."""

    name = "circus"
    notes = "ZMTP; `status` tells states, no pids; check_delay 1 s, and 0.1 s for the killed programs"
    has_fast_mode = True

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        super().__init__(site, work, fast=fast)
        self._bin = site.peers / "circus" / "bin"
        self._conf, self._socket = work / "circus.ini", work / "c.sock"
        self._rpc: Zmtp | None = None

    def is_installed(self) -> bool:
        return (self._bin / "circusd").exists()

    def version(self) -> str:
        return self.run([self._bin / "circusd", "--version"]).decode().strip()

    def configure(self, programs: Sequence[Program]) -> None:
        super().configure(programs)
        head = (
            f"[circus]\nendpoint=ipc://{self._socket}\npubsub_endpoint=ipc://{self.work}/p.sock\nstatsd=False\n"
            f"check_delay={0.1 if self.fast else 1}\n"
        )
        self._conf.write_text(head + "".join(self._section(each) for each in programs))

    def _section(self, program: Program) -> str:
        return (
            f"[watcher:{program.name}]\ncmd={program.line}\ncopy_env=True\nmax_retry=-1\n"
            f"stdout_stream.class=FileStream\nstdout_stream.filename={self.work}/{program.name}.log\n"
            f"stdout_stream.max_bytes={ROTATE_BYTES}\nstdout_stream.backup_count={KEEP}\n"
        )

    def start_supervisor(self) -> None:
        self.launch([self._bin / "circusd", self._conf])

    def wait_ready(self) -> None:
        self._rpc = wait_for(self._connected)

    def _connected(self) -> Zmtp:
        rpc = Zmtp(self._socket)
        rpc.call("numwatchers")
        return rpc

    def _call(self, command: str, **properties: Any) -> Any:
        if self._rpc is None:
            raise ConnectionError("not connected")
        return self._rpc.call(command, **properties)

    def start_all(self) -> None:
        self._call("start", waiting=True)

    def stop_all(self) -> None:
        self._call("stop", waiting=True)

    def status_all(self) -> dict[str, int | None]:
        states = self._call("status")["statuses"]
        return {name: 0 if state == "active" else None for name, state in states.items()}

    def status_one(self, name: str) -> object:
        return self._call("list", name=name)["pids"]

    def status_command(self) -> list[str]:
        return [str(self._bin / "circusctl"), "--endpoint", f"ipc://{self._socket}", "status"]

    def close(self) -> None:
        super().close()
        if self._rpc is not None:
            self._rpc.close()
