"""Where a database stands among the migrations of its app, and which lead on. Imports no SQLAlchemy."""

from collections.abc import Sequence

import msgspec

from dataforms.digest import digest_of
from dataforms.errors import MigrationRefused
from dataforms.migrate.difference import difference
from dataforms.migrate.files import Migration, first_migration, new_migration
from dataforms.spec import AppSpec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the history: the migrations up to it that have no file yet, and the one it stands at."""

    at: Migration
    unwritten: tuple[Migration, ...] = ()

    def next_number(self, migrations: Sequence[Migration]) -> int:
        """Return the number of the next new migration."""
        return len(migrations) + len(self.unwritten) + 1


def place_of(tables: AppSpec, number: int | None, migrations: Sequence[Migration]) -> Place:
    """Return where tables of a spec stand, if the migration `number` was applied last (None: not known).

    Tables that grew without a migration stand at one that has to be written for it.
    """
    digest = digest_of(tables)
    fitting = [each for each in migrations if each.to == digest]
    for each in reversed(fitting):
        if number in (None, each.number):
            return Place(at=each)
    if fitting:
        return Place(at=fitting[-1])
    if not migrations:
        first = first_migration(tables)
        return Place(at=first, unwritten=(first,))
    before = migrations[number - 1] if number and number <= len(migrations) else migrations[-1]
    found = new_migration(len(migrations) + 1, difference(before.spec, tables, {}), before)
    return Place(at=found, unwritten=(found,))


def path_to(goal: Migration, at: Migration, migrations: Sequence[Migration]) -> list[Migration] | None:
    """Return the migrations that lead from one to another, in order; None where the way is another."""
    path: list[Migration] = []
    here: Migration | None = goal
    while here is not None and here.number != at.number:
        path.append(here)
        here = migrations[here.after - 1] if here.after is not None else None
    return None if here is None else path[::-1]


def fitting(spec: AppSpec, migrations: Sequence[Migration]) -> Migration | None:
    """Return the newest migration that leads to a spec."""
    digest = digest_of(spec)
    return next((each for each in reversed(migrations) if each.to == digest), None)


def newest_after(at: Migration, migrations: Sequence[Migration]) -> Migration | None:
    """Return the newest migration that can be reached from one."""
    return next(
        (each for each in reversed(migrations) if each is not at and path_to(each, at, migrations)), None
    )


def before(migration: Migration, migrations: Sequence[Migration]) -> Migration:
    """Return the migration that one follows; raise MigrationRefused for the first."""
    if migration.after is None:
        raise MigrationRefused("This is the first spec: there is nothing to go back to.")
    return migrations[migration.after - 1]
