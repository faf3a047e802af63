"""Databases with all that they say of themselves: keys, references, conditions, views; and their rows."""

import datetime
import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from importing import field, loaded, proposed, types
from postgres import PASSWORD, Server, server

from protoddfd.importers import ImportRefused

LIBRARY = """
CREATE TABLE language(language_id INTEGER PRIMARY KEY AUTOINCREMENT, name CHAR(20) NOT NULL UNIQUE);
CREATE TABLE store(
  store_id INTEGER PRIMARY KEY, manager_staff_id INT NOT NULL UNIQUE REFERENCES staff(staff_id));
CREATE TABLE staff(
  staff_id INTEGER PRIMARY KEY, store_id INT NOT NULL REFERENCES store, email VARCHAR(50),
  active BOOLEAN NOT NULL DEFAULT 1, picture BLOB, boss INT REFERENCES staff);
CREATE TABLE film(
  film_id INTEGER PRIMARY KEY, title VARCHAR(128) NOT NULL, language_id INT NOT NULL REFERENCES language,
  rate DECIMAL(4,2) NOT NULL DEFAULT 4.99 CHECK (rate BETWEEN 0 AND 99), length SMALLINT CHECK (length > 0),
  rating VARCHAR(5) CHECK (rating IN ('G', 'PG', 'R')), since DATE, until DATE, last_update TIMESTAMP,
  CHECK (until >= since), CHECK (rating <> 'R' OR length(title) > 3), CHECK (title GLOB 'A*'));
CREATE TABLE actor(actor_id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT);
CREATE TABLE film_actor(
  film_id INT REFERENCES film, actor_id INT REFERENCES actor, PRIMARY KEY(film_id, actor_id));
CREATE TABLE country(code CHAR(2) PRIMARY KEY, name TEXT) WITHOUT ROWID;
CREATE TABLE visit(
  n INTEGER, country CHAR(2) REFERENCES country(code), day DATE, PRIMARY KEY(country, n),
  FOREIGN KEY(n, day) REFERENCES nowhere(a, b));
CREATE VIEW long_film AS SELECT * FROM film WHERE length > 100;
INSERT INTO language VALUES (1, 'English'), (2, 'Italian');
INSERT INTO store VALUES (1, 2), (2, 1);
INSERT INTO staff VALUES (1, 2, 'a@b.de', 1, x'00ff', NULL), (2, 1, 'c@d.de', 0, NULL, 1);
INSERT INTO film VALUES
  (1, 'Alpha', 1, 0.99, 100, 'PG', '2001-01-01', '2002-01-01', '2006-02-15 04:46:27'),
  (5, 'Atlas', 2, 4, NULL, 'R', NULL, NULL, NULL);
INSERT INTO actor VALUES (10, 'Ann', '1950-02-03'), (11, 'Bob', NULL);
INSERT INTO film_actor VALUES (1, 10), (5, 10), (5, 11);
INSERT INTO country VALUES ('DE', 'Germany'), ('FR', 'France');
INSERT INTO visit VALUES (1, 'DE', '2020-01-01'), (2, 'DE', '2020-01-02'), (1, 'XX', NULL);
"""


