"""One supervisor with its programs in a temporary folder; everything is gone afterwards."""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.supervisors import kin
from benchmarks.supervisors.adapter import Adapter, Program, Site
from benchmarks.supervisors.board import Board

START_LIMIT_S = 180.0

Programs = Callable[[Site, Board], Sequence[Program]]


class DidNotStart(Exception):
    """Not every program runs."""


class Run:
    """A context; `adapter` and `board` are in use inside it."""

    def __init__(
        self,
        kind: type[Adapter],
        site: Site,
        count: int,
        programs: Programs | None = None,
        *,
        fast: bool = False,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sup"))  # short: a socket's path may not be long
        self.count = count
        self.adapter = kind(site, self.folder, fast=fast)
        self.board = Board(self.folder / "board", count)
        self.programs = (programs or idlers)(site, self.board)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            kin.end_all(self.folder, self._first())
        finally:
            self.adapter.close()
            self.board.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _first(self) -> set[int]:
        """Return the supervisor, which would start the others again."""
        try:
            return {self.adapter.main_pid()}
        except (RuntimeError, OSError, ValueError):
            return set()

    def boot_s(self) -> float:
        """Start the supervisor; return the seconds until the last program runs; raise DidNotStart."""
        self.adapter.configure(self.programs)
        begun = time.monotonic_ns()
        self.adapter.start_supervisor()
        last = self.board.wait_started(begun, START_LIMIT_S)
        if last is None:
            raise DidNotStart(f"not all of {self.count} run after {START_LIMIT_S:.0f} s: {self.said()}")
        self.adapter.wait_ready()
        return (last - begun) / 1e9

    def said(self) -> str:
        """Return the last that the supervisor said."""
        output = self.folder / "supervisor.out"
        return output.read_text(errors="replace")[-400:] if output.exists() else ""


def idlers(site: Site, board: Board) -> list[Program]:
    """Return programs that do nothing, one for each slot of the board."""
    child = str(site.programs / "child")
    slots = len(board.all())
    return [Program(f"p{slot}", (child, str(board.path), str(slot))) for slot in range(slots)]
