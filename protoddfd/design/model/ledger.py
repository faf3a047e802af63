"""The record of what left this machine and what it cost: a file of JSON lines a day.

Owns the files `model-DAY.jsonl` of the home's logs. A key never gets here. Money that may have been spent
counts as spent: it is put aside before a call, under a lock that all workers share, and settled afterwards.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

KEPT_DAYS = 90


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line: something that was sent, or what came of it. `cost` counts until a later line settles it."""

    time: str
    call: str
    what: Literal["sent", "answered", "failed"]
    endpoint: str = ""
    model: str = ""
    task: str = ""
    said: tuple[str, ...] = ()
    """Everything that left, in order: the request, and in later rounds the answers and what was wrong."""
    answer: str = ""
    fault: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0


class OverDayLimit(Exception):
    """The day's limit does not allow the call; `spent` is what the day has cost."""

    def __init__(self, spent: float) -> None:
        super().__init__(f"{spent:.4f} was spent today")
        self.spent = spent


class Ledger:
    """The record in the folder `logs`."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs

    def put_aside(self, entry: Entry, limit: float) -> Path:
        """Record what is about to be sent, with what it may cost at most; return the file.

        Raises:
            OverDayLimit: the day's limit would be passed; nothing may be sent, and nothing was recorded.
            OSError: the disk refuses; what cannot be recorded must not be sent.
        """
        with self._opened() as (path, file):
            spent = sum(_costs(file))
            if entry.cost > 0 and spent + entry.cost > limit:
                raise OverDayLimit(spent)
            _append(file, entry)
        return path

    def settle(self, entry: Entry) -> None:
        """Record what came of a call. Raises OSError."""
        with self._opened() as (_, file):
            _append(file, entry)

    @contextmanager
    def _opened(self) -> Iterator[tuple[Path, int]]:
        now = datetime.now(UTC)
        path = self._logs / f"model-{now:%Y-%m-%d}.jsonl"
        if not path.exists():
            self._logs.mkdir(parents=True, exist_ok=True)
            self._forget(now)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield path, file
        finally:
            os.close(file)

    def _forget(self, now: datetime) -> None:
        oldest = f"model-{now - timedelta(days=KEPT_DAYS):%Y-%m-%d}.jsonl"
        for path in self._logs.glob("model-????-??-??.jsonl"):
            if path.name < oldest:
                path.unlink(missing_ok=True)


def now_text() -> str:
    """Return the time as the record has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _append(file: int, entry: Entry) -> None:
    rest = msgspec.json.encode(entry) + b"\n"
    while rest:
        rest = rest[os.write(file, rest) :]


def _costs(file: int) -> list[float]:
    """Return what each call of the day cost: as settled, or as put aside. A line cut short is passed over."""
    costs: dict[str, float] = {}
    with open(os.dup(file), "rb") as lines:  # noqa: PTH123  it is open already
        lines.seek(0)
        for line in lines:
            try:
                read: Any = msgspec.json.decode(line, type=_Costing)
            except msgspec.DecodeError:
                continue
            costs[read.call] = read.cost
    return list(costs.values())


class _Costing(msgspec.Struct, frozen=True):
    """What of a line counts."""

    call: str
    cost: float = 0.0
