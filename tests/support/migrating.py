"""An app's folder with a database of its own, for the tests of migrations."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataforms.check import problems
from dataforms.database import Database, Query
from dataforms.migrate.files import write_spec
from dataforms.migrate.plan import Plan
from dataforms.migrate.run import Consent, Migrations
from dataforms.spec import AppSpec, Entity, Field, Relation
from dataforms.typerow import Value


class Folder:
    """An app that was made of `spec`; its database is a file in it unless `url` says otherwise."""

    def __init__(self, path: Path, spec: AppSpec, url: str = "") -> None:
        self.path = path
        self.url = url or f"sqlite:///{path}/data/app.db"
        self.migrations = Migrations(path, self.url)
        assert problems(spec) == ()
        write_spec(path, spec)
        self.migrations.stand()

    def fill(self, **rows: list[dict[str, Any]]) -> None:
        """Insert raw records by entity name, through the rules."""
        database = self.database()
        for entity, records in rows.items():
            for record in records:
                database.insert(entity, record)
        database.close()

    def database(self) -> Database:
        """Return the database of the spec that is in the folder now."""
        return Database(self.migrations.spec(), self.url)

    def rows(self, entity: str) -> list[dict[str, Value]]:
        """Return the values of all records, by id."""
        database = self.database()
        found = database.page(entity, Query(size=1000, sort="id")).rows
        database.close()
        return [{"id": record.id, **record.values} for record in found]

    def column(self, entity: str, name: str) -> list[Value]:
        """Return one field of all records, by id."""
        return [row[name] for row in self.rows(entity)]

    def plan(self, spec: AppSpec, **renames: str) -> Plan:
        assert problems(spec) == ()
        return self.migrations.plan(spec, renames)

    def make(self, spec: AppSpec, renames: Mapping[str, str] = {}, *, yes: bool = True) -> Plan:
        """Make `spec` the app's; what is lost is agreed to unless `yes` is false."""
        assert problems(spec) == ()
        return self.migrations.make(spec, renames, Consent(lossy=yes))

    def down(self) -> Plan:
        """Take the last migration back."""
        return self.migrations.down(Consent(lossy=True))


def field(name: str, type: str = "text", **more: Any) -> Field:
    return Field(name=name, title=name.title(), type=type, **more)  # type: ignore[arg-type]  # a text


def entity(name: str, *fields: Field, **more: Any) -> Entity:
    return Entity(name=name, title=name, fields=fields, **more)


def app(*entities: Entity, relations: tuple[Relation, ...] = ()) -> AppSpec:
    return AppSpec(name="library", title="Library", entities=entities, relations=relations)
