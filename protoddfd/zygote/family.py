"""The zygote's children: started, reaped, and their exit statuses kept until acknowledged."""

import gc
import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from protoddfd.zygote import orphanhood
from protoddfd.zygote.child import Server, become
from protoddfd.zygote.command import Commands
from protoddfd.zygote.instance_lock import boot_id, lock_path, process_start_time
from protoddfd.zygote.messages import Child, Exited, Fork, Spawn, Started
from protoddfd.zygote.outlets import Outlets
from protoddfd.zygote.strays import Member, Remains, Strays

_HANDLED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Family:
    """All instances that live, and all exits that nobody has acknowledged yet."""

    def __init__(self, home: Path, server: Server, base: Mapping[str, str], descriptors_soft: int) -> None:
        self._home = home
        self._server = server
        self._commands = Commands(home, base, descriptors_soft)
        self._members: dict[int, Member] = {}
        self._strays = Strays(home)
        self._outlets = Outlets()
        self._exits: dict[int, Exited] = {}
        self._last_id = 0
        boot_id()  # read once, before any fork

    @property
    def children(self) -> list[Child]:
        """Those that live, and those that have ended but not all that they left behind."""
        ending = [msgspec.structs.replace(each.member.child, ending=True) for each in self._strays.remains]
        return [member.child for member in self._members.values()] + ending

    @property
    def exits(self) -> list[Exited]:
        """Those that ended and were not acknowledged, oldest first."""
        return list(self._exits.values())

    def fork(self, request: Fork, sockets: tuple[int, int]) -> Started:
        """Start an app in a forked child; raises OSError. Returns in the parent only."""
        self._outlets.keep((request.stdout, request.stderr))
        zygote = os.getpid()
        gc.freeze()  # a collection in a child would otherwise copy every page it looks at
        signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)  # the child must not run the parent's handlers
        try:
            pid = os.fork()
            if pid == 0:
                orphanhood.die_with(zygote)
                become(request, sockets, self._server, self._home)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
        return self._add(request, pid, process_start_time(pid))

    def spawn(self, request: Spawn) -> Started:
        """Start a command; raises InstanceLocked or OSError."""
        self._outlets.keep((request.stdout, request.stderr))
        return self._add(request, *self._commands.spawn(request))

    def keep(self, paths: Iterable[str]) -> None:
        """Have the FIFOs open that instances of an earlier zygote write to."""
        self._outlets.keep(paths)

    def release(self, app: str) -> None:
        """Let go of what the instances of an app write to."""
        self._outlets.release(app)

    def reap(self, now: float) -> Iterator[Exited]:
        """Yield every instance that has ended, with all that it had started; `now` is monotonic."""
        reaped = False
        for pid, status in _ended():
            reaped = True
            member = self._members.pop(pid, None)
            if member is None:
                self._strays.reaped(pid)
            else:
                self._strays.add(member, os.waitstatus_to_exitcode(status), now)
        if reaped or self.wait_s(now) == 0:
            for gone in self._strays.sweep(self._members, now):
                yield self._keep(gone)

    def wait_s(self, now: float) -> float | None:
        """Return the seconds until `reap` is due though no child has ended; None: it is not."""
        return self._strays.wait_s(now)

    def acknowledge(self, ids: Iterable[int]) -> None:
        """Forget these exits; unknown ids are no error."""
        for number in ids:
            self._exits.pop(number, None)

    def leave(self, now: float) -> None:
        """Kill what ended instances left behind: nobody will wait for it. Those that live go on."""
        self._strays.kill(self._members, now)

    def _add(self, request: Fork | Spawn, pid: int, start_time: int) -> Started:
        app, slot, life = request.app, request.slot, request.life
        child = Child(app=app, slot=slot, life=life, pid=pid, start_time=start_time)
        self._members[pid] = Member(child, request, lock_path(self._home, app, slot))
        return Started(app=app, slot=slot, life=life, pid=pid, start_time=start_time)

    def _keep(self, gone: Remains) -> Exited:
        child = gone.member.child
        self._last_id += 1
        kept = Exited(
            id=self._last_id,
            app=child.app,
            slot=child.slot,
            life=child.life,
            pid=child.pid,
            status=gone.status,
            strays=gone.strays,
        )
        self._exits[kept.id] = kept
        return kept


def _ended() -> Iterator[tuple[int, int]]:
    """Reap and yield every child that has ended, with its wait status."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status
