"""daemontools."""

from pathlib import Path

from benchmarks.supervisors.adapter import KEEP, ROTATE_BYTES, Site, stamped_version
from benchmarks.supervisors.peers.service_folders import ServiceFolders


class Daemontools(ServiceFolders):
    """One supervise for each program."""

    name = "daemontools"
    notes = "raw call: reading the status files"

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        super().__init__(site, work, fast=fast)
        self.env["PATH"] = f"{self.bin}:{self.env['PATH']}"

    def is_installed(self) -> bool:
        return (self.bin / "svscan").exists()

    def version(self) -> str:
        return stamped_version(self.site.peers, "daemontools")

    def logger(self, folder: Path) -> str:
        return f"multilog s{ROTATE_BYTES} n{KEEP} {folder}"

    def start_supervisor(self) -> None:
        self.launch([self.bin / "svscan", self.folders])

    def status_command(self) -> list[str]:
        return ["sh", "-c", f"svstat {self.folders}/*"]
