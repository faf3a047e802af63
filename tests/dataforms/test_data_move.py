"""All data of an app moves from one kind of database to the other: every type, id and number."""

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from dataforms.accounts.accounts import Accounts
from dataforms.accounts.keys import digest
from dataforms.accounts.settings import Settings
from dataforms.database import Database, Query
from dataforms.errors import DatabaseUnavailable, MoveRefused
from dataforms.move import move
from dataforms.rest import outbox, webhooks
from dataforms.spec import AppSpec, Entity, Field, FieldType, Relation
from dataforms.typerow import Attachment, Location, Value
from dataforms.types import TYPES

ROOT = Path(__file__).parents[2]
PAPER = Attachment(name="ß.pdf", size=3, type="application/pdf", digest="0" * 64)
VALUES: dict[FieldType, tuple[Value, ...]] = {
    "text": ("a", "ß 'quoted' \\ \\N", "x" * 4_000),
    "long_text": ("a\nb\tc", "🙂", "\u2028"),
    "rich_text": ("<b>x</b>", "{}", "NULL"),
    "integer": (2**63 - 1, -(2**63) + 1, 0),
    "decimal": (Decimal("0.1"), Decimal("-1e-20"), Decimal("1e300")),
    "money": (Decimal("99999999999999.99"), Decimal("-0.0001"), Decimal("1.50")),
    "percent": (Decimal("12.5"), Decimal(0), Decimal(-1)),
    "boolean": (True, False, True),
    "date": (date.min, date.max, date(2024, 2, 29)),
    "time": (time.min, time.max, time(12, 30)),
    "datetime": (
        datetime.fromisoformat("0001-01-01"),
        datetime.fromisoformat("9999-12-31 23:59:59.999999"),
        datetime.fromisoformat("2024-12-31 23:59:59.000001"),
    ),
    "duration": (timedelta(milliseconds=1), timedelta(days=-40_000), timedelta(0)),
    "email": ("ana@example.com", "b@example.com", "c@example.com"),
    "url": ("https://example.com/?a=%20", "http://[::1]/", "http://localhost"),
    "phone": ("+49 30 1", "112", "+1"),
    "color": ("#000000", "#ffffff", "#1e90ff"),
    "enum": ("a", 'b"', "c;"),
    "multi_enum": (("a",), ("a", 'b"'), ("c;",)),
    "rating": (1, 5, 3),
    "json": ({"b": [1, None, 1.5, "\u0000"], "a": {}}, [1], True),
    "location": (Location(48.85, 2.35), Location(-90.0, 180.0), Location(0.0, 0.0)),
    "file": (PAPER, None, PAPER),
    "image": (None, msgspec.structs.replace(PAPER, type="image/png"), None),
    "auto_number": (5, 7, 9),
    "reference": (1, 2, 3),
}
STORED = sorted(name for name, row in TYPES.items() if row.storage is not None)
PASSWORD = "quite a long sentence"
CHOICES = ("a", 'b"', "c;")


def _field(name: FieldType) -> Field:
    extra = {"choices": CHOICES} if "enum" in name else {"target": "Other"} if name == "reference" else {}
    return Field(name=f"a_{name}", title=name, type=name, **extra)


SPEC = AppSpec(
    name="a",
    title="A",
    entities=(
        Entity(name="Thing", title="Thing", fields=tuple(map(_field, STORED))),
        Entity(
            name="Other",
            title="Other",
            fields=(
                Field(name="name", title="Name", type="text", unique=True),
                Field(name="thing", title="Thing", type="reference", target="Thing"),
            ),
        ),
    ),
    relations=(Relation(from_="Thing", to="Other", kind="m2m"),),
)

