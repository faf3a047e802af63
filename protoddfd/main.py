"""protoddfd: the daemon. Puts the parts together, serves until told to stop, and takes them apart again."""

import argparse
import asyncio
import ctypes
import gc
import grp
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import structlog

from protoddfd import log as logging_setup
from protoddfd import settings
from protoddfd.core.access import Access
from protoddfd.edge import instances, snapshot, stats
from protoddfd.edge.lock import HomeLock, HomeLocked
from protoddfd.edge.logger_client import LoggerUnavailable
from protoddfd.edge.zygote_client import ControllerRefused, ZygoteUnavailable
from protoddfd.errors import ConfigInvalid, DaemonRunning, Degraded, ProtoddfError, WorkerFailed
from protoddfd.rpc.router import Router
from protoddfd.rpc.server import RpcServer
from protoddfd.runtime import boot, store
from protoddfd.runtime.app import App
from protoddfd.runtime.idle import rest_when_idle
from protoddfd.runtime.places import Places
from protoddfd.runtime.record import SEQ_MARGIN, StateDocument
from protoddfd.runtime.services import Services
from protoddfd.usecases.apps import forget
from protoddfd.usecases.config import reload_on_signal
from protoddfd.usecases.daemon import VERSION
from protoddfd.usecases.starting import bring_up_quietly, prepare, wait_down
from protoddfd.usecases.table import handlers
from protoddfd.usecases.watching import restart_on_change
from protoddfd.wire import paths
from protoddfd.zygote.messages import MARKER

log = structlog.get_logger("protoddfd")

_M_ARENA_MAX = -8
_CHECKOUT_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the daemon, in the foreground unless told otherwise; return its exit status."""
    gc.disable()  # until it serves: hundreds of apps are made at once, and nothing of it is garbage
    asked = parser().parse_args(arguments)
    os.environ.pop(MARKER, None)  # a daemon that an app starts is none of the app's processes
    try:
        loaded, places = _configure(asked)
        if asked.check_config:
            sys.stdout.write("the configuration has no faults\n")
            return 0
        _make(places)
        if not asked.daemon:
            return _run(loaded, places)
        from protoddfd.edge.background import run_detached  # only who goes into the background pays for it

        run = partial(_run, loaded, places)
        return run_detached(run, socket_path=places.socket, log=places.logs / "protoddfd.log")
    except ProtoddfError as error:
        _tell(error)
        return 1


def _run(loaded: settings.Loaded, places: Places, ready: Callable[[], None] = lambda: None) -> int:
    """Serve until told to stop; call `ready` when clients can connect. Raises ProtoddfError before that."""
    logging_setup.set_up(loaded.settings.log, places.logs / "protoddfd.log")
    lock = _lock(places)
    try:
        document = _read_state(places)
        _raise_descriptor_limit()
        _keep_memory_together()
        return asyncio.run(_serve(loaded, places, document, ready))
    except ProtoddfError as error:
        log.critical("daemon.not_started", reason=error.message, hint=error.hint)
        raise
    finally:
        lock.release()


def _tell(error: ProtoddfError) -> None:
    """Write what is wrong to stderr, all of it, and what helps."""
    lines = [f"protoddfd: {error.message}"]
    for problem in error.problems:
        hint = f" ({problem.hint})" if problem.hint else ""
        lines.append(f"  {problem.path}: {problem.message}{hint}")
    lines += [f"  {error.hint}"] if error.hint else []
    sys.stderr.write("\n".join((*lines, "")))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the daemon's command line."""
    parser = argparse.ArgumentParser(
        prog="protoddfd",
        description="Keeps data apps running. Runs in the foreground; SIGTERM and SIGINT stop the apps,"
        " SIGUSR2 lets them stay, SIGHUP reads the configuration again.",
    )
    parser.add_argument("--home", type=Path, help="the folder that it writes to")
    parser.add_argument("--socket", type=Path, help="where it listens")
    parser.add_argument("--port-range", metavar="FIRST-LAST", help="the ports that apps may get")
    parser.add_argument(
        "--log-level",
        choices=["debug", "info", "warning", "error"],
        help="the least important that is written",
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="set any setting"
    )
    parser.add_argument(
        "--daemon", action="store_true", help="run in the background, where no service manager does that"
    )
    parser.add_argument(
        "--check-config", action="store_true", help="tell what is wrong with the configuration, and end"
    )
    parser.add_argument("--version", action="version", version=f"protoddfd {VERSION}")
    return parser


