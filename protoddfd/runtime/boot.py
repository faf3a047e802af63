"""From what was stored, and what is found running, to apps on their ports."""

import asyncio
import shutil
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from protoddfd.core import facts
from protoddfd.edge import listen
from protoddfd.edge.zygote_client import Handover
from protoddfd.errors import ProtoddfError
from protoddfd.generate.names import DELETED_SUFFIX, TEMPORARY_PREFIX
from protoddfd.runtime.app import App
from protoddfd.runtime.record import StateDocument
from protoddfd.runtime.services import Services

log = structlog.get_logger("protoddfd.boot")


def adopt(services: Services, document: StateDocument, handover: Handover) -> None:
    """Make the apps that are stored, on the sockets and with the processes that outlived the daemon."""
    for record in document.apps.values():
        services.apps[record.name] = App(record, services)
    for name, sockets in handover.sockets.items():
        _take_over(services, name, sockets)
    for child in handover.children:
        app = services.apps.get(child.app)
        if app is not None:
            app.slot.feed(facts.Adopted(life=child.life))
            app.started(child.life, child.pid, child.start_time)
    for ended in handover.exits:
        services.zygote.on_news(ended)
    for app in services.apps.values():
        _take_ports(app)


def _take_over(services: Services, name: str, sockets: list[socket.socket]) -> None:
    """Give an app the sockets that the zygote kept for it; close those of an app that is no more."""
    app = services.apps.get(name)
    if app is not None and len(sockets) == 2:
        app.sockets, app.held_with_zygote = (sockets[0], sockets[1]), True
        return
    services.zygote.release(name)
    for each in sockets:
        each.close()


def _take_ports(app: App) -> None:
    try:
        app.take_ports()
    except listen.PortTaken as error:
        app.slot.feed(facts.Broken(reason=f"port {error.port} is taken"))
    except OSError as error:
        app.slot.feed(facts.Broken(reason=f"cannot bind its ports: {error.strerror}"))
    else:
        app.give_to_zygote()


async def start_wanted(services: Services, prepare: Callable[[Services, App], Awaitable[None]]) -> None:
    """Start every app that is wanted up and does not run, a few at a time."""
    places = asyncio.Semaphore(services.settings.apps.starts_at_once)

    async def start(app: App) -> None:
        async with places:
            await _start(services, app, prepare)

    wanted = [app for app in services.apps.values() if app.record.wanted == "up"]
    await asyncio.gather(*map(start, wanted))


async def _start(services: Services, app: App, prepare: Callable[[Services, App], Awaitable[None]]) -> None:
    if not await asyncio.to_thread(Path(app.record.path).is_dir):
        app.vanished_at = services.started_at
        app.slot.feed(facts.Broken(reason=f"its folder {app.record.path} has vanished"))
        return
    try:
        await prepare(services, app)
    except ProtoddfError as error:
        app.slot.feed(facts.Broken(reason=error.message))
        return
    app.slot.feed(facts.Start())
    await app.slot.settle(lambda it: it.state != "starting")


def sweep_leftovers(generated: Path) -> None:
    """Remove half-made and half-deleted folders that a killed daemon left."""
    for pattern in (f"{TEMPORARY_PREFIX}*", f".*{DELETED_SUFFIX}"):
        for path in generated.glob(pattern):
            shutil.rmtree(path, ignore_errors=True)
            log.info("boot.removed_leftover", path=str(path))
