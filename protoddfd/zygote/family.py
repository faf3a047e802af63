"""The zygote's children: started, reaped, and their exit statuses kept until acknowledged."""

import contextlib
import gc
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from protoddfd.zygote.child import Server, become
from protoddfd.zygote.command import spawn
from protoddfd.zygote.instance_lock import process_start_time
from protoddfd.zygote.messages import Child, Exited, Fork, Spawn, Started

_HANDLED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Family:
    """All instances that live, and all exits that nobody has acknowledged yet."""

    def __init__(self, home: Path, server: Server, base: Mapping[str, str], descriptors_soft: int) -> None:
        self._home = home
        self._server = server
        self._base = base
        self._descriptors_soft = descriptors_soft
        self._children: dict[int, Child] = {}
        self._exits: dict[int, Exited] = {}
        self._last_id = 0

    @property
    def children(self) -> list[Child]:
        """Those that live."""
        return list(self._children.values())

    @property
    def exits(self) -> list[Exited]:
        """Those that ended and were not acknowledged, oldest first."""
        return list(self._exits.values())

    def fork(self, request: Fork, sockets: tuple[int, int]) -> Started:
        """Start an app in a forked child; raises OSError. Returns in the parent only."""
        gc.freeze()  # a collection in a child would otherwise copy every page it looks at
        signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)  # the child must not run the parent's handlers
        try:
            pid = os.fork()
            if pid == 0:
                become(request, sockets, self._server, self._home)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
        return self._add(request, pid, process_start_time(pid))

    def spawn(self, request: Spawn) -> Started:
        """Start a command; raises InstanceLocked or OSError."""
        return self._add(request, *spawn(request, self._home, self._base, self._descriptors_soft))

    def reap(self) -> Iterator[Exited]:
        """Yield every instance that has ended; strays that were adopted are reaped silently."""
        while (pid := _ended()) is not None:
            child = self._children.pop(pid, None)
            if child is not None:
                _end_group(pid)
            _, status = os.waitpid(pid, 0)
            if child is not None:
                yield self._keep(child, os.waitstatus_to_exitcode(status))

    def acknowledge(self, ids: Iterable[int]) -> None:
        """Forget these exits; unknown ids are no error."""
        for number in ids:
            self._exits.pop(number, None)

    def _add(self, request: Fork | Spawn, pid: int, start_time: int) -> Started:
        app, slot, life = request.app, request.slot, request.life
        self._children[pid] = Child(app=app, slot=slot, life=life, pid=pid, start_time=start_time)
        return Started(app=app, slot=slot, life=life, pid=pid, start_time=start_time)

    def _keep(self, child: Child, status: int) -> Exited:
        self._last_id += 1
        kept = Exited(
            id=self._last_id, app=child.app, slot=child.slot, life=child.life, pid=child.pid, status=status
        )
        self._exits[kept.id] = kept
        return kept


def _ended() -> int | None:
    try:
        result = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return None if result is None else result.si_pid


def _end_group(leader: int) -> None:
    # the unreaped leader still owns its number, so this is its group and no other; a life ends with its
    # leader, and what it leaves behind would go on holding its lock and its ports
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGTERM)
        os.killpg(leader, signal.SIGCONT)
