"""Records that came by a sync and whose rows are there no more: known, marked or deleted. One transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.errors import DataError
from dataforms.importing.run import Came
from dataforms.spec_sync import Sync
from dataforms.syncing.failed import SourceFailed
from dataforms.syncing.runs import RowFault
from dataforms.syncing.tables import METADATA, RECORDS
from dataforms.transaction import Transaction
from dataforms.typerow import Value
from dataforms.words import say

_AT_ONCE = 500


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """How many records a source has no more, and which of them could not be dealt with."""

    missing: int = 0
    faults: tuple[RowFault, ...] = ()
    notes: tuple[str, ...] = ()


def settle(transaction: Transaction, table: sa.FromClause, sync: Sync, came: Came) -> Gone:
    """Remember which records came, and do what is wanted with those that are missing; raise SourceFailed.

    Nothing is missing while it is not known what a row is about.
    """
    connection = transaction.connection
    METADATA.create_all(connection)
    known = _known(connection, sync.name)
    there = _ids(connection, table, sync.match, came.values)
    _remember(connection, sync.name, there, known)
    if came.unknown:
        note = say("Rows without {match} may be about any record, so none is missing.", match=sync.match)
        return Gone(notes=(note,))
    left = known.keys() - there
    absent = sorted(left & _existing(connection, table, left))
    _forget(connection, sync.name, left.difference(absent))
    if absent and not there and sync.missing != "keep":
        raise SourceFailed(
            say("The source has no rows, and all that came of it would be missing."),
            say("Look at the source; if it is meant to be empty, delete the records in the app."),
        )
    faults = _dealt_with(transaction, sync, absent, known)
    back = [id for id in there if known.get(id)]
    faults += _marked(transaction, sync, back, is_missing=False)
    return Gone(missing=len(absent), faults=tuple(faults))


def _dealt_with(
    transaction: Transaction, sync: Sync, absent: Sequence[int], known: dict[int, bool]
) -> list[RowFault]:
    new = [id for id in absent if not known[id]]
    if sync.missing == "mark":
        faults = _marked(transaction, sync, absent, is_missing=True)
    elif sync.missing == "delete":
        faults, deleted = [], []
        for id in absent:
            try:
                with transaction.attempt():
                    transaction.delete(sync.into, id)
                deleted.append(id)
            except DataError as refused:
                faults.append(_fault(id, refused))
        _forget(transaction.connection, sync.name, deleted)
    else:
        faults = []
    _set(transaction.connection, sync.name, new, is_missing=True)
    return faults


def _marked(transaction: Transaction, sync: Sync, ids: Iterable[int], *, is_missing: bool) -> list[RowFault]:
    faults = []
    for id in ids if sync.mark is not None else ():
        record = transaction.get(sync.into, id)
        if record is None or bool(record.values.get(sync.mark or "")) is is_missing:
            continue
        try:
            with transaction.attempt():
                transaction.update(sync.into, id, {sync.mark or "": "true" if is_missing else "false"})
        except DataError as refused:
            faults.append(_fault(id, refused))
    if not is_missing:
        _set(transaction.connection, sync.name, list(ids), is_missing=False)
    return faults


def _fault(id: int, refused: DataError) -> RowFault:
    reason = say("The record {id} is missing, and stays as it is: {reason}", id=id, reason=refused)
    return RowFault(row=0, reason=reason)


def _known(connection: Connection, sync: str) -> dict[int, bool]:
    found = sa.select(RECORDS.c.record, RECORDS.c.is_missing).where(RECORDS.c.sync == sync)
    return {id: bool(is_missing) for id, is_missing in connection.execute(found)}


def _ids(connection: Connection, table: sa.FromClause, key: str, values: Iterable[Value]) -> set[int]:
    found: set[int] = set()
    for some in _parts(sorted(values, key=repr)):
        found |= set(connection.execute(sa.select(table.c.id).where(table.c[key].in_(some))).scalars())
    return found


def _existing(connection: Connection, table: sa.FromClause, ids: Iterable[int]) -> set[int]:
    return _ids(connection, table, "id", ids)


def _remember(connection: Connection, sync: str, there: set[int], known: dict[int, bool]) -> None:
    for some in _parts(sorted(there - known.keys())):
        rows = [{"sync": sync, "record": id, "is_missing": 0} for id in some]
        connection.execute(sa.insert(RECORDS), rows)


def _forget(connection: Connection, sync: str, ids: Iterable[int]) -> None:
    for some in _parts(sorted(ids)):
        connection.execute(sa.delete(RECORDS).where(RECORDS.c.sync == sync, RECORDS.c.record.in_(some)))


def _set(connection: Connection, sync: str, ids: Iterable[int], *, is_missing: bool) -> None:
    for some in _parts(sorted(ids)):
        those = sa.update(RECORDS).where(RECORDS.c.sync == sync, RECORDS.c.record.in_(some))
        connection.execute(those.values(is_missing=int(is_missing)))


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
