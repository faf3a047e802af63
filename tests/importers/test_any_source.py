"""Whatever the bytes and the kind: a complete proposal or a refusal with a reason, in bounded time."""

import io
import itertools
import json
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataforms.check import problems
from dataforms.database import Database
from dataforms.errors import LoadFailed, RecordInvalid
from protoddfd.importers import ImportRefused, LoadReport, Proposal, Source, load, propose

LONGEST_S = 10.0
NAMES = st.sampled_from(
    ["a.xlsx", "a.ods", "a.xls", "a.json", "a.jsonl", "a.zip", "a.csv.gz", "a.db", "a.sql", "a.yaml",
     "a.jdl", "a", "a.csv"]
)  # fmt: skip
SLOW = settings(max_examples=30)


@pytest.fixture
def numbers() -> Iterator[int]:
    return itertools.count()


def _proposed(path: Path, folder: Path) -> Proposal | None:
    try:
        return propose([Source(name=path.name, path=str(path))], name="demo", title="Demo", scratch=folder)
    except ImportRefused:
        return None


def _loaded(made: Proposal, database: Database) -> LoadReport | None:
    """Return what came of loading; None where rows contradict what a damaged database says of them."""
    try:
        return load(made, database, lambda *_: None)
    except (ImportRefused, LoadFailed, RecordInvalid):
        return None


def _check(path: Path, folder: Path) -> None:
    began = time.monotonic()
    made = _proposed(path, folder)
    if made is not None:
        assert problems(made.spec) == ()
        database = Database(made.spec, f"sqlite:///{folder / 'app.db'}")
        try:
            database.create()
            report = _loaded(made, database)
        finally:
            database.close()
        assert report is None or report.rows == sum(table.rows for table in made.tables)
    assert time.monotonic() - began < LONGEST_S


def _tried(tmp_path: Path, numbers: Iterator[int], name: str, content: bytes) -> None:
    folder = tmp_path / str(next(numbers))
    folder.mkdir()
    (folder / name).write_bytes(content)
    _check(folder / name, folder)


MAGIC = st.sampled_from(
    [b"", b"PK\x03\x04", b"PK\x05\x06", b"SQLite format 3\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
     b"\x1f\x8b\x08\0",
     b"{", b"[{", b"CREATE TABLE ", b"entity A {", b"openapi: 3.0.0\n"]
)  # fmt: skip


@SLOW
@given(NAMES, MAGIC, st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(
    tmp_path: Path, numbers: Iterator[int], name: str, magic: bytes, content: bytes
) -> None:
    _tried(tmp_path, numbers, name, magic + content)


def _workbook() -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    for row in (["Name", "Size", "Day"], ["a", 1, "2024-01-02"], ["b", 2.5, None], ["Total", 3.5, None]):
        sheet.append(row)
    sheet["B2"].number_format = "0.00%"
    book.save(buffer)
    return buffer.getvalue()


DATABASE = """
CREATE TABLE a(
  id INTEGER PRIMARY KEY, name VARCHAR(9) UNIQUE CHECK (length(name) > 1), b INT REFERENCES b);
CREATE TABLE b(id INTEGER PRIMARY KEY, day DATE);
INSERT INTO b VALUES (1, '2024-01-02'), (2, NULL);
INSERT INTO a VALUES (1, 'xy', 1), (2, 'yz', 2);
"""


def _database(folder: Path) -> bytes:
    path = folder / "good.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(DATABASE)
    return path.read_bytes()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "code,n\nA,1\nB,2\n" * 20)
    return buffer.getvalue()


CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12)
GOOD = ("workbook.xlsx", "database.db", "archive.zip", "copied.sql", "inserted.sql")
COPIED = rb"""-- PostgreSQL database dump
CREATE TABLE a (id int PRIMARY KEY, name text, tags text[], took interval);
CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql;
COPY a (id, name, tags, took) FROM stdin;
1	one\ntwo \9 \x41	{a,"b"}	1 day 02:00:00
2	\N	{}	\N
\.
INSERT INTO a (id, name) VALUES (3, E'x\'y'), (4, 'z''' || chr(10));
"""
INSERTED = rb"""-- MySQL dump 10.13
CREATE TABLE `a` (`id` int NOT NULL, `name` varchar(9), `ok` bit(1), PRIMARY KEY (`id`)) ENGINE=InnoDB;
/*!40000 ALTER TABLE `a` DISABLE KEYS */;
INSERT INTO `a` VALUES (1,'it\'s \9',b'1'),(2,NULL,_binary '\0'),
(3,0x4142,NULL);
DELIMITER ;;
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN INSERT INTO a VALUES (9,'',NULL); END ;;
DELIMITER ;
INSERT INTO `a` (`name`,`id`) VALUES ('last',4);
"""


