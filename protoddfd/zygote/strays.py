"""What ended instances left behind: found, ended, and waited for before their exits are told.

The zygote is a sub-reaper: whatever an instance started is a child of the zygote once its own parents are
gone, however it detached itself. Nothing here blocks, and nothing is ended unless it is known whose it is.
"""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from protoddfd.zygote import groups
from protoddfd.zygote.messages import MARKER, Child, Key, Start, marked
from protoddfd.zygote.processes import (
    descendants,
    environment,
    look,
    open_files,
    own_children_but,
    signal_child,
    signal_kin,
)

GIVE_UP_S = 5.0
"""So long after SIGKILL an exit is told although something is left: it may hang in the kernel for ever."""

_GENTLY = (signal.SIGTERM, signal.SIGCONT)
_FIRMLY = (signal.SIGKILL,)


class Member:
    """A process that was started for an instance, and what is asked of it at its end."""

    __slots__ = ("cgroups", "child", "grace_s", "key", "lock")

    def __init__(self, child: Child, start: Start, lock: Path) -> None:
        self.child = child
        self.key: Key = (child.app, child.slot, child.life)
        self.lock = str(lock)
        self.cgroups = start.cgroups
        self.grace_s = start.strays_grace_s


Living = Mapping[int, Member]
"""The members that live, by process."""


class Remains:
    """A member whose process has ended with `status`, and what it left behind."""

    def __init__(self, member: Member, status: int, now: float) -> None:
        self.member = member
        self.status = status
        self.kill_at = now + member.grace_s
        self.look_at = now
        self._found: dict[int, int] = {}
        self._beyond: set[int] = set()

    @property
    def strays(self) -> int:
        """How many processes were found so far."""
        return len(self._found)

    def knows(self, pid: int) -> bool:
        """Return whether this very process was found before: as a descendant of a stray, say."""
        seen = look(pid) if pid in self._found else None
        return seen is not None and self._found[pid] == seen.start_time

    def end(self, roots: Sequence[int], now: float) -> bool:
        """Signal what is new under `roots`, which are our children; return whether to wait for them."""
        killing = now >= self.kill_at
        if killing and roots:
            groups.stop_forks(self.member.cgroups)
        numbers = _FIRMLY if killing else _GENTLY
        for root in roots:
            below = list(descendants(root))  # before it dies, and they cannot be told to be its any more
            if (self._is_new(root) or killing) and not signal_child(root, numbers):
                self._beyond.add(root)
            for pid, parent in below:
                if self._is_new(pid) or killing:
                    signal_kin(pid, parent, numbers)
        self.look_at = self.kill_at + GIVE_UP_S if killing else self.kill_at
        return not self._beyond.issuperset(roots) and not self._hopeless(now)

    def _hopeless(self, now: float) -> bool:
        if now < self.kill_at + GIVE_UP_S:
            return False
        child = self.member.child
        sys.stderr.write(f"{child.app} {child.slot}: something of it is left that cannot be killed\n")
        return True

    def _is_new(self, pid: int) -> bool:
        seen = look(pid)
        if seen is None or self._found.get(pid) == seen.start_time:
            return False
        self._found[pid] = seen.start_time
        return True


class Strays:
    """Everything that outlives its instance, and whose each of them is."""

    def __init__(self, home: Path) -> None:
        self._home = str(home)
        self._open: list[Remains] = []
        self._owners: dict[int, Key | None] = {}

    @property
    def remains(self) -> Sequence[Remains]:
        """Instances that have ended, but not all that they left behind."""
        return self._open

    def reaped(self, pid: int) -> None:
        """Note that a child's number may belong to another from now on."""
        self._owners.pop(pid, None)

    def add(self, member: Member, status: int, now: float) -> None:
        """Take in a member whose process has ended; the next sweep tells whether that was all."""
        self._open.append(Remains(member, status, now))

    def wait_s(self, now: float) -> float | None:
        """Return the seconds until the next sweep is due; None when there is nothing to wait for."""
        return max(0.0, min(each.look_at for each in self._open) - now) if self._open else None

    def sweep(self, living: Living, now: float) -> list[Remains]:
        """End what is left of ended instances; return those of which nothing is left any more."""
        roots: dict[Key | None, list[int]] = {}
        for pid, key in self._owners_of(own_children_but(living, len(living)), living):
            roots.setdefault(key, []).append(pid)
        still: list[Remains] = []
        gone: list[Remains] = []
        for each in self._open:
            (still if each.end(roots.get(each.member.key, []), now) else gone).append(each)
        self._open = still
        return gone

    def kill(self, living: Living, now: float) -> None:
        """Kill all that is left of ended instances, without waiting for it."""
        for each in self._open:
            each.kill_at = now
        self.sweep(living, now)

    def _owners_of(self, unknown: Sequence[int], living: Living) -> Iterator[tuple[int, Key | None]]:
        if not unknown:
            return
        in_cgroup = self._in_cgroups(living)
        locks = {each.member.lock: each.member.key for each in self._open}
        locks |= {member.lock: member.key for member in living.values()}
        for pid in unknown:
            key = self._owners.get(pid) or in_cgroup.get(pid) or self._found_before(pid)
            key = key or self._by_environment(pid) or _by_lock(pid, locks) or self._by_session(pid, living)
            if key is not None:
                self._owners[pid] = key
            yield pid, key

    def _in_cgroups(self, living: Living) -> dict[int, Key]:
        busy = {member.key[:2] for member in living.values()}  # a slot's cgroup is then its next life's
        return {
            pid: each.member.key
            for each in self._open
            if each.member.key[:2] not in busy
            for pid in groups.members(each.member.cgroups)
        }

    def _found_before(self, pid: int) -> Key | None:
        return next((each.member.key for each in self._open if each.knows(pid)), None)

    def _by_environment(self, pid: int) -> Key | None:
        shown = environment(pid)
        return marked(shown.get(MARKER, "")) if shown.get("PROTODDF_HOME") == self._home else None

    def _by_session(self, pid: int, living: Living) -> Key | None:
        seen = look(pid)
        if seen is None:
            return None
        if seen.session in living:
            return living[seen.session].key
        return next((each.member.key for each in self._open if each.member.child.pid == seen.session), None)


def _by_lock(pid: int, locks: Mapping[str, Key]) -> Key | None:
    return next((locks[path] for path in open_files(pid) if path in locks), None)
