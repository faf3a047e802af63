"""The tables of a new app, made by a process of their own: the memory that this takes is soon free again."""

import asyncio
import os
from pathlib import Path

from protoddfd.zygote.runtime_copy import is_plain


def make_apart(folder: Path) -> int | None:
    """Begin to make the database of the app in `folder` if it has none; return the process that does.

    None where there is nothing to do: the database is there, or is elsewhere. The process may fail: the app
    makes what is missing itself, or says in its own words why it cannot.
    """
    from dataforms.place import DATABASE_URL

    file = folder / DATABASE_URL.removeprefix("sqlite:///")
    if "DATABASE_URL" in os.environ or is_plain(folder) or file.exists():
        return None
    try:
        pid = os.fork()
    except OSError:  # it may have one process alone
        return None
    if pid:
        return pid
    status = 1
    try:
        _make(folder)
        status = 0
    finally:
        os._exit(status)


def reap(pid: int, loop: asyncio.AbstractEventLoop) -> None:
    """Have `loop` take note of the end of the process `pid`, a child of this one."""
    descriptor = os.pidfd_open(pid)

    def ended() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        os.waitpid(pid, 0)

    loop.add_reader(descriptor, ended)


def _make(folder: Path) -> None:
    from dataforms.ui.live import forget, live
    from protoddfd.zygote.child import close_all_but

    close_all_but({0, 1, 2})  # above all the app's lock, and its sockets
    os.chdir(folder)
    live()
    forget()