class _Good:
    """Files that can be read, by name; it is no dict, which Hypothesis would write out."""

    def __init__(self, folder: Path) -> None:
        self._files = dict(zip(GOOD, (_workbook(), _database(folder), _zip(), COPIED, INSERTED), strict=True))

    def changed(self, name: str, changes: list[tuple[float, int]], kept: float) -> bytes:
        content = bytearray(self._files[name])
        for place, byte in changes:
            content[int(place * len(content))] = byte
        return bytes(content[: max(1, int(len(content) * kept))])


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> _Good:
    return _Good(tmp_path_factory.mktemp("good"))


@SLOW
@given(st.sampled_from(GOOD), CHANGES, st.floats(0.1, 1))
def test_a_good_file_with_some_bytes_changed_is_read_or_refused(
    tmp_path: Path,
    numbers: Iterator[int],
    good: _Good,
    name: str,
    changes: list[tuple[float, int]],
    kept: float,
) -> None:
    _tried(tmp_path, numbers, name, good.changed(name, changes, kept))


KEYS = st.sampled_from(
    ["id", "name", "a", "tags", "lines", "", "é", "at", "x.y", "$ref", "type", "properties"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["2024-01-02", "1,5", "a@b.de", "0012", "yes"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@SLOW
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=5), max_size=6))
def test_any_json_records_arrive_or_are_refused(
    tmp_path: Path, numbers: Iterator[int], records: list[dict[str, object]]
) -> None:
    _tried(tmp_path, numbers, "things.json", json.dumps(records).encode())


KEYWORDS = st.sampled_from(
    ["type", "properties", "required", "enum", "const", "minimum", "maximum", "minLength", "maxLength",
     "pattern", "format",
     "items", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$defs", "dependentRequired",
     "multipleOf",
     "additionalProperties", "default", "discriminator",
     "propertyName", "mapping", "exclusiveMinimum", "title", "description", "readOnly", "nullable"]
)  # fmt: skip
ATOMS = (
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["string", "integer", "object", "array", "#", "#/$defs/a", "^a", "(", "date", "a",
    "", "x" * 300])
)  # fmt: skip
SCHEMAS = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYWORDS | st.sampled_from(["a", "b"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@SLOW
@given(
    st.dictionaries(KEYWORDS, SCHEMAS, max_size=6),
    st.dictionaries(st.sampled_from("abc"), SCHEMAS, max_size=3),
)
def test_any_schema_becomes_a_spec_without_faults_or_is_refused(
    tmp_path: Path, numbers: Iterator[int], schema: dict[str, object], properties: dict[str, object]
) -> None:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", **schema}
    whole |= {"properties": {"known": {"type": "string"}, **properties}}
    _tried(tmp_path, numbers, "schema.json", json.dumps(whole).encode())


WORDS = st.sampled_from(
    ["CREATE TABLE", "t", "u", "(", ")", ",", ";", "id", "INTEGER", "VARCHAR(20)", "PRIMARY KEY",
     "REFERENCES", "NOT NULL",
     "CHECK", "id > 0", "'x'", "DEFAULT", "UNIQUE", "ALTER TABLE", "ADD CONSTRAINT", "--", "/*", "*/", "'",
     '"', "`", "$$",
     "ENUM('a','b')", "INSERT INTO", "CREATE VIEW", "COMMENT ON", "\n", "entity", "{", "}", "String",
     "relationship",
     "OneToMany", "to", "enum", "required", "@", "pattern(/a/)"]
)  # fmt: skip


@SLOW
@given(st.sampled_from(["a.sql", "a.jdl"]), st.lists(WORDS, max_size=40))
def test_any_statements_are_read_or_refused(
    tmp_path: Path, numbers: Iterator[int], name: str, words: list[str]
) -> None:
    good = (
        "CREATE TABLE good (id INTEGER PRIMARY KEY, name TEXT);\n"
        if name == "a.sql"
        else "entity Good { a String }\n"
    )
    _tried(tmp_path, numbers, name, (good + " ".join(words)).encode())
