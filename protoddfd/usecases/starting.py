"""Bringing one app up or down and waiting for the outcome; shared by the methods that do."""

import asyncio
import shlex
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from protoddfd.core import facts
from protoddfd.core.lifecycle import Instance
from protoddfd.errors import (
    AppUnknown,
    BundleFailed,
    ExitedEarly,
    FolderVanished,
    ProtoddfError,
    StartTimedOut,
)
from protoddfd.runtime.app import App
from protoddfd.runtime.port_moves import secure_ports
from protoddfd.runtime.portrait import bundle_view
from protoddfd.runtime.services import Services
from protoddfd.runtime.slot import Slot
from protoddfd.wire import results
from protoddfd.worker import messages as jobs


def find(services: Services, name: str) -> App:
    """Return the app called `name`; raise AppUnknown with what there is."""
    app = services.apps.get(name)
    if app is None:
        names = sorted(services.apps)
        shown = ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")
        raise AppUnknown(
            f"there is no app called {name!r}",
            hint=f"apps: {shown}" if names else "protoddfctl create NAME --from FILE.csv makes one",
        )
    return app


async def prepare(services: Services, app: App) -> None:
    """Look at the app's folder anew: what bundle it needs, and who can serve it.

    Raises:
        ProtoddfError: the folder cannot be run as it is.
    """
    record = app.record
    if not await asyncio.to_thread(Path(record.path).is_dir):
        raise FolderVanished(
            f"the folder of {app.name}, {record.path}, has vanished",
            hint=f"put it back, or protoddfctl delete {app.name}",
        )
    if not record.owned or record.command is not None:
        drain(services, app)
        return
    inspection: jobs.Inspection = await services.workers.run(
        jobs.Inspect(folder=record.path, cache=str(services.places.cache), name=app.name)
    )
    await apply(services, app, inspection)


def drain(services: Services, app: App) -> None:
    """Have the output of every instance drained."""
    for number in app.slots:
        services.logger.drain_soon(app.name, number)


async def apply(services: Services, app: App, inspection: jobs.Inspection) -> None:
    """Take over what was found out of the folder; build a bundle that is missing."""
    drain(services, app)
    former = app.record.inspection
    if services.zygote.preload_error is not None:
        reason = f"the zygote cannot serve apps: {services.zygote.preload_error}"
        inspection = msgspec.structs.replace(inspection, servable=False, reason=reason)
    app.record = msgspec.structs.replace(
        app.record,
        title=inspection.title or app.record.title,
        served_by="zygote" if inspection.servable else "reflex",
    )
    app.bundle = bundle_view(inspection)
    if inspection.bundle or not inspection.servable:
        _know(app, inspection)
    elif former is not None and former.bundle:
        _know(app, msgspec.structs.replace(inspection, bundle=former.bundle))
        services.spawn_task(_build_and_restart(services, app, inspection))
    elif inspection.plain:
        services.spawn_task(_build_first(services, app, inspection, app.hold_launches()))
    else:
        _know(app, await _build(services, app, inspection))


def _know(app: App, inspection: jobs.Inspection) -> None:
    app.record = msgspec.structs.replace(app.record, inspection=inspection)


async def _build(services: Services, app: App, inspection: jobs.Inspection) -> jobs.Inspection:
    def said(progress: jobs.Progress) -> None:
        services.bus.publish("progress", app.name, text=progress.text, part=progress.part)

    said(jobs.Progress(text="building the frontend"))
    try:
        built: jobs.Built = await services.workers.run(
            jobs.Build(folder=app.record.path, cache=str(services.places.cache)), said
        )
    except ProtoddfError as error:
        app.bundle = results.Bundle(state="failed", digest=inspection.digest, detail=error.message)
        app.refresh()
        raise BundleFailed(error.message, hint=error.hint) from error
    inspection = msgspec.structs.replace(inspection, bundle=built.bundle, digest=built.digest)
    app.bundle = bundle_view(inspection)
    app.refresh()
    return inspection


async def _build_and_restart(services: Services, app: App, inspection: jobs.Inspection) -> None:
    """Build in the background while the last bundle goes on serving, then serve the new one."""
    try:
        built = await _build(services, app, inspection)
    except BundleFailed as error:
        services.bus.publish("app.changed", app.name, bundle="failed", reason=error.message)
        return
    _know(app, built)
    services.bus.publish("app.changed", app.name, bundle=app.bundle.state)
    if app.is_up:
        await roll(services, app)


async def _build_first(
    services: Services, app: App, inspection: jobs.Inspection, release: Callable[[], None]
) -> None:
    """Build the first frontend of an app in the background; until then clients wait, as in any start."""
    try:
        _know(app, await _build(services, app, inspection))
    except ProtoddfError as error:
        _know(app, inspection)
        services.bus.publish("app.changed", app.name, bundle="failed", reason=error.message)
        app.feed(facts.Broken(reason=error.message))
    finally:
        release()


# Starting ----------------------------------------------------------------------------------------------


