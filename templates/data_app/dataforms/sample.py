"""Fills an empty app with records to try it: `python -m dataforms.sample [--rows N]` in its folder.

The same spec gets the same records on the same day; every rule is kept, since they are stored as any others
are. Where a field has `examples`, the first record gets the first one, the second the second.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

import msgspec

from dataforms.database import Database
from dataforms.errors import DataError, FieldError, RecordInvalid, SampleFailed
from dataforms.pattern_texts import matching
from dataforms.spec import AppSpec, Entity, Field, decode
from dataforms.types import is_given, type_of

ROWS = 20
TRIES = 60
"""How often a record is mended before it is said that its rules cannot be met."""
ANEW = 15
"""After how many tries it is made anew, and not only mended."""
STEP = 6
"""How many days there are at most from one day of a record to its next."""


def fill(database: Database, rows: int = ROWS) -> dict[str, int]:
    """Store `rows` records of every entity, those that others refer to first; return how many there are.

    An entity with a unique field that has `examples` gets no more of them than that.

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
        many = min(rows, _most(entity) or rows)
        ids[entity.name] = [_insert(database, entity, chance, ids, number) for number in range(many)]
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
        if field.target is not None and is_given(field) and (field.required or not required)
    }


def _most(entity: Entity) -> int:
    """Return how many examples there are of what is unique; 0 where there are none."""
    return min((len(field.examples) for field in entity.fields if field.unique and field.examples), default=0)


def _insert(
    database: Database, entity: Entity, chance: Random, ids: dict[str, list[int]], number: int
) -> int:
    fields = {field.name: field for field in entity.fields if is_given(field) and not field.read_only}
    links = {name for name, field in fields.items() if field.type == "reference"}
    values: dict[str, object] = {}
    faults: dict[str, str] = {}
    for attempt in range(TRIES):
        if attempt % ANEW == 0:
            values = {name: _first(field, chance, ids, number) for name, field in fields.items()}
            _bring_together(values, fields, chance)
        try:
            return database.insert(entity.name, values)
        except RecordInvalid as error:
            faults = error.errors
        for name in (
            sorted(faults.keys() & fields.keys() | links) if faults.keys() & fields.keys() else fields
        ):
            gives_up = attempt % ANEW > ANEW // 2 and not fields[name].required and name in faults
            is_none = values[name] is None
            values[name] = None if gives_up and not is_none else _value(fields[name], chance, ids)
    fault = "; ".join(f"{name or 'the record'}: {text}" for name, text in faults.items())
    raise SampleFailed(
        f"No record of {entity.title} could be made that keeps every rule: {fault}",
        hint="Enter the first records by hand, or import them.",
    )


def _first(field: Field, chance: Random, ids: dict[str, list[int]], number: int) -> object:
    """Return the example that is the turn of record `number`; any value where there are none."""
    return field.examples[number % len(field.examples)] if field.examples else _value(field, chance, ids)


def _bring_together(values: dict[str, object], fields: Mapping[str, Field], chance: Random) -> None:
    """Put the days of a record near each other, in the order of its fields, as far as their bounds allow."""
    day: date | None = None
    for name, field in fields.items():
        raw = values[name]
        if type_of(field).kind not in ("date", "datetime") or field.examples or not isinstance(raw, str):
            continue
        day = date.fromisoformat(raw[:10]) if day is None else day + timedelta(days=chance.randint(0, STEP))
        moved = f"{day.isoformat()}{raw[10:]}"
        try:
            type_of(field).parse(moved, field)
        except FieldError:
            continue
        values[name] = moved


def _value(field: Field, chance: Random, ids: dict[str, list[int]]) -> object:
    if field.type == "reference":
        known = ids.get(str(field.target), [])
        return chance.choice(known) if known else None
    if type_of(field).kind == "records":
        return _some(field, chance, ids.get(str(field.target), []))
    if field.examples:
        return chance.choice(field.examples)
    if field.pattern is not None:
        return matching(field.pattern, chance)
    sample = type_of(field).sample
    return None if sample is None else sample(chance, field)


def _some(field: Field, chance: Random, known: Sequence[int]) -> list[int]:
    """Return a few of the records that a field may name."""
    least = field.min if isinstance(field.min, int) else 0
    most = field.max if isinstance(field.max, int) else least + 3
    return chance.sample(known, min(chance.randint(least, max(least, min(most, least + 3))), len(known)))


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
