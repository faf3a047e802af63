"""From the wish for a process to the request for it: what must be known, had and told before."""

import asyncio
from collections.abc import Callable, Mapping

from protoddfd.core import facts
from protoddfd.edge import listen
from protoddfd.runtime.bounds import Bounds
from protoddfd.runtime.doors import Doors
from protoddfd.runtime.environment import environment_of
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.slot import Slot
from protoddfd.runtime.surroundings import Launch, NotLaunched, Surroundings


class Launching:
    """Makes the processes of one app. `record` returns what is stored of it by now."""

    def __init__(
        self, services: Surroundings, doors: Doors, bounds: Bounds, record: Callable[[], AppRecord]
    ) -> None:
        self._services = services
        self._doors = doors
        self._bounds = bounds
        self._current = record
        self._may_begin = asyncio.Event()
        self._may_begin.set()

    @property
    def _record(self) -> AppRecord:
        return self._current()

    def hold(self) -> Callable[[], None]:
        """Let no process begin until what is returned is called."""
        self._may_begin.clear()
        return self._may_begin.set

    def begin(self, slot: Slot, life: int) -> None:
        """Ask for a process, at once if all is known that it takes; a failure is told to the slot."""
        slot.body.expect()
        options = self._record.options
        if self._may_begin.is_set() and self._is_known and not options.env_files and not options.secrets:
            self._launch(slot, life, {})
        else:
            self._services.spawn_task(self._look_and_launch(slot, life))

    @property
    def _is_known(self) -> bool:
        """Is enough known about the app to make a process?"""
        return self._record.command is not None or self._record.inspection is not None

    async def _look_and_launch(self, slot: Slot, life: int) -> None:
        if not self._may_begin.is_set():
            await self._may_begin.wait()
            slot.body.expect()  # anew: if the time for its start is over, it was not spent on that
        try:
            if not self._is_known:
                await self._services.prepare(self._record.name)
            secret = await self._services.secret_environment(self._record)
        except Exception as error:  # noqa: BLE001  whatever it was, the instance must hear of it
            slot.feed(facts.SpawnFailed(life=life, reason=getattr(error, "message", str(error))))
            return
        if slot.it.life == life and slot.it.state == "starting":
            self._launch(slot, life, secret)
        else:
            slot.feed(facts.SpawnFailed(life=life, reason="it was stopped before it began"))

    def _launch(self, slot: Slot, life: int, secret: Mapping[str, str]) -> None:
        reason = self._obstacle()
        if reason is not None:
            _not_launched(slot, life, reason)
            return
        self._doors.give()
        launch = Launch(
            record=self._record,
            slot=slot.number,
            life=life,
            env=self.environment(slot, secret),
            limits=self._bounds.for_the_start,
            cgroups=self._bounds.prepare(slot.number),
        )
        try:
            self._services.zygote.launch(launch)
        except NotLaunched as error:
            _not_launched(slot, life, str(error))

    def environment(self, slot: Slot, secret: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what an instance finds in its environment beside the daemon's own."""
        name = self._record.name
        return environment_of(
            self._record,
            slot.number,
            meter=self._services.meter_path(name, slot.number),
            probe=self._services.probe_path(name, slot.number),
            redis_url=self._services.redis_url,
            stop_grace_s=slot.policy.stop_grace_s,
            secret=secret or {},
        )

    def take_ports(self) -> None:
        """Bind the app's ports the way that it is served, if they are not bound so already.

        Raises:
            listen.PortTaken: a stranger has one of them.
            OSError: the system refuses.
        """
        self._doors.take(self._record.ports, reserved=self._record.served_by != "zygote")

    def _obstacle(self) -> str | None:
        try:
            self.take_ports()
        except listen.PortTaken as error:
            return self.taken(error.port)
        except OSError as error:
            return f"cannot bind its ports: {error.strerror}"
        inspection = self._record.inspection
        if inspection is not None and inspection.servable and not inspection.bundle:
            return "its frontend is not built yet"
        return None

    def taken(self, port: int) -> str:
        """Tell that a stranger has `port`; return it as a reason."""
        stranger = listen.who_listens(port)
        by = f"process {stranger.pid} ({stranger.command})" if stranger else ""
        self._services.bus.publish("port.taken", self._record.name, port=port, by=by)
        return f"port {port} is taken{' by ' if by else ''}{by}"


def _not_launched(slot: Slot, life: int, reason: str) -> None:
    asyncio.get_running_loop().call_soon(slot.feed, facts.SpawnFailed(life=life, reason=reason))