def _configure(asked: argparse.Namespace) -> tuple[settings.Loaded, Places]:
    environ, exists = os.environ, os.path.exists
    home = Path(asked.home or paths.home(environ, sys.prefix, exists)).absolute()
    loaded = settings.load(home, environ, _command_line(asked))
    chosen = loaded.settings.paths
    checkout = paths.checkout(sys.prefix, exists)
    in_checkout = checkout is not None and home == Path(checkout) / ".protoddf"
    generated = Path(checkout) / "generated" if checkout is not None and in_checkout else home / "generated"
    default_socket = home / "run" / "protoddfd.sock"
    return loaded, Places(
        home=home,
        generated=Path(chosen.generated).absolute() if chosen.generated else generated,
        templates=Path(chosen.templates).absolute() if chosen.templates else _CHECKOUT_TEMPLATES,
        cache=Path(chosen.cache or paths.cache(environ, sys.prefix, exists)).absolute(),
        socket=Path(chosen.socket or environ.get("PROTODDF_SOCKET") or default_socket).absolute(),
    )


def _command_line(asked: argparse.Namespace) -> dict[str, str]:
    """Return the settings given as options, by `section.key`."""
    chosen: dict[str, str] = {}
    for text in asked.set:
        key, equals, value = text.partition("=")
        if not equals or "." not in key:
            raise ConfigInvalid(f"--set {text}: not SECTION.KEY=VALUE", hint="--set ports.range=3000-5000")
        chosen[key] = value
    if asked.port_range:
        chosen["ports.range"] = asked.port_range
    if asked.log_level:
        chosen["log.level"] = asked.log_level
    if asked.socket:
        chosen["paths.socket"] = str(asked.socket)
    return chosen


def _make(places: Places) -> None:
    try:
        places.make()
    except OSError as error:
        raise Degraded(
            f"cannot write to {error.filename}: {error.strerror}",
            hint=f"make {places.home} writable, or choose another folder with --home",
        ) from error


def _lock(places: Places) -> HomeLock:
    try:
        return HomeLock(places.run / "protoddfd.lock")
    except HomeLocked as error:
        raise DaemonRunning(
            f"a protoddfd (process {error.pid}) already serves {places.home}",
            hint="protoddfctl status talks to it; protoddfctl shutdown ends it",
        ) from None


def _read_state(places: Places) -> StateDocument:
    try:
        document, damaged = store.read(places.state_file)
    except snapshot.FromNewerVersion as error:
        raise Degraded(
            f"{places.state_file} was written by a newer version ({error}); it is left as it is",
            hint="install that version again, or use another --home",
        ) from error
    except OSError as error:
        raise Degraded(
            f"cannot read {places.state_file}: {error.strerror}", hint="repair the disk"
        ) from error
    except msgspec.ValidationError as error:
        raise Degraded(
            f"{places.state_file} is whole, and not a state that this version understands: {error}",
            hint="install the version that wrote it, or use another --home",
        ) from error
    for path in damaged:
        log.error("state.damaged", set_aside=path)
    return StateDocument(generation=document.generation, seq=document.seq + SEQ_MARGIN, apps=document.apps)


