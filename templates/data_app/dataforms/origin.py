"""Apps over a database that is another's: their rows are read where they are, and never written to.

Says which apps those are and where that database is. Must import neither SQLAlchemy nor Reflex.
"""

from collections.abc import Iterator, Mapping

from dataforms.errors import DatabaseUnavailable, ReadOnly
from dataforms.spec import AppSpec, Entity, Field, Problem
from dataforms.types import is_stored, type_of
from dataforms.words import say

VARIABLE = "SOURCE_DATABASE_URL"
"""The environment variable that says where the rows are; the spec never does, as there may be a password."""

SOURCE_FILE = "data/source_url"
"""Where Proto-DDF keeps the value of that variable, in the app's folder, for its owner alone to read."""


def is_over(spec: AppSpec) -> bool:
    """Tell whether an app's rows are in a database that is another's."""
    return any(entity.origin is not None for entity in spec.entities)


def source_url(environment: Mapping[str, str]) -> str:
    """Return the address of that database. Raise DatabaseUnavailable without one."""
    url = environment.get(VARIABLE)
    if not url:
        raise DatabaseUnavailable(
            say("{variable} does not say where the rows of this app are.", variable=VARIABLE),
            hint=f"{VARIABLE}=sqlite:////path/to/file.db, or postgresql://user:password@host/name",
        )
    return url


def read_only() -> ReadOnly:
    """Return the error for whatever would write to that database."""
    return ReadOnly(
        say("The rows of this app are in a database that it only reads."),
        hint=say("Change them with the program that they belong to."),
    )


def origin_problems(spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with where the rows of a spec are said to be."""
    over = is_over(spec)
    for place, entity in enumerate(spec.entities):
        path = f"entities[{place}]"
        if over and entity.origin is None:
            yield Problem(
                path=path,
                message="It has no origin, and other entities have one.",
                hint="The rows of an app are all in the app's own database, or all in another.",
            )
        for number, field in enumerate(entity.fields):
            message = _fault(entity, field)
            if message:
                yield Problem(path=f"{path}.fields[{number}].origin", message=message)


def _fault(entity: Entity, field: Field) -> str:
    origin, row = field.origin, type_of(field)
    if entity.origin is None:
        return "" if origin is None else "Its entity has no origin."
    if row.media or field.type in ("auto_number", "multi_enum", "location"):
        return f"A field of type {field.type} cannot be read from another database."
    if origin is None:
        return "It does not say which column it is." if is_stored(field) or row.linked else ""
    if len(origin.columns) != len(origin.keys) or (origin.columns and field.type != "reference"):
        return "Only a reference has several columns, and as many keys of its target."
    if row.linked and (origin.table is None or origin.back is None):
        return "It does not say which table has the pairs, or which column of that leads back."
    return ""
