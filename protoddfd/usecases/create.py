"""app.create: from a spec, a description or files to a running app; all of it, or nothing left behind."""

import asyncio
import re
import shutil
import socket
import time
from functools import partial
from pathlib import Path

import msgspec
import structlog

from protoddfd.core import facts
from protoddfd.core.access import Caller
from protoddfd.edge import reflex_app
from protoddfd.errors import (
    AppBusy,
    AppExists,
    DesignRefused,
    NameInvalid,
    NotAllowed,
    ShuttingDown,
    TemplateRefused,
)  # fmt: skip
from protoddfd.generate.names import check_name, temporary_prefix
from protoddfd.generate.template import DASHBOARD, TemplateInfo, is_path, template_named
from protoddfd.runtime.app import App
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.services import Services
from protoddfd.usecases import design, over
from protoddfd.usecases.starting import apply, wait_down, wait_started
from protoddfd.wire import params, results
from protoddfd.worker import messages as jobs

_DATABASE_URL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://(?:[^:/?@]*(?::[^@]*)?@)?[^/?]*(?:/([^?]*))?")
"""The address of a database, and its name; no part of a password is ever in that."""

log = structlog.get_logger("protoddfd.create")


async def create(services: Services, caller: Caller, asked: params.AppCreate) -> results.App:
    """Make an app and start it, unless told not to; return it when it answers."""
    refuse_name(services, asked.name)
    _refuse_ingredients(asked, _template(services, caller, asked.template))
    services.pending.add(asked.name)
    handed: list[str] = []
    try:
        sources = resolve(services, caller, asked.sources, handed)
        asked, notes = await _designed(services, caller, asked)
        app = await _make(services, asked, sources, notes)
    finally:
        services.pending.discard(asked.name)
        for handle in handed:
            services.sources.drop(handle)
    if asked.start:
        await wait_started(services, app, asked.wait_s)
    return app.view()


def _template(services: Services, caller: Caller, name: str) -> TemplateInfo:
    """Return the template of a name, or in a folder; raise TemplateUnknown and NotAllowed."""
    if not is_path(name):
        return template_named(services.places.templates, name)
    if not caller.same_uid:
        raise NotAllowed(
            "only the daemon's own user may give a template by its folder",
            hint="use one that protoddfctl templates lists",
        )
    return TemplateInfo(name=name, title=name, description="", source=name, takes_spec=False)


def _refuse_ingredients(asked: params.AppCreate, template: TemplateInfo) -> None:
    """Raise what is wrong with what the app is to be made from, before anything is done for it."""
    if asked.variables and not is_path(asked.template):
        raise TemplateRefused(
            f"the template {template.name} has no variables to set",
            hint="only a template that is given by its folder has some: --template /path/to/folder",
        )
    given = asked.spec is not None or asked.description is not None or bool(asked.sources)
    if not template.takes_spec:
        if given:
            raise DesignRefused(
                f"the template {template.name} says what it makes: it takes no spec, description or data",
                hint=f"protoddfctl create {asked.name} --template {template.name}, or leave out the template",
            )
    elif (asked.spec is None) == (not asked.sources and asked.description is None):
        raise DesignRefused(
            "an app is made from a spec, from a description or from data files: give one of them",
            hint=f'protoddfctl create {asked.name} --describe "...", --from FILE, --spec FILE.json,'
            " or --template NAME; protoddfctl templates lists those",
        )
    if asked.template == DASHBOARD:
        over.refuse(asked)


def refuse_name(services: Services, name: str) -> None:
    """Raise what keeps a new app from having this name."""
    if services.stopping.is_set():
        raise ShuttingDown("the daemon is stopping", hint="start it again, then try again")
    problem = check_name(name)
    if problem is not None:
        raise NameInvalid(problem.message, hint=problem.hint)
    if name in services.apps:
        raise AppExists(
            f"there is an app called {name!r} already",
            hint=f"choose another name, or protoddfctl delete {name}",
        )
    if name in services.pending:
        raise AppBusy(f"{name!r} is being made or deleted at this moment", hint="try again shortly")


def resolve(
    services: Services, caller: Caller, sources: tuple[params.Source, ...], handed: list[str]
) -> tuple[jobs.SourceFile, ...]:
    """Return the files that `sources` stand for; handles to drop afterwards are added to `handed`.

    Raises:
        NotAllowed: a path was given by another user than the daemon's.
        SourceUnknown: an upload is not there or not complete.
        DesignRefused: a source is neither an upload, a text nor a path.
    """
    return tuple(_resolve_one(services, caller, source, handed) for source in sources)


