"""What is particular to a database server: addresses, drivers, restarts, others that write too."""

import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
import sqlalchemy as sa
from postgres import server

from dataforms.database import Database, Query
from dataforms.engine import Connections
from dataforms.engine_postgresql import CONNECTIONS
from dataforms.errors import DatabaseUnavailable, LoadFailed, RecordInUse, RecordInvalid
from dataforms.schema import Schema
from dataforms.spec import AppSpec, Entity, Field, Relation, Rule
from dataforms.urls import database_url

LONG = "a very long name of something that has a long name"
SPEC = AppSpec(
    name="a",
    title="A",
    entities=(
        Entity(
            name="Thing",
            title="Thing",
            plural="Things",
            fields=(
                Field(name="name", title="Name", type="text", required=True, unique=True),
                Field(name="number", title="Number", type="auto_number"),
                Field(name="first", title="First", type="text"),
                Field(name="last", title="Last", type="text"),
                Field(name="of", title="Of", type="reference", target="Thing"),
            ),
            rules=(Rule(kind="unique", fields=("first", "last")),),
        ),
        Entity(
            name=LONG.title(),
            title="Long",
            fields=(Field(name=LONG.replace(" ", "_"), title="X", type="text", unique=True),),
        ),
    ),
    relations=(Relation(from_="Thing", to=LONG.title(), kind="m2m", name="Related"),),
)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(SPEC, url)
    opened.create()
    yield opened
    opened.close()


@pytest.fixture
def shared(postgresql_url: str) -> Iterator[Database]:
    """A database of PostgreSQL, where other programs may write."""
    opened = Database(SPEC, postgresql_url)
    opened.create()
    yield opened
    opened.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_form_of_an_address_means_the_same(scheme: str) -> None:
    url = database_url(f"{scheme}://u:p%40ss@h:5/d?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.password, url.port, url.query["sslmode"]) == ("p@ss", 5, "require")


@pytest.mark.parametrize(
    "text", ["mysql://u:hush@h/d", "hush", "", "sqlite+hush:///x", "postgresql://u:hush@h:port/d"]
)
def test_an_address_that_cannot_be_used_is_refused_without_showing_a_password(text: str) -> None:
    with pytest.raises(DatabaseUnavailable) as refused:
        Connections(text)
    assert "postgresql://user" in refused.value.hint
    assert "hush@" not in str(refused.value)


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseUnavailable, match=r"psycopg\[binary\]") as refused:
        Database(SPEC, "postgres://u@h/d").counts()
    assert "pip install" in refused.value.hint


def test_long_names_of_tables_and_indexes_stay_different_in_63_characters() -> None:
    schema = Schema(SPEC)
    names = [str(name) for table in schema.metadata.tables.values() for name in
             (table.name, *(index.name for index in table.indexes))]  # fmt: skip
    assert max(map(len, names)) <= 63
    assert len(set(names)) == len(names)


def test_tables_of_long_names_are_grown_once(database: Database, url: str) -> None:
    again = Database(SPEC, url)
    again.create()
    assert again.counts() == {"Thing": 0, LONG.title(): 0}
    again.close()


def test_texts_too_long_to_be_unique_are_refused(database: Database) -> None:
    noise = "".join(chr(0x4E00 + n * 37 % 20_000) for n in range(1_300))
    with pytest.raises(RecordInvalid, match="2,600 bytes") as refused:
        database.insert("Thing", {"name": noise})
    assert set(refused.value.errors) == {"name"}
    database.insert("Thing", {"name": noise[:866], "first": noise[:400], "last": noise[:466]})
    with pytest.raises(RecordInvalid, match="together") as refused:
        database.insert("Thing", {"name": "x", "first": noise[:500], "last": noise[:500]})
    assert set(refused.value.errors) == {"last"}


def test_a_text_with_the_character_nul_is_refused(database: Database) -> None:
    with pytest.raises(RecordInvalid, match="control character") as refused:
        database.insert("Thing", {"name": "a\0b"})
    assert set(refused.value.errors) == {"name"}
    with pytest.raises(LoadFailed, match=r"Row 1: Name cannot be stored: .*NUL"):
        database.load("Thing", [{"name": "a\0b"}])


