"""app.set and app.scale: how an app is run, and by how many processes."""

import asyncio
from functools import partial

import msgspec

from protoddfd.core import facts
from protoddfd.core.access import Caller
from protoddfd.core.options import problems_of_options
from protoddfd.core.order import cycle_of
from protoddfd.core.scale import slots_to_add, slots_to_remove
from protoddfd.errors import NotAllowed, NotPossible
from protoddfd.runtime.app import App
from protoddfd.runtime.services import Services
from protoddfd.spec import Problem
from protoddfd.usecases.apps import forget_slot, refuse_busy, refuse_problems, restart
from protoddfd.usecases.starting import drain, find, has_started, refuse_unstarted
from protoddfd.usecases.watching import follow
from protoddfd.wire import params, results
from protoddfd.wire.options import AppOptions

_NO_OPTION = ("name", "restart_now")
RESTING = ("down", "listening")
"""States in which nothing is to be restarted; what has failed, or is tried again later, may do better now."""
_PATHS = ("env_files", "secrets")


async def set_options(services: Services, caller: Caller, asked: params.AppSet) -> results.App:
    """Change what is named; what concerns the process applies from its next start."""
    app = find(services, asked.name)
    refuse_busy(services, app.name)
    given = {
        name: getattr(asked, name)
        for name in asked.__struct_fields__
        if name not in _NO_OPTION and getattr(asked, name) is not msgspec.UNSET
    }
    if not caller.same_uid and any(name in given for name in _PATHS):
        raise NotAllowed(
            "only the daemon's own user may name files to read", hint="ask the user that protoddfd runs as"
        )
    options = msgspec.structs.replace(app.record.options, **given)
    _refuse(services, app, options)
    before = app.record
    app.record = msgspec.structs.replace(before, options=options)
    try:
        await services.store.commit()
    except BaseException:
        app.record = before
        raise
    _apply(app, before.options)
    await follow(services, app)
    services.bus.publish("app.set", app.name, changed=sorted(given))
    if asked.restart_now and app.state not in RESTING:
        await restart(services, caller, params.AppCommand(name=app.name))
    return app.view()


def _refuse(services: Services, app: App, options: AppOptions) -> None:
    problems = [*problems_of_options(options, app.name), *_impossible(app, options)]
    after = {name: other.record.options.after for name, other in services.apps.items()}
    after[app.name] = options.after
    problems += [
        Problem(path="after", message=f"there is no app called {name!r}", hint="protoddfctl list")
        for name in options.after
        if name not in services.apps
    ]
    cycle = cycle_of(after)
    if cycle:
        problems.append(
            Problem(
                path="after",
                message=f"apps would wait for each other: {' -> '.join(cycle)}",
                hint="take one of them out of after",
            )
        )
    refuse_problems(app.name, problems)


def _impossible(app: App, options: AppOptions) -> list[Problem]:
    """Return what this kind of app cannot do."""
    if options.on_demand and app.served_by != "zygote":
        return [
            Problem(
                path="on_demand",
                message=f"{app.name} binds its ports itself, so no first request can wake it",
                hint="only apps that Proto-DDF serves can start on demand",
            )
        ]
    return []


def _apply(app: App, before: AppOptions) -> None:
    """Let what runs, or waits, follow the options at once where no new process is needed."""
    options = app.record.options
    if options.limits != before.limits:
        app.bounds.set(options.limits)
        for slot in app.live_slots:
            if slot.pid is not None:
                app.bounds.enclose(slot.number, slot.pid)
    if options.health != before.health:
        app.check_anew()
    if before.on_demand and not options.on_demand and app.state == "listening":
        app.feed(facts.Restart())


async def scale(services: Services, caller: Caller, asked: params.AppScale) -> results.App:
    """Serve an app by so many processes; those that are too many are stopped, the last first."""
    app = find(services, asked.name)
    refuse_busy(services, app.name)
    if asked.instances > 1 and app.record.ports and app.served_by != "zygote":
        raise NotPossible(
            f"{app.name} binds its ports itself, so only one process can serve it",
            hint="only apps that Proto-DDF serves, and commands without ports, can be scaled",
        )
    before = app.record
    app.record = msgspec.structs.replace(before, scale=asked.instances)
    try:
        await services.store.commit()
    except BaseException:
        app.record = before
        raise
    services.bus.publish("app.set", app.name, changed=["scale"], scale=asked.instances)
    app.check_anew()
    await asyncio.gather(_grow(services, app, asked.wait_s), _shrink(services, app))
    return app.view()


async def _grow(services: Services, app: App, wait_s: float) -> None:
    added = [app.add_slot(number) for number in slots_to_add(app.slots, app.record.scale)]
    if not added:
        return
    drain(services, app)
    if app.record.wanted == "down":
        return
    for slot in added:
        slot.feed(facts.Start())
    if wait_s <= 0:
        return
    try:
        async with asyncio.timeout(wait_s):
            await app.settle(partial(has_started, app))
    except TimeoutError:
        pass
    await refuse_unstarted(services, app, wait_s)


async def _shrink(services: Services, app: App) -> None:
    surplus = [app.slots[number] for number in slots_to_remove(app.slots, app.record.scale)]
    for slot in surplus:
        slot.feed(facts.Stop())
    async with asyncio.timeout(app.policy.stop_grace_s + 10.0):
        await app.settle(lambda: all(slot.it.state in ("down", "failed") for slot in surplus))
    for slot in surplus:
        app.drop_slot(slot.number)
        await forget_slot(services, app, slot.number)
