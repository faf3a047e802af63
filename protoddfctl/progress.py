"""How far a piece of work is, on one line of the terminal that goes away again."""

import sys
import time
from threading import Event as Flag
from threading import Thread

from protoddfctl.client import ClientFault, decode
from protoddfctl.session import Session
from protoddfctl.show import clean, cut
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results
from protoddfd.wire.events import Event

_BAR = 20
_TICK_S = 0.2
_CLEAR = "\r\x1b[K"
_PLAIN, _RICH = ("#", ".", "-\\|/"), ("█", "░", "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
"""What a bar is made of, and what turns meanwhile: in any encoding, and in Unicode."""


class Progress:
    """Shows an app's progress on standard error, over a connection and in threads of its own."""

    def __init__(self, session: Session, name: str, doing: str) -> None:
        """Show `doing` until the daemon tells more of the app called `name`."""
        self._output = session.output
        self._text = doing
        self._part: float | None = None
        self._began = time.monotonic()
        self._over = Flag()
        self._client = session.new_client()
        kinds = {"apps": [name], "kinds": ["progress", "app.changed", "app.created"]}
        self._client.call("events.subscribe", kinds, type=results.Subscribed)
        self._threads = [Thread(target=run, daemon=True) for run in (self._listen, self._draw)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop, and clear the line."""
        self._over.set()
        self._client.interrupt()
        for thread in self._threads:
            thread.join()
        self._client.close()
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()

    def _listen(self) -> None:
        try:
            for method, params in self._client.notifications():
                if method == "event":
                    self._note(decode(params, Event))
        except (ClientFault, ProtoddfError):
            return  # the work itself will tell what is wrong

    def _note(self, event: Event) -> None:
        if event.kind == "progress":
            part = event.data.get("part")
            self._text = clean(str(event.data.get("text", "")))
            self._part = float(part) if isinstance(part, int | float) else None
        elif event.kind == "app.changed" and event.data.get("state") == "starting":
            self._text, self._part = "starting", None

    def _draw(self) -> None:
        turn = 0
        while not self._over.wait(_TICK_S if turn else 0):
            width = self._output.error_width - 1
            sys.stderr.write(f"{_CLEAR}{self._line(turn, width)}")
            sys.stderr.flush()
            turn += 1

    def _line(self, turn: int, width: int) -> str:
        full, empty, turning = _RICH if sys.stderr.encoding.lower().startswith("utf") else _PLAIN
        elapsed = f"{time.monotonic() - self._began:.0f} s"
        if self._part is None:
            mark = turning[turn % len(turning)]
        else:
            done = round(min(max(self._part, 0.0), 1.0) * _BAR)
            mark = f"{full * done}{empty * (_BAR - done)} {self._part:4.0%}"
        return cut(f"{mark} {self._text} ({elapsed})", width)
