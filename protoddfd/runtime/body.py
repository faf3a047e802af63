"""The process of one slot: signalled only while it is known to be the one that is meant."""

import signal
from contextlib import suppress

from protoddfd.edge.process import ProcessGone, ProcessRef


class Body:
    """One process after the other. A signal for one that is not there yet waits for it."""

    def __init__(self) -> None:
        self.process: ProcessRef | None = None
        self._pending: tuple[signal.Signals, bool] | None = None

    def expect(self) -> None:
        """Let go of the process before: another one is being made."""
        self.close()
        self._pending = None

    def appear(self, pid: int, start_time: int) -> bool:
        """Take hold of a process and send it the signal that waited; return whether it still runs."""
        self.close()
        try:
            self.process = ProcessRef(pid, start_time)
        except ProcessGone:
            return False
        if self._pending is not None:
            (number, group), self._pending = self._pending, None
            self.signal(number, group=group)
        return True

    def signal(self, number: signal.Signals, *, group: bool) -> None:
        """Signal the process, or the whole group that it leads, as soon as there is one."""
        if self.process is None:
            self._pending = (number, group)
            return
        with suppress(ProcessGone):
            if group:
                self.process.send_group(number)
            else:
                self.process.send(number)

    def close(self) -> None:
        """Let go of the process."""
        if self.process is not None:
            self.process.close()
            self.process = None
