"""The rules that only the database can judge: unique values, and references to records that exist."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.schema import Schema
from dataforms.spec import Entity, Rule
from dataforms.typerow import UNIQUE_BYTES, Value
from dataforms.words import all_of, phrase, say

TAKEN = phrase("Another record has this already.")


def stored_errors(
    connection: Connection,
    schema: Schema,
    entity: Entity,
    values: Mapping[str, Value],
    known: Mapping[str, str],
    *,
    stored: Mapping[str, Value] | None = None,
    id: int | None = None,
) -> dict[str, str]:
    """Return a message for every field of `values` that the rest of the data forbids.

    `known` are the faulty fields already; `stored` and `id` are the record as it is, if it is there.
    """
    table = schema.tables[entity.name]
    others = [] if id is None else [table.c.id != id]
    errors = _unknown_references(connection, schema, entity, values)
    for field in entity.fields:
        value = values.get(field.name)
        if (
            field.unique
            and value is not None
            and _is_there(connection, table.c[field.name] == value, *others)
        ):
            errors.setdefault(field.name, say(TAKEN))
    whole = {**(stored or {}), **values}
    for rule in entity.rules:
        if rule.kind != "unique" or any(name in known or name in errors for name in rule.fields):
            continue
        if any(whole.get(name) is None for name in rule.fields) or not any(
            name in values for name in rule.fields
        ):
            continue
        if (
            sum(len(each.encode()) for name in rule.fields if isinstance(each := whole[name], str))
            > UNIQUE_BYTES
        ):
            errors[rule.fields[-1]] = say(
                "{fields} are too long to be unique together.", fields=_titles(entity, rule)
            )
        elif _is_there(connection, *(table.c[name] == whole[name] for name in rule.fields), *others):
            errors[rule.fields[-1]] = taken_together(entity, rule)
    return errors


def _unknown_references(
    connection: Connection, schema: Schema, entity: Entity, values: Mapping[str, Value]
) -> dict[str, str]:
    errors: dict[str, str] = {}
    for field in entity.fields:
        value = values.get(field.name)
        if field.target is None or value is None:
            continue
        wanted = set(value) if isinstance(value, tuple) else {value}
        key = schema.tables[field.target].c.id
        there = {row[0] for row in connection.execute(sa.select(key).where(key.in_(wanted)))}
        if missing := sorted(wanted - there, key=str):
            errors[field.name] = no_such(field.target, missing[0])
    return errors


def no_such(entity: str, id: object) -> str:
    """Return what is said of a reference to a record that is not there."""
    return say("There is no {entity} {id}.", entity=entity, id=id)


def taken_together(entity: Entity, rule: Rule) -> str:
    """Return what is said where a rule of unique values is broken."""
    return rule.message or say("Another record has the same {fields}.", fields=_titles(entity, rule))


def _titles(entity: Entity, rule: Rule) -> str:
    return all_of([field.title for field in entity.fields if field.name in rule.fields])


def _is_there(connection: Connection, *conditions: sa.ColumnElement[Any]) -> bool:
    return connection.execute(sa.select(sa.literal(1)).where(*conditions).limit(1)).first() is not None