def test_texts_are_sorted_in_any_letter_case_of_any_alphabet(database: Database) -> None:
    database.load("Thing", [{"name": name} for name in ("éb", "Éa", "Z", "a", "Éc", "b_", "B-")])
    page = database.page("Thing", Query(sort="name"))
    assert [row.values["name"] for row in page.rows] == ["a", "B-", "b_", "Z", "Éa", "éb", "Éc"]


def test_many_write_at_once_and_each_gets_its_answer(database: Database, url: str) -> None:
    """Of all that want the same name one gets it, and no number is given out twice."""
    databases = [Database(SPEC, url) for _ in range(4)]
    failures: list[BaseException] = []
    told: list[dict[str, str]] = []

    def write(mine: Database) -> None:
        for number in range(10):
            try:
                mine.insert("Thing", {"name": f"n{number}"})
            except RecordInvalid as error:
                told.append(error.errors)
            except BaseException as error:  # noqa: BLE001 - it is looked at below
                failures.append(error)

    threads = [threading.Thread(target=write, args=[each]) for each in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert told == [{"name": "Another record has this already."}] * 30
    assert sorted(map(str, database.keys("Thing", "name"))) == sorted(f"n{n}" for n in range(10))
    assert len(database.keys("Thing", "number")) == 10
    for each in databases:
        each.close()


@pytest.mark.e2e
def test_what_another_program_writes_in_between_is_told_with_the_field(
    shared: Database, postgresql_url: str
) -> None:
    """The other one keeps no lock of ours: its values are there when ours reach the server."""
    first = shared.insert("Thing", {"name": "first"})
    tables = shared._base().schema.tables
    things = tables["Thing"]

    def refused(statement: sa.Executable) -> Exception:
        with pytest.raises((RecordInvalid, RecordInUse)) as caught, shared._connections.writing() as ours:
            ours.execute(statement)
        return caught.value

    with closing(psycopg.connect(postgresql_url, autocommit=True)) as other:
        other.execute("INSERT INTO thing (name, number, first, last) VALUES ('taken', 50, 'a', 'b')")
        other.execute("INSERT INTO thing (name, number, \"of\") VALUES ('user', 51, %s)", (first,))
    faults = {
        "name": sa.insert(things).values(name="taken", number=60),
        "last": sa.insert(things).values(name="x", number=61, first="a", last="b"),
        "number": sa.insert(things).values(name="y", number=50),
        "of": sa.insert(things).values(name="z", number=62, of=999),
    }
    for field, statement in faults.items():
        error = refused(statement)
        assert isinstance(error, RecordInvalid)
        assert set(error.errors) == {field}
    missing = refused(sa.insert(things).values(number=63))
    assert isinstance(missing, RecordInvalid)
    assert missing.errors == {"name": "This is required."}
    used = refused(sa.delete(things).where(things.c.id == first))
    assert isinstance(used, RecordInUse)
    assert used.users == {"Thing": 1}


@pytest.mark.e2e
def test_few_connections_are_open_and_one_is_kept(shared: Database, postgresql_url: str) -> None:
    start = threading.Barrier(CONNECTIONS)

    def look() -> None:
        with shared._connections.reading():
            start.wait(30)

    threads = [threading.Thread(target=look) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with shared._connections.reading() as connection:
        timeout = connection.execute(sa.text("SHOW idle_session_timeout")).scalar_one()
    engine = shared._connections._open()
    assert isinstance(engine.pool, sa.QueuePool)
    assert engine.pool.checkedin() == 1
    assert timeout == "1min"


@pytest.mark.e2e
def test_a_server_that_restarts_is_connected_to_again() -> None:
    with server() as running:
        database = Database(SPEC, running.url)
        database.create()
        database.insert("Thing", {"name": "before"})
        running.stop()
        with pytest.raises(DatabaseUnavailable):
            database.counts()
        running.start()
        database.insert("Thing", {"name": "after"})
        assert database.counts()["Thing"] == 2
        database.close()
