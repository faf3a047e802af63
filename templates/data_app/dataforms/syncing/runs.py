"""The runs of syncs as they are kept: begun, ended, and read again. Works within one connection."""

from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from dataforms.syncing.tables import COUNTS, METADATA, RUNS

State = Literal["running", "done", "unchanged", "failed", "cancelled", "broken"]
KEPT = 100
"""So many runs of a sync are remembered."""
AGAIN_S = 300.0
"""So long after a run that failed a sync is done again by itself, if it is done often at all."""
FAULTS = 50
"""So many of the rows that were refused are remembered with each."""


class RowFault(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was refused: its line or number, and its file or page if there are several."""

    row: int
    reason: str
    column: str = ""
    text: str = ""
    file: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a sync. `state` is `running` of one that nobody ended, whether it runs still or not."""

    id: int
    sync: str
    state: State
    is_dry: bool
    began: float
    """Seconds since 1970, as `ended` is."""
    ended: float | None = None
    who: str = ""
    """Who wanted it: an account, `schedule`, `command`, or nobody by name."""
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0
    missing: int = 0
    message: str = ""
    """Why it ended early, if it did."""
    hint: str = ""
    faults: tuple[RowFault, ...] = ()
    notes: tuple[str, ...] = ()


def begin(connection: Connection, sync: str, *, is_dry: bool, who: str, now: float) -> Run:
    """Store a run that begins; those that nobody ended are over, as the caller has the lock."""
    METADATA.create_all(connection)
    unended = sa.update(RUNS).where(RUNS.c.sync == sync, RUNS.c.state == "running")
    connection.execute(unended.values(state="broken"))
    values = {"sync": sync, "state": "running", "is_dry": int(is_dry), "began": now, "who": who}
    key = connection.execute(sa.insert(RUNS).values(values)).inserted_primary_key
    assert key is not None  # noqa: S101 - the table has one
    old = sa.select(RUNS.c.id).where(RUNS.c.sync == sync).order_by(RUNS.c.id.desc()).offset(KEPT).limit(1)
    last = connection.execute(old).scalar_one_or_none()
    if last is not None:
        connection.execute(sa.delete(RUNS).where(RUNS.c.sync == sync, RUNS.c.id <= last))
    return Run(id=int(key[0]), sync=sync, state="running", is_dry=is_dry, began=now, who=who)


def end(connection: Connection, run: Run, fingerprint: str = "") -> None:
    """Store how a run ended, if that is not known yet."""
    values = {
        **{name: getattr(run, name) for name in (*COUNTS, "state", "ended", "message", "hint")},
        "faults": msgspec.json.encode(run.faults).decode(),
        "notes": msgspec.json.encode(run.notes).decode(),
        "fingerprint": fingerprint,
    }
    connection.execute(sa.update(RUNS).where(RUNS.c.id == run.id, RUNS.c.state == "running").values(values))


def is_made(connection: Connection) -> bool:
    """Tell whether any sync ever ran."""
    return sa.inspect(connection).has_table(RUNS.name)


def latest(connection: Connection, sync: str, limit: int) -> list[Run]:
    """Return the last runs of a sync, the newest first."""
    if not is_made(connection):
        return []
    found = sa.select(RUNS).where(RUNS.c.sync == sync).order_by(RUNS.c.id.desc()).limit(limit)
    return [_run(row) for row in connection.execute(found)]


def read(connection: Connection, sync: str, id: int) -> Run | None:
    """Return a run of a sync; None without one."""
    if not is_made(connection) or id >= 2**63:
        return None
    row = connection.execute(sa.select(RUNS).where(RUNS.c.sync == sync, RUNS.c.id == id)).one_or_none()
    return None if row is None else _run(row)


def fingerprint_of_last(connection: Connection, sync: str) -> str:
    """Return what the source was like after the last run that took all of it; empty where nobody knows."""
    real = sa.select(RUNS.c.state, RUNS.c.fingerprint).where(RUNS.c.sync == sync, RUNS.c.is_dry == 0)
    for state, fingerprint in connection.execute(real.order_by(RUNS.c.id.desc())):
        if state in ("done", "unchanged"):
            return str(fingerprint)
    return ""


def due_at(connection: Connection, sync: str, every_s: float) -> float:
    """Return when a sync is due again, in seconds since 1970: sooner than usual if the last run failed."""
    if not is_made(connection):
        return 0.0
    real = sa.select(RUNS.c.state, RUNS.c.began).where(RUNS.c.sync == sync, RUNS.c.is_dry == 0)
    rows = connection.execute(real.order_by(RUNS.c.id.desc()).limit(KEPT)).all()
    good = next((row.began for row in rows if row.state in ("done", "unchanged")), 0.0)
    again = rows[0].began + min(every_s, AGAIN_S) if rows else 0.0
    return max(good + every_s, again) if good else again


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        sync=row.sync,
        state=row.state,
        is_dry=bool(row.is_dry),
        began=row.began,
        ended=row.ended,
        who=row.who,
        **{name: getattr(row, name) for name in COUNTS},
        message=row.message,
        hint=row.hint,
        faults=msgspec.json.decode(row.faults or "[]", type=tuple[RowFault, ...]),
        notes=msgspec.json.decode(row.notes or "[]", type=tuple[str, ...]),
    )
