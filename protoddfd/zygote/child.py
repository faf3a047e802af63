"""What a forked child does before and after it serves: it rids itself of all that is the zygote's.

Runs in the child only, and never returns.
"""

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn, Protocol

from setproctitle import setproctitle

from protoddfd.zygote import groups, rlimits
from protoddfd.zygote.instance_lock import (
    Holder,
    InstanceLocked,
    boot_id,
    lock_path,
    process_start_time,
    take,
    write_holder,
)
from protoddfd.zygote.messages import EXIT_LOCKED, EXIT_NOT_SET_UP, MARKER, Fork, marker
from protoddfd.zygote.orphanhood import live_on
from protoddfd.zygote.shown import show


class Server(Protocol):
    """What serves an app: `protoddfd.zygote.serve`, or a module given by `--serve-with`."""

    def prepare_environment(self) -> None:
        """Set what must be set before anything is imported."""

    def preload_steps(self) -> Iterator[None]:
        """Import all that children need; must leave no thread and no descriptor behind.

        Between two steps the zygote serves requests, so each is to be short, and none may rely on what the
        process has for itself: its working folder, its signal handlers.
        """

    @property
    def run(self) -> Callable[[Path, str, Path, socket.socket, socket.socket], int]:
        """Serve (folder, module, bundle, frontend, backend) until told to stop; return the exit status."""


def become(request: Fork, sockets: tuple[int, int], server: Server, home: Path) -> NoReturn:
    """Turn this forked process into the instance that `request` asks for; end with its true status."""
    status = 1
    try:
        _reset_signals()
        close_all_but({0, 1, 2, *sockets})
        os.setsid()
        setproctitle(request.title or f"proto-ddf: {request.app} {request.slot}")
        status = _live(request, sockets, server, home)
    except BaseException:  # noqa: BLE001  the child must never unwind into the zygote's loop
        traceback.print_exc()
    finally:
        _flush()
        os._exit(status & 0xFF)


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor of this process but `kept`: close-on-exec means nothing without exec."""
    last = -1
    for descriptor in sorted(kept):
        if descriptor > last + 1:  # closerange(0, 0) would close everything
            os.closerange(last + 1, descriptor)
        last = descriptor
    os.closerange(last + 1, max(os.sysconf("SC_OPEN_MAX"), 1 << 20))


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _live(request: Fork, sockets: tuple[int, int], server: Server, home: Path) -> int:
    try:
        lock = take(lock_path(home, request.app, request.slot))
        _redirect(request.stdout, request.stderr)
        _note(lock, request)
        live_on()  # by its lock it can be found from now on
        _limit(request)
        os.chdir(request.folder)
    except InstanceLocked as error:
        _say(f"{request.app} {request.slot}: the slot is {error}; this process ends")
        return EXIT_LOCKED
    except OSError:
        traceback.print_exc()
        return EXIT_NOT_SET_UP
    own = {"PROTODDF_HOME": str(home), MARKER: marker(request)}
    os.environ.update(request.env | own)
    show(own)
    frontend, backend = (socket.socket(fileno=descriptor) for descriptor in sockets)
    return _run(
        lambda: server.run(Path(request.folder), request.module, Path(request.bundle), frontend, backend)
    )


def _run(serve: Callable[[], int]) -> int:
    try:
        return serve()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        _say(str(end.code))
    except KeyboardInterrupt:
        _flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001  whatever ended the app is shown in its own log
        traceback.print_exc()
    return 1


def _redirect(stdout: str | None, stderr: str | None) -> None:
    for target, path in ((1, stdout), (2, stderr)):
        if path is not None:
            # read-write: neither a missing nor a dead reader can block the opening or cost a SIGPIPE
            opened = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            os.dup2(opened, target)
            os.close(opened)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # they are text files here


def _note(lock: int, request: Fork) -> None:
    try:
        write_holder(lock, _holder(request))
        if request.oom_score_adj is not None:
            Path("/proc/self/oom_score_adj").write_text(str(request.oom_score_adj), encoding="ascii")
    except OSError as error:  # a full disk or a small right is no reason not to serve
        _say(f"{request.app} {request.slot} serves, but {error}")


def _holder(request: Fork) -> Holder:
    pid = os.getpid()
    return Holder(pid=pid, start_time=process_start_time(pid), life=request.life, boot_id=boot_id())


def _limit(request: Fork) -> None:
    for trouble in groups.enter(request.cgroups) + rlimits.apply(request.limits, request.cgroups):
        _say(f"{request.app} {request.slot} serves, but {trouble}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # a closed or full stream changes nothing about the exit status
            continue
