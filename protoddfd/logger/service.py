"""The logger's loop: FIFOs in, log files out, and a control socket with a JSON value per line."""

import os
import select
import signal
import socket
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from protoddfd.logger.control import Client, Request, RequestRefused, accept
from protoddfd.logger.messages import PROTOCOL, Limits
from protoddfd.logger.streams import Streams

TICK_S = 0.25
SWEEP_FIRST_S = 10.0
SWEEP_S = 600.0
"""How often all log files are looked at for their age; an idle logger wakes for nothing else."""


class Service:
    """All streams of one home."""

    def __init__(self, home: Path, listener: socket.socket, limits: Limits) -> None:
        self._listener = listener
        self._epoll = select.epoll()
        self._others: dict[int, Callable[[int], object]] = {}
        """What is called for descriptors that are no FIFOs."""
        self._tick_at = inf
        self._sweep_at = time.monotonic() + SWEEP_FIRST_S
        self._running = True
        self._streams = Streams(
            home, limits, lambda fifo: self._epoll.register(fifo, select.EPOLLIN), self._epoll.unregister
        )
        self._janitor = self._streams.janitor
        listener.setblocking(False)
        self._watch(listener.fileno(), self._accept)

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then take what is in the FIFOs and return."""
        self._stop_on_signals()
        while self._running:
            self.turn(self.patience_s())
        self._streams.finish()

    def turn(self, limit_s: float) -> None:
        """Wait at most `limit_s` for something to do; take a bounded chunk of each stream that has one."""
        streams, others = self._streams.by_descriptor, self._others
        for descriptor, events in self._epoll.poll(limit_s):
            if descriptor in streams:
                self._streams.pump(streams[descriptor])
            elif descriptor in others:
                others[descriptor](events)
        now = time.monotonic()
        if now >= self._tick_at:
            self._streams.tick()
            self._tick_at = inf
        if now >= self._sweep_at:
            self.look_at_all_files()
        self._janitor.work()
        if self._tick_at == inf and self._streams.waiting:
            self._tick_at = now + TICK_S

    def look_at_all_files(self) -> None:
        """Have what is too old or too much removed in the next turns."""
        self._janitor.look_at_all()
        self._sweep_at = time.monotonic() + SWEEP_S

    def close(self) -> None:
        """Let go of everything, without a last look at the FIFOs."""
        self._streams.close()
        self._epoll.close()

    def patience_s(self) -> float:
        """Return how long the next turn may wait when no stream and no client has anything."""
        if self._janitor.busy:
            return 0.0
        return max(min(self._tick_at, self._sweep_at) - time.monotonic(), 0.0)

    def _stop_on_signals(self) -> None:
        readable, writable = socket.socketpair()
        writable.setblocking(False)
        signal.set_wakeup_fd(writable.detach(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._watch(readable.fileno(), lambda _events: readable.recv(64))

    def _stop(self, _number: int, _frame: object) -> None:
        self._running = False

    def _watch(self, descriptor: int, handle: Callable[[int], object]) -> None:
        self._others[descriptor] = handle
        self._epoll.register(descriptor, select.EPOLLIN)

    def _unwatch(self, descriptor: int) -> None:
        del self._others[descriptor]
        self._epoll.unregister(descriptor)

    def _accept(self, _events: int) -> None:
        client = accept(self._listener, self._answer)
        if client is not None:
            self._watch(client.descriptor, lambda events: self._talk(client, events))

    def _talk(self, client: Client, events: int) -> None:
        if not client.handle(events):
            self._unwatch(client.descriptor)
            client.close()
            return
        wanted = select.EPOLLIN | (select.EPOLLOUT if client.wants_to_write else 0)
        self._epoll.modify(client.descriptor, wanted)

    def _answer(self, request: Request) -> dict[str, Any]:
        """Carry out one request; raises RequestRefused or OSError."""
        known: dict[str, Callable[[Request], dict[str, Any] | None]] = {
            "add": self._add,
            "remove": lambda asked: self._streams.remove(*asked.instance()),
            "end": lambda asked: self._streams.end_lines(asked.instance().name),
            "flush": lambda asked: self._streams.flush(asked.app_or_none()),
            "reopen": lambda asked: self._streams.reopen(),
            "configure": lambda asked: self._streams.configure(asked.limits()),
            "sweep": lambda asked: self._janitor.finish(asked.app_name()),
            "counts": lambda asked: self._streams.counts(asked.app_name()),
            "stats": self._stats,
        }
        if not isinstance(request.do, str) or request.do not in known:
            raise RequestRefused(f"unknown request {request.do!r}")
        return known[request.do](request) or {}

    def _add(self, request: Request) -> dict[str, Any]:
        failed: dict[str, str] = {}
        for instance in request.instances():
            try:
                self._streams.add(*instance)
            except OSError as error:
                failed[instance.name] = str(error)
        return {"failed": failed} if failed else {}

    def _stats(self, _request: Request) -> dict[str, Any]:
        return {"pid": os.getpid(), "protocol": PROTOCOL, "streams": self._streams.stats()}
