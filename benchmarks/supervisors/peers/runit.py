"""runit, with and without its loggers."""

from pathlib import Path

from benchmarks.supervisors.adapter import KEEP, ROTATE_BYTES, Site, stamped_version
from benchmarks.supervisors.peers.service_folders import ServiceFolders


class Runit(ServiceFolders):
    """One runsv for each program."""

    name = "runit"
    notes = "raw call: reading the status files"

    def __init__(self, site: Site, work: Path, *, fast: bool = False) -> None:
        super().__init__(site, work, fast=fast)
        self.env["PATH"] = f"{self.bin}:{self.env['PATH']}"

    def is_installed(self) -> bool:
        return (self.bin / "runsvdir").exists()

    def version(self) -> str:
        return stamped_version(self.site.peers, "runit")

    def logger(self, folder: Path) -> str:
        (folder / "config").write_text(f"s{ROTATE_BYTES}\nn{KEEP}\n")
        return f"svlogd {folder}"

    def start_supervisor(self) -> None:
        self.launch([self.bin / "runsvdir", self.folders])

    def status_command(self) -> list[str]:
        return ["sh", "-c", f"sv status {self.folders}/*"]


class RunitLog(Runit):
    """One svlogd for each program."""

    name = "runit+log"
    notes = "as runit, with one svlogd for each program"
    captures = has_loggers = True
