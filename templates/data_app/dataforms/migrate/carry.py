"""Carries a migration out in the open transaction of a connection, in earnest or to see what it would do."""

from sqlalchemy import Table
from sqlalchemy.engine import Connection

from dataforms.asker import Asker
from dataforms.computed import resolved
from dataforms.grow import grow
from dataforms.links import link_name
from dataforms.migrate.after import Aftercare, count_broken_checks, touched
from dataforms.migrate.calling import call_anew, names_of
from dataforms.migrate.difference import Difference
from dataforms.migrate.kept import Keeper, Way
from dataforms.migrate.keys import add_keys, check_keys, drop_keys
from dataforms.migrate.moves import moves_of
from dataforms.migrate.report import Report
from dataforms.migrate.rewrite import Rewrite
from dataforms.migrate.rewrite_alter import AlterRewrite
from dataforms.migrate.rewrite_sqlite import SqliteRewrite
from dataforms.migrate.wholes import bring_back, drop_orphaned_links, take_away
from dataforms.schema import Schema
from dataforms.spec import Entity
from dataforms.types_time import wall_clock


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
        self._was, self._now = resolved(way.renamed), resolved(way.new)
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
        call_anew(self._connection, self._way)
        self._take_links_away()
        for entity in self._stay:
            self._rewrite(entity)
        self._take_entities_away()
        self._schema.metadata.create_all(self._connection)
        returned = self._bring_back()
        for entity in self._now.entities:
            if not self._report.is_blocked():
                self._look_through(entity, returned)
        if not self._report.is_blocked():
            self._finish()
        self._keeper.close()
        return self._report

    def _rewrite(self, entity: Entity) -> None:
        kind: type[Rewrite] = SqliteRewrite if self._connection.dialect.name == "sqlite" else AlterRewrite
        rewrite = kind(
            self._connection,
            entity,
            (self._old_schema.tables[entity.name], self._schema.tables[entity.name]),
            self._moves[entity.name],
            self._names[entity.name],
            self._keeper,
            self._report,
            self._moment,
        )
        if rewrite.is_needed:
            rewrite.run()

    def _take_links_away(self) -> None:
        for was, now in zip(self._way.old.relations, self._way.renamed.relations, strict=True):
            name = link_name(now)
            if now.kind == "m2m" and name not in _links(self._schema):
                table, known_as = _links(self._old_schema)[name], link_name(was)
                take_away(
                    self._connection, table, self._keeper, self._report, name=known_as, known_as=known_as
                )

    def _take_entities_away(self) -> None:
        for name, table in self._old_schema.tables.items():
            if name not in self._schema.tables:
                take_away(self._connection, table, self._keeper, self._report, name=name, known_as=table.name)

    def _bring_back(self) -> set[str]:
        """Return the names of the tables that got their rows back."""
        returned: set[str] = set()
        there = _links(self._old_schema)
        links = [table for name, table in _links(self._schema).items() if name not in there]
        for table in (*(self._schema.tables[entity.name] for entity in self._come), *links):
            drop_keys(self._connection, table)
            if bring_back(self._connection, table, self._keeper):
                returned.add(table.name)
        for table in links:
            if table.name in returned:
                drop_orphaned_links(self._connection, table)
        return returned

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
        for table in (*self._schema.tables.values(), *_links(self._schema).values()):
            add_keys(self._connection, table)
        grow(self._connection, self._schema)
        for entity in self._stay:
            self._care(entity).count_broken_values()
        asker = Asker(now=self._moment)
        count_broken_checks(self._connection, self._schema, self._now, self._was, asker, self._report)
        check_keys(self._connection)


def _links(schema: Schema) -> dict[str, Table]:
    """Return the tables of pairs by their names."""
    return {link.table.name: link.table for link in schema.links.values()}
