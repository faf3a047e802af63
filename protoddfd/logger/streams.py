"""All FIFOs of a home and the log files that they go to."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protoddfd.logger.counts import Counts
from protoddfd.logger.janitor import Janitor
from protoddfd.logger.journal import End, Held, Journal, Unfinished
from protoddfd.logger.keeping import rotate_bytes
from protoddfd.logger.logfile import LogFile
from protoddfd.logger.messages import Limits
from protoddfd.logger.stream import HOLD_S, Stream

LETTERS = {"out": "O", "err": "E"}
_DRAIN_BYTES = 4 * 1024 * 1024


class Streams:
    """The FIFOs in `home`. The loop is told of their descriptors and calls `pump` when one has something."""

    def __init__(
        self, home: Path, limits: Limits, register: Callable[[int], None], unregister: Callable[[int], None]
    ) -> None:
        self._fifos = home / "run" / "log"
        self._logs = home / "logs"
        self._register = register
        self._unregister = unregister
        self.by_descriptor: dict[int, Stream] = {}
        self._by_name: dict[str, Stream] = {}
        self._writing: dict[str, dict[int, LogFile]] = {}
        self._held_until: dict[str, float] = {}
        """When the unfinished line of a stream is written as it is (monotonic seconds)."""
        self._owing: set[LogFile] = set()
        """Logs that have to tell of lines that were dropped."""
        self.janitor = Janitor(self._logs, limits, self._writing)
        self._fifos.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._journal = self._recover()

    @property
    def waiting(self) -> bool:
        """Tell whether `tick` has to be called soon."""
        return bool(self._held_until or self._owing)

    def configure(self, limits: Limits) -> None:
        """Keep as much as `limits` say from now on."""
        if limits == self.janitor.limits:
            return
        self.janitor.limits = limits
        for app in self._writing:
            self._share(app)
        self.janitor.look_at_all()

    def add(self, app: str, slot: int, instance: str) -> None:
        """Drain an instance's FIFOs, which are made if need be; raises OSError."""
        for kind in LETTERS:
            fifo = self._fifos / f"{instance}.{kind}"
            stream = self._by_name.get(fifo.name)
            with contextlib.suppress(FileExistsError):
                os.mkfifo(fifo, 0o600)
            if stream is not None and fifo.stat().st_ino != os.fstat(stream.descriptor).st_ino:
                self._close(stream)  # somebody removed the FIFO
                stream = None
            if stream is None:
                self._open(fifo, app, slot, self._journal)

    def remove(self, app: str, slot: int, instance: str) -> None:
        """Take what is left of an instance's output and delete its FIFOs; the log stays."""
        for kind in LETTERS:
            stream = self._by_name.get(f"{instance}.{kind}")
            if stream is not None:
                stream.drain(_DRAIN_BYTES, End.LINE)
                self._close(stream)
            (self._fifos / f"{instance}.{kind}").unlink(missing_ok=True)
        file = self._writing.get(app, {}).pop(slot, None)
        if file is not None:
            self._owing.discard(file)
            file.close()
            self._share(app)
            if not self._writing[app]:
                del self._writing[app]

    def flush(self, app: str | None) -> None:
        """Have all that an app (None: any) wrote in its log files, unfinished lines too."""
        for stream in self._chosen(app):
            self._drain(stream, End.PIECE)

    def end_lines(self, instance: str) -> None:
        """Take all that an instance wrote; an unfinished line ends here, because its program has ended."""
        for kind in LETTERS:
            stream = self._by_name.get(f"{instance}.{kind}")
            if stream is not None:
                self._drain(stream, End.LINE)

    def reopen(self) -> None:
        """Open the log files anew, after something moved them."""
        for slots in self._writing.values():
            for file in slots.values():
                file.close()

    def counts(self, app: str) -> dict[str, int]:
        """Return how many lines of an app were dropped and discarded, by all instances there ever were."""
        writing = self._writing.get(app, {})
        known = [file.shelf.counts for file in writing.values()]
        slots = [path.stem for path in (self._logs / app).glob("*.counts") if path.stem.isdigit()]
        known += [Counts(self._logs / app, int(slot)) for slot in slots if int(slot) not in writing]
        return {
            "dropped": sum(each.dropped for each in known),
            "discarded": sum(each.discarded for each in known),
        }

    def stats(self) -> list[dict[str, Any]]:
        """Return what each stream has done."""
        return [
            {
                "name": name,
                "bytes": stream.taken,
                "written": stream.log.written,
                "dropped": stream.log.shelf.counts.dropped,
                "discarded": stream.log.shelf.counts.discarded,
            }
            for name, stream in self._by_name.items()
        ]

    def tick(self) -> None:
        """Write unfinished lines that have waited long enough; tell of lines that were dropped."""
        now = time.monotonic()
        for name in [name for name, due in self._held_until.items() if due <= now]:
            del self._held_until[name]
            self._by_name[name].force()
        self._owing = {file for file in self._owing if file.dropped_lines and not file.confess()}

    def finish(self) -> None:
        """Take what is in the FIFOs and write it; nothing is watched any more."""
        self.flush(None)
        for file in self._owing:
            file.confess()

    def close(self) -> None:
        """Let go of FIFOs and files; they stay as they are."""
        for stream in list(self._by_name.values()):
            self._close(stream)
        self.reopen()
        self._journal.close()

    def _chosen(self, app: str | None) -> list[Stream]:
        if app is None:
            return list(self._by_name.values())
        names = (f"{app}.{slot}.{kind}" for slot in self._writing.get(app, {}) for kind in LETTERS)
        return [self._by_name[name] for name in names if name in self._by_name]

    def _recover(self) -> Journal:
        path = self._fifos / ".journal"
        fresh = self._fifos / ".journal.new"
        step, held = Journal.recover(path)
        journal = Journal(fresh)
        for fifo in sorted(self._fifos.iterdir()):
            if fifo.is_fifo() and fifo.suffix[1:] in LETTERS:
                app, _, slot = fifo.stem.rpartition(".")
                with contextlib.suppress(OSError, ValueError):
                    self._resume(self._open(fifo, app, int(slot), journal), step, held)
        try:
            fresh.replace(path)
        except FileNotFoundError:  # no room for a journal; the old one must not be carried out twice
            path.unlink(missing_ok=True)
        return journal

    def _resume(self, stream: Stream, step: Unfinished | None, held: dict[str, Held]) -> None:
        if step is not None and step.stream == stream.name:
            stream.redo(step)
        elif stream.name in held:
            stream.adopt(held[stream.name])
        if stream.held.line:
            self._held_until[stream.name] = time.monotonic() + HOLD_S
        self._settle(stream.log)

    def _open(self, fifo: Path, app: str, slot: int, journal: Journal) -> Stream:
        slots = self._writing.get(app, {})
        file = slots.get(slot) or LogFile(self._logs / app, slot, self.janitor.limits.max_bytes)
        stream = Stream(fifo, LETTERS[fifo.suffix[1:]], file, journal)
        if slot not in slots:
            self._writing.setdefault(app, {})[slot] = file
            self._share(app)
        self._by_name[fifo.name] = stream
        self.by_descriptor[stream.descriptor] = stream
        self._register(stream.descriptor)
        return stream

    def _share(self, app: str) -> None:
        """Let an app's instances share its quota anew."""
        slots = self._writing[app]
        for file in slots.values():
            file.max_bytes = rotate_bytes(self.janitor.limits, len(slots))
        self.janitor.start_over(app)

    def _close(self, stream: Stream) -> None:
        self._held_until.pop(stream.name, None)
        del self._by_name[stream.name]
        del self.by_descriptor[stream.descriptor]
        self._unregister(stream.descriptor)
        stream.close()

    def pump(self, stream: Stream) -> None:
        """Take one chunk of what is in a FIFO."""
        before = stream.held.line
        stream.pump()
        line = stream.held.line
        if not line:
            self._held_until.pop(stream.name, None)
        elif stream.name not in self._held_until or not line.startswith(before):
            self._held_until[stream.name] = time.monotonic() + HOLD_S
        self._settle(stream.log)

    def _drain(self, stream: Stream, end: End) -> None:
        stream.drain(_DRAIN_BYTES, end)
        self._held_until.pop(stream.name, None)
        self._settle(stream.log)

    def _settle(self, file: LogFile) -> None:
        """See to what has come of writing to a log."""
        if file.put_aside_some:
            file.put_aside_some = False
            self.janitor.look_at(file.app)
        if file.dropped_lines:
            self._owing.add(file)
