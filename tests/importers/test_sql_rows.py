"""Rows in files of SQL: as sqlite3, pg_dump, mysqldump and SQL Server write them, and in little memory."""

import datetime
import os
import resource
import sqlite3
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from importing import loaded, proposed, types
from postgres import PASSWORD, Server, server

from protoddfd.importers import ImportRefused, Proposal

SQLITE = """
CREATE TABLE author(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, born DATE, height REAL, note);
CREATE TABLE book(isbn TEXT PRIMARY KEY, author_id INT REFERENCES author, pages INT);
CREATE TRIGGER log AFTER INSERT ON author
  BEGIN INSERT INTO book VALUES (new.name, 1, CASE WHEN 1 THEN 2 END); DELETE FROM book; END;
CREATE VIEW thick AS SELECT * FROM book WHERE pages > 500;
INSERT INTO author VALUES
  (3, 'O''Neil; "x" -- (a)', '1990-01-02', 1.1, NULL), (7, 'C:\\dir\\', NULL, 4.99, 'two
lines');
DELETE FROM book;
INSERT INTO book VALUES ('1-2', 3, 9), ('1-3', 7, NULL), ('1-4', 3, 700);
"""
MYSQL = r"""-- MySQL dump 10.13  Distrib 8.0
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `shop item`;
CREATE TABLE `shop item` (`id` int NOT NULL AUTO_INCREMENT, `name` varchar(50) DEFAULT NULL, `ok` bit(1),
  `at` datetime, `price` decimal(10,2), PRIMARY KEY (`id`)) ENGINE=InnoDB;
LOCK TABLES `shop item` WRITE;
INSERT INTO `shop item` VALUES (1,'it\'s \"x\"; (a)\n',_binary '%c','0000-00-00 00:00:00',1.50),
(2,'b\\',b'0','2020-01-02 03:04:05',NULL),(3,NULL,b'1',NULL,-3);
UNLOCK TABLES;
DELIMITER ;;
CREATE PROCEDURE p() BEGIN INSERT INTO `shop item` VALUES (9,'no',b'1',NULL,1); END ;;
DELIMITER ;
INSERT INTO `shop item` (`name`,`id`) VALUES ('last',4) ON DUPLICATE KEY UPDATE name='x;y';
""".replace("%c", "\x01")
TSQL = """USE [x]
GO
CREATE TABLE [dbo].[Customers] (
  [ID] INT IDENTITY(1,1) NOT NULL PRIMARY KEY, [Name] NVARCHAR(40) NOT NULL, [Born] DATETIME)
GO
SET IDENTITY_INSERT [dbo].[Customers] ON
INSERT [dbo].[Customers] ([ID], [Name], [Born]) 
  VALUES (1, N'Ärzte', CAST(N'2020-01-02T00:00:00.000' AS DateTime))
INSERT [dbo].[Customers] ([ID], [Name], [Born]) VALUES (2, N'Bob''s', NULL)
GO
CREATE PROCEDURE p AS
INSERT INTO Customers VALUES (3, 'no', NULL);
INSERT INTO Customers VALUES (4, 'no', NULL);
GO
INSERT INTO Customers VALUES (5, N'Cy', GETDATE())
"""
POSTGRESQL = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE person(
  id serial PRIMARY KEY, name varchar(40) NOT NULL, mood mood, seen timestamptz, tags text[], grid int[],
  extra jsonb, pay numeric(20,2), took interval, ok boolean NOT NULL, note text);
CREATE TABLE game(a int, winner int REFERENCES person, "odd ""name" text);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS
  $$ SELECT 1; INSERT INTO game VALUES (9, 9, 'no'); SELECT 1 $$;
INSERT INTO person(name, mood, seen, tags, grid, extra, pay, took, ok, note) VALUES
  (E'An\\tn', 'ok', '2024-01-02 10:00+02', '{a,"b ,\\"c"}', '{{1,2},{3,4}}', '{"x": "l1\\nl2"}',
   1234567890123.45,
   '1 day 02:00', true, E'C:\\\\x\\ny\\u00e4'),
  ('Bob''; --', 'sad', NULL, NULL, NULL, NULL, -1, '00:30', false, '');
