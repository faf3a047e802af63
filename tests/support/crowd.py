"""Programs that keep their own record of what they do, and the comparison with what was kept of it."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from testbed import ROOT, Daemon

PROGRAM = ROOT / "tests" / "support" / "programs" / "teller.py"
_LINE = re.compile(rb"\S+Z ([OoEe])[ +](.*)")


class Teller:
    """One program that writes numbered lines, adopted under `name`."""

    def __init__(self, daemon: Daemon, name: str, *, rate: int, width: int = 100) -> None:
        self.daemon, self.name = daemon, name
        self.record = daemon.home / f"{name}.record"
        self._rate, self._width = rate, width

    def adopt(self, restart: str = "always") -> None:
        """Have it run."""
        self.daemon.adopt(
            self.name, sys.executable, "-S", str(PROGRAM), str(self.record), str(self._rate),
            str(self._width), restart=restart,
        )  # fmt: skip

    @property
    def runs(self) -> list[int]:
        """The processes that it was, by its own record."""
        path = Path(f"{self.record}.runs")
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    @property
    def written(self) -> int:
        """How many lines it has written, by its own record."""
        return int(self.record.read_text() or 0) if self.record.exists() else 0

    def has_more_than(self, lines: int) -> bool:
        """Has it written more than so many lines?"""
        return self.written > lines

    def order_exit(self, status: int) -> None:
        """Have it end with `status` soon, by itself."""
        order = Path(f"{self.record}.exit")
        part = order.with_suffix(".part")
        part.write_text(str(status))
        part.replace(order)

    def withdraw_order(self) -> None:
        """Let the next one run."""
        Path(f"{self.record}.exit").unlink(missing_ok=True)

    @property
    def has_ended(self) -> bool:
        """Has it ended as ordered, by its own record?"""
        return Path(f"{self.record}.ended").exists()

    def is_over(self) -> bool:
        """Has it ended as ordered, and is its process gone? The next one may run already."""
        return self.has_ended and not alive(int(Path(f"{self.record}.ended").read_text()))

    def ran(self, times: int) -> bool:
        """Has it been started so often?"""
        return len(self.runs) == times

    def numbers_kept(self) -> list[int]:
        """Return the numbers of the lines in its log files, oldest first; a line that is not whole fails."""
        return [int(line[:11]) for line in self._lines()]

    def _lines(self) -> Iterator[bytes]:
        held = b""
        for raw in self._kept().splitlines():
            found = _LINE.fullmatch(raw)
            if found is None:
                continue
            held += found[2]
            if found[1].islower():
                continue
            assert len(held) == self._width - 1, f"{self.name}: a line was split: {held[:40]!r}"
            yield held
            held = b""

    def _kept(self) -> bytes:
        """Return what is in its log files, oldest first, read while none of them was rotated away."""
        while True:
            parts = self._parts()
            kept = b"".join(part.read_bytes() for part in parts)
            if self._parts() == parts:
                return kept

    def _parts(self) -> list[Path]:
        folder = self.daemon.home / "logs" / self.name
        return [part for part in (*sorted(folder.glob("0.*.log")), folder / "0.log") if part.exists()]

    def check_lines(self, *, was_killed: bool = False) -> None:
        """Fail unless every line that it wrote is kept once, in order.

        What it wrote after its own record was read may be there too. One that was killed between writing and
        recording has written those lines again in its next life.
        """
        written = self.written
        self.daemon.call("app.logs", name=self.name, lines=1)  # has what is on its way written
        kept = self.numbers_kept()
        missing = sorted(set(range(written)) - set(kept))
        assert not missing, f"{self.name}: {len(missing)} of {written} lines are lost, from {missing[:3]}"
        if was_killed:
            return
        assert kept == sorted(kept), f"{self.name}: lines are out of order"
        assert len(set(kept)) == len(kept), f"{self.name}: {len(kept) - len(set(kept))} lines are there twice"


def alive(pid: int) -> bool:
    """Tell whether a process runs that may not be ours to wait for."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return text[text.rindex(b")") + 2 : text.rindex(b")") + 3] not in (b"Z", b"X")


def kill_verified(pid: int, part_of_command: str, number: int) -> None:
    """Signal `pid`, which has to be the process whose command line has `part_of_command` in it.

    Raises ProcessLookupError when it has ended.
    """
    descriptor = os.pidfd_open(pid)
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        if not command:
            raise ProcessLookupError(f"process {pid} has ended")
        assert part_of_command in command, f"process {pid} is {command}"
        signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)
