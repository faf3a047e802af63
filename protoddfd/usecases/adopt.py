"""app.adopt: something that exists already, run and supervised like an app of ours. Its files stay its."""

import asyncio
import os
import shutil
import time
from pathlib import Path

import msgspec
import structlog

from protoddfd.core.access import Caller
from protoddfd.core.options import problems_of_options
from protoddfd.edge import reflex_app
from protoddfd.errors import AdoptionRefused, NotAllowed
from protoddfd.runtime.app import App
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.services import Services
from protoddfd.usecases.apps import refuse_problems, start
from protoddfd.usecases.create import refuse_name
from protoddfd.wire import params, results
from protoddfd.wire.options import AppOptions

log = structlog.get_logger("protoddfd.adopt")


async def adopt(services: Services, caller: Caller, asked: params.AppAdopt) -> results.App:
    """Take in a Reflex app or a command, and start it unless told not to."""
    refuse_name(services, asked.name)
    if not caller.same_uid:
        raise NotAllowed(
            "only the daemon's own user may say what it runs",
            hint="ask the user that protoddfd runs as; protoddfctl status shows its process",
        )
    options = _options(asked)
    services.pending.add(asked.name)
    try:
        app = await _take_in(services, asked, options)
    finally:
        services.pending.discard(asked.name)
    if asked.start:
        await start(services, caller, params.AppCommand(name=asked.name, wait_s=asked.wait_s))
    return app.view()


def _options(asked: params.AppAdopt) -> AppOptions:
    options = AppOptions(env=asked.env, restart=asked.restart)
    refuse_problems(asked.name, problems_of_options(options, asked.name))
    return options


async def _take_in(services: Services, asked: params.AppAdopt, options: AppOptions) -> App:
    """Bind ports and store the record; undo both on an error."""
    record = await _record(services, asked, options)
    sockets = await services.find_ports(2 if asked.path is not None else asked.ports, reserved=True)
    numbers: list[int | None] = [*(each.getsockname()[1] for each in sockets), None, None]
    app = App(msgspec.structs.replace(record, frontend=numbers[0], backend=numbers[1]), services)
    app.doors.accept(sockets, held_twice=False, reserved=True)
    services.apps[asked.name] = app
    try:
        await services.store.commit()
    except BaseException:
        services.apps.pop(asked.name, None)
        app.close()
        app.doors.drop()
        raise
    services.bus.publish("app.created", asked.name, adopted=True, state=app.state)
    log.info("app.adopted", app=asked.name, path=record.path, ports=app.record.ports)
    return app


async def _record(services: Services, asked: params.AppAdopt, options: AppOptions) -> AppRecord:
    if (asked.path is None) == (asked.command is None):
        raise AdoptionRefused(
            "give either the folder of a Reflex app or a command to run",
            hint=f"protoddfctl adopt {asked.name} --path DIR, or protoddfctl adopt {asked.name} -- COMMAND",
        )
    if asked.path is not None:
        return await _reflex_record(asked, asked.path, options)
    folder = _folder(asked.cwd or "/", asked.name)
    command = tuple(asked.command or ())
    await asyncio.to_thread(_refuse_command, command, folder, options)
    return AppRecord(
        name=asked.name, title=asked.title or asked.name, template="adopted", path=str(folder),
        frontend=None, backend=None, wanted="down", created_at=time.time(), served_by="command",
        command=command, owned=False, options=options,
    )  # fmt: skip


async def _reflex_record(asked: params.AppAdopt, path: str, options: AppOptions) -> AppRecord:
    folder = _folder(path, asked.name)
    try:
        command = await asyncio.to_thread(reflex_app.command, folder)
    except reflex_app.NoReflexApp as error:
        raise AdoptionRefused(
            str(error), hint="a Reflex app's folder has an rxconfig.py: cd there, and reflex init"
        ) from error
    return AppRecord(
        name=asked.name, title=asked.title or asked.name, template="adopted", path=str(folder),
        frontend=None, backend=None, wanted="down", created_at=time.time(), served_by="reflex",
        command=command, owned=False, options=options,
    )  # fmt: skip


def _folder(text: str, name: str) -> Path:
    folder = Path(text)
    if not folder.is_absolute():
        raise AdoptionRefused(f"the folder {text!r} is not absolute", hint="give the whole path")
    if not folder.is_dir():
        raise AdoptionRefused(
            f"there is no folder {text!r}", hint=f"protoddfctl adopt {name} --cwd DIR -- COMMAND"
        )
    return folder


def _refuse_command(command: tuple[str, ...], folder: Path, options: AppOptions) -> None:
    """Raise what keeps a command from being run at all."""
    if not command or not command[0]:
        raise AdoptionRefused("the command is empty", hint="protoddfctl adopt NAME -- COMMAND ARGUMENT ...")
    if any("\0" in part for part in command):
        raise AdoptionRefused("the command has a NUL character in it", hint="remove it")
    search = options.env.get("PATH", os.environ.get("PATH", os.defpath))
    program = command[0] if "/" not in command[0] else str(folder / command[0])
    if shutil.which(program, path=search) is None:
        raise AdoptionRefused(
            f"there is no command {command[0]!r} that can be run",
            hint="give its whole path, and make it executable: chmod +x FILE",
        )
