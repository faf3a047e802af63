"""An app migrates by itself when it starts: from its own folder, once, and only what was agreed to."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from migrating import Folder, app, entity, field

from dataforms.errors import MigrationRefused, SchemaDiffers
from dataforms.migrate.__main__ import main
from dataforms.migrate.files import read_migrations, write_spec
from dataforms.migrate.start import catch_up
from dataforms.spec import encode

FIRST = app(entity("Loan", field("book", required=True), field("days")))
SECOND = app(entity("Loan", field("book", required=True), field("days", "integer")))
START = """
import os, sys
from pathlib import Path
from dataforms.ui.live import live
live()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    path = tmp_path / "app"
    path.mkdir()
    folder = Folder(path, FIRST)
    folder.fill(Loan=[{"book": "Emma", "days": "14"}])
    yield folder
    folder.migrations.close()


@pytest.fixture
def elsewhere(folder: Folder, tmp_path: Path) -> Path:
    """Return a copy of the folder with the database of before and the migrations of after."""
    copy = tmp_path / "copy"
    shutil.copytree(folder.path, copy)
    folder.make(SECOND)
    shutil.copytree(folder.path / "migrations", copy / "migrations")
    shutil.copy(folder.path / "appspec.json", copy)
    return copy


def days(path: Path) -> list[object]:
    with closing(sqlite3.connect(path / "data" / "app.db")) as database:
        return [row[0] for row in database.execute("SELECT days FROM loan ORDER BY id")]


def start(path: Path) -> None:
    catch_up(path, SECOND, f"sqlite:///{path}/data/app.db")


@pytest.mark.e2e
def test_a_copied_app_catches_up_with_its_migrations(elsewhere: Path) -> None:
    start(elsewhere)
    assert days(elsewhere) == [14]
    start(elsewhere)
    assert len(list((elsewhere / "data" / "backups").iterdir())) == 1


@pytest.mark.e2e
def test_processes_that_start_at_once_migrate_once(elsewhere: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: start(elsewhere), range(4)))
    assert days(elsewhere) == [14]


@pytest.mark.e2e
def test_two_real_processes_of_an_app_migrate_it_once(elsewhere: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", START], cwd=elsewhere) for _ in range(2)]
    assert [each.wait(60) for each in both] == [0, 0]
    assert days(elsewhere) == [14]
    with closing(sqlite3.connect(elsewhere / "data" / "app.db")) as database:
        assert database.execute("SELECT value FROM dataforms_meta WHERE key = 'migration'").fetchall() == [
            ("2",)
        ]


@pytest.mark.e2e
def test_what_nobody_agreed_to_is_not_lost_at_a_start(elsewhere: Path) -> None:
    with closing(sqlite3.connect(elsewhere / "data" / "app.db")) as database, database:
        database.execute("INSERT INTO loan (book, days) VALUES ('Dune', 'a week')")
    with pytest.raises(MigrationRefused, match=r"1 value of Loan\.days does not convert"):
        start(elsewhere)
    assert days(elsewhere) == ["14", "a week"]


def test_an_edited_migration_is_refused(folder: Folder, elsewhere: Path) -> None:
    (file,) = (elsewhere / "migrations").glob("0002_*.json")
    document = json.loads(file.read_bytes())
    document["steps"] = []
    file.write_text(json.dumps(document))
    with pytest.raises(MigrationRefused, match="was changed after it was made"):
        start(elsewhere)


@pytest.mark.e2e
def test_an_edited_spec_adds_by_itself_and_otherwise_says_which_command(folder: Folder) -> None:
    added = app(entity("Loan", *FIRST.entities[0].fields, field("note")))
    write_spec(folder.path, added)
    database = folder.database()
    database.create()
    database.close()
    write_spec(folder.path, SECOND)
    database = folder.database()
    with pytest.raises(SchemaDiffers) as refused:
        database.create()
    database.close()
    assert "python -m dataforms.migrate plan" in refused.value.hint
    plan = folder.make(SECOND)
    assert [(each.kind, each.name) for each in plan.losses] == []
    assert [each.slug for each in read_migrations(folder.path)] == [
        "first_spec", "remove_loan_note_and_1_more",
    ]  # fmt: skip


@pytest.mark.e2e
def test_the_commands_plan_apply_take_back_and_tell(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    folder.fill(Loan=[{"book": "Dune", "days": "a week"}])
    Path("new.json").write_bytes(encode(SECOND))
    assert main(["plan", "new.json"]) == 0
    assert "1 value of Loan.days does not convert and becomes empty." in capsys.readouterr().out
    assert main(["up", "new.json"]) == 1
    assert "Something would be lost" in capsys.readouterr().err
    assert main(["up", "new.json", "--yes"]) == 0
    assert days(folder.path) == [14, None]
    assert main(["status"]) == 0
    assert "* 0002_change_loan_days" in capsys.readouterr().out
    assert main(["down", "--yes"]) == 0
    assert days(folder.path) == ["14", "a week"]
    assert main(["plan"]) == 0
    assert "0002_change_loan_days is waiting" in capsys.readouterr().out
    assert main(["up"]) == 0
    assert days(folder.path) == [14, None]
    Path("new.json").write_text("{}")
    assert main(["up", "new.json"]) == 1
    with pytest.raises(SystemExit, match="2"):
        main(["up", "--rename", "nonsense"])
