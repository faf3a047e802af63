"""The methods over apps that exist: list, show, start, stop, restart, delete."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import msgspec

from protoddfd.core import facts
from protoddfd.core.access import Caller
from protoddfd.errors import AppBusy, AppUnnamed, FieldUnknown, OptionsInvalid, ProtoddfError
from protoddfd.generate.names import DELETED_SUFFIX
from protoddfd.runtime.app import App
from protoddfd.runtime.portrait import PARTED
from protoddfd.runtime.services import Services
from protoddfd.spec import Problem
from protoddfd.usecases.starting import (
    bring_up,
    find,
    prepare,
    refuse_unstarted,
    roll,
    wait_down,
    wait_started,
)
from protoddfd.wire import params, results


def list_apps(services: Services, caller: Caller, asked: params.AppListParams) -> msgspec.Raw:
    """List the apps by name, all of them or those in one state; all fields or some.

    Figures are as old as the sampler's last round: a list of hundreds is not kept waiting for new ones.
    """
    fields: tuple[str, ...] = ()
    if asked.fields is not None:
        fields = ("name", *(name for name in _known_fields(asked.fields) if name != "name"))
    chosen = [
        app.encoded(fields)
        for _, app in sorted(services.apps.items())
        if asked.state is None or app.state == asked.state
    ]
    return msgspec.Raw(b'{"apps":[%b],"seq":%d}' % (b",".join(map(bytes, chosen)), services.bus.seq))


def _known_fields(asked: tuple[str, ...]) -> tuple[str, ...]:
    for name in asked:
        part, dot, inner = name.partition(".")
        if part not in results.App.__struct_fields__ or (dot and part != PARTED):
            known = ", ".join(results.App.__struct_fields__)
            raise FieldUnknown(f"an app has no field {name!r}", hint=f"fields: {known}")
        if dot and inner not in results.Instance.__struct_fields__:
            known = ", ".join(results.Instance.__struct_fields__)
            raise FieldUnknown(f"an instance has no field {inner!r}", hint=f"fields: {known}")
    return asked


def show(
    services: Services, caller: Caller, asked: params.AppName
) -> msgspec.Raw | Coroutine[Any, Any, msgspec.Raw]:
    """Show one app, with figures that are a moment old at most."""
    app = find(services, asked.name)
    return app.encoded() if services.sampler.is_fresh(app) else _show_anew(services, app)


async def _show_anew(services: Services, app: App) -> msgspec.Raw:
    await services.sampler.refresh([app], weigh=1)
    app.refresh()
    return app.encoded()


async def start(services: Services, caller: Caller, asked: params.AppCommand) -> results.App | results.Apps:
    """Start an app, or all, and wait until it answers."""
    if asked.all:
        _announce(services)
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
        refuse_busy(services, app.name)
        await act(services, app, asked.wait_s)
        return app.view()
    places = asyncio.Semaphore(services.settings.apps.starts_at_once)
    apps = [app for _, app in sorted(services.apps.items()) if app.name not in services.pending]

    async def one(app: App) -> ProtoddfError | None:
        # what is no Reflex app costs little to start, and what waits for another must not keep a place
        place = nullcontext() if app.served_by == "command" or app.record.options.after else places
        async with place:
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


def refuse_busy(services: Services, name: str) -> None:
    """Raise AppBusy for an app that is being made, moved or deleted."""
    if name in services.pending:
        raise AppBusy(
            f"{name} is being made, moved or deleted at this moment", hint=f"protoddfctl show {name}"
        )


def refuse_problems(name: str, problems: Sequence[Problem]) -> None:
    """Raise OptionsInvalid when there are any: one is told at once, several as a list."""
    if len(problems) == 1:
        first = problems[0]
        raise OptionsInvalid(f"{name}: {first.path}: {first.message}", hint=first.hint)
    if problems:
        raise OptionsInvalid(
            f"{name}: {len(problems)} options are not possible",
            hint="correct them; nothing has changed",
            problems=tuple(problems),
        )


def _announce(services: Services) -> None:
    """Let every app know that it is about to be started, so that those that come after it wait for it."""
    if not any(app.record.options.after for app in services.apps.values()):
        return
    for app in services.apps.values():
        if app.state in ("down", "failed") and app.name not in services.pending:
            app.feed(facts.Waits(reason="waits for its turn"))


async def _start(services: Services, app: App, wait_s: float) -> None:
    if app.is_up:
        app.feed(facts.Start())
        await asyncio.gather(_want(services, app, "up"), wait_started(services, app, wait_s))
        return
    try:
        await prepare(services, app)
    except ProtoddfError as error:
        app.feed(facts.Broken(reason=error.message))
        raise
    wish = asyncio.ensure_future(_want(services, app, "up"))
    await _in_the_end(services, bring_up(services, app), wait_s)
    await asyncio.gather(wish, wait_started(services, app, wait_s))


async def _in_the_end(services: Services, work: Coroutine[Any, Any, None], wait_s: float) -> None:
    """Do `work`, and go on with it when the caller's patience is over."""
    task = asyncio.ensure_future(work)
    services.keep(task)
    done, _ = await asyncio.wait([task], timeout=wait_s)
    if done:
        task.result()


