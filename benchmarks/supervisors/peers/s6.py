"""s6, with and without its loggers."""

import shutil
from pathlib import Path

from benchmarks.supervisors.adapter import KEEP, ROTATE_BYTES
from benchmarks.supervisors.peers.service_folders import ServiceFolders

_SERVICES_MAX = 4000


class S6(ServiceFolders):
    """One s6-supervise for each program."""

    name = "s6"
    notes = "raw call: reading the status files; its command tells one program"
    pid_format, pid_offset = ">Q", 24

    def is_installed(self) -> bool:
        return shutil.which("s6-svscan") is not None

    def version(self) -> str:
        return self.run(["dpkg-query", "-W", "-f", "${Version}", "s6"], check=False).decode()

    def logger(self, folder: Path) -> str:
        return f"s6-log n{KEEP} s{ROTATE_BYTES} {folder}"

    def start_supervisor(self) -> None:
        self.launch(["s6-svscan", "-c", str(_SERVICES_MAX), self.folders])

    def status_command(self) -> list[str]:
        return ["sh", "-c", f'for d in {self.folders}/*; do printf "%s: " "$d"; s6-svstat "$d"; done']


class S6Log(S6):
    """One s6-log and one more s6-supervise for each program."""

    name = "s6+log"
    notes = "as s6, with one s6-log and one more s6-supervise for each program"
    captures = has_loggers = True
