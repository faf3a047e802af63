"""An app's sockets: taken, held by the zygote too, opened and shut. All its instances share them."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from protoddfd.edge import listen


class SecondHolder(Protocol):
    """What holds sockets beside the daemon: the zygote."""

    def hold(self, key: str, sockets: Sequence[socket.socket]) -> bool:
        """Hold `sockets` too; return whether that will be done."""

    def release(self, key: str) -> None:
        """Close what is held under `key`."""


class Doors:
    """The sockets of one app, the frontend's first."""

    def __init__(self, key: str, second: SecondHolder) -> None:
        self.sockets: tuple[socket.socket, ...] | None = None
        self.reserved = False
        """Are they only reservations, beside which the app binds for itself?"""
        self.held_twice = False
        self._key = key
        self._second = second
        self._watched: list[socket.socket] = []

    @property
    def _listeners(self) -> tuple[socket.socket, ...]:
        return () if self.sockets is None or self.reserved else self.sockets

    def take(self, ports: Sequence[int], *, reserved: bool) -> None:
        """Bind all `ports` in the given way, if they are not bound so already.

        Raises:
            listen.PortTaken: a stranger has one of them.
            OSError: the system refuses.
        """
        if self.sockets is not None:
            self._turn(reserved=reserved)
            return
        bind = listen.reserve if reserved else listen.hold
        bound: list[socket.socket] = []
        try:
            bound.extend(bind(port) for port in ports)
        except BaseException:
            for each in bound:
                each.close()
            raise
        self.sockets, self.reserved = tuple(bound), reserved

    def _turn(self, *, reserved: bool) -> None:
        """Keep the sockets in the other way; binding anew would meet the second holder's copies."""
        if reserved == self.reserved:
            return
        self.unwatch()
        for each in self.sockets or ():
            if reserved:
                listen.to_reservation(each)
            else:
                listen.to_held(each)
        self.reserved = reserved
        if reserved and self.held_twice:
            self._second.release(self._key)
            self.held_twice = False

    def accept(self, sockets: Sequence[socket.socket], *, held_twice: bool, reserved: bool = False) -> None:
        """Take over sockets that are bound already."""
        self.drop()
        self.sockets, self.reserved, self.held_twice = tuple(sockets), reserved, held_twice

    def give(self) -> None:
        """Let the second holder have them too, so that they outlive the daemon."""
        if self._listeners and not self.held_twice:
            self.held_twice = self._second.hold(self._key, self._listeners)

    def drop(self) -> None:
        """Close all, here and at the second holder."""
        self.unwatch()
        if self.held_twice:
            self._second.release(self._key)
        self.held_twice = False
        for each in self.sockets or ():
            each.close()
        self.sockets = None

    def open(self) -> None:
        """Let clients wait in the backlog."""
        for each in self._listeners:
            with suppress(listen.PortTaken):
                listen.open_listener(each)

    def shut(self) -> None:
        """Keep the ports and refuse clients."""
        self.unwatch()
        for each in self._listeners:
            listen.shut(each)

    def watch(self, touched: Callable[[], None]) -> None:
        """Call `touched` when a client connects, until `unwatch`."""
        self.unwatch()
        loop = asyncio.get_running_loop()
        for each in self._listeners:
            loop.add_reader(each.fileno(), touched)
            self._watched.append(each)

    def unwatch(self) -> None:
        """Leave clients to those who serve them."""
        for each in self._watched:
            asyncio.get_running_loop().remove_reader(each.fileno())
        self._watched.clear()
