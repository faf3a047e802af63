"""Binary columns in files of SQL, as each database writes them: pictures and files of the app."""

import gzip
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from importing import loaded, types
from pictures import BLUE, PDF, RED
from postgres import PASSWORD, Server, server

from dataforms.files import Files
from dataforms.typerow import Attachment
from protoddfd.importers import Proposal, Source, propose
from protoddfd.importers.kinds.blobs import LARGEST

ODD = bytes(range(256)) + b"'\\x00' -- \\047"
"""Every byte there is, and what looks like the end of a text or an escape."""
ROWS = ((1, "a", RED, PDF), (2, "b", BLUE, ODD), (3, "c", None, RED), (4, "d", RED, b""))
TABLE = "CREATE TABLE thing(id int PRIMARY KEY, name varchar(9), photo {0}, paper {0});\n"


def proposed(folder: Path, *paths: Path) -> Proposal:
    sources = [Source(name=path.name, path=str(path), files=str(folder / "files")) for path in paths]
    return propose(sources, name="shop", title="Shop", scratch=folder / "scratch")


def check(made: Proposal, folder: Path) -> None:
    assert types(made, "Thing") == {"name": "text", "photo": "image", "paper": "file"}
    assert not any("left out" in note for note in made.notes)
    records, report = loaded(made, folder)
    assert (report.misfits, len(records["Thing"])) == (0, len(ROWS))
    files = Files(folder / "files")
    for row, (number, name, *contents) in zip(records["Thing"], ROWS, strict=True):
        assert (row["id"], row["name"]) == (number, name)
        for column, content in zip(("photo", "paper"), contents, strict=True):
            value = row[column]
            if not content:
                assert value is None
            else:
                assert isinstance(value, Attachment)
                assert value.name.startswith(f"{column}-{number}.")
                assert files.path(value.digest).read_bytes() == content


def mysql_text(content: bytes) -> bytes:
    """Return bytes as MySQL's programs escape them."""
    for byte, letter in ((b"\\", b"\\"), (b"\0", b"0"), (b"\n", b"n"), (b"\r", b"r"), (b"\x1a", b"Z"),
                         (b"'", b"'"), (b'"', b'"')):  # fmt: skip
        content = content.replace(byte, b"\\" + (letter if byte != b"\0" else b"0"))
    return b"'" + content + b"'"


def inserts(head: bytes, way: Callable[[bytes], bytes], *, several: bool = True) -> bytes:
    def written(value: object) -> bytes:
        if value is None:
            return b"NULL"
        if isinstance(value, bytes):
            return way(value)
        return repr(value).encode()

    rows = [b"(" + b",".join(map(written, row)) + b")" for row in ROWS]
    return head + (b",\n".join(rows) if several else (b";\n" + head).join(rows)) + b";\n"


def octal(content: bytes) -> bytes:
    """Return bytes as PostgreSQL escaped them before its version 9."""
    plain = {92: b"\\\\", 39: b"''"}
    return b"'" + b"".join(
        plain.get(byte) or (bytes((byte,)) if 32 <= byte < 127 else b"\\%03o" % byte) for byte in content
    ) + b"'"  # fmt: skip


def hexed(before: bytes, after: bytes = b"'") -> Callable[[bytes], bytes]:
    return lambda content: before + content.hex().encode() + after


