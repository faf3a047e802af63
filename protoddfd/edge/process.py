"""Processes by number *and* start time: none is signalled or awaited that is not the one meant."""

import asyncio
import os
import select
import signal
from pathlib import Path

START_FIELD = 19
"""Index of the start time among the fields of /proc/PID/stat that follow the name (field 22 of all)."""


class ProcessGone(Exception):
    """The process has ended, or its number belongs to another one now."""


def start_time(pid: int) -> int | None:
    """Return when `pid` started, in clock ticks since boot; None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(text[text.rindex(b")") + 2 :].split()[START_FIELD])


class ProcessRef:
    """A hold on one process through a pidfd, whether or not it is our child. Close it when done.

    Raises ProcessGone when `pid` does not run or is not the process that started at `started` (clock ticks).
    """

    def __init__(self, pid: int, started: int) -> None:
        self.pid = pid
        self.start_time = started
        self._ended: asyncio.Future[None] | None = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            raise ProcessGone(f"there is no process {pid}") from None
        # the order matters: what the descriptor names cannot change any more, so the look comes after it
        if start_time(pid) != started or not self.alive:
            os.close(self._descriptor)
            self._descriptor = -1
            raise ProcessGone(f"process {pid} is not the one that was meant")

    @property
    def alive(self) -> bool:
        """Whether the process has not ended (a zombie has)."""
        return self._descriptor != -1 and not _readable(self._descriptor)

    def send(self, number: signal.Signals) -> None:
        """Signal this process and no other; raises ProcessGone or PermissionError."""
        if self._descriptor == -1:
            raise ProcessGone(f"process {self.pid} was let go of")
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            raise ProcessGone(f"process {self.pid} has ended") from None

    def send_group(self, number: signal.Signals) -> None:
        """Signal the group that this process leads; raises ProcessGone or PermissionError.

        A group whose leader has ended cannot be told from a stranger's and is left alone, and a process that
        leads no group is signalled alone.
        """
        if not self.alive:
            raise ProcessGone(f"process {self.pid} has ended")
        try:
            leads = os.getpgid(self.pid) == self.pid and self.alive
            if leads:
                os.killpg(self.pid, number)
        except ProcessLookupError:
            raise ProcessGone(f"process {self.pid} has ended") from None
        if not leads:
            self.send(number)

    async def exited(self) -> None:
        """Return when the process has ended; several tasks may wait."""
        if not self.alive:
            return
        if self._ended is None:
            loop = asyncio.get_running_loop()
            self._ended = loop.create_future()
            loop.add_reader(self._descriptor, self._note_end, loop)
        await asyncio.shield(self._ended)

    def close(self) -> None:
        """Let go of the process; those who wait for its end are cancelled."""
        if self._descriptor == -1:
            return
        if self._ended is not None and not self._ended.done():
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._ended.cancel()
        os.close(self._descriptor)
        self._descriptor = -1

    def _note_end(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._descriptor)
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


def _readable(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
