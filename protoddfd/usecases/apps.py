"""The methods over apps that exist: list, show, start, stop, restart, delete."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import msgspec

from protoddfd.core import facts
from protoddfd.core.access import Caller
from protoddfd.errors import AppBusy, AppUnnamed, FieldUnknown, ProtoddfError
from protoddfd.generate.names import DELETED_SUFFIX
from protoddfd.runtime.app import App
from protoddfd.runtime.services import Services
from protoddfd.usecases.starting import find, prepare, wait_down, wait_started
from protoddfd.wire import params, results


def list_apps(
    services: Services, caller: Caller, asked: params.AppListParams
) -> results.AppList | results.AppFields:
    """List the apps by name, all of them or those in one state; all fields or some."""
    chosen = [
        app
        for _, app in sorted(services.apps.items())
        if asked.state is None or app.slot.it.state == asked.state
    ]
    if asked.fields is None:
        return results.AppList(apps=tuple(app.view() for app in chosen), seq=services.bus.seq)
    names = ("name", *(name for name in _known_fields(asked.fields) if name != "name"))
    views = tuple({name: getattr(view, name) for name in names} for view in (app.view() for app in chosen))
    return results.AppFields(apps=views, seq=services.bus.seq)


def _known_fields(asked: tuple[str, ...]) -> tuple[str, ...]:
    known = results.App.__struct_fields__
    for name in asked:
        if name not in known:
            raise FieldUnknown(f"an app has no field {name!r}", hint=f"fields: {', '.join(known)}")
    return asked


def show(services: Services, caller: Caller, asked: params.AppName) -> results.App:
    """Show one app."""
    return find(services, asked.name).view()


async def start(services: Services, caller: Caller, asked: params.AppCommand) -> results.App | results.Apps:
    """Start an app, or all, and wait until it answers."""
    return await _each(services, asked, _start)


async def stop(services: Services, caller: Caller, asked: params.AppCommand) -> results.App | results.Apps:
    """Stop an app, or all, and wait until nothing of it runs."""
    return await _each(services, asked, _stop)


async def restart(services: Services, caller: Caller, asked: params.AppCommand) -> results.App | results.Apps:
    """Put a new process in place of the old one and wait until it answers."""
    return await _each(services, asked, _restart)


async def _each(
    services: Services, asked: params.AppCommand, act: Callable[[Services, App, float], Awaitable[None]]
) -> results.App | results.Apps:
    """Carry out `act` on one app, or on all of them, a few at a time."""
    if not asked.all:
        if asked.name is None:
            raise AppUnnamed("name one app, or say all", hint="protoddfctl list shows their names")
        app = find(services, asked.name)
        _refuse_busy(services, app.name)
        await act(services, app, asked.wait_s)
        return app.view()
    places = asyncio.Semaphore(services.settings.apps.starts_at_once)
    apps = [app for _, app in sorted(services.apps.items()) if app.name not in services.pending]

    async def one(app: App) -> ProtoddfError | None:
        async with places:
            try:
                await act(services, app, asked.wait_s)
            except ProtoddfError as error:
                return error
        return None

    errors = [error for error in await asyncio.gather(*map(one, apps)) if error is not None]
    if errors:
        raise type(errors[0])(
            f"{len(errors)} of {len(apps)} apps did not: {errors[0].message}", hint=errors[0].hint
        )
    return results.Apps(apps=tuple(app.view() for app in apps))


def _refuse_busy(services: Services, name: str) -> None:
    if name in services.pending:
        raise AppBusy(f"{name} is being made or deleted at this moment", hint=f"protoddfctl show {name}")


async def _start(services: Services, app: App, wait_s: float) -> None:
    if app.slot.it.state not in ("starting", "ready", "unhealthy"):
        await prepare(services, app)
    app.slot.feed(facts.Start())
    await asyncio.gather(_want(services, app, "up"), wait_started(services, app, wait_s))


async def _stop(services: Services, app: App, wait_s: float) -> None:
    app.slot.feed(facts.Stop())
    await asyncio.gather(_want(services, app, "down"), wait_down(services, app))


async def _restart(services: Services, app: App, wait_s: float) -> None:
    await prepare(services, app)
    app.slot.feed(facts.Restart())
    await asyncio.gather(_want(services, app, "up"), wait_started(services, app, wait_s))


async def _want(services: Services, app: App, wish: Literal["up", "down"]) -> None:
    """See that the wish is on disk."""
    if app.record.wanted == wish:
        return
    app.record = msgspec.structs.replace(app.record, wanted=wish)
    await services.store.commit()


async def delete(services: Services, caller: Caller, asked: params.AppDelete) -> results.Deleted:
    """Stop an app, free its ports, and remove its files unless they are to be kept."""
    app = find(services, asked.name)
    _refuse_busy(services, app.name)
    services.pending.add(app.name)
    try:
        app.slot.feed(facts.Stop())
        await wait_down(services, app)
        await forget(services, app, reason="deleted")
        if not asked.keep_files:
            await asyncio.to_thread(_remove, Path(app.record.path), services.places.logs / app.name)
    finally:
        services.pending.discard(app.name)
    return results.Deleted(deleted=app.name, kept=app.record.path if asked.keep_files else None)


async def forget(services: Services, app: App, reason: str) -> None:
    """Take the app off the map: durable first, then its ports are freed."""
    services.apps.pop(app.name, None)
    try:
        await services.store.commit()
    except ProtoddfError:
        services.apps[app.name] = app
        raise
    app.close()
    app.drop_ports()
    await services.logger.remove(app.name, app.slot.number)
    lock = services.places.run / "instances" / f"{app.name}.{app.slot.number}"
    await asyncio.to_thread(lock.unlink, missing_ok=True)
    services.bus.publish("app.deleted", app.name, reason=reason)


def _remove(folder: Path, logs: Path) -> None:
    """Remove an app's files; the folder gets another name first, so that it is never seen half-gone."""
    doomed = folder.with_name(f".{folder.name}{DELETED_SUFFIX}")
    shutil.rmtree(doomed, ignore_errors=True)
    if folder.exists():
        folder.rename(doomed)
        shutil.rmtree(doomed)
    shutil.rmtree(logs, ignore_errors=True)
