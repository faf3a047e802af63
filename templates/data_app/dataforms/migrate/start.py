"""Applies the migrations that an app's folder has and its database has not, when the app starts."""

from pathlib import Path

from dataforms.errors import MigrationRefused
from dataforms.migrate.files import read_migrations
from dataforms.migrate.history import fitting, path_to
from dataforms.migrate.run import Consent, Migrations
from dataforms.spec import AppSpec


def catch_up(folder: Path, spec: AppSpec, url: str) -> None:
    """Apply what leads to `spec`, once, however many processes start; nothing leads to one edited by hand.

    Raises:
        MigrationRefused: these records would lose something that nobody has agreed to, or stand in the way.
    """
    goal = fitting(spec, read_migrations(folder))
    if goal is None:
        return
    migrations = Migrations(folder, url)
    try:
        while True:
            stand = migrations.stand()
            path = path_to(goal, stand.place.at, stand.migrations)
            if not path or stand.place.unwritten:
                return
            try:
                migrations.up(path[0], Consent())
            except MigrationRefused:
                if migrations.stand().place.at.number == stand.place.at.number:
                    raise
    finally:
        migrations.close()
