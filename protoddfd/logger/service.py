"""The logger's loop: FIFOs in, log files out, and a control socket with a JSON value per line."""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protoddfd.logger.control import Client, Request, RequestRefused, accept
from protoddfd.logger.journal import Journal, Unfinished
from protoddfd.logger.logfile import LogFile
from protoddfd.logger.stream import HOLD_S, Stream

LETTERS = {"out": "O", "err": "E"}
_TICK_S = 0.25
_DRAIN_BYTES = 4 * 1024 * 1024


class Service:
    """All streams of one home."""

    def __init__(self, home: Path, listener: socket.socket, max_bytes: int, kept: int) -> None:
        self._fifos = home / "run" / "log"
        self._logs = home / "logs"
        self._listener = listener
        self._max_bytes = max_bytes
        self._kept = kept
        self._epoll = select.epoll()
        self._streams: dict[str, Stream] = {}
        self._by_descriptor: dict[int, Callable[[int], object]] = {}
        self._files: dict[str, LogFile] = {}
        self._waiting: dict[str, float] = {}
        """When the unfinished line of a stream is written as it is (monotonic seconds)."""
        self._running = True
        self._fifos.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._journal = self._recover()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then take what is in the FIFOs and return."""
        self._stop_on_signals()
        self._listener.setblocking(False)
        self._watch(self._listener.fileno(), lambda _events: self._accept())
        while self._running:
            busy = self._waiting or any(each.dropped_lines for each in self._files.values())
            self._turn(_TICK_S if busy else None)
            if busy:
                self._tick()
        self._finish()

    def _turn(self, limit_s: float | None) -> None:
        for descriptor, events in self._epoll.poll(limit_s):
            handle = self._by_descriptor.get(descriptor)
            if handle is not None:
                handle(events)

    def _finish(self) -> None:
        for stream in self._streams.values():
            stream.drain(_DRAIN_BYTES)
        for file in self._files.values():
            if file.dropped_lines:
                file.confess()

    def _stop_on_signals(self) -> None:
        readable, writable = socket.socketpair()
        writable.setblocking(False)
        signal.set_wakeup_fd(writable.detach(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._watch(readable.fileno(), lambda _events: readable.recv(64))

    def _stop(self, _number: int, _frame: object) -> None:
        self._running = False

    def _recover(self) -> Journal:
        path = self._fifos / ".journal"
        fresh = self._fifos / ".journal.new"
        step, held = Journal.recover(path)
        journal = Journal(fresh)
        for fifo in sorted(self._fifos.iterdir()):
            if fifo.is_fifo() and fifo.suffix[1:] in LETTERS:
                with contextlib.suppress(OSError):
                    self._resume(self._open(fifo, journal), step, held)
        try:
            fresh.replace(path)
        except FileNotFoundError:  # no room for a journal; the old one must not be carried out twice
            path.unlink(missing_ok=True)
        return journal

    def _resume(self, stream: Stream, step: Unfinished | None, held: dict[str, bytes]) -> None:
        if step is not None and step.stream == stream.name:
            stream.redo(step)
        elif stream.name in held:
            stream.adopt(held[stream.name])
        if stream.held:
            self._waiting[stream.name] = time.monotonic() + HOLD_S

    def _open(self, fifo: Path, journal: Journal) -> Stream:
        instance, _, kind = fifo.name.rpartition(".")
        app, _, slot = instance.rpartition(".")
        if instance not in self._files:
            self._files[instance] = LogFile(self._logs / app / f"{slot}.log", self._max_bytes, self._kept)
        stream = Stream(fifo, LETTERS[kind], self._files[instance], journal)
        self._streams[fifo.name] = stream
        self._watch(stream.descriptor, lambda _events: self._pump(stream))
        return stream

    def _watch(self, descriptor: int, handle: Callable[[int], object]) -> None:
        self._by_descriptor[descriptor] = handle
        self._epoll.register(descriptor, select.EPOLLIN)

    def _pump(self, stream: Stream) -> None:
        before = stream.held
        stream.pump()
        if not stream.held:
            self._waiting.pop(stream.name, None)
        elif stream.name not in self._waiting or not stream.held.startswith(before):
            self._waiting[stream.name] = time.monotonic() + HOLD_S

    def _tick(self) -> None:
        now = time.monotonic()
        for name in [name for name, due in self._waiting.items() if due <= now]:
            del self._waiting[name]
            self._streams[name].force()
        for file in self._files.values():
            if file.dropped_lines:
                file.confess()

    def _accept(self) -> None:
        client = accept(self._listener, self._answer)
        if client is not None:
            self._watch(client.descriptor, lambda events: self._talk(client, events))

    def _talk(self, client: Client, events: int) -> None:
        if not client.handle(events):
            del self._by_descriptor[client.descriptor]
            self._epoll.unregister(client.descriptor)
            client.close()
            return
        wanted = select.EPOLLIN | (select.EPOLLOUT if client.wants_to_write else 0)
        self._epoll.modify(client.descriptor, wanted)

    def _answer(self, request: Request) -> dict[str, Any]:
        """Carry out one request; raises RequestRefused or OSError."""
        if request.do == "add":
            self._add(request.instance())
        elif request.do == "remove":
            self._remove(request.instance())
        elif request.do == "flush":
            self._flush(request)
        elif request.do == "reopen":
            for file in self._files.values():
                file.close()
        elif request.do == "stats":
            return {"pid": os.getpid(), "streams": self._stats()}
        else:
            raise RequestRefused(f"unknown request {request.do!r}")
        return {}

    def _add(self, instance: str) -> None:
        for kind in LETTERS:
            fifo = self._fifos / f"{instance}.{kind}"
            if fifo.name in self._streams:
                continue
            with contextlib.suppress(FileExistsError):
                os.mkfifo(fifo, 0o600)
            self._open(fifo, self._journal)

    def _remove(self, instance: str) -> None:
        for kind in LETTERS:
            stream = self._streams.pop(f"{instance}.{kind}", None)
            if stream is not None:
                stream.drain(_DRAIN_BYTES)
                self._waiting.pop(stream.name, None)
                self._epoll.unregister(stream.descriptor)
                del self._by_descriptor[stream.descriptor]
                stream.close()
            (self._fifos / f"{instance}.{kind}").unlink(missing_ok=True)
        file = self._files.pop(instance, None)
        if file is not None:
            file.close()

    def _flush(self, request: Request) -> None:
        names = [f"{request.instance()}.{kind}" for kind in LETTERS] if request.app else list(self._streams)
        for name in names:
            stream = self._streams.get(name)
            if stream is not None:
                stream.drain(_DRAIN_BYTES)
                self._waiting.pop(name, None)

    def _stats(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "bytes": stream.taken,
                "written": stream.log.written,
                "dropped": stream.log.dropped_total,
            }
            for name, stream in self._streams.items()
        ]
