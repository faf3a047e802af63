"""The rights of an account as SQL: which rows it may see and change, and what of them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.access import Action, Rights
from dataforms.asker import Asker
from dataforms.computing import Computing
from dataforms.meaning import Meaning, understand
from dataforms.schema import Schema
from dataforms.scope import SpecScope
from dataforms.spec import AppSpec, Entity, Field, Permission
from dataforms.types_time import wall_clock


class Limits:
    """What `rights` leave of the tables of a spec."""

    def __init__(self, spec: AppSpec, schema: Schema, computing: Computing, rights: Rights) -> None:
        self._spec, self._schema, self._computing, self.rights = spec, schema, computing, rights
        self._meanings: dict[tuple[str, str], Meaning] = {}

    def visible(self, entity: Entity) -> list[sa.ColumnElement[bool]]:
        """Return what must hold for the rows of an entity that may be read, in its own table."""
        if not self.rights.is_limited:
            return []
        if not self.rights.may("read", entity.name):
            return [sa.false()]
        conditions = self.rights.conditions("read", entity.name)
        return [self._any(entity, conditions)] if conditions else []

    def is_shown_on_some(self, entity: Entity, field: Field) -> bool:
        """Tell whether the account sees a field on some records alone."""
        return self.rights.is_limited and field.name in self.rights.hides_from_some(entity.name)

    def shown(self, entity: Entity, field: Field, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """Return a field's column, empty on the rows where it is hidden from the account."""
        where = self.rights.hides_from_some(entity.name).get(field.name) if self.rights.is_limited else None
        return column if where is None else sa.case((self._any(entity, where), column), else_=sa.null())

    def permitting(self, connection: Connection, entity: Entity, id: int, action: Action) -> list[Permission]:
        """Return the permissions that let the account do that to one record."""
        those = self.rights.permissions(action, entity.name)
        table = self._schema.rows[entity.name]
        asked = [
            sa.true() if each.condition is None else self._any(entity, (each.condition,)) for each in those
        ]
        if not asked:
            return []
        columns = [sa.case((each, 1), else_=0) for each in asked]
        answers = connection.execute(sa.select(*columns).where(table.c.id == id)).one_or_none()
        return [each for each, holds in zip(those, answers or (), strict=False) if holds]

    def meaning(self, entity: Entity, text: str) -> Meaning:
        """Return what an expression over an entity's records means, hidden fields included."""
        key = (entity.name, text)
        if key not in self._meanings:
            self._meanings[key] = understand(text, SpecScope(self._spec, self._spec.entity(entity.name)))
        return self._meanings[key]

    def asker(self) -> Asker:
        """Return who asks, now."""
        return Asker(me=self.rights.access.me, now=wall_clock())

    def _any(self, entity: Entity, conditions: tuple[str, ...]) -> sa.ColumnElement[bool]:
        asker = self.asker()
        return sa.or_(sa.false(), *(self._holds(entity, text, asker) for text in conditions))

    def _holds(self, entity: Entity, text: str, asker: Asker) -> sa.ColumnElement[bool]:
        whole = self._spec.entity(entity.name)
        return self._computing.condition(whole, self.meaning(entity, text), asker)