def sqlite_file(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
        database.commit()
    return path


def test_an_sqlite_database_becomes_an_app_with_all_that_it_says(tmp_path: Path) -> None:
    made = proposed(sqlite_file(tmp_path / "library.sqlite", LIBRARY))
    assert [entity.name for entity in made.spec.entities] == [
        "Language", "Store", "Staff", "Film", "Actor", "Country", "Visit",
    ]  # fmt: skip
    assert types(made, "Film") == {
        "title": "text", "language": "reference", "rate": "decimal", "length": "integer", "rating": "enum",
        "since": "date", "until": "date", "last_update": "datetime", "actor": "references",
    }  # fmt: skip
    rate, title = field(made, "Film", "rate"), field(made, "Film", "title")
    assert (rate.required, rate.default, rate.min, rate.max, rate.places) == (True, 4.99, 0, 99, 2)
    assert (title.required, title.unique, title.max) == (True, False, 128)
    assert field(made, "Film", "rating").choices == ("G", "PG", "R")
    assert [rule.expression for rule in made.spec.entity("Film").rules] == [
        "(length > 0)", "(until >= since)", '((rating != "R") or (length(title) > 3))',
    ]  # fmt: skip
    assert [rule.fields for rule in made.spec.entity("Visit").rules] == [("country", "n")]
    assert field(made, "Staff", "active").default is True
    assert field(made, "Store", "manager_staff").unique


def test_what_an_app_has_no_place_for_is_named(tmp_path: Path) -> None:
    made = proposed(sqlite_file(tmp_path / "library.sqlite", LIBRARY))
    for said in (
        "long_film is a view", "picture holds binary data", "n, day refers to nowhere", "GLOB",
        "1 of its 2 values are not there", "It links Film and Actor",
    ):  # fmt: skip
        assert any(said in note for note in made.notes), (said, made.notes)


def test_the_rows_of_a_database_come_along_with_their_links(tmp_path: Path) -> None:
    records, report = loaded(proposed(sqlite_file(tmp_path / "library.sqlite", LIBRARY)), tmp_path)
    assert records["Film"] == [
        {"id": 1, "title": "Alpha", "language": 1, "rate": Decimal("0.99"), "length": 100, "rating": "PG",
         "since": datetime.date(2001, 1, 1), "until": datetime.date(2002, 1, 1),
         "last_update": datetime.datetime.fromisoformat("2006-02-15 04:46:27"), "actor": (10,)},
        {"id": 5, "title": "Atlas", "language": 2, "rate": Decimal(4), "length": None, "rating": "R",
         "since": None, "until": None, "last_update": None, "actor": (10, 11)},
    ]  # fmt: skip
    assert [(row["id"], row["manager_staff"]) for row in records["Store"]] == [(1, 2), (2, 1)]
    assert [(row["store"], row["active"], row["boss"]) for row in records["Staff"]] == [
        (2, True, None),
        (1, False, 1),
    ]
    assert [row["country_2"] for row in records["Visit"]] == [1, 1, None]
    assert (report.rows, report.misfits) == (15, 1)
    assert [(join.entity, join.rows) for join in report.joins] == [("Film.actor", 3)]


def test_values_that_are_not_of_their_column_s_type_make_it_text(tmp_path: Path) -> None:
    script = "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, note);"
    script += "INSERT INTO t VALUES (1, 'many', 5), (2, 3, 'x')"
    made = proposed(sqlite_file(tmp_path / "t.db", script))
    assert types(made, "T") == {"n": "text", "note": "text"}
    assert any("n: It should be integer" in note for note in made.notes)
    records, _ = loaded(made, tmp_path)
    assert [row["n"] for row in records["T"]] == ["many", "3"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"SQLite format 3\0" + bytes(100), "SQLite says"),
        (b"SQLite format 3\0" + b"\xff" * 5_000, "SQLite says"),
    ],
)
def test_a_damaged_database_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "bad.db").write_bytes(content)
    with pytest.raises(ImportRefused, match=says):
        proposed(tmp_path / "bad.db")


def test_a_database_without_tables_and_one_with_a_huge_cell_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="no table"):
        proposed(sqlite_file(tmp_path / "empty.db", "CREATE VIEW v AS SELECT 1"))
    huge = "CREATE TABLE t(a TEXT, b TEXT); INSERT INTO t VALUES ('x', printf('%.*c', 20000000, 'y'))"
    with pytest.raises(ImportRefused, match=r"larger than|characters"):
        proposed(sqlite_file(tmp_path / "huge.db", huge))


def test_reading_a_database_changes_nothing_in_it(tmp_path: Path) -> None:
    path = sqlite_file(tmp_path / "library.sqlite", LIBRARY)
    before, files = path.read_bytes(), sorted(tmp_path.iterdir())
    proposed(path)
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == (before, files)


