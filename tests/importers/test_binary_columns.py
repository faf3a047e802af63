"""Binary columns of databases: pictures and files of the app, with their rows."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from importing import loaded, types
from pictures import BLUE, PDF, RED
from postgres import Server, server

from dataforms.files import Files
from dataforms.typerow import Attachment
from protoddfd.importers import Proposal, Source, propose
from protoddfd.importers.kinds.blobs import LARGEST
from protoddfd.worker import making, messages

ROOT = Path(__file__).resolve().parents[2]

ROWS = [
    (1, "a", RED, PDF, b"x"),
    (2, "b", BLUE, b"\x00\xff", None),
    (3, "c", None, RED, b""),
    (4, "d", RED, None, None),
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE thing(id INTEGER PRIMARY KEY, photo BLOB, name TEXT, paper BLOB, big BLOB)"
        )
        database.executemany("INSERT INTO thing(id, name, photo, paper, big) VALUES (?, ?, ?, ?, ?)", ROWS)
        database.execute("UPDATE thing SET big = zeroblob(?) WHERE id = 4", (LARGEST + 1,))
        database.commit()
    return path


def proposed(path: str, folder: Path) -> Proposal:
    return propose([Source(name="shop", path=path, files=str(folder / "files"))], name="shop", title="Shop")


def _check(made: Proposal, folder: Path) -> None:
    assert types(made, "Thing") == {"photo": "image", "name": "text", "paper": "file", "big": "file"}
    records, report = loaded(made, folder)
    assert report.misfits == 0
    files = Files(folder / "files")
    expected = {1: (RED, PDF, b"x"), 2: (BLUE, b"\x00\xff", None), 3: (None, RED, None), 4: (RED, None, None)}
    for row in records["Thing"]:
        for name, content in zip(("photo", "paper", "big"), expected[int(str(row["id"]))], strict=True):
            value = row[name]
            if content is None:
                assert value is None
                continue
            assert isinstance(value, Attachment)
            assert files.fault(value) is None
            assert files.path(value.digest).read_bytes() == content
    first = records["Thing"][0]["photo"]
    assert isinstance(first, Attachment)
    assert (first.name, first.type, first.digest) == (
        "photo-1.png",
        "image/png",
        hashlib.sha256(RED).hexdigest(),
    )
    assert any("1 values of big are larger than 10 MiB" in note for note in made.notes)


def test_the_bytes_of_sqlite_come_along(shop: Path, tmp_path: Path) -> None:
    _check(proposed(str(shop), tmp_path), tmp_path)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as made:
        yield made


def test_the_bytes_of_postgresql_come_along(running: Server, tmp_path: Path) -> None:
    with running.schema() as url:
        with closing(psycopg.connect(url, autocommit=True)) as connection, connection.cursor() as cursor:
            cursor.execute(
                b"CREATE TABLE thing(id int PRIMARY KEY, photo bytea, name text, paper bytea, big bytea)"
            )
            cursor.executemany(
                b"INSERT INTO thing(id, name, photo, paper, big) VALUES (%s, %s, %s, %s, %s)", ROWS
            )
            cursor.execute(
                b"UPDATE thing SET big = decode(repeat('00', %s), 'hex') WHERE id = 4", (LARGEST + 1,)
            )
        _check(proposed(url, tmp_path), tmp_path)


def test_without_a_place_for_them_they_are_left_out_and_said(shop: Path) -> None:
    made = propose([Source(name="shop", path=str(shop))], name="shop", title="Shop")
    assert types(made, "Thing") == {"name": "text"}
    assert any("photo holds binary data, so it was left out" in note for note in made.notes)


def test_an_app_of_a_database_has_its_files(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "generated").mkdir()
    job = messages.Make(
        name="things", title=None, template="data_app", templates=str(ROOT / "templates"),
        generated=str(tmp_path / "generated"), cache=str(tmp_path / "cache"),
        sources=(messages.SourceFile(name="shop.db", path=str(shop)),),
    )  # fmt: skip
    making.make(job, lambda progress: None)
    files = Files(tmp_path / "generated/things/data/files")
    assert files.path(hashlib.sha256(BLUE).hexdigest()).read_bytes() == BLUE
