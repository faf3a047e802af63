"""Processes by number *and* start time: none is signalled or awaited that is not the one meant."""

import asyncio
import errno
import os
import select
import signal
from pathlib import Path

START_FIELD = 19
"""Index of the start time among the fields of /proc/PID/stat that follow the name (field 22 of all)."""

_PIDFD_SIGNAL_PROCESS_GROUP = 4  # Linux 6.9
_NO_PROCESS = (errno.ESRCH, errno.EINVAL, errno.ENOENT)  # the latter two: a thread of some process


class ProcessGone(Exception):
    """The process has ended, or its number belongs to another one now."""


def start_time(pid: int) -> int | None:
    """Return when `pid` started, in clock ticks since boot; None when there is no such process.

    Raises OSError when no descriptor is left to look with.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(text[text.rindex(b")") + 2 :].split()[START_FIELD])


class ProcessRef:
    """A hold on one process through a pidfd, whether or not it is our child. Close it when done.

    Raises ProcessGone when `pid` does not run or is not the process that started at `started` (clock ticks),
    OSError when no descriptor is left: then nothing is known of the process.
    """

    def __init__(self, pid: int, started: int) -> None:
        self.pid = pid
        self.start_time = started
        self._ended: asyncio.Future[None] | None = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except OSError as error:
            if error.errno not in _NO_PROCESS:
                raise
            raise ProcessGone(f"there is no process {pid}") from None
        # the order matters: what the descriptor names cannot change any more, so the look comes after it
        try:
            meant = start_time(pid) == started and self.alive
        except BaseException:
            self.close()
            raise
        if not meant:
            self.close()
            raise ProcessGone(f"process {pid} is not the one that was meant")

    def fileno(self) -> int:
        """Return the pidfd, -1 once closed; it stays this object's."""
        return self._descriptor

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

        What is left of a group whose leader has ended is reached too, where the kernel can tell it from a
        stranger's (6.9 and newer); an older one leaves it alone. A process that leads no group is signalled
        alone.
        """
        if self._descriptor == -1:
            raise ProcessGone(f"process {self.pid} was let go of")
        try:
            signal.pidfd_send_signal(self._descriptor, number, None, _PIDFD_SIGNAL_PROCESS_GROUP)
        except ProcessLookupError:  # there is no group of this number
            self.send(number)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self._send_group_by_number(number)

    def _send_group_by_number(self, number: signal.Signals) -> None:
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
