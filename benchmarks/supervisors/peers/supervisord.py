"""supervisord, over one kept-alive connection of XML-RPC."""

import http.client
import xmlrpc.client
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.supervisors.adapter import KEEP, ROTATE_BYTES, Adapter, Program, Site, wait_for
from benchmarks.supervisors.stream import TIMEOUT_S, connect


class _UnixHttp(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = connect(self._path)


class XmlRpc:
    """XML-RPC over a unix socket."""

    def __init__(self, path: Path) -> None:
        self._http = _UnixHttp(path)

    def call(self, method: str, *params: Any) -> Any:
        """Call a method and return its result; raise xmlrpc.client.Fault, OSError or HTTPException."""
        body = xmlrpc.client.dumps(params, method)
        self._http.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
        return xmlrpc.client.loads(self._http.getresponse().read())[0][0]

    def close(self) -> None:
        """End the connection."""
        self._http.close()


class Supervisord(Adapter):
    """Configured with startsecs=0: a program counts as started at once."""

    name = "supervisord"
    notes = "getAllProcessInfo over one kept-alive XML-RPC connection; startsecs=0"

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        super().__init__(site, work, fast=fast)
        self._bin = site.peers / "supervisor" / "bin"
        self._conf, self._socket = work / "supervisord.conf", work / "s.sock"
        self._rpc: XmlRpc | None = None

    def is_installed(self) -> bool:
        return (self._bin / "supervisord").exists()

    def version(self) -> str:
        return self.run([self._bin / "supervisord", "--version"]).decode().strip()

    def configure(self, programs: Sequence[Program]) -> None:
        super().configure(programs)
        head = (
            f"[unix_http_server]\nfile={self._socket}\n"
            f"[supervisord]\nlogfile={self.work}/main.log\npidfile={self.work}/s.pid\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl=unix://{self._socket}\n"
        )
        self._conf.write_text(head + "".join(self._section(each) for each in programs))

    def _section(self, program: Program) -> str:
        return (
            f"[program:{program.name}]\ncommand={program.line}\nstartsecs=0\nautorestart=true\n"
            f"redirect_stderr=true\nstdout_logfile={self.work}/{program.name}.log\n"
            f"stdout_logfile_maxbytes={ROTATE_BYTES}\nstdout_logfile_backups={KEEP}\n"
        )

    def start_supervisor(self) -> None:
        self.launch([self._bin / "supervisord", "-n", "-c", self._conf])

    def wait_ready(self) -> None:
        self._rpc = wait_for(self._connected)

    def _connected(self) -> XmlRpc:
        rpc = XmlRpc(self._socket)
        rpc.call("supervisor.getState")
        return rpc

    def _call(self, method: str, *params: Any) -> Any:
        if self._rpc is None:
            raise ConnectionError("not connected")
        return self._rpc.call(method, *params)

    def start_all(self) -> None:
        self._call("supervisor.startAllProcesses", False)

    def stop_all(self) -> None:
        self._call("supervisor.stopAllProcesses", True)

    def status_all(self) -> dict[str, int | None]:
        return {each["name"]: each["pid"] or None for each in self._call("supervisor.getAllProcessInfo")}

    def status_one(self, name: str) -> object:
        return self._call("supervisor.getProcessInfo", name)

    def status_command(self) -> list[str]:
        return [str(self._bin / "supervisorctl"), "-c", str(self._conf), "status"]

    def close(self) -> None:
        super().close()
        if self._rpc is not None:
            self._rpc.close()
