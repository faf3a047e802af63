"""From what was stored, and what is found running, to apps on their ports."""

import asyncio
import shutil
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from protoddfd.core import facts
from protoddfd.core.lifecycle import Instance
from protoddfd.edge import foreign_sockets, instances, listen
from protoddfd.edge.process import ProcessRef
from protoddfd.edge.zygote_client import Handover
from protoddfd.generate.names import DELETED_SUFFIX, TEMPORARY_PREFIX
from protoddfd.runtime.app import App
from protoddfd.runtime.record import StateDocument
from protoddfd.runtime.services import Services
from protoddfd.runtime.slot import Slot
from protoddfd.zygote.instance_lock import Holder
from protoddfd.zygote.messages import Child, Exited

LAST_LIFE = 1 << 62
"""Stands for whatever life there was."""

log = structlog.get_logger("protoddfd.boot")


class Recovery:
    """What was found of the time before: processes that run, and ends that nobody has dealt with yet."""

    def __init__(self, services: Services, document: StateDocument) -> None:
        self._services = services
        self._ends: list[tuple[App, Slot, int, int | None]] = []
        self._acknowledge: list[int] = []
        self._over: dict[tuple[str, int], int] = {}
        for record in document.apps.values():
            services.apps[record.name] = App(record, services)

    def adopt(self, handover: Handover) -> None:
        """Take over the sockets and the processes that outlived the daemon.

        Where the zygote is new, the locks tell which processes it did not see: those that run are adopted,
        and those that ended in this boot count as ended, nobody knows how.
        """
        for name, sockets in handover.sockets.items():
            self._take_over(name, sockets)
        for child in handover.children:
            self._adopt(child.app, child.slot, child.life, child.pid, child.start_time)
        for ended in handover.exits:
            self._note_end(ended, handover.children)
        self._adopt_by_locks(handover)
        self._services.zygote.keep_outlets()
        for app in self._services.apps.values():
            _take_ports(app)

    def _take_over(self, name: str, sockets: list[socket.socket]) -> None:
        """Give an app the sockets that the zygote kept for it; close those of an app that is no more."""
        app = self._services.apps.get(name)
        if app is not None and len(sockets) == len(app.record.ports):
            app.doors.accept(sockets, held_twice=True)
            return
        self._services.zygote.release(name)
        for each in sockets:
            each.close()

    def _slot(self, app_name: str, number: int) -> tuple[App, Slot] | None:
        app = self._services.apps.get(app_name)
        if app is None:
            return None
        return app, app.slots.get(number) or app.add_slot(number)

    def _adopt(self, app_name: str, number: int, life: int, pid: int, start_time: int) -> Slot | None:
        found = self._slot(app_name, number)
        if found is None:
            log.warning("boot.process_of_no_app", app=app_name, pid=pid)
            return None
        app, slot = found
        slot.feed(facts.Adopted(life=life))
        app.started(number, life, pid, start_time)
        return slot

    def _note_end(self, ended: Exited, children: list[Child]) -> None:
        """Keep an end for later, unless a newer life runs: then it was dealt with."""
        found = self._slot(ended.app, ended.slot)
        newer = any(
            (child.app, child.slot) == (ended.app, ended.slot) and child.life > ended.life
            for child in children
        )
        if found is not None and not newer:
            self._ends.append((*found, ended.life, ended.status))
        self._acknowledge.append(ended.id)

    def _adopt_by_locks(self, handover: Handover) -> None:
        """Adopt what the zygote does not know: what was started by an earlier one that has died."""
        home = self._services.places.home
        listening = listen.ListeningInodes.read()
        known = {(each.app, each.slot) for each in (*handover.children, *handover.exits)}
        for key, found in instances.survey(home).items():
            if key in known:
                continue
            if found.held:
                self._adopt_holder(key, found.holder, listening)
            elif found.same_boot and found.holder.start_time < handover.start_time:
                self._note_unseen_end(*key, found.holder.life)  # this zygote would have told of it
        nameless = (key for key in instances.nameless(home) if key not in known)
        self._over |= dict.fromkeys(nameless, LAST_LIFE)

    def _adopt_holder(self, key: tuple[str, int], holder: Holder, listening: listen.ListeningInodes) -> None:
        slot = self._adopt(*key, holder.life, holder.pid, holder.start_time)
        process = slot.body.process if slot is not None else None
        if slot is None or process is None:  # what has the lock is no longer, or not yet, what it says
            self._over[key] = LAST_LIFE
            self._note_unseen_end(*key, holder.life)
            return
        app = self._services.apps[key[0]]
        self._services.spawn_task(app.await_end(slot))
        if app.doors.sockets is None and app.served_by == "zygote":
            _take_back(app, process, listening)

    def _note_unseen_end(self, name: str, number: int, life: int) -> None:
        app = self._services.apps.get(name)
        if app is None or app.record.options.on_demand:  # which may have rested
            return
        if app.record.wanted == "up" and number in app.slots:
            self._ends.append((app, app.slots[number], life, None))

    async def settle_ends(self) -> None:
        """Apply each app's policy once to the ends that it has not heard of; then they may be forgotten."""
        if self._over:
            await self._services.end_leftovers(self._over)
        for app, slot, life, status in self._ends:
            if app.record.wanted == "down" or slot.number not in app.slots:
                continue
            if slot.pid is None and slot.it.state in ("down", "failed"):
                slot.feed(facts.Adopted(life=life))
            slot.feed(facts.Exited(life=life, status=status))
        if self._acknowledge:
            self._services.zygote.acknowledge_stored(self._acknowledge)


def _take_back(app: App, process: ProcessRef, listening: listen.ListeningInodes) -> None:
    """Give an app its sockets again, which only its process has by now."""
    back = foreign_sockets.sockets_of(process, app.record.ports, listening)
    if back.reason is None:
        app.doors.accept([back.sockets[port] for port in app.record.ports], held_twice=False)
        return
    log.warning("boot.sockets_not_back", app=app.name, reason=back.reason)
    for each in back.sockets.values():
        each.close()


def _take_ports(app: App) -> None:
    """Bind what is free; who has the others is dealt with when the app is started."""
    if app.is_up and app.doors.sockets is None:
        return  # its process has them, and they could not be had from there
    try:
        app.take_ports()
    except (listen.PortTaken, OSError) as error:
        log.warning("boot.port_not_bound", app=app.name, reason=str(error))
    else:
        app.doors.give()


def rests(it: Instance) -> bool:
    """Tell whether nothing runs, and nothing was decided yet."""
    return it.state == "down" and it.wanted == "up"


async def start_wanted(
    services: Services, start: Callable[[App, asyncio.Semaphore], Awaitable[None]]
) -> None:
    """Start every app that is wanted up and does not run; `start` begins a few at a time."""
    places = asyncio.Semaphore(services.settings.apps.starts_at_once)
    chosen = [
        app
        for app in services.apps.values()
        if app.record.options.autostart and any(rests(slot.it) for slot in app.slots.values())
    ]
    await asyncio.gather(*(start(app, places) for app in chosen))


def sweep_leftovers(generated: Path) -> None:
    """Remove half-made and half-deleted folders that a killed daemon left."""
    for pattern in (f"{TEMPORARY_PREFIX}*", f".*{DELETED_SUFFIX}"):
        for path in generated.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
            log.info("boot.removed_leftover", path=str(path))
