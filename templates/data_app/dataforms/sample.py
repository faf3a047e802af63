"""Fills an empty app with records to try it: `python -m dataforms.sample [--rows N]` in its folder.

The same spec gets the same records; every rule is kept, since they are stored as any others are.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from dataforms.database import Database
from dataforms.errors import DataError, RecordInvalid, SampleFailed
from dataforms.pattern_texts import matching
from dataforms.spec import AppSpec, Entity, Field, decode
from dataforms.types import is_given, type_of

ROWS = 20
TRIES = 30
"""How often a record is made anew before it is said that its rules cannot be met."""


def fill(database: Database, rows: int = ROWS) -> dict[str, int]:
    """Store `rows` records of every entity, those that others refer to first; return how many there are.

    Raises:
        SampleFailed: there are records already, or a field's rules were not met by any value that was tried.
    """
    if any(database.counts().values()):
        raise SampleFailed(
            "There are records already.", hint="Records to try with are only put into an empty app."
        )
    ids: dict[str, list[int]] = {}
    for entity in in_order(database.spec):
        chance = Random(f"{database.spec.name} {entity.name}")  # noqa: S311 - the same every time is what is wanted
        ids[entity.name] = [_insert(database, entity, chance, ids) for _ in range(rows)]
    return {name: len(those) for name, those in ids.items()}


def in_order(spec: AppSpec) -> Iterator[Entity]:
    """Yield every entity after those that it cannot do without; in a circle, as the spec has them."""
    waiting = list(spec.entities)
    while waiting:
        names = {entity.name for entity in waiting}
        free = [each for each in waiting if not _targets(each) & names - {each.name}]
        needed = [each for each in waiting if not _targets(each, required=True) & names - {each.name}]
        first = (free or needed or waiting)[0]
        waiting.remove(first)
        yield first


def _targets(entity: Entity, *, required: bool = False) -> set[str]:
    return {
        field.target
        for field in entity.fields
        if field.type == "reference" and field.target is not None and (field.required or not required)
    }


def _insert(database: Database, entity: Entity, chance: Random, ids: dict[str, list[int]]) -> int:
    fields = {field.name: field for field in entity.fields if is_given(field) and not field.read_only}
    values = {name: _value(field, chance, ids) for name, field in fields.items()}
    faults: dict[str, str] = {}
    for attempt in range(TRIES):
        try:
            return database.insert(entity.name, values)
        except RecordInvalid as error:
            faults = error.errors
        for name in sorted(faults.keys() & fields.keys()) or fields:
            gives_up = attempt > TRIES // 2 and not fields[name].required and name in faults
            values[name] = None if gives_up else _value(fields[name], chance, ids)
    fault = "; ".join(f"{name or 'the record'}: {text}" for name, text in faults.items())
    raise SampleFailed(
        f"No record of {entity.title} could be made that keeps every rule: {fault}",
        hint="Enter the first records by hand, or import them.",
    )


def _value(field: Field, chance: Random, ids: dict[str, list[int]]) -> object:
    if field.type == "reference":
        known = ids.get(str(field.target), [])
        return chance.choice(known) if known else None
    if field.pattern is not None:
        return matching(field.pattern, chance)
    sample = type_of(field).sample
    return None if sample is None else sample(chance, field)


def main(argv: Sequence[str]) -> int:
    """Run it as a command; return 0, or 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m dataforms.sample", description="Fill an empty app.")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"of every table ({ROWS})")
    asked = parser.parse_args(argv)
    try:
        spec = decode(Path("appspec.json").read_bytes())
        database = Database(spec, os.environ.get("DATABASE_URL") or "sqlite:///data/app.db")
        try:
            database.create()
            made = fill(database, asked.rows)
        finally:
            database.close()
    except (DataError, OSError, msgspec.MsgspecError) as error:
        hint = getattr(error, "hint", "")
        sys.stderr.write(f"{error}\n{hint}\n" if hint else f"{error}\n")
        return 1
    for name, many in made.items():
        sys.stdout.write(f"{name}: {many:,} records\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