WAYS = [
    ("sqlite", "sqlite"),
    pytest.param("sqlite", "postgresql", marks=pytest.mark.e2e),
    pytest.param("postgresql", "sqlite", marks=pytest.mark.e2e),
    pytest.param("postgresql", "postgresql", marks=pytest.mark.e2e),
]
Place = Callable[[str], str]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return a function that gives the address of an empty database of a kind."""
    numbers = count(1)
    with ExitStack() as schemas:

        def made(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path}/{next(numbers)}.db"
            return str(schemas.enter_context(request.getfixturevalue("postgresql").schema()))

        yield made


@contextmanager
def opened(url: str, spec: AppSpec = SPEC) -> Iterator[Database]:
    database = Database(spec, url)
    database.create()
    yield database
    database.close()


def fill(url: str) -> None:
    with opened(url) as database:
        database.load("Other", [{"name": f"o{n}"} for n in range(3)])
        rows = [{f"a_{name}": VALUES[name][place] for name in STORED} for place in range(3)]
        database.load("Thing", [*rows, {}])
        database.update("Other", 1, {"thing": 2})
        for entity in ("Thing", "Other"):
            database.delete(entity, database.insert(entity, {}))
        link = next(iter(database._base().schema.links.values())).table
        with database._connections.writing() as connection:
            connection.execute(sa.insert(link), [{"thing_id": 1, "other_id": n} for n in (1, 2, 3)])


def test_there_are_values_of_every_type() -> None:
    assert set(VALUES) == set(STORED)


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_everything_arrives_and_numbers_go_on(place: Place, here: str, there: str) -> None:
    source, target = place(here), place(there)
    fill(source)
    told: list[tuple[str, int]] = []
    moved = move(SPEC, source, target, lambda table, rows: told.append((table, rows)))
    assert moved.rows == {"thing": 4, "other": 3, "thing__other": 3, "dataforms_trash": 2}
    assert moved.left == ()
    assert told == [("thing", 4), ("other", 3), ("thing__other", 3), ("dataforms_trash", 2)]
    with opened(source) as before, opened(target) as after:
        for entity in ("Thing", "Other"):
            assert after.page(entity, Query()) == before.page(entity, Query())
        new = after.get("Thing", after.insert("Thing", {}))
        assert new is not None
        assert (new.id, new.values["a_auto_number"]) == (6, 12)
        assert after.insert("Other", {}) == 5
        link = next(iter(after._base().schema.links.values())).table
        with after._connections.reading() as connection:
            assert connection.execute(sa.select(link)).all() == [(1, 1), (1, 2), (1, 3)]


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_accounts_views_and_subscriptions_move_along(
    place: Place, here: str, there: str, tmp_path: Path
) -> None:
    source, target = place(here), place(there)
    fill(source)
    with opened(source) as database, closing(Accounts(source, Settings(required=True))) as accounts:
        accounts.create()
        ana = accounts.add("ana@example.com", "Ana", is_admin=True)
        _, session = accounts.join("invitation", accounts.link("invitation", ana.id), "", "", PASSWORD)
        token = accounts.add_token(ana, "script", None, None)
        database.save_view("Thing", "Mine", {"search": "a"})
        webhooks.created(database, {"url": "https://example.com/hook"}, tmp_path / "mark")
    moved = move(SPEC, source, target)
    assert moved.left == ()
    assert moved.rows["dataforms_accounts"] == moved.rows["dataforms_webhook"] == 1
    with opened(target) as database, closing(Accounts(target, Settings(required=True))) as accounts:
        assert accounts.session(digest(session)) == accounts.sign_in("ana@example.com", PASSWORD, "")[0]
        assert accounts.token(token).me == "ana@example.com"
        assert accounts.add("bo@example.com", "Bo").id == ana.id + 1
        assert [view.name for view in database.views("Thing")] == ["Mine"]
        database.save_view("Thing", "Another", {})
        database.listen(outbox.note, lambda: None)
        database.insert("Other", {"name": "told"})
        assert webhooks.deliveries(database, 1).body["items"][0]["event"] == "other.created"
    with opened(place(there)) as database:
        theirs = database.url
        with closing(Accounts(theirs, Settings(required=True))) as accounts:
            accounts.create()
            accounts.add("cy@example.com", "Cy")
    with pytest.raises(MoveRefused, match="dataforms_accounts"):
        move(SPEC, source, theirs)


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_target_with_data_is_refused_and_left_alone(place: Place, here: str, there: str) -> None:
    source, target = place(here), place(there)
    fill(source)
    with opened(target) as database:
        database.insert("Other", {"name": "theirs"})
    with pytest.raises(MoveRefused, match="other"):
        move(SPEC, source, target)
    with opened(target) as database:
        assert database.counts() == {"Thing": 0, "Other": 1}


def test_a_source_of_another_spec_is_refused(place: Place) -> None:
    source, target = place("sqlite"), place("sqlite")
    with pytest.raises(MoveRefused, match="no tables"):
        move(SPEC, source, target)
    with opened(source, msgspec.structs.replace(SPEC, title="Another")), pytest.raises(MoveRefused):
        move(SPEC, source, target)


def test_what_the_spec_does_not_know_is_named(place: Place) -> None:
    source, target = place("sqlite"), place("sqlite")
    fill(source)
    only = msgspec.structs.replace(SPEC, entities=(SPEC.entities[0], msgspec.structs.replace(
        SPEC.entities[1], fields=SPEC.entities[1].fields[:1])))  # fmt: skip
    with opened(source, only):
        pass
    assert move(only, source, target).left == ("other.thing",)


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_move_that_fails_leaves_nothing(place: Place, here: str, there: str) -> None:
    source, target = place(here), place(there)
    fill(source)

    def fail(table: str, rows: int) -> None:
        if table == "other":
            raise DatabaseUnavailable("The disk is full.")

    with pytest.raises(DatabaseUnavailable):
        move(SPEC, source, target, fail)
    assert move(SPEC, source, target).rows["thing"] == 4


@pytest.mark.e2e
def test_the_command_moves_the_data_of_the_app_in_its_folder(tmp_path: Path, postgresql_url: str) -> None:
    (tmp_path / "appspec.json").write_bytes(msgspec.json.encode(SPEC))
    fill(f"sqlite:///{tmp_path}/data/app.db")
    environ = {**os.environ, "TO": postgresql_url, "PYTHONPATH": str(ROOT / "templates" / "data_app")}
    words = [sys.executable, "-m", "dataforms.move", "sqlite:///data/app.db", "env:TO"]
    first = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("moved 12 rows of 4 tables in ")
    assert "thing: 4 rows" in first.stderr
    again = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert again.returncode == 1
    assert "has data already" in again.stderr
    wrong = subprocess.run(words[:-1], cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert wrong.returncode == 2


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("here", "there"), WAYS)
def test_a_million_rows_move_in_flat_memory(
    place: Place, here: str, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = place(here), place(there)
    with opened(source) as database:
        database.load("Other", ({"name": f"name {n}"} for n in range(1_000_000)))
    tracemalloc.start()
    try:
        moved = move(SPEC, source, target)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert moved.rows["other"] == 1_000_000
    assert peak < 32 * 2**20
    with capsys.disabled():
        print(f"{here} to {there}: {1_000_000 / moved.seconds:,.0f} rows/s traced, {peak / 2**20:.0f} MiB")  # noqa: T201
