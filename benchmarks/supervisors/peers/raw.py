"""The physical limit: spawn, wait, spawn again; and a loop that reads and writes."""

import sys
from pathlib import Path

from benchmarks.supervisors.adapter import ROTATE_BYTES, Adapter

_BASELINES = Path(__file__).resolve().parent.parent / "baselines.py"


class RawC(Adapter):
    """rawsup.c and logpump.c."""

    name = "raw-c"
    notes = "rawsup.c and logpump.c: posix_spawn, wait, spawn again; nothing to ask"
    what = ("measure", "logs")

    def is_installed(self) -> bool:
        return True

    def start_supervisor(self) -> None:
        first = self.programs[0]
        if first.name == "spew":
            self.launch([*self._pump(), str(self.work / "spew.log"), str(ROTATE_BYTES), *first.argv])
        else:
            self.launch([*self._supervise(), str(len(self.programs)), *first.argv[:2]])

    def _pump(self) -> list[str]:
        return [str(self.site.programs / "logpump")]

    def _supervise(self) -> list[str]:
        return [str(self.site.programs / "rawsup")]

    def stop_all(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def log_files(self, name: str) -> list[Path]:
        log = self.work / f"{name}.log"
        older = sorted(self.work.glob(f"{name}.log.*"), key=lambda path: int(path.suffix[1:]))
        return [each for each in (*older, log) if each.exists()]


class RawPython(RawC):
    """The same loops in Python."""

    name = "raw-python"
    notes = "the same loop in Python with os.posix_spawn, and a loop that reads and writes"

    def _pump(self) -> list[str]:
        return [sys.executable, str(_BASELINES), "pump"]

    def _supervise(self) -> list[str]:
        return [sys.executable, str(_BASELINES), "supervise"]
