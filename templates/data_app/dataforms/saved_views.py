"""Views of tables that people keep under a name, beside the data: an account's own, and everybody's."""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.pairs import KEY_TYPE

VIEWS = sa.Table(
    "dataforms_views",
    sa.MetaData(),
    sa.Column("id", KEY_TYPE, primary_key=True),
    sa.Column("entity", sa.Text(), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("owner", sa.Text()),
    sa.Column("parameters", sa.Text(), nullable=False),
    sqlite_strict=True,
)


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A view: its name, and the parameters of the page's address that show it."""

    id: int
    name: str
    parameters: dict[str, str]


def views_of(connection: Connection, entity: str, me: str | None) -> list[SavedView]:
    """Return the views of an entity that are for everybody or the account's own, the oldest first."""
    if not sa.inspect(connection).has_table(VIEWS.name):
        return []
    columns = (VIEWS.c.id, VIEWS.c.name, VIEWS.c.parameters)
    statement = sa.select(*columns).where(VIEWS.c.entity == entity, _is_seen_by(me)).order_by(VIEWS.c.id)
    return [
        SavedView(id=row[0], name=row[1], parameters=msgspec.json.decode(row[2], type=dict[str, str]))
        for row in connection.execute(statement)
    ]


def save(
    connection: Connection, entity: str, name: str, parameters: Mapping[str, str], owner: str | None
) -> None:
    """Keep a view, in place of the owner's one of that name; without an owner it is everybody's."""
    VIEWS.create(connection, checkfirst=True)
    own = VIEWS.c.owner.is_(None) if owner is None else VIEWS.c.owner == owner
    connection.execute(sa.delete(VIEWS).where(VIEWS.c.entity == entity, VIEWS.c.name == name, own))
    text = msgspec.json.encode(parameters).decode()
    connection.execute(sa.insert(VIEWS).values(entity=entity, name=name, owner=owner, parameters=text))


def delete(connection: Connection, id: int, me: str | None) -> None:
    """Delete a view that the account sees."""
    if sa.inspect(connection).has_table(VIEWS.name):
        connection.execute(sa.delete(VIEWS).where(VIEWS.c.id == id, _is_seen_by(me)))


def _is_seen_by(me: str | None) -> sa.ColumnElement[bool]:
    return VIEWS.c.owner.is_(None) if me is None else sa.or_(VIEWS.c.owner.is_(None), VIEWS.c.owner == me)
