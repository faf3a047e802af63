"""Removes the log files that age, number or quota make too much of, a little work at a time."""

import os
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from protoddfd.logger.keeping import Part, excess, span_s
from protoddfd.logger.logfile import LogFile
from protoddfd.logger.messages import Limits
from protoddfd.logger.names import parse_log_name
from protoddfd.logger.shelf import Shelf

_STAMP_BYTES = 19


class Janitor:
    """Looks after the folders below `logs`; `writing` has the files being written, by app and slot."""

    def __init__(self, logs: Path, limits: Limits, writing: Mapping[str, Mapping[int, LogFile]]) -> None:
        self.limits = limits
        self._logs = logs
        self._writing = writing
        self._due: dict[str, None] = {}
        self._app = ""
        self._going: Generator[None, None, None] | None = None

    @property
    def busy(self) -> bool:
        """Tell whether there is something to do."""
        return self._going is not None or bool(self._due)

    def look_at(self, app: str) -> None:
        """See to an app's files soon."""
        self._due[app] = None

    def look_at_all(self) -> None:
        """See to the files of all apps soon, also of those that are gone."""
        try:
            with os.scandir(self._logs) as found:
                self._due.update((entry.name, None) for entry in found if entry.is_dir(follow_symlinks=False))
        except OSError:
            return

    def start_over(self, app: str) -> None:
        """Forget what was found out of an app's files, because its instances change."""
        if self._going is not None and self._app == app:
            self._going.close()
            self._going = None
            self.look_at(app)

    def work(self) -> None:
        """Do a bounded part of what there is to do."""
        if self._going is None:
            if not self._due:
                return
            self._app = next(iter(self._due))
            del self._due[self._app]
            self._going = self._tidy(self._app)
        try:
            next(self._going)
        except (StopIteration, OSError):  # what a disk refuses is tried again when all are looked at
            self._going = None

    def finish(self, app: str) -> None:
        """See to an app's files now."""
        self.start_over(app)
        self._due.pop(app, None)
        for _ in self._tidy(app):
            pass

    def _tidy(self, app: str) -> Generator[None, None, None]:
        files = self._writing.get(app, {})
        now = time.time()
        for file in files.values():
            self._put_aside_when_due(file, now)
        shelves = {slot: file.shelf for slot, file in files.items()}
        parts = list(_parts(self._logs / app, shelves, frozenset(files)))
        for part in excess(parts, self.limits, len(files), now):
            shelf = shelves[part.slot]
            if part.sequence > shelf.last:
                shelf.put_aside(None)  # of an instance that is gone
            yield from shelf.discard(part.sequence)

    def _put_aside_when_due(self, file: LogFile, now: float) -> None:
        if file.moved():
            file.close()
        current = file.shelf.current
        try:
            status = current.stat()
        except FileNotFoundError:
            return
        if status.st_size == 0:
            return
        if status.st_size > file.max_bytes or self._is_old(current, status.st_mtime, now):
            file.put_aside()

    def _is_old(self, path: Path, written_at: float, now: float) -> bool:
        if self.limits.max_age_s == 0:
            return False
        if written_at < now - self.limits.max_age_s:
            return True
        with path.open("rb", buffering=0) as file:
            first = file.read(_STAMP_BYTES)
        oldest = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now - span_s(self.limits)))
        return first < oldest.encode()


def _parts(folder: Path, shelves: dict[int, Shelf], writing: frozenset[int]) -> Iterator[Part]:
    """Yield the files that are not being written; adds the shelves of instances that are gone."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        named = parse_log_name(entry.name)
        if named is None:
            continue
        slot, sequence = named
        if slot not in shelves:
            shelves[slot] = Shelf(folder, slot)
            shelves[slot].look()
        shelf = shelves[slot]
        if sequence == 0 and slot in writing:
            continue
        if sequence and sequence <= shelf.counts.removed:
            Path(entry.path).unlink(missing_ok=True)
            continue
        status = entry.stat(follow_symlinks=False)
        yield Part(slot, sequence or shelf.last + 1, status.st_size, status.st_mtime)