async def _stop(services: Services, app: App, wait_s: float) -> None:
    app.feed(facts.Stop())
    await asyncio.gather(_want(services, app, "down"), wait_down(services, app))


async def _restart(services: Services, app: App, wait_s: float) -> None:
    if not app.is_up:
        await _start(services, app, wait_s)
        return
    await prepare(services, app)
    await services.secret_environment(app.record)  # an unusable file must not cost a process that runs
    await _want(services, app, "up")
    await _in_the_end(services, roll(services, app), wait_s)
    if wait_s > 0:
        await refuse_unstarted(services, app, wait_s)


async def _want(services: Services, app: App, wish: Literal["up", "down"]) -> None:
    """See that the wish is on disk."""
    if app.record.wanted == wish and app.record.failed is None:
        return
    app.record = msgspec.structs.replace(app.record, wanted=wish, failed=None)
    await services.store.commit()


async def delete(services: Services, caller: Caller, asked: params.AppDelete) -> results.Deleted:
    """Stop an app, free its ports, and remove its files unless they are to be kept."""
    app = find(services, asked.name)
    refuse_busy(services, app.name)
    services.pending.add(app.name)
    try:
        app.feed(facts.Stop())
        await wait_down(services, app)
        await forget(services, app, reason="deleted")
        keep = asked.keep_files or not app.record.owned
        logs = services.places.logs / app.name
        if not asked.keep_files:
            await asyncio.to_thread(shutil.rmtree, logs, ignore_errors=True)
        if not keep:
            await asyncio.to_thread(_remove, Path(app.record.path))
    finally:
        services.pending.discard(app.name)
    return results.Deleted(deleted=app.name, kept=app.record.path if keep else None)


async def forget(services: Services, app: App, reason: str) -> None:
    """Take the app off the map: durable first, then its ports are freed."""
    services.apps.pop(app.name, None)
    try:
        await services.store.commit()
    except ProtoddfError:
        services.apps[app.name] = app
        raise
    app.close()
    app.doors.drop()
    services.zygote.forget(app.name)
    services.file_watch.remove(app.name)
    for number in app.slots:
        await forget_slot(services, app, number)
    services.bus.publish("app.deleted", app.name, reason=reason)


async def forget_slot(services: Services, app: App, number: int) -> None:
    """Remove what is kept of one instance that has ended, but its logs."""
    app.bounds.forget(number)
    await services.logger.remove(app.name, number)
    for path in (
        services.places.run / "instances" / f"{app.name}.{number}",
        services.meter_path(app.name, number),
        services.probe_path(app.name, number),
    ):
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _remove(folder: Path) -> None:
    """Remove an app's files; the folder gets another name first, so that it is never seen half-gone."""
    doomed = folder.with_name(f".{folder.name}{DELETED_SUFFIX}")
    shutil.rmtree(doomed, ignore_errors=True)
    if folder.exists():
        folder.rename(doomed)
        shutil.rmtree(doomed)
