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

from protoddfd.zygote.instance_lock import Holder, lock_path, process_start_time, take, write_holder
from protoddfd.zygote.messages import Spawn

_SIGNALS_PYTHON_IGNORES = (signal.SIGPIPE, signal.SIGXFSZ)


def spawn(request: Spawn, home: Path, base: Mapping[str, str], descriptors_soft: int) -> tuple[int, int]:
    """Start the command; return its pid and start time (clock ticks). Raises InstanceLocked or OSError.

    `base` is the environment under `request.env`; `descriptors_soft` the command's soft limit of open files.
    """
    env = {**base, **request.env, "PROTODDF_HOME": str(home)}
    lock = take(lock_path(home, request.app, request.slot))
    try:
        os.set_inheritable(lock, True)
        pid = _spawn_in(request, env, descriptors_soft)
        start_time = process_start_time(pid)  # still there, if only as a zombie: nobody has reaped it
        _note(lock, Holder(pid=pid, start_time=start_time, life=request.life), request.oom_score_adj)
    finally:
        os.close(lock)
    return pid, start_time


def _note(lock: int, holder: Holder, oom_score_adj: int | None) -> None:
    try:
        write_holder(lock, holder)
        if oom_score_adj is not None:
            Path(f"/proc/{holder.pid}/oom_score_adj").write_text(str(oom_score_adj), encoding="ascii")
    except OSError as error:  # a full disk or a small right is no reason to give up a running command
        sys.stderr.write(f"process {holder.pid} runs, but: {error}\n")


def _spawn_in(request: Spawn, env: dict[str, str], descriptors_soft: int) -> int:
    # the folder and the limit are the process's own and posix_spawn cannot set them: one thread, so no race
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.chdir(request.cwd)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors_soft, hard))
        return os.posix_spawn(
            _executable(request.argv[0], env),
            request.argv,
            env,
            file_actions=_redirections(request.stdout, request.stderr),
            setsid=True,
            setsigmask=(),
            setsigdef=_SIGNALS_PYTHON_IGNORES,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.chdir("/")


def _executable(name: str, env: Mapping[str, str]) -> str:
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
