"""What happens when a stranger has an app's port: the app moves to another one, or waits until it is free."""

import asyncio

import msgspec
import structlog

from protoddfd.core import facts
from protoddfd.edge import listen
from protoddfd.runtime.app import App
from protoddfd.runtime.services import Services

ASK_AGAIN_S = 2.0

log = structlog.get_logger("protoddfd.ports")


async def secure_ports(services: Services, app: App) -> bool:
    """Return once the app has its ports, by moving or by waiting; false when it is not wanted any more.

    Raises:
        PortsExhausted: it was to move, and there is nowhere to.
        OSError: the system refuses to bind.
    """
    while True:
        taken = await _taken_port(app)
        if taken is None:
            app.doors.give()
            return True
        if services.settings.ports.taken == "move":
            _move(services, app, taken)
            return True
        if app.slots[min(app.slots)].it.reason is None:
            app.feed(facts.Waits(reason=f"waits: {app.taken(taken)}"))
        await asyncio.sleep(ASK_AGAIN_S)
        if app.record.wanted == "down" or services.apps.get(app.name) is not app:
            return False


async def _taken_port(app: App) -> int | None:
    """Bind the app's ports; return one that a stranger has, None when all are the app's.

    Beside a reservation a stranger can listen as well as the app.
    """
    try:
        app.take_ports()
    except listen.PortTaken as error:
        return error.port
    if not app.doors.reserved or not app.record.ports or app.is_up:
        return None
    strangers = await asyncio.to_thread(listen.who_listens_on, app.record.ports)
    return next(iter(strangers), None)


def _move(services: Services, app: App, taken: int) -> None:
    """Give the app other ports; raises PortsExhausted."""
    reason = app.taken(taken)
    reserved = app.served_by != "zygote"
    former = app.record.ports
    sockets = services.new_ports(len(former), reserved=reserved, beside=former[0])
    numbers = [each.getsockname()[1] for each in sockets]
    app.doors.drop()
    app.doors.accept(sockets, held_twice=False, reserved=reserved)
    app.record = msgspec.structs.replace(
        app.record, frontend=numbers[0], backend=numbers[1] if len(numbers) > 1 else None
    )
    app.doors.give()
    log.warning("port.moved", app=app.name, was=former, now=numbers, reason=reason)
    services.bus.publish("port.moved", app.name, was=list(former), now=numbers, reason=reason)
    services.store_later()
