"""Watches the folders of apps: whether they are there, and what they take on disk."""

import asyncio
import os
import stat
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from protoddfd.core import facts
from protoddfd.edge.folder_size import folder_size
from protoddfd.runtime.sampled import Sampled, Watched, paced

SIZE_EVERY_S = 300.0
SIZE_LARGE_EVERY_S = 3600.0
"""A folder too large to be counted is tried again so much later."""

A = TypeVar("A", bound=Sampled)


class FolderWatch(Generic[A]):
    """Knows what it saw last; `forget` is called for an app whose folder stays away too long."""

    def __init__(self, services: Watched[A], forget: Callable[[A], Awaitable[None]]) -> None:
        self._services = services
        self._forget = forget
        self._size_due: dict[str, float] = {}

    async def look(self, apps: Sequence[A]) -> None:
        """See whether every app's folder is there: one listing for the usual place, the others one by one."""
        root = str(self._services.places.generated)
        present = _folders_in(root)
        async for app in paced(apps):
            path = app.record.path
            if not app.record.owned:  # it may be swapped for another while the program runs
                continue
            if not path or app.name in self._services.pending or app.name not in self._services.apps:
                continue
            head, _, name = path.rpartition("/")
            if head == root and name in present:
                app.vanished_at = None
            else:
                await self._judge(app, _is_folder(path))

    async def _judge(self, app: A, there: bool | None) -> None:
        """Draw the conclusion from whether its folder is there; None: nobody can tell."""
        now = time.monotonic()
        if there:
            app.vanished_at = None
        elif there is None:
            return
        elif app.vanished_at is None:
            app.vanished_at = now
            app.feed(facts.Broken(reason=f"its folder {app.record.path} has vanished"))
        elif now - app.vanished_at > self._services.settings.ports.vanished_grace_s:
            await self._forget(app)

    async def weigh_one(self, apps: Sequence[A]) -> None:
        """Find out what the folder takes that was weighed longest ago, if that is long enough."""
        now = time.monotonic()
        self._size_due = {app.name: self._size_due.get(app.name, 0.0) for app in apps}
        candidates = [app for app in apps if app.record.owned and app.name not in self._services.pending]
        app = min(candidates, key=lambda each: self._size_due[each.name], default=None)
        if app is None or self._size_due[app.name] > now:
            return
        found = await asyncio.to_thread(folder_size, app.record.path)
        self._size_due[app.name] = now + (SIZE_EVERY_S if found.complete else SIZE_LARGE_EVERY_S)
        used_bytes = found.used_bytes if found.complete else None
        if used_bytes != app.disk_bytes:
            app.disk_bytes = used_bytes
            app.refresh()


def _folders_in(root: str) -> set[str]:
    """Return the names of the folders in `root`; none when it cannot be listed."""
    try:
        with os.scandir(root) as entries:
            return {entry.name for entry in entries if entry.is_dir()}
    except OSError:
        return set()


def _is_folder(path: str) -> bool | None:
    """Tell whether `path` is a folder; None when that cannot be found out."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 -- hundreds of them: no Path for each
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
