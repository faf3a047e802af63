"""One change to many records within one transaction: those that refuse it stay as they are, and say why."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

import msgspec
from sqlalchemy.engine import Connection

from dataforms.asker import Asker
from dataforms.errors import DataError, RecordInUse, RecordInvalid
from dataforms.query import Query
from dataforms.reading import Reading
from dataforms.spec import Entity
from dataforms.words import say
from dataforms.writing import Writing

BULK_LIMIT = 1_000
"""How many records may be changed at once: every rule is asked for each, and nobody else writes meanwhile."""
Which = Collection[int] | Query
"""The ids of records, or all that match."""
Result = TypeVar("Result")


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was not changed, and why, for a person."""

    id: int
    label: str
    message: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a change: `done` are the ids of the records changed, in the order of the change.

    `items` are the places of deleted ones in the trash.
    """

    done: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    refused: tuple[Refused, ...] = ()


class Several:
    """Changes to many records of one entity, by one account."""

    def __init__(
        self, connection: Connection, entity: Entity, reading: Reading, writing: Writing, asker: Asker
    ) -> None:
        self._connection, self._entity = connection, entity
        self._reading, self._writing, self._asker = reading, writing, asker

    def change(self, which: Which, values: Mapping[str, object]) -> Report:
        """Change raw values."""
        return self._report(
            *self._each(
                self._ids(which),
                lambda id: self._writing.update(self._connection, self._entity, id, values, self._asker),
            )
        )

    def delete(self, which: Which) -> Report:
        """Move records to the trash."""
        done, refused = self._each(
            self._ids(which),
            lambda id: self._writing.delete(self._connection, self._entity, id, self._asker).item,
        )
        return msgspec.structs.replace(self._report(done, refused), items=tuple(done.values()))

    def restore(self, items: Iterable[int]) -> Report:
        """Bring records back from the trash; in the report, those refused are named by their place in it."""
        done, refused = self._each(
            sorted(items, reverse=True),  # what others referred to was deleted last
            lambda item: self._writing.restore(self._connection, self._entity, item, self._asker),
        )
        return msgspec.structs.replace(self._report(done, refused), done=tuple(done.values()))

    def _ids(self, which: Which) -> Collection[int]:
        if isinstance(which, Query):
            which = self._reading.matching(self._connection, self._entity, which, BULK_LIMIT + 1)
        if len(which) > BULK_LIMIT:
            raise RecordInvalid(
                {
                    "": say(
                        "More than {most:,} records are too many at once: change some of them first.",
                        most=BULK_LIMIT,
                    )
                }
            )
        return which

    def _each(
        self, ids: Iterable[int], change: Callable[[int], Result]
    ) -> tuple[dict[int, Result], dict[int, DataError]]:
        """Change one record after the other; those that others use are tried again after these have gone."""
        done: dict[int, Result] = {}
        refused: dict[int, DataError] = {}
        waiting = list(dict.fromkeys(ids))
        while waiting:
            before = len(done)
            for id in waiting:
                try:
                    with self._connection.begin_nested():
                        done[id] = change(id)
                except DataError as error:
                    refused[id] = error
                else:
                    refused.pop(id, None)
            waiting = [id for id, error in refused.items() if isinstance(error, RecordInUse)]
            if len(done) == before:
                break
        return done, refused

    def _report(self, done: Mapping[int, object], refused: Mapping[int, DataError]) -> Report:
        reasons = [
            Refused(
                id=id,
                label=self._writing.label(self._connection, self._entity, id),
                message=_told(self._entity, error),
            )
            for id, error in refused.items()
        ]
        return Report(done=tuple(done), refused=tuple(reasons))


def _told(entity: Entity, error: DataError) -> str:
    """Return why a record refused a change, with the titles of the fields that do."""
    if not isinstance(error, RecordInvalid):
        return f"{error} {error.hint}".strip()
    titles = {field.name: f"{field.title}: " for field in entity.fields}
    return " ".join(f"{titles.get(name, '')}{text}" for name, text in error.errors.items())
