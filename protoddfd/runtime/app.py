"""One app at run time: its record, its sockets, its instances, and the effects that they ask for."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
import structlog

from protoddfd.core import facts, scale
from protoddfd.core.health import Verdict
from protoddfd.core.lifecycle import Instance, Policy
from protoddfd.edge.strays import Root
from protoddfd.errors import ProtoddfError
from protoddfd.runtime.bounds import Bounds
from protoddfd.runtime.care import Care
from protoddfd.runtime.doors import Doors
from protoddfd.runtime.launching import Launching
from protoddfd.runtime.policy import policy_of
from protoddfd.runtime.portrait import bundle_view, portrait, reason_of, some_of, url_of
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.slot import Slot
from protoddfd.runtime.surroundings import Surroundings
from protoddfd.runtime.waiters import Waiters
from protoddfd.wire import results

CHECKED = ("starting", "ready", "unhealthy")
ROOM_BESIDE = ("down", "failed")
"""States in which an instance has no use for the app's sockets."""
RETRY_S = 1.0
FRESH_S = 1.0
"""How old figures may be in an answer that was kept."""

log = structlog.get_logger("protoddfd.app")


class App:
    """An app that the daemon keeps. `services` are what it shares with the others."""

    def __init__(self, record: AppRecord, services: Surroundings) -> None:
        self._record = record
        self.services = services
        self.bundle: results.Bundle = bundle_view(record.inspection)
        self.doors = Doors(record.name, services.zygote)
        self.slots: dict[int, Slot] = {}
        self.vanished_at: float | None = None
        self.disk_bytes: int | None = None
        self.bounds = Bounds(record.name, record.options.limits, services.cgroups)
        self._last_words = ""
        self._encoded: dict[tuple[str, ...], tuple[float, msgspec.Raw]] = {}
        self._care = Care(services, self._health_changed)
        self._launching = Launching(services, self.doors, self.bounds, lambda: self._record)
        self._waiters = Waiters()
        for number in range(record.scale):
            self.add_slot(number)

    # What clients see -----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The app's name."""
        return self._record.name

    @property
    def record(self) -> AppRecord:
        """What is stored of it."""
        return self._record

    @record.setter
    def record(self, record: AppRecord) -> None:
        self._record = record
        self.refresh()
        for slot in self.slots.values():
            slot.policy = self.policy

    @property
    def policy(self) -> Policy:
        """How its instances are treated."""
        return policy_of(self.services.policy, self._record)

    @property
    def served_by(self) -> results.ServedBy:
        """Who makes its process."""
        return self._record.served_by

    @property
    def url(self) -> str:
        """Where a browser finds it; empty without a port."""
        return url_of(self._record)

    @property
    def state(self) -> results.State:
        """Its state as a whole."""
        return scale.overall([slot.it.state for slot in self.slots.values()])

    @property
    def live_slots(self) -> list[Slot]:
        """Those with a process."""
        return [slot for slot in self.slots.values() if slot.pid is not None]

    @property
    def is_up(self) -> bool:
        """Is there an instance that runs, or is being started?"""
        return any(slot.it.state in CHECKED for slot in self.slots.values())

    def refresh(self) -> None:
        """Forget what was encoded: something about it has changed."""
        self._encoded.clear()

    def encoded(self, fields: tuple[str, ...] = ()) -> msgspec.Raw:
        """Return the app as clients see it, all of it or some `fields`, as JSON.

        Figures may be a second old; a change of state is never late.
        """
        now = time.monotonic()
        at, found = self._encoded.get(fields, (0.0, None))
        if found is None or now - at > FRESH_S:
            view = self.view()
            found = msgspec.Raw(msgspec.json.encode(some_of(view, fields) if fields else view))
            self._encoded[fields] = now, found
        return found

    def view(self) -> results.App:
        """Return the app as clients see it."""
        for slot in self.slots.values():
            self._care.look(slot)
        seen = portrait(
            self._record,
            self.slots.values(),
            last_words=self._last_words,
            bundle=self.bundle,
            shared_sessions=bool(self.services.redis_url),
        )
        return msgspec.structs.replace(seen, limits_by=self.bounds.enforced, disk_bytes=self.disk_bytes)

    # Instances ------------------------------------------------------------------------------------------

    def add_slot(self, number: int) -> Slot:
        """Make room for one more instance; nothing is started."""
        slot = Slot(number, self.policy, self)
        slot.it = msgspec.structs.replace(slot.it, wanted=self._record.wanted)
        if self._record.failed is not None:
            slot.it = msgspec.structs.replace(slot.it, state="failed", reason=self._record.failed)
        self.slots[number] = slot
        self.refresh()
        return slot

    def drop_slot(self, number: int) -> None:
        """Forget an instance that is down."""
        slot = self.slots.pop(number)
        self._care.end(slot)
        slot.close()
        self.refresh()

    def hold_launches(self) -> Callable[[], None]:
        """Let no process of it begin until what is returned is called; clients can wait."""
        return self._launching.hold()

    def feed(self, fact: facts.Fact) -> None:
        """Hand a fact to every instance."""
        for slot in list(self.slots.values()):
            slot.feed(fact)

    def retire(self) -> None:
        """Stop every instance, and let nothing begin one again."""
        for slot in list(self.slots.values()):
            slot.retire()

    async def settle(self, when: Callable[[], bool]) -> None:
        """Return once `when` is true, which is asked whenever an instance has changed; bound it."""
        await self._waiters.wait(when)

    def follow_settings(self, *, check_anew: bool) -> None:
        """Let the instances follow the daemon's settings, which have changed."""
        for slot in self.slots.values():
            slot.policy = self.policy
        if check_anew:
            self.check_anew()

    @property
    def watched_memory_bytes(self) -> int | None:
        """What an instance may use, where only looking at it shows that it uses more; else None."""
        return self.bounds.watched_memory_bytes

    def over_memory(self, number: int, used_bytes: int) -> None:
        """An instance uses more than it may: it is put in its place."""
        slot = self.slots.get(number)
        if slot is not None:
            limit_mib = self.bounds.limits.memory_mib
            reason = f"uses {used_bytes >> 20} MiB of memory, more than its limit of {limit_mib}"
            slot.feed(facts.Overrun(life=slot.it.life, reason=reason))

    # Sockets --------------------------------------------------------------------------------------------

    def take_ports(self) -> None:
        """Bind its ports the way that it is served, if they are not bound so already.

        Raises:
            listen.PortTaken: a stranger has one of them.
        """
        self._launching.take_ports()

    # Effects --------------------------------------------------------------------------------------------

    def spawn(self, slot: Slot, life: int) -> None:
        """Make a process: a fork of the zygote, or a command."""
        self._last_words = ""
        self._launching.begin(slot, life)

    def taken(self, port: int) -> str:
        """Tell that a stranger has `port`; return it as a reason."""
        return self._launching.taken(port)

    def check(self, slot: Slot, life: int) -> None:
        """Ask it until it answers, and now and then afterwards."""
        self._care.begin(self._record, slot, self._launching.environment(slot))

    def check_anew(self) -> None:
        """Check in the way that the options now say."""
        for slot in self.slots.values():
            if slot.it.state in CHECKED:
                answered = slot.it.state == "ready"
                env = self._launching.environment(slot)
                self._care.begin(self._record, slot, env, answered=answered)

    def last_tried(self) -> str:
        """Return what was asked of it last, to find out whether it serves."""
        return "; ".join(filter(None, map(self._care.tried, self.slots.values())))

    def _health_changed(self, slot: Slot, verdict: Verdict) -> None:
        self.services.bus.publish(
            "app.health", self.name, slot=slot.number, ok=verdict.well, reason=verdict.reason
        )

    def terminate(self, slot: Slot, life: int) -> None:
        """Send its stop signal, as soon as there is a process to send it to."""
        number = signal.Signals[f"SIG{self._record.options.stop_signal}"]
        slot.body.signal(number, group=self.served_by != "zygote")

    def kill(self, slot: Slot, life: int) -> None:
        """Send SIGKILL to the whole group, as soon as there is one."""
        slot.body.signal(signal.SIGKILL, group=True)

    def listen(self, slot: Slot) -> None:
        """Let clients wait in the backlog."""
        self.doors.open()

    def refuse(self, slot: Slot) -> None:
        """Keep the ports and refuse clients, unless another instance serves them."""
        if all(each.it.state in ROOM_BESIDE for each in self.slots.values() if each is not slot):
            self.doors.shut()

    def watch(self, slot: Slot) -> None:
        """Wake on the first connection, unless another instance serves it."""
        if not self.is_up:
            self.doors.watch(self._touched)

    def _touched(self) -> None:
        self.doors.unwatch()
        self.feed(facts.Touched())

    def changed(self, slot: Slot, before: Instance) -> None:
        """Tell the world."""
        self._note_change(slot, before)
        self._waiters.ask()

    def _note_change(self, slot: Slot, before: Instance) -> None:
        it = slot.it
        self.refresh()
        if it.state not in CHECKED:
            self._care.end(slot)
        if (it.state, it.wanted, it.reason) == (before.state, before.wanted, before.reason):
            return
        if it.state == "starting":
            self.doors.unwatch()
        if before.state in CHECKED and it.state in ROOM_BESIDE and it.wanted != before.wanted:
            self._settle_wish()
        log.info(
            "app.state", app=self.name, slot=slot.number, state=it.state, was=before.state, life=it.life,
            reason=it.reason,
        )  # fmt: skip
        self.services.bus.publish(
            "app.changed", self.name, slot=slot.number, state=it.state, was=before.state, wanted=it.wanted,
            reason=it.reason, life=it.life,
        )  # fmt: skip
        if it.state == "failed" and before.state != "failed":
            self.services.spawn_task(self._hear_last_words())

    def _settle_wish(self) -> None:
        """Store that nothing is wanted any more, if no instance is to be replaced."""
        if self._record.wanted == "up" and all(slot.it.wanted == "down" for slot in self.slots.values()):
            failed = next((slot.it.reason for slot in self.slots.values() if slot.it.state == "failed"), None)
            self.record = msgspec.structs.replace(self._record, wanted="down", failed=failed)
            self.services.store_later()

    async def _hear_last_words(self) -> None:
        self._last_words = await self.services.last_words(self.name)
        self.refresh()
        self.services.bus.publish(
            "app.changed",
            self.name,
            state=self.state,
            reason=reason_of(self.slots.values(), self._last_words),
        )

    # News of processes ----------------------------------------------------------------------------------

    def started(self, number: int, life: int, pid: int, start_time: int) -> None:
        """Take note of the process of `life`; send the signal that was waiting for it."""
        slot = self.slots.get(number)
        if slot is None or life != slot.it.life:
            return
        try:
            if not slot.body.appear(pid, start_time):
                return
        except OSError as error:  # no descriptor is left: it must not be forgotten for that
            log.warning("app.not_held", app=self.name, pid=pid, reason=str(error))
            asyncio.get_running_loop().call_later(RETRY_S, self.started, number, life, pid, start_time)
            return
        slot.pid = pid
        self.refresh()
        self.services.bus.publish(
            "app.changed", self.name, slot=number, state=slot.it.state, pid=pid, life=life
        )
        self._care.appeared(self._record, slot)

    def orphaned(self) -> None:
        """The zygote died: the end of its processes will be seen, and how they ended will not."""
        self.doors.held_twice = False
        for slot in self.slots.values():
            if slot.body.process is not None:
                self.services.spawn_task(self.await_end(slot))
            elif slot.it.state in ("starting", "stopping"):
                self.services.spawn_task(self.clear_and_fail(slot, slot.it.life, "the zygote ended"))

    async def await_end(self, slot: Slot) -> None:
        """Watch a process whose parent tells us nothing; end what it leaves behind, then tell of its end."""
        process, life = slot.body.process, slot.it.life
        if process is None:
            return
        await process.exited()
        key = (self.name, slot.number)
        root = Root(slot=key, pid=process.pid, start_time=process.start_time)
        await self.services.end_leftovers({key: life}, [root])
        self.exited(slot.number, life, None)

    async def look_again_and_fail(self, slot: Slot, life: int, reason: str) -> None:
        """Find out how else the app can be served, then let it be tried that way."""
        with suppress(ProtoddfError):
            await self.services.prepare(self.name)
        slot.feed(facts.SpawnFailed(life=life, reason=reason))

    async def clear_and_fail(self, slot: Slot, life: int, reason: str) -> None:
        """End whatever runs of a life that came to nothing, or of those before, then say that it did."""
        await self.services.end_leftovers({(self.name, slot.number): life})
        slot.feed(facts.SpawnFailed(life=life, reason=reason))

    def exited(self, number: int, life: int, status: int | None) -> None:
        """Take note of the end of the process of `life`."""
        slot = self.slots.get(number)
        if slot is None:
            return
        if life == slot.it.life:
            slot.body.close()
            self.services.logger.end_line_soon(self.name, number)
        why = self.bounds.why_killed(number, status)
        slot.feed(facts.Exited(life=life, status=status, why=why))

    def close(self) -> None:
        """Let go of everything but the ports."""
        self.doors.unwatch()
        for slot in self.slots.values():
            self._care.end(slot)
            slot.close()
