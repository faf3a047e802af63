"""The numbered files in an app's `migrations/`: read, checked, added to, never changed. No SQLAlchemy."""

import getpass
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from dataforms.digest import digest_of
from dataforms.errors import MigrationRefused
from dataforms.migrate.difference import Difference, difference
from dataforms.migrate.renames import reversed_renames, written
from dataforms.migrate.steps import AnyStep, told
from dataforms.place import PROMISES_FILE, SPEC_FILE
from dataforms.spec import AppSpec, encode

FOLDER = "migrations"
_NAME = re.compile(r"(\d{4,})_[a-z0-9_]+\.json")
_SLUG_LENGTH = 40


class Accepted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A loss that somebody has agreed to: see `report.Loss`."""

    kind: str
    name: str
    rows: int


class Migration(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}
):
    """One file: how the tables of one spec become those of another, and that other spec."""

    number: int
    slug: str
    made_at: str
    """ISO 8601, UTC."""
    made_by: str
    """The name of the user whose program made it."""
    after: int | None = None
    """The number of the migration that it follows; None for the first."""
    from_: str | None = None
    """The digest of the spec that it starts from."""
    to: str
    """The digest of `spec`."""
    renames: dict[str, str] = {}
    steps: tuple[AnyStep, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    spec: AppSpec

    @property
    def name(self) -> str:
        """What its file is called, without the ending."""
        return f"{self.number:04}_{self.slug}"


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """Return the migrations of the app in `folder` by number.

    Raises:
        MigrationRefused: a file is not what it was when it was written, or one is missing.
    """
    paths = sorted(path for path in (folder / FOLDER).glob("*.json") if _NAME.fullmatch(path.name))
    found = tuple(sorted((_read(path) for path in paths), key=lambda each: each.number))
    for expected, each in enumerate(found, 1):
        if each.number != expected:
            raise MigrationRefused(
                f"There is no migration {expected:04}, and one with the number {each.number:04}.",
                hint="Put the missing file back.",
            )
    return found


def write_migration(folder: Path, migration: Migration) -> None:
    """Add a file, durably; raise MigrationRefused if one of that number is there."""
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    if any(each.name.startswith(f"{migration.number:04}_") for each in place.glob("*.json")):
        raise MigrationRefused(
            f"There is a migration {migration.number:04} already.", hint="Look at the plan again."
        )
    _write(place / f"{migration.name}.json", text_of(migration))


def text_of(migration: Migration) -> bytes:
    """Return what stands in a migration's file."""
    return msgspec.json.format(msgspec.json.encode(migration), indent=2) + b"\n"


def write_spec(folder: Path, spec: AppSpec) -> None:
    """Put `spec` in the place of the app's, durably, and have the app's own tests hold it to that."""
    promises = folder / PROMISES_FILE
    if promises.is_file():
        _write(promises, encode(spec))
    _write(folder / SPEC_FILE, encode(spec))


def first_migration(spec: AppSpec) -> Migration:
    """Return number 0001: the spec that an app starts with."""
    made_at, made_by = _signed()
    return Migration(
        number=1, slug="first_spec", made_at=made_at, made_by=made_by, to=digest_of(spec), spec=spec
    )


def new_migration(
    number: int, way: Difference, after: Migration, accepted: Sequence[Accepted] = ()
) -> Migration:
    """Return the migration that goes a way and follows another one."""
    made_at, made_by = _signed()
    return Migration(
        number=number,
        slug=slug_of(way.steps),
        made_at=made_at,
        made_by=made_by,
        after=after.number,
        from_=digest_of(way.old),
        to=digest_of(way.new),
        renames=written(way.renames),
        steps=way.steps,
        accepted=tuple(accepted),
        spec=way.new,
    )


def way_up(migration: Migration, before: Migration) -> Difference:
    """Return the way that a migration goes from the one before it.

    Raises:
        MigrationRefused: its file was edited.
    """
    way = difference(before.spec, migration.spec, migration.renames)
    if way.steps != migration.steps or migration.from_ != before.to:
        raise _edited(migration.name)
    return way


def way_down(migration: Migration, before: Migration) -> Difference:
    """Return the way back to the one before it."""
    way = way_up(migration, before)
    return difference(migration.spec, before.spec, written(reversed_renames(way.renames)))


def slug_of(steps: Sequence[AnyStep]) -> str:
    """Return a few words for a file's name: what the first step is about, and how many there are."""
    if not steps:
        return "nothing"
    mark, name, _ = told(steps[0])
    verb = {"+": "add", "-": "remove", "~": "change"}[mark]
    more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
    words = re.sub(r"[^a-z0-9]+", "_", f"{verb} {name}".lower()).strip("_")[:_SLUG_LENGTH].strip("_")
    return f"{words}{more.replace(' ', '_')}"


class _Signature(NamedTuple):
    made_at: str
    made_by: str


def _signed() -> _Signature:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        user = str(os.getuid())
    return _Signature(datetime.now(tz=UTC).isoformat(timespec="seconds"), user)


def _read(path: Path) -> Migration:
    try:
        migration = msgspec.json.decode(path.read_bytes(), type=Migration)
    except OSError as error:
        raise MigrationRefused(f"{path} cannot be read: {error.strerror}.") from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise MigrationRefused(f"{path} is no migration: {error}.", hint="Put the file back.") from error
    if f"{migration.name}.json" != path.name or digest_of(migration.spec) != migration.to:
        raise _edited(path.name)
    return migration


def _edited(name: str) -> MigrationRefused:
    return MigrationRefused(
        f"The migration {name} was changed after it was made.",
        hint="Put the file back as it was; to change something else, change appspec.json.",
    )


def _write(path: Path, text: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise MigrationRefused(f"{path} cannot be written: {error.strerror}.") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
