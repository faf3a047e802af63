"""Signals become something to read, so that one `select` waits for all there is."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HANDLED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Wakeup:
    """A socket that becomes readable at SIGCHLD and at the signals that end the zygote."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self.socket, self._writable = socket.socketpair()
        self.socket.setblocking(False)
        self._writable.setblocking(False)
        self._arm()

    def drain(self) -> None:
        """Read all that has arrived."""
        try:
            while self.socket.recv(4096):
                pass
        except BlockingIOError:
            return

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let signals wait, whatever handlers are set meanwhile; ours are back before the signals arrive."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        try:
            yield
        finally:
            self._arm()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)

    def _arm(self) -> None:
        signal.set_wakeup_fd(self._writable.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._stop())