MYSQL, TSQL = "-- MySQL dump 10.13\n", TABLE.replace("thing(", "[dbo].[thing](")
WRITTEN: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "mysql --hex-blob": (MYSQL + TABLE.format("longblob"), lambda it: hexed(b"0x", b"")(it) if it else b"''"),
    "mysql": (MYSQL + TABLE.format("mediumblob"), lambda it: b"_binary " + mysql_text(it)),
    "SQL Server": (TSQL.format("varbinary(max)"), hexed(b"0x", b"")),
    "SQL Server with casts": (TSQL.format("image"), hexed(b"CAST(0x", b" AS VarBinary(max))")),
    "SQLite": ("PRAGMA foreign_keys=OFF;\n" + TABLE.format("BLOB"), hexed(b"X'")),
    "PostgreSQL": (TABLE.format("bytea"), hexed(b"'\\x")),
    "PostgreSQL with casts": (TABLE.format("bytea"), hexed(b"E'\\\\x", b"'::bytea")),
    "PostgreSQL of old": (TABLE.format("bytea"), octal),
    "decode": (TABLE.format("bytea"), hexed(b"decode('", b"', 'hex')")),
    "Oracle": (TABLE.format("BLOB").replace("varchar", "varchar2"), hexed(b"hextoraw('", b"')")),
}


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("how", WRITTEN)
def test_bytes_are_what_they_were(tmp_path: Path, how: str, several: bool) -> None:
    made, way = WRITTEN[how]
    table = b"[dbo].[thing]" if "Server" in how else b"thing"
    path = tmp_path / "shop.sql"
    path.write_bytes(made.encode() + inserts(b"INSERT INTO " + table + b" VALUES ", way, several=several))
    check(proposed(tmp_path, path), tmp_path)


def test_a_dump_of_sqlite_has_its_bytes(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(TABLE.format("BLOB"))
        database.executemany("INSERT INTO thing VALUES (?, ?, ?, ?)", ROWS)
        (tmp_path / "shop.sql").write_text("\n".join(database.iterdump()))
    check(proposed(tmp_path, tmp_path / "shop.sql"), tmp_path)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.mark.parametrize("how", [[], ["--inserts"], ["--column-inserts", "--rows-per-insert=2"]])
def test_a_dump_of_postgresql_has_its_bytes(running: Server, tmp_path: Path, how: list[str]) -> None:
    with running.schema() as url:
        with closing(psycopg.connect(url, autocommit=True)) as connection, connection.cursor() as cursor:
            cursor.execute(TABLE.format("bytea").encode())
            cursor.executemany(b"INSERT INTO thing(id, name, photo, paper) VALUES (%s, %s, %s, %s)", ROWS)
            (schema,) = cursor.execute("SELECT current_schema()").fetchone() or ("",)
        ran = subprocess.run(
            ["pg_dump", "-h", "127.0.0.1", "-p", str(running.port), "-U", "owner", "-n", schema, *how,
             "postgres"],
            env={"PGPASSWORD": PASSWORD, "PATH": f"{running.programs}:/usr/bin:/bin"},
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
    (tmp_path / "shop.sql").write_bytes(ran.stdout)
    check(proposed(tmp_path, tmp_path / "shop.sql"), tmp_path)


def test_a_value_too_large_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "shop.sql"
    with path.open("w") as file:
        file.write(TABLE.format("bytea"))
        for number, size in ((1, LARGEST), (2, LARGEST + 1), (3, 900_000)):
            file.write(f"INSERT INTO thing VALUES ({number}, 'x', NULL, '\\x{'ab' * size}');\n")
    made = proposed(tmp_path, path)
    assert any("1 values of paper are larger than 10 MiB" in note for note in made.notes)
    records, _ = loaded(made, tmp_path)
    sizes = [
        value.size if isinstance(value := row["paper"], Attachment) else None for row in records["Thing"]
    ]
    assert sizes == [LARGEST, None, 900_000]


def test_bytes_in_packed_files_come_along_too(tmp_path: Path) -> None:
    made, way = WRITTEN["mysql"]
    with gzip.open(tmp_path / "schema.sql.gz", "wb") as packed:
        packed.write(made.encode())
    with gzip.open(tmp_path / "data.sql.gz", "wb") as packed:
        packed.write(inserts(b"INSERT INTO thing VALUES ", way))
    check(proposed(tmp_path, tmp_path / "data.sql.gz", tmp_path / "schema.sql.gz"), tmp_path)
    database = tmp_path / "shop.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(TABLE.format("BLOB"))
        connection.executemany("INSERT INTO thing VALUES (?, ?, ?, ?)", ROWS)
        connection.commit()
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.write(database, "shop.db")
    (tmp_path / "other").mkdir()
    check(proposed(tmp_path / "other", tmp_path / "shop.zip"), tmp_path / "other")