async def bring_up(services: Services, app: App) -> None:
    """Start an app that was prepared, once its ports are had and what comes before it is ready.

    Returns when it is being started, or is not wanted any more. Raises PortsExhausted or OSError.
    """
    if await secure_ports(services, app) and await _wait_for_others(services, app):
        app.feed(facts.Start())


async def bring_up_quietly(services: Services, app: App, places: asyncio.Semaphore) -> None:
    """Start an app when the daemon comes up; one that cannot be started is `failed`, with the reason.

    Work is done in one of `places`; no place is kept while it waits for another app, or for a port.
    """
    try:
        async with places:
            await prepare(services, app)
        if not await secure_ports(services, app) or not await _wait_for_others(services, app):
            return
    except (ProtoddfError, OSError) as error:
        app.feed(facts.Broken(reason=getattr(error, "message", str(error))))
        return
    async with places:
        app.feed(facts.Start())
        await app.settle(partial(has_started, app))


async def _wait_for_others(services: Services, app: App) -> bool:
    """Return once every app that comes first is ready, or will not be; false when stopped meanwhile."""
    waited = False
    for name in app.record.options.after:
        other = services.apps.get(name)
        if other is None or is_settled(other):
            continue
        waited = True
        app.feed(facts.Waits(reason=f"waits for {name}"))
        await other.settle(partial(is_settled, other))
    return not waited or any(slot.it.wanted == "up" for slot in app.slots.values())


def is_settled(app: App) -> bool:
    """Tell whether an app serves, or will not do so soon."""
    if app.state == "down":
        return all(slot.it.wanted == "down" for slot in app.slots.values())
    return app.state in ("ready", "listening", "failed")


def has_started(app: App) -> bool:
    """Tell whether a start has come to some end, good or bad."""
    return all(_is_over(slot.it) for slot in app.slots.values())


def _is_over(it: Instance) -> bool:
    if it.state == "down":
        return it.wanted == "down"
    return it.state in ("ready", "listening", "unhealthy", "failed", "backoff")


def is_down(app: App) -> bool:
    """Tell whether nothing of it runs."""
    return all(slot.it.state in ("down", "failed") for slot in app.slots.values())


async def wait_started(services: Services, app: App, wait_s: float) -> None:
    """Return once the app answers.

    Raises:
        StartTimedOut: it did not within `wait_s` seconds; it goes on trying.
        ExitedEarly: its process ended first; the text has its last lines.
    """
    if wait_s <= 0:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await app.settle(partial(has_started, app))
    await refuse_unstarted(services, app, wait_s)


async def refuse_unstarted(services: Services, app: App, waited_s: float) -> None:
    """Raise why an app does not serve after `waited_s` seconds, if it does not; see `wait_started`."""
    if not has_started(app):
        raise StartTimedOut(
            f"{app.name} does not answer after {waited_s:g} s; it is kept and goes on trying."
            f" {await _tried(services, app)}",
            hint=f"protoddfctl logs {app.name}; by hand: {by_hand(app)}",
        )
    bad = next((slot for slot in app.slots.values() if slot.it.state in ("failed", "backoff")), None)
    if bad is not None:
        which = f"instance {bad.number} of {app.name}" if len(app.slots) > 1 else app.name
        trying = "; it is being tried again" if bad.it.state == "backoff" else ""
        raise ExitedEarly(
            f"{which} did not start: {bad.it.reason}{trying}{await services.last_words(app.name)}",
            hint=f"protoddfctl logs {app.name}; by hand: {by_hand(app)}",
        )


async def _tried(services: Services, app: App) -> str:
    waiting = next((slot.it.reason for slot in app.slots.values() if slot.it.state == "down"), None)
    if waiting:
        return f"It {waiting}"
    return f"Tried: {app.last_tried()}{await services.last_words(app.name)}"


def by_hand(app: App) -> str:
    """Return the shell command that does what the daemon does to run the app."""
    command = shlex.join(app.record.command) if app.record.command else "./run.sh"
    return f"cd {shlex.quote(app.record.path)} && {command}"


async def wait_down(services: Services, app: App) -> None:
    """Return once nothing of the app runs; the grace period bounds it."""
    async with asyncio.timeout(app.policy.stop_grace_s + 10.0):
        await app.settle(partial(is_down, app))


# Restarting --------------------------------------------------------------------------------------------


async def roll(services: Services, app: App) -> None:
    """Put a new process in place of each one, one after the other, so that clients are always served.

    It ends at the first that does not become ready; the others go on as they were.
    """
    for number in sorted(app.slots):
        slot = app.slots.get(number)
        if slot is None or slot.it.wanted == "down":
            continue
        life = slot.it.life
        slot.feed(facts.Restart())
        await app.settle(partial(_is_replaced, slot, life))
        if slot.it.state not in ("ready", "listening"):
            return


def _is_replaced(slot: Slot, life: int) -> bool:
    return (slot.it.life > life and _is_over(slot.it)) or slot.it.state in ("down", "failed", "backoff")
