"""Tells which apps' source has changed: one watcher, and one thread, for all folders together.

watchfiles (inotify) says that something happened in a folder; what has changed is found by looking at the
source again, so that nothing is lost while the watcher is replaced, and what comes to nothing (an editor's
temporary file) is not told. Folders that hold no source are not watched at all. The library is loaded when
the first app is watched, and the thread ends with the last.
"""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from protoddfd.edge.source_tree import differences, look, nearest_folder

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

QUIET_MS = 100
"""A change is told when so long none has followed it; the library looks that often."""
DEBOUNCE_MS = 1600
"""It is told after so long even when more follow."""
RETRY_S = 10.0
"""After the system refused, it is asked again so much later."""

BUSY_CHANGES = 12
BUSY_WINDOW_S = 60.0
"""A file that changes more often is written by the app, not by a person: it would be restarted for ever."""

_MODIFIED = 2  # of watchfiles.Change

Report = Callable[["Change"], None]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The source of `app` has changed: `paths` below its folder were added, changed or removed.

    The paths are true ones, without links. `at` is Unix time in seconds of the newest change: an app whose
    process began after that has it already.
    `vanished`: its folder is not there any more.
    """

    app: str
    paths: tuple[str, ...]
    at: float
    vanished: bool = False


class _Watched:
    """An app's folder and what was last seen in it."""

    def __init__(self, folder: str, ignored: Collection[str]) -> None:
        self.folder = os.path.realpath(folder)
        self.ignored = frozenset(ignored)
        self.tree = look(self.folder, self.ignored)
        self._changes: dict[str, deque[float]] = {}
        self._busy: tuple[str, float] = ("", 0.0)

    @property
    def to_watch(self) -> dict[str, int]:
        """The folders in which something may happen that concerns it, with their inodes.

        One that is gone may come back in the lowest folder above that is there.
        """
        return self.tree.folders or {nearest_folder(self.folder): 0}

    def look_again(self, app: str) -> Change | None:
        """Return what has changed since the last look."""
        before, self.tree = self.tree, look(self.folder, self.ignored)
        if before.is_there != self.tree.is_there:
            vanished = not self.tree.is_there
            return Change(app=app, paths=(_readable(self.folder),), at=time.time(), vanished=vanished)
        changed = [path for path in differences(before, self.tree) if not self._is_busy(path)]
        if not changed:
            return None
        at = max(self.tree.changed_ns.get(path, time.time_ns()) for path in changed) / 1e9
        return Change(app=app, paths=tuple(map(_readable, changed)), at=at)

    def _is_busy(self, path: str) -> bool:
        now = time.monotonic()
        times = self._changes.setdefault(path, deque(maxlen=BUSY_CHANGES + 1))
        times.append(now)
        if len(times) <= BUSY_CHANGES or now - times[0] > BUSY_WINDOW_S:
            return False
        self._busy = path, now + BUSY_WINDOW_S
        return True

    @property
    def trouble(self) -> str | None:
        """Why not every change will be told."""
        if not self.tree.complete:
            return f"{_readable(self.folder)} has too many files or folders: not all are watched"
        path, until = self._busy
        if time.monotonic() < until:
            return f"{_readable(path)} changes all the time, so its changes are passed over"
        return None


