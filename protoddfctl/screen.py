"""The whole terminal as one picture that is drawn anew: for what is watched rather than read.

The terminal is given back as it was found, however the block ends. News (keys, a new size, and whatever other
threads put there) arrive in one queue, so that a view waits in one place.
"""

import os
import signal
import sys
import termios
import tty
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from types import FrameType
from typing import Any, Self

from protoddfctl.client import ClientFault
from protoddfctl.session import Output

_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_KEYS = {
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1bOA": "up", b"\x1bOB": "down", b"\x1b[5~": "page up",
    b"\x1b[6~": "page down", b"\x1b[H": "home", b"\x1b[F": "end", b"\x1b": "escape", b"k": "up", b"j": "down",
}  # fmt: skip


@dataclass(frozen=True)
class Key:
    """A key was pressed; letters are called by themselves."""

    name: str


@dataclass(frozen=True)
class Resized:
    """The terminal has another size, or was away: everything has to be drawn."""


class Screen:
    """The terminal while the block runs; `news` takes what other threads have to tell."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.news: SimpleQueue[Any] = SimpleQueue()
        self._found: list[Any] = []
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if not (self._output.is_terminal and sys.stdin.isatty()):
            raise ClientFault("there is no terminal to draw on", hint="leave --watch out, or say --json")
        self._found = termios.tcgetattr(0)
        own = {
            signal.SIGWINCH: self._resized, signal.SIGCONT: self._back, signal.SIGTSTP: self._away,
            signal.SIGTERM: self._ended, signal.SIGHUP: self._ended,
        }  # fmt: skip
        for number, handler in own.items():
            self._handlers[number] = signal.signal(number, handler)
        self._take()
        Thread(target=self._read_keys, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._give_back()

    @property
    def size(self) -> tuple[int, int]:
        """How many columns and lines there are."""
        try:
            found = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return 80, 24
        return found.columns or 80, found.lines or 24

    def draw(self, lines: list[str]) -> None:
        """Show `lines`, each of which fits; what is below the last line of the terminal is left out."""
        _, height = self.size
        body = "\x1b[K\r\n".join(lines[:height])
        self._output.write(f"\x1b[?2026h\x1b[H{body}\x1b[K\x1b[J\x1b[?2026l")
        self._output.flush()

    def wait(self, seconds: float) -> Any:
        """Return the next piece of news, or None when there was none for so long."""
        try:
            return self.news.get(timeout=max(seconds, 0.0))
        except Empty:
            return None

    def _take(self) -> None:
        tty.setcbreak(0, termios.TCSADRAIN)
        self._output.write(_ENTER)
        self._output.flush()

    def _give_back(self) -> None:
        with suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, self._found)
            self._output.write(_LEAVE)
            self._output.flush()

    def _read_keys(self) -> None:
        while True:
            try:
                pressed = os.read(0, 64)
            except OSError:
                return
            if not pressed:
                return
            self.news.put(Key(_KEYS.get(pressed) or pressed[:1].decode("latin-1")))

    def _resized(self, number: int, frame: FrameType | None) -> None:
        self.news.put(Resized())

    def _away(self, number: int, frame: FrameType | None) -> None:
        self._give_back()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _back(self, number: int, frame: FrameType | None) -> None:
        self._take()
        self.news.put(Resized())

    def _ended(self, number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)
