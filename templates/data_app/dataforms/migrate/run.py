"""Plans, applies and takes back the migrations of one app: its folder, its database."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy.engine import Connection, make_url

from dataforms.database import Database
from dataforms.digest import digest_of
from dataforms.engine import Connections
from dataforms.errors import MigrationRefused
from dataforms.meta import MIGRATION_KEY, recall, record, recorded_spec, remember
from dataforms.migrate.carry import carry_out
from dataforms.migrate.difference import Difference, difference
from dataforms.migrate.files import (
    Migration,
    new_migration,
    read_migrations,
    way_down,
    way_up,
    write_migration,
    write_spec,
)
from dataforms.migrate.history import Place, before, place_of
from dataforms.migrate.kept import Way
from dataforms.migrate.lock import alone, back_up, lock_within, sqlite_file
from dataforms.migrate.plan import Plan, plan_of
from dataforms.migrate.report import Report
from dataforms.origin import is_over
from dataforms.place import SPEC_FILE
from dataforms.spec import AppSpec, decode

PLAN_COMMAND = "python -m dataforms.migrate plan"


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """How an app stands: its migrations, which one the database is at, and what the tables are those of."""

    migrations: tuple[Migration, ...]
    place: Place
    tables: AppSpec


class Consent(NamedTuple):
    """What somebody agreed to: all that is lost, or just what the plan with this hash says."""

    lossy: bool = False
    hash: str | None = None


def _refuse_over(spec: AppSpec) -> None:
    if is_over(spec):
        raise MigrationRefused(
            "The rows of this app are in a database that it only reads: there are no tables to change.",
            hint=f"Edit {SPEC_FILE}, and restart the app.",
        )


class Migrations:
    """The migrations of the app in `folder` with the database at `url` (relative paths: to the folder)."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        parsed = make_url(url)
        self._file = sqlite_file(parsed)
        if self._file is not None:
            self._file = folder / self._file
            parsed = parsed.set(database=str(self._file))
        self._url = parsed.render_as_string(hide_password=False)
        self._connections = Connections(self._url)

    def close(self) -> None:
        """Close every connection."""
        self._connections.close()

    def stand(self) -> Stand:
        """Return how the app stands; tables that are missing are made of its spec.

        Raises:
            MigrationRefused: its rows are in a database that is another's, so there is nothing to migrate.
        """
        with self._connections.reading() as connection:
            recorded = recorded_spec(connection)
        _refuse_over(recorded or self.spec())
        if recorded is None:
            database = Database(self.spec(), self._url)
            try:
                database.create()
            finally:
                database.close()
        with self._connections.reading() as connection:
            return self._stand(connection)

    def spec(self) -> AppSpec:
        """Return the spec in the folder; raise MigrationRefused without one that can be read."""
        path = self._folder / SPEC_FILE
        try:
            return decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError, UnicodeError) as error:
            raise MigrationRefused(f"{path} cannot be read: {error}.") from error

    def plan(self, spec: AppSpec, renames: Mapping[str, str]) -> Plan:
        """Return what it would take and cost to make this the app's spec; nothing is changed."""
        _refuse_over(spec)
        stand = self.stand()
        way = difference(stand.tables, spec, renames)
        number = stand.place.next_number(stand.migrations)
        return plan_of(way, self._try(way, number, "up"), number)

    def make(self, spec: AppSpec, renames: Mapping[str, str], consent: Consent) -> Plan:
        """Make this the app's spec: in the database, as a new file in `migrations/`, in `appspec.json`.

        Raises:
            MigrationRefused: it is not possible, not agreed to, or not what the plan was.
        """
        _refuse_over(spec)
        stand = self.stand()
        way = difference(stand.tables, spec, renames)
        number = stand.place.next_number(stand.migrations)
        if not way.steps:
            write_spec(self._folder, spec)
            return plan_of(way, Report(), number)

        def write(plan: Plan) -> None:
            for each in stand.place.unwritten:
                write_migration(self._folder, each)
            write_migration(self._folder, new_migration(number, way, stand.place.at, plan.accepted))
            write_spec(self._folder, spec)

        return self._apply(way, number, "up", consent, write)

    def plan_up(self, migration: Migration) -> Plan:
        """Return what an existing migration would cost."""
        way = way_up(migration, before(migration, read_migrations(self._folder)))
        return plan_of(way, self._try(way, migration.number, "up"), migration.number)

    def up(self, migration: Migration, consent: Consent) -> Plan:
        """Apply an existing migration; what its file says was agreed to needs no consent."""
        way = way_up(migration, before(migration, read_migrations(self._folder)))

        def is_accepted(plan: Plan) -> bool:
            known = {(each.kind, each.name) for each in migration.accepted}
            return consent.lossy or all((loss.kind, loss.name) in known for loss in plan.losses)

        def write(plan: Plan) -> None:
            if digest_of(self.spec()) != migration.to:
                write_spec(self._folder, migration.spec)

        return self._apply(way, migration.number, "up", consent, write, is_accepted)

    def plan_down(self) -> Plan:
        """Return what it would cost to take back the migration that was applied last."""
        way, migration, _ = self._way_down()
        return plan_of(way, self._try(way, migration.number, "down"), migration.number)

    def down(self, consent: Consent) -> Plan:
        """Take back the migration that was applied last; its file stays, `appspec.json` is the one before."""
        way, migration, previous = self._way_down()

        def write(plan: Plan) -> None:
            write_spec(self._folder, previous.spec)

        return self._apply(way, migration.number, "down", consent, write, at=previous.number)

    def _way_down(self) -> tuple[Difference, Migration, Migration]:
        stand = self.stand()
        at = stand.place.at
        if stand.place.unwritten:
            raise MigrationRefused(
                "The tables have changed since the last migration, so there is no way back from here.",
                hint=f"{PLAN_COMMAND} shows the change; up records it.",
            )
        previous = before(at, stand.migrations)
        return way_down(at, previous), at, previous

    def _stand(self, connection: Connection) -> Stand:
        tables = recorded_spec(connection)
        if tables is None:
            raise MigrationRefused("There are no tables yet.", hint="Start the app once.")
        number = recall(connection, MIGRATION_KEY)
        migrations = read_migrations(self._folder)
        place = place_of(tables, None if number is None else int(number), migrations)
        return Stand(migrations=migrations, place=place, tables=tables)

    def _try(self, way: Difference, number: int, direction: Way) -> Report:
        """Carry out a migration where it changes nothing: on a copy of the file, or taken back at once."""
        if not way.steps:
            return Report()
        with self._copied() as connections, connections.altering(keep=False) as connection:
            return carry_out(connection, way, number, direction)

    @contextmanager
    def _copied(self) -> Iterator[Connections]:
        with self._connections.copied() as url:
            connections = self._connections if url is None else Connections(url)
            try:
                yield connections
            finally:
                connections.close()

    def _apply(
        self,
        way: Difference,
        number: int,
        direction: Way,
        consent: Consent,
        write: Callable[[Plan], None],
        is_accepted: Callable[[Plan], bool] | None = None,
        *,
        at: int | None = None,
    ) -> Plan:
        accepted = is_accepted or (lambda plan: consent.lossy)
        with alone(self._file):
            if self._file is not None:
                back_up(self._file, f"{number:04}-{direction}")
            with self._connections.altering() as connection:
                lock_within(connection)
                tables = recorded_spec(connection)
                if tables is None or digest_of(tables) != digest_of(way.old):
                    raise MigrationRefused(
                        "The tables were changed meanwhile.", hint="Look at the plan again."
                    )
                plan = plan_of(way, carry_out(connection, way, number, direction), number)
                _refuse(plan, consent, is_accepted=accepted(plan))
                record(connection, way.new, way.new)
                remember(connection, MIGRATION_KEY, str(number if at is None else at))
                write(plan)
        return plan


def _refuse(plan: Plan, consent: Consent, *, is_accepted: bool) -> None:
    if plan.obstacles:
        first = plan.obstacles[0]
        raise MigrationRefused(f"This is not possible: {first.message}", hint=first.hint)
    if consent.hash is not None and consent.hash != plan.hash:
        raise MigrationRefused(
            "The data or the spec changed since the plan was made.", hint="Look at the plan again."
        )
    if plan.losses and not is_accepted:
        said = " ".join(loss.message for loss in plan.losses)
        raise MigrationRefused(f"Something would be lost: {said}", hint="Agree to it, or change the spec.")
