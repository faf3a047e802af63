"""Rules of the tables that the server found broken, in the terms of the spec. Asks no database.

What we write is checked before; these are for what another program wrote in between.
"""

import re
from typing import Any

import sqlalchemy as sa

from dataforms.errors import DataError, RecordInUse, RecordInvalid
from dataforms.rules import TAKEN, taken_together
from dataforms.schema import Schema
from dataforms.spec import AppSpec, Entity, table_name
from dataforms.words import say

_KEY = re.compile(r'\("?(\w+)"?\)=\(([^()]*)\)')
"""The column and the value that a server's detail names, in any language."""


def told(error: sa.exc.IntegrityError, spec: AppSpec, schema: Schema) -> DataError | None:
    """Return the error for a person, with the field named; None where the database does not say enough."""
    found: Any = getattr(error.orig, "diag", None)
    if found is None:
        return None
    entity = next((each for each in spec.entities if table_name(each.name) == found.table_name), None)
    if entity is None:
        return None
    match found.sqlstate:
        case "23502":
            return RecordInvalid({found.column_name: say("This is required.")})
        case "23505":
            return _taken(entity, schema, found.constraint_name)
        case "23503":
            is_deletion = (error.statement or "").lstrip().upper().startswith("DELETE")
            return _in_use(entity) if is_deletion else _lost(entity, found.message_detail or "")
        case _:
            return None


def _taken(entity: Entity, schema: Schema, name: str) -> DataError | None:
    index = next((each for each in schema.tables[entity.name].indexes if each.name == name), None)
    if index is None:
        return None
    columns = [column.name for column in index.columns]
    if len(columns) == 1:
        return _conflict(columns[0], say(TAKEN))
    rule = next((each for each in entity.rules if each.kind == "unique" and [*each.fields] == columns), None)
    return None if rule is None else _conflict(columns[-1], taken_together(entity, rule))


def _in_use(user: Entity) -> DataError:
    return RecordInUse(
        say("A {entity} uses this record now, so it cannot be deleted.", entity=user.title), {user.name: 1}
    )


def _lost(entity: Entity, detail: str) -> DataError | None:
    key = _KEY.search(detail)
    field = next((each for each in entity.fields if key and each.name == key[1]), None)
    if key is None or field is None:
        return None
    return _conflict(field.name, say("There is no {entity} {id}.", entity=field.target, id=key[2]))


def _conflict(name: str, text: str) -> RecordInvalid:
    return RecordInvalid({name: text}, conflicts=(name,))