POSTGRESQL = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE person(
  id serial PRIMARY KEY, name varchar(40) NOT NULL, mood mood DEFAULT 'ok', born date,
  seen timestamptz DEFAULT now(), tags text[], extra jsonb, pay numeric(10,2) CHECK (pay >= 0), took interval,
  ok boolean NOT NULL DEFAULT true, uid uuid, photo bytea, owed money);
COMMENT ON COLUMN person.name IS 'As in the passport';
COMMENT ON TABLE person IS 'Who works here';
CREATE TABLE club(
  code char(3) PRIMARY KEY, title text UNIQUE, founded int CHECK (founded BETWEEN 1800 AND 2100));
CREATE TABLE membership(
  person int REFERENCES person, club char(3) REFERENCES club, PRIMARY KEY(person, club));
CREATE TABLE game(a int, b int, winner int REFERENCES person, CHECK (a <> b), UNIQUE (a, b));
CREATE VIEW happy AS SELECT * FROM person;
INSERT INTO person(name, mood, born, seen, tags, extra, pay, took, uid, photo, owed) VALUES
  ('Ann', 'happy', '1990-01-02', '2024-01-02 10:00+02', '{a,b}', '{"x": [1]}', 12.5, '1 day 02:00',
   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\\x00', '$1,234.50'),
  ('Bob', 'sad', NULL, '2024-01-03 10:00:00.123+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO club VALUES ('ABC', 'Alpha', 1900), ('XYZ', 'Xylo', NULL);
INSERT INTO membership VALUES (1, 'ABC'), (1, 'XYZ'), (2, 'ABC');
INSERT INTO game VALUES (1, 2, 1), (2, 3, NULL);
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as made:
        yield made


def test_a_postgresql_database_becomes_an_app_with_its_rows(running: Server, tmp_path: Path) -> None:
    with running.schema() as url:
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute(POSTGRESQL.encode())
        made = proposed(url)
        assert types(made, "Person") == {
            "name": "text", "mood": "enum", "born": "date", "seen": "datetime", "tags": "json",
            "extra": "json",
            "pay": "decimal", "took": "duration", "ok": "boolean", "uid": "text", "owed": "money",
        }  # fmt: skip
        assert field(made, "Person", "mood").choices == ("sad", "ok", "happy")
        assert (field(made, "Person", "name").help, field(made, "Person", "pay").min) == (
            "As in the passport",
            0,
        )
        assert made.spec.entity("Person").description == "Who works here"
        rules = made.spec.entity("Game").rules
        assert [rule.expression or rule.fields for rule in rules] == [("a", "b"), "(a != b)"]
        records, report = loaded(made, tmp_path)
    assert report.misfits == 0
    assert records["Person"][0] == {
        "id": 1, "name": "Ann", "mood": "happy", "born": datetime.date(1990, 1, 2),
        "seen": datetime.datetime.fromisoformat("2024-01-02 08:00"), "tags": ["a", "b"], "extra": {"x": [1]},
        "pay": Decimal("12.5"), "took": datetime.timedelta(hours=26), "ok": True,
        "uid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "owed": Decimal("1234.5"),
    }  # fmt: skip
    assert [row["person"] for row in records["Club"]] == [(1, 2), (1,)]
    assert any("happy is a view" in note for note in made.notes)


@pytest.mark.parametrize(
    "wrong", ["postgresql://owner:{}@127.0.0.1:{}/nowhere", "postgresql://other:{}@127.0.0.1:{}/postgres"]
)
def test_a_database_that_cannot_be_reached_is_refused_without_its_password(
    running: Server, wrong: str
) -> None:
    secret = "hush-hush-hush"
    with pytest.raises(ImportRefused, match="PostgreSQL says") as refused:
        proposed(wrong.format(secret, running.port))
    assert secret not in str(refused.value) + refused.value.hint
    assert PASSWORD not in str(refused.value)
    assert secret not in "".join(traceback.format_exception(refused.value))


def test_no_text_of_a_plan_has_the_password(running: Server) -> None:
    with running.schema() as url, closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(b"CREATE TABLE t(id int PRIMARY KEY, name text)")
        made = proposed(url)
        assert "hush" not in repr(made.tables[0].reading) + "".join(made.notes)


SEVERAL = """
CREATE TABLE country(code CHAR(2) PRIMARY KEY, name TEXT);
CREATE TABLE visit(
  country CHAR(2) NOT NULL REFERENCES country, n INT NOT NULL, day DATE, PRIMARY KEY(country, n));
CREATE TABLE stay(
  id INTEGER PRIMARY KEY, visit_country CHAR(2), visit_n INT, night TEXT,
  FOREIGN KEY(visit_country, visit_n) REFERENCES visit(country, n));
CREATE TABLE seat(line TEXT, number INT, beside_line TEXT, beside_number INT, PRIMARY KEY (line, number),
  FOREIGN KEY(beside_line, beside_number) REFERENCES seat);
INSERT INTO country VALUES ('DE', 'Germany'), ('FR', 'France');
INSERT INTO visit VALUES ('FR', 1, '2020-01-01'), ('DE', 1, '2020-01-02'), ('DE', 2, NULL);
INSERT INTO stay VALUES (7, 'DE', 2, 'a'), (8, 'FR', 1, 'b'), (9, 'DE', NULL, 'c'), (10, NULL, NULL, 'd');
INSERT INTO seat VALUES ('A', 1, NULL, NULL), ('A', 2, 'B', 1), ('B', 1, 'A', 2);
"""


def test_records_are_referred_to_by_several_columns_together(tmp_path: Path) -> None:
    made = proposed(sqlite_file(tmp_path / "trips.db", SEVERAL))
    assert types(made, "Stay") == {
        "visit_country": "text", "visit_n": "integer", "night": "text", "visit": "reference",
    }  # fmt: skip
    assert any("visit_country, visit_n refer to Visit together" in note for note in made.notes)
    records, report = loaded(made, tmp_path)
    visits = {(row["country"], row["n"]): row["id"] for row in records["Visit"]}
    assert [row["visit"] for row in records["Stay"]] == [visits[1, 2], visits[2, 1], None, None]
    seats = {(row["line"], row["number"]): row["id"] for row in records["Seat"]}
    assert [row["seat"] for row in records["Seat"]] == [None, seats["B", 1], seats["A", 2]]
    assert report.misfits == 0


def test_what_several_columns_name_in_vain_is_counted(tmp_path: Path) -> None:
    script = SEVERAL + "INSERT INTO stay VALUES (11, 'DE', 9, 'e');"
    records, report = loaded(proposed(sqlite_file(tmp_path / "trips.db", script)), tmp_path)
    assert (records["Stay"][-1]["visit"], records["Stay"][-1]["visit_n"], report.misfits) == (None, 9, 1)
    (stay,) = (each for each in report.entities if each.entity == "Stay")
    assert (stay.examples[0].text, stay.examples[0].reason) == ("DE, 9", "no Visit has them together")


def test_a_dump_and_a_server_refer_by_several_columns_too(running: Server, tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SEVERAL)
        (tmp_path / "trips.sql").write_text("\n".join(database.iterdump()))
    of_script, _ = loaded(proposed(tmp_path / "trips.sql"), tmp_path)
    with running.schema() as url:
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute(SEVERAL.encode())
        (tmp_path / "other").mkdir()
        of_server, report = loaded(proposed(url), tmp_path / "other")
    assert report.misfits == 0
    for records in (of_script, of_server):
        visits = {row["id"]: (row["country"], row["n"]) for row in records["Visit"]}
        assert [visits.get(row["visit"]) for row in records["Stay"]][2:] == [None, None]
        assert len({row["visit"] for row in records["Stay"]}) == 3
