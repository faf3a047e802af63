"""Carries a migration out in the open transaction of a connection, in earnest or to see what it would do."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import DropTable

from dataforms.asker import Asker
from dataforms.computed import resolved
from dataforms.grow import grow
from dataforms.migrate.after import Aftercare, count_broken_checks, touched
from dataforms.migrate.beside import let_follow
from dataforms.migrate.calling import call_anew, drop_indexes, links_of, names_of
from dataforms.migrate.difference import Difference
from dataforms.migrate.kept import Keeper, Way
from dataforms.migrate.keys import add_keys, check_keys, drop_keys
from dataforms.migrate.moves import moves_of
from dataforms.migrate.report import Report
from dataforms.migrate.rewrite import Links, Rewrite
from dataforms.migrate.rewrite_alter import AlterRewrite
from dataforms.migrate.rewrite_sqlite import SqliteRewrite
from dataforms.migrate.wholes import bring_back, drop_orphaned_links, take_away
from dataforms.pairs import KEY_TYPE, Link
from dataforms.schema import Schema
from dataforms.spec import Entity
from dataforms.tuning import untune
from dataforms.types_time import wall_clock

_ASIDE = "dataforms_aside_"
"""What tables of pairs are called that are read once more and then dropped."""


def carry_out(connection: Connection, way: Difference, number: int, direction: Way) -> Report:
    """Make the tables of `way.old` those of `way.new`; return what that costs.

    On SQLite, foreign keys have to be off. With an obstacle in the report the tables are in between, and the
    transaction has to be rolled back.

    Raises:
        MigrationRefused, SchemaDiffers: the tables are not those of `way.old`, or refer to what is not there.
    """
    return _Carrying(connection, way, number, direction).run()


class _Carrying:
    """One migration on its way."""

    def __init__(self, connection: Connection, way: Difference, number: int, direction: Way) -> None:
        self._connection = connection
        self._way = way
        self._was, self._now = way.renamed, resolved(way.after)
        self._old_schema, self._schema = Schema(self._was), Schema(self._now)
        self._keeper = Keeper(connection, number, direction)
        self._report = Report()
        self._names = names_of(way)
        self._before = {entity.name: entity for entity in self._was.entities}
        self._moment = wall_clock()
        self._stay = [entity for entity in self._now.entities if entity.name in self._before]
        self._come = [entity for entity in self._now.entities if entity.name not in self._before]
        self._moves = {each.name: moves_of(self._before[each.name], each) for each in self._stay}

    def run(self) -> Report:
        """Do it all."""
        self._keeper.open()
        call_anew(self._connection, self._way, self._old_schema)
        self._take_entities_away()
        leaving = self._put_links_aside()
        self._schema.metadata.create_all(self._connection)
        returned = self._bring_back()
        for entity in self._stay:
            self._rewrite(entity, leaving)
        for link in leaving.values():
            self._connection.execute(DropTable(link.table))
        for entity in self._now.entities:
            if not self._report.is_blocked():
                self._look_through(entity, returned)
        if not self._report.is_blocked():
            self._finish()
            let_follow(self._connection, self._way, self._now, self._keeper)
        self._keeper.close()
        return self._report

    def _take_entities_away(self) -> None:
        """Take away the tables of entities that go, those of their pairs first."""
        for key, was in links_of(self._way).items():
            if key[0] not in self._schema.tables:
                take_away(
                    self._connection,
                    self._old_schema.links[key].table,
                    self._keeper,
                    self._report,
                    name=f"{key[0]}.{key[1]}",
                    known_as=was.table.name,
                    columns=was.table.columns.keys(),
                )
        for name, table in self._old_schema.tables.items():
            if name not in self._schema.tables:
                untune(self._connection, table.name)
                take_away(self._connection, table, self._keeper, self._report, name=name, known_as=table.name)

    def _put_links_aside(self) -> dict[tuple[str, str], Link]:
        """Give other names to the pairs that are not to stay, so that new ones can have theirs."""
        aside: dict[tuple[str, str], Link] = {}
        quote = self._connection.dialect.identifier_preparer.quote
        for key, link in self._old_schema.links.items():
            new = self._schema.links.get(key)
            is_same = new is not None and _targets(new) == _targets(link)
            if key[0] in self._schema.tables and not is_same:
                drop_indexes(self._connection, link.table.name)
                name = f"{_ASIDE}{len(aside)}"
                self._connection.exec_driver_sql(f"ALTER TABLE {quote(link.table.name)} RENAME TO {name}")
                aside[key] = _called(link, name)
        return aside

    def _bring_back(self) -> set[str]:
        """Return the names of the tables that got their rows back."""
        returned: set[str] = set()
        come = {entity.name for entity in self._come}
        links = [link.table for key, link in self._schema.links.items() if key[0] in come]
        for table in (*(self._schema.tables[name] for name in come), *links):
            drop_keys(self._connection, table)
            if bring_back(self._connection, table, self._keeper):
                returned.add(table.name)
        for table in links:
            if table.name in returned:
                drop_orphaned_links(self._connection, table)
        return returned

    def _rewrite(self, entity: Entity, leaving: dict[tuple[str, str], Link]) -> None:
        kind: type[Rewrite] = SqliteRewrite if self._connection.dialect.name == "sqlite" else AlterRewrite
        rewrite = kind(
            self._connection,
            entity,
            (self._old_schema.tables[entity.name], self._schema.tables[entity.name]),
            Links(was=_links_of(entity, leaving), now=_links_of(entity, self._schema.links)),
            self._moves[entity.name],
            self._names[entity.name],
            self._keeper,
            self._report,
            self._moment,
        )
        if rewrite.changes_columns:
            untune(self._connection, rewrite.was.name)
        if rewrite.is_needed:
            rewrite.run()

    def _look_through(self, entity: Entity, returned: set[str]) -> None:
        table = self._schema.tables[entity.name]
        moves = self._moves.get(entity.name)
        if moves is None:
            is_touched = table.name in returned
        else:
            is_touched = any(touched(moves, self._before[entity.name], entity))
        if is_touched:
            care = self._care(entity)
            care.empty_unknown_references()
            care.empty_duplicates()

    def _care(self, entity: Entity) -> Aftercare:
        return Aftercare(
            self._connection,
            self._schema,
            entity,
            self._moves.get(entity.name),
            self._names.get(entity.name),
            self._keeper,
            self._report,
        )

    def _finish(self) -> None:
        grow(self._connection, self._schema)
        for table in (*self._schema.tables.values(), *(link.table for link in self._schema.links.values())):
            add_keys(self._connection, table)
        for entity in self._stay:
            self._care(entity).count_broken_values()
        asker = Asker(now=self._moment)
        count_broken_checks(self._connection, self._schema, self._now, self._was, asker, self._report)
        check_keys(self._connection)


def _links_of(entity: Entity, links: Mapping[tuple[str, str], Link]) -> dict[str, Link]:
    return {field: link for (owner, field), link in links.items() if owner == entity.name}


def _targets(link: Link) -> set[str]:
    return {key.column.table.name for key in link.target.foreign_keys}


def _called(link: Link, name: str) -> Link:
    table = sa.Table(
        name, sa.MetaData(), *(sa.Column(column.name, KEY_TYPE) for column in link.table.columns)
    )
    return Link(table, table.c[link.source.name], table.c[link.target.name])
