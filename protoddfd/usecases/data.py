"""app.data_move: an app's data goes to another database, and the app runs on that; or nothing has changed."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from protoddfd.core import facts
from protoddfd.core.access import Caller
from protoddfd.core.health import DATA_APP_DATABASE
from protoddfd.edge import data_move
from protoddfd.errors import NotPossible, ProtoddfError
from protoddfd.runtime.app import App
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.services import Services
from protoddfd.usecases.apps import refuse_busy, start
from protoddfd.usecases.starting import find, wait_down
from protoddfd.usecases.watching import follow
from protoddfd.wire import params, results

VARIABLE = "DATABASE_URL"


async def move(services: Services, caller: Caller, asked: params.AppDataMove) -> results.DataMoved:
    """Stop the app, copy its data, and start it on the copy if it ran; it goes on when the caller leaves."""
    app = find(services, asked.name)
    refuse_busy(services, app.name)
    secret = await services.secret_environment(app.record)
    await asyncio.to_thread(_refuse, app, secret)
    done: asyncio.Future[results.DataMoved] = asyncio.get_running_loop().create_future()

    async def carry_out() -> None:
        try:
            moved = await _move(services, caller, app, asked, secret)
        except BaseException as error:
            if not done.done():
                done.set_exception(error)
            done.exception() if not done.cancelled() else None
            raise
        if not done.done():
            done.set_result(moved)

    services.spawn_task(carry_out())
    return await asyncio.shield(done)


def _refuse(app: App, secret: Mapping[str, str]) -> None:
    if not (Path(app.record.path) / data_move.MODULE).is_file():
        raise NotPossible(
            f"{app.name} is no data app of a version that can move its data",
            hint="copy the data with the tools of its database, and set its DATABASE_URL",
        )
    if VARIABLE in secret:
        raise NotPossible(
            f"the {VARIABLE} of {app.name} comes from a file, which is not ours to change",
            hint=f"stop it, run `python -m dataforms.move FROM TO` in {app.record.path}, and edit that file",
        )


async def _move(
    services: Services, caller: Caller, app: App, asked: params.AppDataMove, secret: Mapping[str, str]
) -> results.DataMoved:
    refuse_busy(services, app.name)
    was_up = app.record.wanted == "up"
    again = params.AppCommand(name=app.name, wait_s=asked.wait_s)
    services.pending.add(app.name)
    try:
        app.feed(facts.Stop())
        await wait_down(services, app)
        moved = await _copy(services, app, asked.to, secret)
        before = app.record
        await _set(services, app, _on(app, asked.to))
    except BaseException:
        services.pending.discard(app.name)
        if was_up:
            await start(services, caller, again)
        raise
    services.pending.discard(app.name)
    if was_up:
        try:
            await start(services, caller, again)
        except ProtoddfError:
            app.feed(facts.Stop())
            await wait_down(services, app)
            await _set(services, app, msgspec.structs.replace(app.record, options=before.options))
            await start(services, caller, again)
            raise
    services.bus.publish("app.set", app.name, changed=["env"])
    return results.DataMoved(app=app.view(), rows=moved.rows, left=moved.left, seconds=moved.seconds)


async def _copy(services: Services, app: App, to: str, secret: Mapping[str, str]) -> data_move.Moved:
    env = {**secret, **app.record.options.env}

    def said(text: str) -> None:
        services.bus.publish("progress", app.name, text=text, part=None)

    source = env.get(VARIABLE) or DATA_APP_DATABASE
    return await data_move.run(Path(app.record.path), source, to, env, said)


def _on(app: App, url: str) -> AppRecord:
    options = app.record.options
    env = {**options.env, VARIABLE: url}
    return msgspec.structs.replace(app.record, options=msgspec.structs.replace(options, env=env))


async def _set(services: Services, app: App, record: AppRecord) -> None:
    """Take over a record, once it is on disk."""
    before, app.record = app.record, record
    try:
        await services.store.commit()
    except BaseException:
        app.record = before
        raise
    app.check_anew()
    await follow(services, app)