def _resolve_one(
    services: Services, caller: Caller, source: params.Source, handed: list[str]
) -> jobs.SourceFile:
    if (source.path is not None or source.url is not None) and not caller.same_uid:
        raise NotAllowed(
            "only the daemon's own user may name paths and databases",
            hint="hand the file over with source.put",
        )
    if source.url is not None:
        address = _DATABASE_URL.match(source.url)
        if address is None:
            raise DesignRefused(
                "a url is the address of a PostgreSQL database", hint="postgresql://user@host/name"
            )
        return jobs.SourceFile(name=source.name or address[1] or "database", path=source.url)
    if source.path is not None:
        path = Path(source.path)
        if not path.is_absolute():
            raise DesignRefused(f"the path {source.path!r} is not absolute", hint="give the whole path")
        return jobs.SourceFile(name=source.name or path.name, path=source.path)
    if source.source is not None:
        upload = services.sources.take(source.source)
        handed.append(source.source)
        return jobs.SourceFile(name=source.name or upload.name, path=str(upload.path))
    if source.text is not None and source.name is not None:
        handle = services.sources.put(None, source.name, source.text.encode(), last=True)
        handed.append(handle)
        return jobs.SourceFile(name=source.name, path=str(services.sources.take(handle).path))
    raise DesignRefused(
        "a source is {source}, {name, text}, {path} or {url}", hint="see rpc.discover for their shape"
    )


async def _designed(
    services: Services, caller: Caller, asked: params.AppCreate
) -> tuple[params.AppCreate, tuple[str, ...]]:
    """Return the request with the spec that a language model helped to design, and its notes."""
    if asked.sources and asked.designer == "model":
        raise DesignRefused(
            "a language model has no part in an app that is made from files with their rows",
            hint="protoddfctl propose FILE --designer model shows what it would say",
        )
    job = jobs.Propose(
        name=asked.name, title=asked.title, description=asked.description,
        **design.by(services, caller, asked.designer),
    )  # fmt: skip
    if asked.description is None or asked.sources or not design.asks_model(services, job):
        return asked, ()
    proposed = await design.propose(services, job, partial(_tell, services, asked.name))
    spec = msgspec.to_builtins(proposed.spec)
    return msgspec.structs.replace(asked, spec=spec, description=None), proposed.notes


def _tell(services: Services, name: str, progress: jobs.Progress) -> None:
    services.bus.publish("progress", name, text=progress.text, part=progress.part)


async def _make(
    services: Services,
    asked: params.AppCreate,
    sources: tuple[jobs.SourceFile, ...],
    notes: tuple[str, ...],
) -> App:
    """Bind ports, write the folder, store the record and begin the start; undo all on an error."""
    ports = await services.find_ports(2)
    folder = services.places.generated / asked.name
    made_folder = False
    app: App | None = None
    try:
        made = await _write(services, asked, sources)
        made_folder = True
        app = _new_app(services, asked, folder, ports, made)
        if asked.template == DASHBOARD:
            app.record = over.with_source(app.record)
        await apply(services, app, made.inspection)
        services.apps[asked.name] = app
        if asked.start:
            app.feed(facts.Start())
        else:
            app.doors.give()
        await services.store.commit()
    except BaseException:
        await _undo(services, app, ports, folder if made_folder else None)
        await asyncio.to_thread(_sweep, services.places.generated, asked.name)
        raise
    for note in (*notes, *made.notes):
        services.bus.publish("progress", asked.name, text=note, part=None)
    services.bus.publish("app.created", asked.name, rows=made.rows, state=app.state)
    log.info("app.created", app=asked.name, rows=sum(made.rows.values()), template=asked.template)
    return app


async def _write(
    services: Services, asked: params.AppCreate, sources: tuple[jobs.SourceFile, ...]
) -> jobs.Made:
    places = services.places
    made: jobs.Made = await services.workers.run(
        jobs.Make(
            name=asked.name, title=asked.title, template=asked.template, templates=str(places.templates),
            generated=str(places.generated), cache=str(places.cache), spec=asked.spec,
            description=asked.description, sources=sources, variables=asked.variables,
            allowed_hooks=services.settings.templates.allowed_hooks,
        ),
        partial(_tell, services, asked.name),
    )  # fmt: skip
    return made


def _new_app(
    services: Services,
    asked: params.AppCreate,
    folder: Path,
    ports: tuple[socket.socket, ...],
    made: jobs.Made,
) -> App:
    record = AppRecord(
        name=asked.name,
        title=made.inspection.title or asked.title or asked.name,
        template=asked.template,
        path=str(folder),
        frontend=ports[0].getsockname()[1],
        backend=ports[1].getsockname()[1],
        wanted="up" if asked.start else "down",
        created_at=time.time(),
        served_by="reflex" if made.is_foreign else "zygote",
        command=reflex_app.command(folder) if made.is_foreign else None,
    )
    app = App(record, services)
    app.doors.accept(ports, held_twice=False)
    return app


async def _undo(
    services: Services, app: App | None, ports: tuple[socket.socket, ...], folder: Path | None
) -> None:
    """Leave nothing behind of an app that could not be made."""
    if app is not None:
        app.retire()
        await asyncio.shield(wait_down(services, app))
        services.apps.pop(app.name, None)
        app.close()
        app.doors.drop()
    for held in ports:
        held.close()
    if folder is not None:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _sweep(generated: Path, name: str) -> None:
    """Remove what a worker left that was ended while it wrote the app."""
    for folder in generated.glob(f"{temporary_prefix(name)}*"):
        shutil.rmtree(folder, ignore_errors=True)
