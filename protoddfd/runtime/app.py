"""One app at run time: its record, its sockets, its instance, and the effects that its instance asks for."""

import asyncio
import signal
import socket
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

import msgspec
import structlog

from protoddfd.core import facts
from protoddfd.core.lifecycle import Instance, Policy
from protoddfd.edge import listen, probe
from protoddfd.edge.process import ProcessGone, ProcessRef
from protoddfd.runtime.bus import Bus
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.slot import Slot
from protoddfd.wire import results
from protoddfd.worker.messages import Inspection

RETRY_S = 0.05
REFLEX_START_TIMEOUT_S = 900.0
"""The first start of an app in an environment of its own installs that environment."""

log = structlog.get_logger("protoddfd.app")


class Launcher(Protocol):
    """What makes processes, and holds sockets a second time; the zygote."""

    def hold(self, key: str, sockets: Sequence[socket.socket]) -> bool:
        """Hold `sockets` too; return whether that will be done."""

    def release(self, key: str) -> None:
        """Close what is held under `key`."""

    def launch(self, app: "App", slot: Slot, life: int) -> None:
        """Make a process; its news go to `app`."""


class Surroundings(Protocol):
    """What an app needs of the daemon."""

    @property
    def policy(self) -> Policy:
        """How apps are to be treated."""

    @property
    def bus(self) -> Bus:
        """Where changes are told."""

    @property
    def zygote(self) -> Launcher:
        """What makes processes."""

    def spawn_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside everything else."""


class App:
    """An app that the daemon keeps. `services` are what it shares with the others."""

    def __init__(self, record: AppRecord, services: Surroundings) -> None:
        self.record = record
        self.services = services
        self.inspection: Inspection | None = None
        self.bundle: results.Bundle = results.Bundle(state="none")
        self.sockets: tuple[socket.socket, socket.socket] | None = None
        self.reserved = False
        """Are the sockets only reservations, beside which the app binds for itself?"""
        self.held_with_zygote = False
        self.slot = Slot(0, services.policy, self)
        self.slot.it = msgspec.structs.replace(self.slot.it, wanted=record.wanted)
        self.vanished_at: float | None = None
        self._process: ProcessRef | None = None
        self._pending_signal: signal.Signals | None = None
        self._checking: asyncio.Task[None] | None = None

    # What clients see -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The app's name."""
        return self.record.name

    @property
    def served_by(self) -> results.ServedBy:
        """Who makes its process."""
        return self.record.served_by

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.record.frontend}/"

    def view(self) -> results.App:
        """Return the app as clients see it."""
        record, it = self.record, self.slot.it
        instance = self.slot.view()
        return results.App(
            name=record.name,
            title=record.title,
            template=record.template,
            state=it.state,
            wanted=it.wanted,
            reason=it.reason,
            ports=results.Ports(frontend=record.frontend, backend=record.backend),
            url=self.url,
            path=record.path,
            instances=(instance,) if instance else (),
            created_at=record.created_at,
            spec_revision=record.spec_revision,
            bundle=self.bundle,
            served_by=self.served_by,
        )

    # Sockets --------------------------------------------------------------------------------------------

    def take_ports(self) -> None:
        """Bind both ports the way that the app is served, if they are not bound so already.

        Raises:
            listen.PortTaken: a stranger has one of them.
        """
        reserved = self.served_by != "zygote"
        if self.sockets is not None and self.reserved == reserved:
            return
        self.drop_ports()
        bind = listen.reserve if reserved else listen.hold
        frontend = bind(self.record.frontend)
        try:
            backend = bind(self.record.backend)
        except BaseException:
            frontend.close()
            raise
        self.sockets, self.reserved = (frontend, backend), reserved

    def give_to_zygote(self) -> None:
        """Let the zygote hold the sockets too, so that they outlive the daemon."""
        if self.sockets is None or self.held_with_zygote or self.reserved:
            return
        self.held_with_zygote = self.services.zygote.hold(self.name, self.sockets)

    def drop_ports(self) -> None:
        """Close both ports, here and in the zygote."""
        if self.held_with_zygote:
            self.services.zygote.release(self.name)
        self.held_with_zygote = False
        for each in self.sockets or ():
            each.close()
        self.sockets = None

    # Effects --------------------------------------------------------------------------------------------

    def spawn(self, slot: Slot, life: int) -> None:
        """Make a process: a fork of the zygote, or the app's own `run.sh`."""
        self._process, self._pending_signal = None, None
        reason = self._cannot_spawn()
        if reason is not None:
            self._later(facts.SpawnFailed(life=life, reason=reason))
            return
        self.services.zygote.launch(self, slot, life)

    def _cannot_spawn(self) -> str | None:
        try:
            self.take_ports()
        except listen.PortTaken as error:
            stranger = listen.who_listens(error.port)
            who = f" by process {stranger.pid} ({stranger.command})" if stranger else ""
            self.services.bus.publish("port.taken", self.name, port=error.port, by=who.strip())
            return f"port {error.port} is taken{who}"
        if self.inspection is None:
            return "it has not been looked at yet"
        if self.inspection.servable and not self.inspection.bundle:
            return "its frontend is not built yet"
        return None

    def check(self, slot: Slot, life: int) -> None:
        """Ask it until it answers."""
        self._stop_checking()
        self._checking = self.services.spawn_task(self._ask(life))

    async def _ask(self, life: int) -> None:
        port = self.record.backend if self.served_by == "zygote" else self.record.frontend
        path = "/ping" if self.served_by == "zygote" else "/"
        while True:
            try:
                status = await probe.http_status(port, path)
            except probe.NoAnswer:
                await asyncio.sleep(RETRY_S)
                continue
            self.slot.health = (
                results.HealthResult(
                    check="http", ok=status < 500, detail=f"{path} {status}", at=time.time()
                ),
            )
            if status < 500:
                self.slot.feed(facts.Answered(life=life))
                return
            await asyncio.sleep(RETRY_S)

    def _stop_checking(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
            self._checking = None

    def terminate(self, slot: Slot, life: int) -> None:
        """Send SIGTERM, as soon as there is a process to send it to."""
        self._signal(signal.SIGTERM)

    def kill(self, slot: Slot, life: int) -> None:
        """Send SIGKILL to the whole group, as soon as there is one."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            self._pending_signal = number
            return
        with suppress(ProcessGone):
            if number == signal.SIGKILL or self.served_by != "zygote":
                self._process.send_group(number)
            else:
                self._process.send(number)

    def listen(self, slot: Slot) -> None:
        """Let clients wait in the backlog."""
        for each in self._own_listeners():
            with suppress(listen.PortTaken):
                listen.open_listener(each)

    def refuse(self, slot: Slot) -> None:
        """Keep the ports and refuse clients."""
        for each in self._own_listeners():
            listen.shut(each)

    def _own_listeners(self) -> tuple[socket.socket, ...]:
        return () if self.sockets is None or self.reserved else self.sockets

    def watch(self, slot: Slot) -> None:
        """Wake on the first connection."""
        loop = asyncio.get_running_loop()
        for each in self._own_listeners():
            loop.add_reader(each.fileno(), self._touched)

    def _touched(self) -> None:
        loop = asyncio.get_running_loop()
        for each in self._own_listeners():
            loop.remove_reader(each.fileno())
        self.slot.feed(facts.Touched())

    def changed(self, slot: Slot, before: Instance) -> None:
        """Tell the world."""
        it = slot.it
        if it.state not in ("starting", "ready", "unhealthy"):
            self._stop_checking()
        if (it.state, it.wanted, it.reason) == (before.state, before.wanted, before.reason):
            return
        log.info("app.state", app=self.name, state=it.state, was=before.state, life=it.life, reason=it.reason)
        self.services.bus.publish(
            "app.changed", self.name, state=it.state, was=before.state, wanted=it.wanted, reason=it.reason,
            life=it.life,
        )  # fmt: skip

    # News of processes ----------------------------------------------------------------------------------

    def started(self, life: int, pid: int, start_time: int) -> None:
        """Take note of the process of `life`; send the signal that was waiting for it."""
        if life != self.slot.it.life:
            return
        try:
            self._process = ProcessRef(pid, start_time)
        except ProcessGone:
            return
        self.slot.pid = pid
        self.services.bus.publish("app.changed", self.name, state=self.slot.it.state, pid=pid, life=life)
        if self._pending_signal is not None:
            pending, self._pending_signal = self._pending_signal, None
            self._signal(pending)

    def orphaned(self) -> None:
        """The zygote died: its end will be seen, and how it ended will not."""
        self.held_with_zygote = False
        process, life = self._process, self.slot.it.life
        if process is not None:
            self.services.spawn_task(self._await_end(process, life))
        elif self.slot.it.state in ("starting", "stopping"):
            self.slot.feed(facts.SpawnFailed(life=life, reason="the zygote ended"))

    async def _await_end(self, process: ProcessRef, life: int) -> None:
        await process.exited()
        self.exited(life, None)

    def exited(self, life: int, status: int | None) -> None:
        """Take note of the end of the process of `life`."""
        if self._process is not None and life == self.slot.it.life:
            self._process.close()
            self._process = None
        self.slot.feed(facts.Exited(life=life, status=status))

    def _later(self, fact: facts.Fact) -> None:
        asyncio.get_running_loop().call_soon(self.slot.feed, fact)

    def close(self) -> None:
        """Let go of everything but the ports."""
        self._stop_checking()
        self.slot.forget()
        if self._process is not None:
            self._process.close()
            self._process = None


def policy_of(services: Surroundings, served_by: results.ServedBy) -> Policy:
    """Return the policy of an app: one in an environment of its own may take long to start."""
    if served_by == "zygote":
        return services.policy
    return msgspec.structs.replace(services.policy, start_timeout_s=REFLEX_START_TIMEOUT_S)
