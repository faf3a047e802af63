"""The zygote's loop: one controller at a time, requests in, notifications out. One thread, no asyncio."""

import os
import selectors
import socket
import sys
import time
from collections import deque

import msgspec

from protoddfd.zygote.channel import Channel, Packet
from protoddfd.zygote.family import Family
from protoddfd.zygote.held import HeldSockets
from protoddfd.zygote.instance_lock import InstanceLocked
from protoddfd.zygote.messages import (
    Ack,
    Fork,
    Hello,
    Hold,
    HoldFailed,
    Keep,
    Message,
    Preloaded,
    Refused,
    Release,
    Request,
    Shutdown,
    Spawn,
    StartFailed,
    decode_request,
    encode,
)
from protoddfd.zygote.preloading import Preloading
from protoddfd.zygote.wakeup import Wakeup
from protoddfd.zygote.welcome import welcomes

_STRANGERS_MAX = 16
"""Connections that may be open without having said Hello."""
_TURN = 32
"""Packets that are dealt with before children are reaped again."""


class Service:
    """Accepts controllers, fences them by generation and carries out what the current one asks."""

    def __init__(self, listener: socket.socket, family: Family, version: str, preloading: Preloading) -> None:
        self._listener = listener
        self._family = family
        self._version = version
        self._preloading = preloading
        self._forks: deque[Fork] = deque()
        self._held = HeldSockets()
        self._generation = -1
        self._controller: Channel | None = None
        self._strangers: list[Channel] = []
        self._selector = selectors.DefaultSelector()
        self._running = True

    def run(self) -> None:
        """Serve until Shutdown or SIGTERM; children live on."""
        wakeup = Wakeup(self._stop)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(wakeup.socket, selectors.EVENT_READ)
        while self._running:
            ready = self._selector.select(self._wait_s())
            for key, events in ready:
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.data, Channel):
                    self._serve(key.data, events)
                else:
                    wakeup.drain()
            self._reap()
            if not ready and not self._preloading.done:
                with wakeup.held_back():
                    self._preloading.step()
                self._after_step()
        self._reap()
        self._family.leave(time.monotonic())

    def _wait_s(self) -> float | None:
        """Return how long there is nothing to do unless somebody asks; None: for ever."""
        return self._family.wait_s(time.monotonic()) if self._preloading.done else 0.0

    def _after_step(self) -> None:
        if not self._preloading.done:
            return
        self._tell(Preloaded(error=self._preloading.error))
        while self._forks:
            self._start(self._forks.popleft())

    def _stop(self) -> None:
        self._running = False

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:  # the caller left again, or no descriptor is free: others must not suffer
            _say(f"accept: {error}")
            return
        channel = Channel(connection)
        if channel.peer_uid() not in (0, os.geteuid()):
            channel.close()
            return
        self._selector.register(connection, selectors.EVENT_READ, channel)
        self._strangers.append(channel)
        if len(self._strangers) > _STRANGERS_MAX:
            self._drop(self._strangers[0])

    def _serve(self, channel: Channel, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                channel.flush()
                self._watch(channel)
            for _ in range(_TURN):
                packet = channel.receive() if self._is_open(channel) else None
                if packet is None:
                    return
                if not packet.data:
                    self._drop(channel)
                    return
                self._take(channel, packet)
        except OSError:
            self._drop(channel)

    def _take(self, channel: Channel, packet: Packet) -> None:
        kept = False
        try:
            request = decode_request(packet.data)
        except msgspec.MsgspecError as error:
            _say(f"not understood: {error}")
        else:
            kept = self._do(channel, request, packet)
        if not kept:
            for descriptor in packet.descriptors:
                os.close(descriptor)

    def _do(self, channel: Channel, request: Request, packet: Packet) -> bool:
        """Carry out one request; return whether the packet's descriptors are now held."""
        if isinstance(request, Hello):
            self._greet(channel, request)
        elif channel is not self._controller:
            self._refuse(channel, "say Hello first")
        elif isinstance(request, Hold):
            return self._hold(request, packet)
        elif isinstance(request, Fork) and not self._preloading.done:
            self._forks.append(request)
        elif isinstance(request, Fork | Spawn):
            self._start(request)
        else:
            self._note(request)
        return False

    def _note(self, request: Release | Keep | Ack | Shutdown | Hold) -> None:
        if isinstance(request, Release):
            self._held.release(request.key)
            self._family.release(request.key)
        elif isinstance(request, Keep):
            self._family.keep(request.paths)
        elif isinstance(request, Ack):
            self._family.acknowledge(request.ids)
        elif isinstance(request, Shutdown):
            self._stop()

    def _hold(self, request: Hold, packet: Packet) -> bool:
        if packet.complete and packet.descriptors:
            self._held.hold(request.key, packet.descriptors)
            return True
        reason = "the descriptors did not arrive; is the limit of open files reached?"
        self._tell(HoldFailed(key=request.key, reason=reason))
        return False

    def _start(self, request: Fork | Spawn) -> None:
        try:
            if isinstance(request, Spawn):
                self._tell(self._family.spawn(request))
            elif self._preloading.error is not None:
                self._tell(_failed(request, "not_served", self._preloading.error))
            elif (sockets := self._held.pair(request.app)) is None:
                self._tell(_failed(request, "not_held", f"no two sockets are held for {request.app!r}"))
            else:
                self._tell(self._family.fork(request, sockets))
        except InstanceLocked as error:
            self._tell(_failed(request, "locked", str(error)))
        except (OSError, ValueError, IndexError) as error:
            self._tell(_failed(request, "os", f"{type(error).__name__}: {error}"))

    def _greet(self, channel: Channel, hello: Hello) -> None:
        if self._controller is not None and hello.generation == self._generation:
            self._serve(
                self._controller, selectors.EVENT_READ
            )  # the same daemon, whose old end may be closed
        older = self._controller
        if channel is older:
            return
        if hello.generation < self._generation or (older and hello.generation == self._generation):
            self._refuse(channel, f"a controller of generation {self._generation} was here")
            return
        self._generation = hello.generation
        self._strangers.remove(channel)
        self._controller = channel
        if older is not None:
            self._refuse(older, "a newer controller took over")
        self._forks.clear()  # the newer controller is not told of them, and so must ask itself
        for welcome, descriptors in welcomes(self._family, self._held, self._version, self._preloading):
            channel.send(encode(welcome), descriptors)
        self._watch(channel)

    def _reap(self) -> None:
        for ended in self._family.reap(time.monotonic()):
            self._tell(ended)

    def _tell(self, message: Message) -> None:
        channel = self._controller
        if channel is None:
            return
        try:
            channel.send(encode(message))
        except OSError:
            self._drop(channel)
        else:
            self._watch(channel)

    def _refuse(self, channel: Channel, reason: str) -> None:
        try:
            channel.send(encode(Refused(reason=reason, generation=self._generation)))
        except OSError as error:
            _say(f"a refused controller left: {error}")
        self._drop(channel)

    def _watch(self, channel: Channel) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if channel.wants_to_write else 0)
        if self._selector.get_key(channel.socket).events != events:
            self._selector.modify(channel.socket, events, channel)

    def _is_open(self, channel: Channel) -> bool:
        return channel is self._controller or channel in self._strangers

    def _drop(self, channel: Channel) -> None:
        if channel.socket.fileno() == -1:
            return
        self._selector.unregister(channel.socket)
        if channel is self._controller:
            self._controller = None
        if channel in self._strangers:
            self._strangers.remove(channel)
        channel.close()


def _failed(request: Fork | Spawn, kind: str, reason: str) -> StartFailed:
    return StartFailed(app=request.app, slot=request.slot, life=request.life, kind=kind, reason=reason)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
