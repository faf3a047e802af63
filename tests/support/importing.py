"""Sources on their way to an app: proposed, checked, loaded, read back."""

from pathlib import Path

from dataforms.check import problems
from dataforms.database import Database
from dataforms.query import Query
from dataforms.spec import Field
from protoddfd.importers import LoadReport, Proposal, Source, load, propose


def proposed(*paths: Path | str, scratch: Path | None = None) -> Proposal:
    """Return the proposal for some files or URLs, whose spec has no fault."""
    sources = [Source(name=str(path).rsplit("/", 1)[-1], path=str(path)) for path in paths]
    made = propose(sources, name="demo", title="Demo", scratch=scratch)
    assert problems(made.spec) == ()
    return made


def field(made: Proposal, entity: str, name: str) -> Field:
    """Return a field of a proposal; fail with the names there are."""
    fields = {field.name: field for field in made.spec.entity(entity).fields}
    assert name in fields, sorted(fields)
    return fields[name]


def types(made: Proposal, entity: str) -> dict[str, str]:
    """Return the types of an entity's fields."""
    return {field.name: field.type for field in made.spec.entity(entity).fields}


def loaded(made: Proposal, folder: Path) -> tuple[dict[str, list[dict[str, object]]], LoadReport]:
    """Return the records of every entity after loading, in the order of their ids, and the report."""
    database = Database(made.spec, f"sqlite:///{folder / 'app.db'}")
    try:
        database.create()
        report = load(made, database, lambda *_: None)
        records: dict[str, list[dict[str, object]]] = {}
        for entity in made.spec.entities:
            page = database.page(entity.name, Query(sort="id", size=100))
            records[entity.name] = [{"id": record.id, **record.values} for record in page.rows]
        assert database.counts() == {entity.entity: entity.rows for entity in report.entities} | {
            entity.name: 0
            for entity in made.spec.entities
            if entity.name not in {each.entity for each in report.entities}
        }
        return records, report
    finally:
        database.close()
