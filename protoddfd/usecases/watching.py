"""Restarts apps whose files change, where their options say so."""

import ast
import asyncio
from collections.abc import Iterable
from pathlib import Path

import structlog

from protoddfd.edge.watch_files import Change
from protoddfd.errors import ProtoddfError
from protoddfd.runtime.app import App
from protoddfd.runtime.services import Services
from protoddfd.usecases.starting import bring_up, prepare, roll

SHOWN_FILES = 3

log = structlog.get_logger("protoddfd.watch")


async def follow(services: Services, app: App) -> None:
    """Watch an app's files from now on, or no more, as its options say."""
    if app.record.options.watch and services.apps.get(app.name) is app:
        await services.file_watch.add(app.name, app.record.path)
    else:
        services.file_watch.remove(app.name)


async def restart_on_change(services: Services) -> None:
    """Restart what changes, each app once at a time, until cancelled."""
    for app in list(services.apps.values()):
        if app.record.options.watch and not services.file_watch.watches(app.name):
            await follow(services, app)
    busy: dict[str, asyncio.Lock] = {}
    async for change in services.file_watch.changes():
        lock = busy.setdefault(change.app, asyncio.Lock())
        services.spawn_task(_in_turn(services, change, lock))


async def _in_turn(services: Services, change: Change, lock: asyncio.Lock) -> None:
    async with lock:
        app = services.apps.get(change.app)
        if app is None or change.vanished or app.record.wanted == "down":
            return
        if app.live_slots and all(slot.began_at > change.at for slot in app.live_slots):
            return  # they began with it
        fault = await asyncio.to_thread(_fault_in, change.paths)
        if fault is not None:
            services.bus.publish("progress", app.name, text=f"not restarted: {fault}", part=None)
            return
        names = ", ".join(Path(path).name for path in change.paths[:SHOWN_FILES])
        more = len(change.paths) - SHOWN_FILES
        text = f"{names}{f' and {more} more' if more > 0 else ''} changed: restarting"
        services.bus.publish("progress", app.name, text=text, part=None)
        await _restart(services, app)


async def _restart(services: Services, app: App) -> None:
    try:
        await prepare(services, app)
        if app.is_up:
            await roll(services, app)
        else:
            await bring_up(services, app)
    except (ProtoddfError, OSError) as error:
        text = f"not restarted: {getattr(error, 'message', str(error))}"
        log.warning("watch.not_restarted", app=app.name, reason=text)
        services.bus.publish("progress", app.name, text=text, part=None)


def _fault_in(paths: Iterable[str]) -> str | None:
    """Return what keeps changed Python files from being run at all: the old process is better than none."""
    for path in map(Path, paths):
        if path.suffix != ".py":
            continue
        try:
            ast.parse(path.read_bytes(), str(path))
        except OSError:
            continue
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            return f"{path.name}{f', line {line}' if line else ''}: {getattr(error, 'msg', str(error))}"
    return None