def _raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _keep_memory_together() -> None:
    """Let all threads allocate from one arena: a few megabytes less, and the threads here mostly wait."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


async def _serve(
    loaded: settings.Loaded, places: Places, document: StateDocument, ready: Callable[[], None]
) -> int:
    """Adopt, then open the socket, then serve until told to stop."""
    services = Services(loaded, places, document, prepare, _forget_vanished)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, services.stopping.set)
    loop.add_signal_handler(signal.SIGUSR2, _detach, services)
    loop.add_signal_handler(signal.SIGHUP, _hang_up, services)
    await asyncio.to_thread(_clean, services)
    try:
        _, handover = await asyncio.gather(services.logger.connect(), services.zygote.connect())
    except (LoggerUnavailable, ZygoteUnavailable, ControllerRefused, OSError) as error:
        raise Degraded(f"cannot start the parts: {error}", hint=f"see the logs in {places.logs}") from error
    recovery = boot.Recovery(services, document)
    recovery.adopt(handover)
    services.spawn_task(services.store.run())
    await recovery.settle_ends()
    await asyncio.to_thread(services.cgroups.clean)
    with suppress(Degraded):  # it serves what there is, and says so
        await services.store.commit()
    router = Router(handlers(services))
    access = _access(loaded.settings)
    group = _connecting_group(access)
    if group is not None:
        await asyncio.to_thread(_let_pass, places, group)
    server = RpcServer(places.socket, router, access, _is_app_process(services), group=group)
    try:
        await server.start()
    except BaseException:
        await services.zygote.close(end=handover.spawned)
        await services.logger.close(end=handover.spawned)
        raise
    gc.freeze()  # what is here now stays; looking through it again and again would take longer than it saves
    gc.enable()
    ready()
    services.spawn_task(_start_wanted(services))
    services.spawn_task(restart_on_change(services))
    services.spawn_task(rest_when_idle(services))
    services.spawn_task(services.descriptors.run())
    services.spawn_task(services.sampler.run())
    log.info("daemon.ready", version=VERSION, pid=os.getpid(), apps=len(services.apps), home=str(places.home))
    await services.stopping.wait()
    await _shut_down(services, server)
    return 0


async def _start_wanted(services: Services) -> None:
    """Start the apps that are wanted up, once there is a worker to look at their folders."""
    with suppress(WorkerFailed):  # the next one warms up when it is needed
        await services.workers.warm()
    await boot.start_wanted(services, partial(bring_up_quietly, services))


def _clean(services: Services) -> None:
    boot.sweep_leftovers(services.places.generated)
    services.sources.clear_folder()


def _hang_up(services: Services) -> None:
    """Read the configuration again; at a terminal it means that the person has left, and the apps stop."""
    if os.isatty(0):
        services.stopping.set()
    else:
        services.spawn_task(reload_on_signal(services))


def _detach(services: Services) -> None:
    services.keep_apps = True
    services.stopping.set()


def _access(chosen: settings.Settings) -> Access:
    access = chosen.access
    return Access(
        read_group=_group(access.read_group),
        operator_group=_group(access.operator_group),
        admin_group=_group(access.admin_group),
    )


def _connecting_group(access: Access) -> int | None:
    """Return the group that owns the socket: the widest one; members of the others belong to it too."""
    groups = (access.read_group, access.operator_group, access.admin_group)
    return next((group for group in groups if group is not None), None)


def _let_pass(places: Places, group: int) -> None:
    """Let members of `group` reach the socket through the home, and see nothing else there."""
    for folder in {places.home, places.socket.parent}:
        if folder.is_relative_to(places.home):
            os.chown(folder, -1, group)
            folder.chmod(0o710)


def _group(name: str) -> int | None:
    if not name:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigInvalid(f"there is no group {name!r} on this machine", hint=f"groupadd {name}") from None


def _is_app_process(services: Services) -> Callable[[int], bool]:
    def belongs(pid: int) -> bool:
        """Tell whether `pid` descends from the zygote, the sub-reaper of all that apps start.

        One that has ended already, its connection handed on, cannot be told from an app's: it counts as one.
        """
        parents = stats.ancestors(pid)
        if not parents or services.zygote.pid in parents:
            return True
        own = {slot.pid for app in services.apps.values() for slot in app.live_slots}
        return not own.isdisjoint((pid, *parents))  # one that an earlier zygote started

    return belongs


async def _forget_vanished(services: Services, app: App) -> None:
    with suppress(ProtoddfError):
        await forget(services, app, reason="its folder has vanished")


async def _shut_down(services: Services, server: RpcServer) -> None:
    """Take everything apart: the apps first, unless they are to stay."""
    log.info("daemon.stopping", keep_apps=services.keep_apps, apps=len(services.apps))
    await server.close()
    if not services.keep_apps:
        for app in services.apps.values():
            app.retire()
        downs = [wait_down(services, app) for app in services.apps.values()]
        for outcome in await asyncio.gather(*downs, return_exceptions=True):
            if isinstance(outcome, BaseException):
                log.error("app.not_stopped", reason=repr(outcome))
    await services.zygote.close(end=not services.keep_apps)
    await services.logger.close(end=not services.keep_apps)
    if not services.keep_apps:
        await asyncio.to_thread(instances.forget, services.places.home)
    await services.end_tasks()
    await services.file_watch.close()
    await services.workers.close()
    await services.check_workers.close()
    await services.model_workers.close()
    await asyncio.to_thread(services.store.write_last)
    log.info("daemon.stopped")


if __name__ == "__main__":
    sys.exit(main())
