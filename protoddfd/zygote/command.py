"""Starts plain commands by posix_spawn, which copies no page tables: sub-millisecond from a large process.

The zygote takes the instance's lock and the command inherits it over exec: it is held until the last
process that kept the descriptor has ended.
"""

import os
import resource
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from protoddfd.zygote import rlimits
from protoddfd.zygote.instance_lock import (
    Holder,
    boot_id,
    lock_path,
    process_start_time,
    take,
    write_holder,
)
from protoddfd.zygote.messages import MARKER, Spawn, marker

_SIGNALS_PYTHON_IGNORES = (signal.SIGPIPE, signal.SIGXFSZ)

_WITHIN_LIMITS = """
[ "$1" = - ] || { ulimit -n "$1"; } 2>/dev/null || echo "a limit of $1 open files is refused" >&2
[ "$2" = - ] || { ulimit -u "$2" || ulimit -p "$2"; } 2>/dev/null || echo "a limit of $2 tasks is refused" >&2
shift 2
while [ "$1" != -- ]; do
  { echo 0 >"$1/cgroup.procs"; } 2>/dev/null || echo "this is not in the cgroup $1: that is refused" >&2
  shift
done
shift
exec "$@"
"""
"""FILES PROCESSES CGROUP... -- COMMAND...: sets the limits for itself (-: none), then becomes the command."""


class Commands:
    """Starts commands, with `base` as the environment under their own.

    `descriptors_soft` is their soft limit of open files: the zygote's own is raised.
    """

    def __init__(self, home: Path, base: Mapping[str, str], descriptors_soft: int) -> None:
        self._home = home
        self._base = base
        self._soft = descriptors_soft

    def spawn(self, request: Spawn) -> tuple[int, int]:
        """Start the command; return its pid and start time (clock ticks). Raises InstanceLocked, OSError."""
        own = {"PROTODDF_HOME": str(self._home), MARKER: marker(request)}
        lock = take(lock_path(self._home, request.app, request.slot))
        try:
            os.set_inheritable(lock, True)
            pid = self._spawn_in(request, {**self._base, **request.env, **own})
            start_time = process_start_time(pid)  # still there, if only as a zombie: nobody has reaped it
            _note(lock, request, pid, start_time)
        finally:
            os.close(lock)
        return pid, start_time

    def _spawn_in(self, request: Spawn, env: dict[str, str]) -> int:
        # posix_spawn can set neither folder nor limit, so they are ours for a moment: one thread, so no race
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        os.chdir(request.cwd)
        try:
            path = _executable(request.argv[0], env)
            path, argv = _within_limits(request, path) or (path, request.argv)
            if soft != self._soft:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self._soft, hard))
            return os.posix_spawn(
                path,
                argv,
                env,
                file_actions=_redirections(request.stdout, request.stderr),
                setsid=True,
                setsigmask=(),
                setsigdef=_SIGNALS_PYTHON_IGNORES,
            )
        finally:
            if soft != self._soft:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            os.chdir("/")


def _note(lock: int, request: Spawn, pid: int, start_time: int) -> None:
    try:
        write_holder(lock, Holder(pid=pid, start_time=start_time, life=request.life, boot_id=boot_id()))
        if request.oom_score_adj is not None:
            Path(f"/proc/{pid}/oom_score_adj").write_text(str(request.oom_score_adj), encoding="ascii")
    except OSError as error:  # a full disk or a small right is no reason to give up a running command
        sys.stderr.write(f"process {pid} runs, but {error}\n")


def _within_limits(request: Spawn, path: str) -> tuple[str, list[str]] | None:
    """Return the shell that sets the limits and becomes the command; None where there are none to set."""
    files = request.limits.open_files if request.limits is not None else None
    tasks = rlimits.tasks_max(request.limits, request.cgroups)
    if files is None and tasks is None and not request.cgroups:
        return None
    if not os.access(path, os.X_OK):
        raise PermissionError(f"{path!r} cannot be run")
    limits = ["-" if each is None else str(each) for each in (files, tasks)]
    return "/bin/sh", ["sh", "-c", _WITHIN_LIMITS, "sh", *limits, *request.cgroups, "--", *request.argv]


def _executable(name: str, env: Mapping[str, str]) -> str:
    if "/" in name:
        return name
    found = shutil.which(name, path=env.get("PATH", os.defpath))
    if found is None:
        raise FileNotFoundError(f"there is no command {name!r} on the PATH that can be run")
    return found


def _redirections(stdout: str | None, stderr: str | None) -> list[tuple[int, int, str, int, int]]:
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    for target, path in ((1, stdout), (2, stderr)):
        if path is not None:
            actions.append((os.POSIX_SPAWN_OPEN, target, path, os.O_RDWR, 0))
    return actions