class FileWatch:
    """Watches the source of any number of apps. Must be closed; all methods are for the loop's thread."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}
        self._guard = threading.Lock()
        self._replan = threading.Event()
        self._thread: threading.Thread | None = None
        self._ended: asyncio.Future[None] | None = None
        self._changes: dict[str, Change] = {}
        self._news = asyncio.Event()
        self._closed = False
        self._refused: str | None = None

    async def add(self, app: str, folder: str, ignored: Collection[str] = ()) -> None:
        """Watch `folder` for `app`; every change after this call has returned will be told.

        `ignored` are names of further folders in it that hold no source. A folder that is not there is waited
        for. Raises ImportError when watchfiles is not installed.
        """
        import watchfiles  # noqa: F401

        self.remove(app)
        watched = await asyncio.to_thread(_Watched, folder, ignored)
        with self._guard:
            self._watched[app] = watched
        self._replan.set()
        if self._thread is None and not self._closed:
            self._begin()

    def watches(self, app: str) -> bool:
        """Tell whether an app's folder is watched."""
        return app in self._watched

    def remove(self, app: str) -> None:
        """Watch for `app` no more; what was not told yet is not told."""
        with self._guard:
            self._watched.pop(app, None)
            self._changes.pop(app, None)
        self._replan.set()

    async def changes(self) -> AsyncIterator[Change]:
        """Yield what changes, until closed; what one app's files did meanwhile is one change."""
        while not self._closed:
            await self._news.wait()
            self._news.clear()
            with self._guard:
                ready, self._changes = self._changes, {}
            for change in ready.values():
                yield change

    def trouble(self) -> dict[str, str]:
        """Return for each app why not every change will be told."""
        with self._guard:
            watched = dict(self._watched)
        found = {app: self._refused or each.trouble for app, each in watched.items()}
        return {app: text for app, text in found.items() if text is not None}

    async def close(self) -> None:
        """End the thread and let go of everything; `changes` ends."""
        self._closed = True
        with self._guard:
            self._watched.clear()
        self._replan.set()
        self._news.set()
        if self._ended is not None:
            await asyncio.shield(self._ended)

    # The thread -----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._ended = loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(loop, self._ended), name="watch-files")
        self._thread.daemon = True  # a daemon that is ended without closing this must not hang
        self._thread.start()

    def _run(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
        def report(change: Change) -> None:
            loop.call_soon_threadsafe(self._tell, change)

        try:
            while self._watch_once(report):
                pass
        finally:
            loop.call_soon_threadsafe(self._over, ended)

    def _over(self, ended: asyncio.Future[None]) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        ended.set_result(None)
        if self._watched and not self._closed:  # one was added while the thread was ending
            self._begin()

    def _tell(self, change: Change) -> None:
        if change.app not in self._watched:
            return
        former = self._changes.get(change.app)
        if former is not None:
            paths = tuple(sorted({*former.paths, *change.paths}))
            change = msgspec.structs.replace(change, paths=paths, at=max(change.at, former.at))
        self._changes[change.app] = change
        self._news.set()

    def _watch_once(self, report: Report) -> bool:
        """Watch until other folders are to be watched; return false when there is nothing to watch."""
        self._replan.clear()
        with self._guard:
            watched = dict(self._watched)
        if not watched:
            return False
        folders = _folders(watched)
        try:
            notify = _open(folders)
        except FileNotFoundError:  # one vanished in this moment: look which
            _look_at(watched, watched, report)
            self._replan.wait(QUIET_MS / 1000)
            return True
        except (OSError, RuntimeError) as error:
            self._refused = f"files cannot be watched: {error}"
            self._replan.wait(RETRY_S)
            return True
        self._refused = None
        with notify:
            self._follow(notify, watched, folders, report)
        return True

    def _follow(
        self, notify: "RustNotify", watched: Mapping[str, _Watched], folders: dict[str, int], report: Report
    ) -> None:
        apps: Iterable[str] = watched  # something may have happened before the watcher was there
        is_stale = False
        while True:
            _look_at(watched, apps, report)
            if is_stale or _folders(watched) != folders:
                return
            try:
                happened = notify.watch(DEBOUNCE_MS, QUIET_MS, 0, self._replan)
            except RuntimeError:  # the library gives up, for example on a name that is no UTF-8: begin anew
                return
            if isinstance(happened, str):
                return
            # a folder that went and came back may even have its old inode, but it is not watched any more
            is_stale = any(kind != _MODIFIED and path in folders for kind, path in happened)
            places = {place for _, path in happened for place in (path, os.path.dirname(path))}  # noqa: PTH120
            apps = [app for app, each in watched.items() if not places.isdisjoint(each.to_watch)]


def _folders(watched: Mapping[str, _Watched]) -> dict[str, int]:
    return {folder: inode for each in watched.values() for folder, inode in each.to_watch.items()}


def _open(folders: Collection[str]) -> "RustNotify":
    from watchfiles._rust_notify import RustNotify

    return RustNotify(sorted(folders), False, False, 0, False, True)


def _look_at(watched: Mapping[str, _Watched], apps: Iterable[str], report: Report) -> None:
    for app in apps:
        change = watched[app].look_again(app)
        if change is not None:
            report(change)


def _readable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")
