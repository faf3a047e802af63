"""Runs the daemon in the background: its own session and standard streams, nothing open of its caller's.

Must be used before there are threads or a loop, since it forks. python-daemon does the detaching; what it
lacks is here: the caller waits until the daemon answers at its socket, or hears why it does not.
"""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from protoddfd.errors import ConfigInvalid, Degraded, ProtoddfError, from_wire
from protoddfd.spec import Problem
from protoddfd.wire.address import address

Serve = Callable[[Callable[[], None]], int]
"""Serves until told to stop and returns the exit status; calls what it is given once clients can connect."""

START_LIMIT_S = 120.0
ANSWER_LIMIT_S = 10.0
UMASK = 0o022
"""At least nobody else may write what the daemon makes; a stricter mask of the caller stays."""

_DEFAULT_SIGNALS = (
    *(signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU),
)
_ASK = b'{"jsonrpc":"2.0","method":"daemon.status","id":1}\n'


class _Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why the daemon does not run, on its way from the daemon to its caller."""

    code: int
    message: str
    hint: str
    problems: tuple[Problem, ...]


class _Status(msgspec.Struct, frozen=True):
    pid: int


class _Answer(msgspec.Struct, frozen=True):
    result: _Status


def run_detached(serve: Serve, *, socket_path: Path, log: Path) -> int:
    """Have `serve` run in the background, its output in `log`; all paths must be absolute.

    Returns twice: in the caller's process 0, once the daemon answers at `socket_path`; in the daemon, when it
    has ended, what `serve` returned.

    Raises:
        ProtoddfError: in the caller's process, what `serve` raised before it could be reached.
        ConfigInvalid: systemd runs this process, and would take it for dead.
        Degraded: the daemon ended without a word, or does not answer.
    """
    refuse_under_systemd(os.environ, os.getpid())
    _open_standard_streams()
    heard, told = os.pipe()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    child = os.fork()
    if child == 0:
        return _live(serve, told, log)
    os.close(told)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who is tired of waiting may leave: the daemon goes on
    os.waitpid(child, 0)
    _wait(heard, log)
    pid = _ask(socket_path, log)
    sys.stdout.write(f"protoddfd runs in the background: process {pid}, socket {socket_path}\n")
    return 0


def refuse_under_systemd(environ: Mapping[str, str], pid: int) -> None:
    """Raise ConfigInvalid when systemd watches over the process `pid`, which has this environment."""
    if "NOTIFY_SOCKET" in environ or environ.get("SYSTEMD_EXEC_PID") == str(pid):
        raise ConfigInvalid(
            "systemd runs this protoddfd already in the background, and would take a detached one for dead",
            hint="leave --daemon out of ExecStart",
        )


# The daemon's side --------------------------------------------------------------------------------------


class _Caller:
    """The process that waits for word of the daemon. It is told once; what comes later is dropped."""

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe

    def ready(self) -> None:
        """Say that clients can connect."""
        self._tell(b"")

    def refuse(self, error: ProtoddfError) -> None:
        """Say why the daemon does not run."""
        refusal = _Refusal(code=error.code, message=error.message, hint=error.hint, problems=error.problems)
        self._tell(msgspec.json.encode(refusal))

    def _tell(self, line: bytes) -> None:
        if self._pipe is None:
            return
        with suppress(OSError):  # it may have left
            os.write(self._pipe, line + b"\n")
        os.close(self._pipe)
        self._pipe = None


def _live(serve: Serve, told: int, log: Path) -> int:
    caller = _Caller(told)
    try:
        _detach(told, log)
    except Exception as error:  # noqa: BLE001  whatever it was, this copy of the caller must not go on as it
        caller.refuse(Degraded(f"cannot go into the background: {error}", hint=f"ls -ld {log.parent}"))
        os._exit(1)
    try:
        return serve(caller.ready)
    except ProtoddfError as error:
        caller.refuse(error)
        return 1


def _detach(told: int, log: Path) -> None:
    """Become a process of its own, in a session without a terminal and in the root folder."""
    from daemon import DaemonContext  # type: ignore[import-untyped]  # python-daemon ships no types

    output = os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "wb")
    DaemonContext(
        detach_process=True,
        working_directory="/",
        umask=_umask() | UMASK,
        prevent_core=False,  # apps inherit it, and theirs is not ours to decide
        files_preserve=[told],
        stdout=output,
        stderr=output,
        signal_map={
            signal.SIGINT: signal.default_int_handler,
            **dict.fromkeys(_DEFAULT_SIGNALS, signal.SIG_DFL),
        },
    ).open()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _umask() -> int:
    mask = os.umask(UMASK)
    os.umask(mask)
    return mask


def _open_standard_streams() -> None:
    """Open the standard streams that the caller closed: another file would get their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.close(number)
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


# The caller's side --------------------------------------------------------------------------------------


def _wait(heard: int, log: Path) -> None:
    """Return when the daemon says that it can be reached; raise what it says instead."""
    with os.fdopen(heard, "rb") as pipe:
        if not select.select([pipe], [], [], START_LIMIT_S)[0]:
            raise Degraded(
                f"protoddfd is not ready after {START_LIMIT_S:g} s, and goes on starting",
                hint=f"protoddfctl status; see {log}",
            )
        line = pipe.readline()
    if not line:
        raise Degraded("protoddfd ended while it started", hint=f"see the end of {log}")
    if line != b"\n":
        refusal = msgspec.json.decode(line, type=_Refusal)
        raise from_wire(refusal.code, refusal.message, hint=refusal.hint, problems=refusal.problems)


def _ask(path: Path, log: Path) -> int:
    """Return the process that answers at the socket `path`."""
    silent = Degraded(f"protoddfd does not answer at {path}", hint=f"see the end of {log}")
    with address(str(path)) as name, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_LIMIT_S)
        try:
            connection.connect(name)
            connection.sendall(_ASK)
            line = connection.makefile("rb").readline()
        except OSError:
            raise silent from None
    try:
        return msgspec.json.decode(line, type=_Answer).result.pid
    except msgspec.MsgspecError:
        raise silent from None
