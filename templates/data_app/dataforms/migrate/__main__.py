"""`python -m dataforms.migrate [status|plan|up|down]` in an app's folder.

Exits 0 done, 1 refused, 2 wrong usage.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dataforms.check import problems_in
from dataforms.errors import DataError, MigrationRefused
from dataforms.migrate.files import Migration
from dataforms.migrate.history import fitting, newest_after, path_to
from dataforms.migrate.plan import Plan
from dataforms.migrate.run import Consent, Migrations
from dataforms.migrate.words import plan_lines
from dataforms.place import DATABASE_URL, SPEC_FILE
from dataforms.spec import AppSpec

DONE, REFUSED = 0, 1


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit status."""
    asked = _parser().parse_args(argv)
    migrations = Migrations(Path.cwd(), os.environ.get("DATABASE_URL", DATABASE_URL))
    commands: dict[str, Callable[[Migrations, argparse.Namespace], int]] = {
        "status": _status,
        "plan": _plan,
        "up": _up,
        "down": _down,
    }
    try:
        return commands[asked.command](migrations, asked)
    except DataError as error:
        sys.stderr.write(f"{error}\n{error.hint}\n" if error.hint else f"{error}\n")
        return REFUSED
    finally:
        migrations.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dataforms.migrate", description="Change an app's spec and keep its data."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="say which migrations there are, and where the database stands")
    for name, said in (
        ("plan", "try the change on a copy of the data and say what it costs"),
        ("up", "apply the migrations that are waiting, or make one for the changed spec"),
    ):
        each = commands.add_parser(name, help=said)
        each.add_argument("spec", nargs="?", metavar="SPEC", help="the new spec; without it, appspec.json")
        each.add_argument(
            "--rename", action="append", default=[], metavar="OLD=NEW", type=_pair,
            help="such as Loan.due=due_on or Loan=Lending",
        )  # fmt: skip
    down = commands.add_parser("down", help="take back the migration that was applied last")
    for each in (commands.choices["up"], down):
        each.add_argument("--yes", action="store_true", help="agree to what is lost")
    return parser


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise argparse.ArgumentTypeError(f"{text!r} is not OLD=NEW")
    return old, new


def _status(migrations: Migrations, asked: argparse.Namespace) -> int:
    stand = migrations.stand()
    for each in stand.migrations:
        mark = "*" if each.number == stand.place.at.number else " "
        _say(f"{mark} {each.name}  {each.made_at}  {each.made_by}")
    if stand.place.unwritten:
        _say("The tables have changed since the last migration; the next one records that.")
    plan = migrations.plan(migrations.spec(), {})
    _say("The database is up to date." if not plan.changes else "appspec.json asks for a change: see plan.")
    return DONE


def _plan(migrations: Migrations, asked: argparse.Namespace) -> int:
    waiting = None if asked.spec or asked.rename else _waiting(migrations)
    if waiting:
        for each in waiting:
            _say(f"{each.name} is waiting: see up.")
        return DONE
    _tell(migrations.plan(_spec(migrations, asked), dict(asked.rename)))
    return DONE


def _up(migrations: Migrations, asked: argparse.Namespace) -> int:
    consent = Consent(lossy=asked.yes)
    waiting = None if asked.spec or asked.rename else _waiting(migrations)
    if waiting:
        for each in waiting:
            _tell(migrations.up(each, consent))
        return DONE
    _tell(migrations.make(_spec(migrations, asked), dict(asked.rename), consent))
    return DONE


def _down(migrations: Migrations, asked: argparse.Namespace) -> int:
    _tell(migrations.down(Consent(lossy=asked.yes)))
    return DONE


def _waiting(migrations: Migrations) -> list[Migration] | None:
    """Return the migrations that lead on from where the database stands, if its spec asks for none other."""
    stand = migrations.stand()
    if stand.place.unwritten:
        return None
    goal = fitting(migrations.spec(), stand.migrations)
    if goal is None:
        return None
    if goal.to == stand.place.at.to:
        goal = newest_after(stand.place.at, stand.migrations)
    return None if goal is None else path_to(goal, stand.place.at, stand.migrations)


def _spec(migrations: Migrations, asked: argparse.Namespace) -> AppSpec:
    file = asked.spec or SPEC_FILE
    try:
        document = Path(file).read_bytes()
    except OSError as error:
        raise MigrationRefused(f"{file} cannot be read: {error.strerror}.") from error
    spec, problems = problems_in(document)
    if spec is None or problems:
        first = problems[0]
        raise MigrationRefused(f"{file}: {first.path}: {first.message}", hint=first.hint)
    return spec


def _tell(plan: Plan) -> None:
    for line in plan_lines(plan):
        _say(line)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