INSERT INTO game VALUES (1, 1, 'x'), (2, NULL, '\\.'), (3, 2, NULL);
"""


def script(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_dump_of_sqlite_brings_what_its_database_brings(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SQLITE)
        database.commit()
        dump = script(tmp_path / "library.sql", "\n".join(database.iterdump()))
    of_database, of_script = proposed(path), proposed(dump)
    assert of_script.spec == of_database.spec
    assert any("thick is a view" in note for note in of_script.notes)
    records, report = loaded(of_script, tmp_path)
    (tmp_path / "other").mkdir()
    assert (records, report.misfits) == (loaded(of_database, tmp_path / "other")[0], 0)
    assert [row["name"] for row in records["Author"]] == ['O\'Neil; "x" -- (a)', "C:\\dir\\"]
    assert records["Author"][1]["note"] == "two\nlines"


def test_line_ends_that_sqlite_s_own_program_writes_as_functions_are_read(tmp_path: Path) -> None:
    text = (
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a TEXT, b REAL);\n"
        "INSERT INTO t VALUES(replace(replace('one\\rtwo\\nthree','\\r',char(13)),'\\n',char(10)),"
        "4.990000000000000213);\n"
        "INSERT INTO t VALUES(unistr('a\\u000ab\\\\c'),1e999);\nCOMMIT;\n"
    )
    made = proposed(script(tmp_path / "t.sql", text))
    records, _ = loaded(made, tmp_path)
    assert [row["a"] for row in records["T"]] == ["one\ntwo\nthree", "a\nb\\c"]
    assert records["T"][0]["b"] in (Decimal("4.99"), "4.99")


def test_a_dump_of_mysql_brings_its_rows(tmp_path: Path) -> None:
    made = proposed(script(tmp_path / "shop.sql", MYSQL))
    records, report = loaded(made, tmp_path)
    assert report.misfits == 0
    assert records["Shop Item"] == [
        {"id": 1, "name": 'it\'s "x"; (a)', "ok": True, "at": None, "price": Decimal("1.5")},
        {"id": 2, "name": "b\\", "ok": False, "at": datetime.datetime.fromisoformat("2020-01-02 03:04:05"),
         "price": None},
        {"id": 3, "name": None, "ok": True, "at": None, "price": Decimal(-3)},
        {"id": 4, "name": "last", "ok": None, "at": None, "price": None},
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_script_of_sql_server_brings_its_rows_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    made = proposed(script(tmp_path / "shop.sql", TSQL, encoding), scratch=tmp_path / "scratch")
    records, _ = loaded(made, tmp_path)
    assert [(row["id"], row["name"]) for row in records["Customer"]] == [
        (1, "Ärzte"),
        (2, "Bob's"),
        (5, "Cy"),
    ]
    assert records["Customer"][0]["born"] == datetime.datetime.fromisoformat("2020-01-02 00:00")
    assert any("1 value is computed by the database" in note for note in made.notes)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.mark.parametrize("how", [[], ["--inserts"], ["--column-inserts", "--rows-per-insert=2"]])
def test_a_dump_of_postgresql_brings_what_its_database_brings(
    running: Server, tmp_path: Path, how: list[str]
) -> None:
    with running.schema() as url:
        schema = url.rsplit("%3D", 1)[1]
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute(POSTGRESQL.encode())
        dumped = subprocess.run(
            ["pg_dump", "-h", "127.0.0.1", "-p", str(running.port), "-U", "owner", "-n", schema, *how,
             "postgres"],
            env={**os.environ, "PGPASSWORD": PASSWORD, "PGTZ": "Asia/Tokyo"}, capture_output=True, check=True,
        )  # fmt: skip
        of_database = proposed(url)
        (tmp_path / "of_database").mkdir()
        expected, _ = loaded(of_database, tmp_path / "of_database")
    (tmp_path / "people.sql").write_bytes(dumped.stdout)
    of_script = proposed(tmp_path / "people.sql")
    assert types(of_script, "Person") == types(of_database, "Person")
    records, report = loaded(of_script, tmp_path)
    assert (records, report.misfits) == (expected, 0)
    assert records["Person"][0]["took"] == datetime.timedelta(hours=26)
    assert records["Person"][0]["tags"] == ["a", 'b ,"c']
    assert records["Game"][1]["odd_name"] == "\\."


def test_rows_without_a_statement_that_makes_their_table_are_a_table(tmp_path: Path) -> None:
    text = "INSERT INTO people (id, name) VALUES (1,'A');\nINSERT INTO other VALUES (1);\n"
    made = proposed(script(tmp_path / "data.sql", text + "INSERT INTO people (id, name) VALUES (2, 'B');"))
    assert any("rows for other" in note for note in made.notes)
    assert loaded(made, tmp_path)[0] == {"Person": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]}


def test_what_only_a_database_can_do_is_named(tmp_path: Path) -> None:
    text = (
        "CREATE TABLE a (b int, c text);\nINSERT INTO a SELECT 1, 'x';\nUPDATE a SET b = 2 WHERE c = ';';\n"
    )
    made = proposed(script(tmp_path / "x.sql", text + "COPY a (b) FROM stdin WITH (FORMAT csv);\n1\n\\.\n"))
    assert any("2 statements change rows" in note for note in made.notes)
    assert any("1 COPY statements" in note for note in made.notes)
    assert made.tables[0].rows == 0


def _with_rows(path: Path, count: int) -> Path:
    with path.open("w") as file:
        file.write(
            "CREATE TABLE a (id int PRIMARY KEY, name text, b int);\n"
            "CREATE TABLE b (id int PRIMARY KEY, x text);\n"
        )
        for number in range(1, count):
            file.write(f"INSERT INTO a VALUES ({number}, 'name {number % 9}', {number});\n")
            file.write(f"INSERT INTO b (x, id) VALUES ('{'x' * 90}', {number});\n")
    return path


MEASURE = """
import resource, sys
from protoddfd.importers import Source, propose
made = propose([Source(name="a.sql", path=sys.argv[1])], name="a", title="A")
print(sum(table.rows for table in made.tables), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _measured(path: Path) -> tuple[int, int]:
    words = [sys.executable, "-c", MEASURE, str(path)]
    rows, kib = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return int(rows), int(kib)


@pytest.mark.long
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    few, many = _with_rows(tmp_path / "few.sql", 101), _with_rows(tmp_path / "many.sql", 60_001)
    (rows, little), (more_rows, much) = _measured(few), _measured(many)
    assert (rows, more_rows) == (200, 120_000)
    assert much - little < 40 << 10


def test_a_text_without_an_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "open.sql"
    with path.open("w") as file:
        file.write("CREATE TABLE a (b text);\nINSERT INTO a VALUES ('")
        for _ in range(60):
            file.write("never closed " * 80_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ImportRefused, match="longer than"):
        proposed(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250 << 10


VALUES = st.none() | st.integers(-(2**40), 2**40) | st.text(
    st.sampled_from(string.printable + "äß€\\'\";,()$-/*"), max_size=30
)  # fmt: skip


def _texts(made: Proposal) -> list[tuple[str, ...]]:
    return [tuple(row) for chunk in made.tables[0].reading.chunks() for row in chunk.rows]


@settings(max_examples=40)
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=20))
def test_any_values_come_out_of_a_dump_as_they_come_out_of_the_database(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    with closing(sqlite3.connect(folder / "t.db")) as database:
        database.execute("CREATE TABLE t(a, b TEXT, c)")
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        database.commit()
        (folder / "t.sql").write_bytes("\n".join(database.iterdump()).encode())
    assert _texts(proposed(folder / "t.sql")) == _texts(proposed(folder / "t.db"))


def test_hexadecimal_is_a_text_in_mysql_where_it_is_no_text_already(tmp_path: Path) -> None:
    rows = "(1, 0x41C384, 'a'), (2, '0x41', concat('0x', '41')), (3, CAST(0x42 AS CHAR), '')"
    text = f"CREATE TABLE `t`(`id` int PRIMARY KEY, a text, b text);\nINSERT INTO `t` VALUES {rows};\n"
    records, _ = loaded(proposed(script(tmp_path / "t.sql", text)), tmp_path)
    assert [(row["a"], row["b"]) for row in records["T"]] == [("AÄ", "a"), ("0x41", "0x41"), ("B", None)]
