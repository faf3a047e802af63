"""The daemon's events: as a line for people, and as a stream that survives a restart of the daemon."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import msgspec

from protoddfctl.client import Client, ClientFault, NoDaemon, decode
from protoddfctl.session import Output
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results
from protoddfd.wire.events import Event

_AGAIN_S = 0.5
"""After how many seconds a daemon that is gone is called again."""


def told(output: Output, event: Event) -> str:
    """Return an event as a line for people."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.time))
    facts = " ".join(f"{key}={_fact(value)}" for key, value in event.data.items())
    kind, app = output.paint(event.kind, "bold"), output.paint(event.app or "", "cyan")
    return f"{event.seq:>6} {clock} {kind} {app} {output.paint(facts, '')}".rstrip()


def _fact(value: Any) -> str:
    if isinstance(value, str):
        return " | ".join(map(str.strip, value.split("\n")))
    return msgspec.json.encode(value).decode()


class Listening:
    """Hands every event to `put`, from a thread of its own, and what went wrong; Connected comes first."""

    def __init__(self, new_client: Callable[[], Client], put: Callable[[object], None]) -> None:
        self._new_client = new_client
        self._put = put

    def start(self) -> None:
        """Begin; it goes on as long as the program."""
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                with self._new_client() as client:
                    client.call("events.subscribe", {}, type=results.Subscribed)
                    self._put(Connected())
                    for method, params in client.notifications():
                        if method == "event":
                            self._put(decode(params, Event))
                fault: Exception = NoDaemon("the daemon ended the connection", hint="protoddfctl status")
            except (ClientFault, ProtoddfError) as error:
                fault = error
            self._put(fault)
            time.sleep(_AGAIN_S)


class Connected:
    """From now on no event is missed."""
