"""The database of an app: records are stored typed, found, changed, refused and bulk-loaded."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from dataforms.access import EVERYTHING, Rights
from dataforms.computing import Computing
from dataforms.database import Database, Query
from dataforms.errors import (
    DatabaseUnavailable,
    LoadFailed,
    RecordInUse,
    RecordInvalid,
    UnknownName,
    UnknownRecord,
)
from dataforms.limits import Limits
from dataforms.query import Selection
from dataforms.schema import Schema
from dataforms.spec import AppSpec, Entity, Field, Relation, Rule
from dataforms.typerow import Location, Value

SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Customer",
            title="Customer",
            plural="Customers",
            fields=(
                Field(name="name", title="Name", type="text", required=True),
                Field(name="code", title="Code", type="text", unique=True),
            ),
        ),
        Entity(
            name="Order",  # a word of SQL's
            title="Order",
            plural="Orders",
            fields=(
                Field(name="number", title="Number", type="auto_number"),
                Field(name="title", title="Title", type="text"),
                Field(name="customer", title="Customer", type="reference", target="Customer"),
                Field(name="total", title="Total", type="money", currency="EUR", min=0),
                Field(name="weight", title="Weight", type="decimal"),
                Field(name="select", title="Ordered on", type="date", default="today"),
                Field(
                    name="state",
                    title="State",
                    type="enum",
                    choices=("Open", "Paid", "Closed"),
                    default="Open",
                ),
                Field(name="tags", title="Tags", type="multi_enum", choices=("red", 'say "ü"')),
                Field(name="paid", title="Paid", type="boolean"),
                Field(name="extra", title="Extra", type="json"),
                Field(name="place", title="Place", type="location"),
                Field(name="took", title="Took", type="duration"),
                Field(name="secret", title="Secret", type="text", hidden=True),
                Field(name="locked", title="Locked", type="integer", read_only=True, default=7),
            ),
            rules=(Rule(kind="unique", fields=("customer", "title")),),
        ),
        Entity(
            name="Folder",
            title="Folder",
            fields=(
                Field(name="title", title="Title", type="text"),
                Field(name="parent", title="Parent", type="reference", target="Folder"),
            ),
        ),
    ),
    relations=(Relation(from_="Customer", to="Folder", kind="m2m"),),
)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(SPEC, url)
    opened.create()
    yield opened
    opened.close()


def found(database: Database, entity: str = "Order", **query: object) -> list[Value]:
    page = database.page(entity, Query(**query))  # type: ignore[arg-type]  # a test's shorthand
    return [row.values["name" if entity == "Customer" else "title"] for row in page.rows]


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    Database(SPEC, f"sqlite:///{tmp_path}/data/app.db").close()
    assert list(tmp_path.iterdir()) == []


def test_creating_twice_changes_nothing(database: Database) -> None:
    database.insert("Customer", {"name": "Ana"})
    database.create()
    assert database.counts() == {"Customer": 1, "Order": 0, "Folder": 0}


def test_a_record_comes_back_as_it_was_given(database: Database) -> None:
    customer = database.insert("Customer", {"name": "Ana"})
    raw = {
        "title": "First",
        "customer": str(customer),
        "total": "1.234,50",
        "weight": "0.1",
        "select": "2024-02-29",
        "state": "paid",
        "tags": ['say "ü"', "red"],
        "paid": "on",
        "extra": '{"a": [1, null]}',
        "place": "48.85, 2.35",
        "took": "1:30:00",
    }
    record = database.get("Order", database.insert("Order", raw))
    assert record is not None
    assert record.labels == {"customer": "Ana"}
    assert record.values == {
        "number": 1,
        "title": "First",
        "customer": customer,
        "total": Decimal("1234.5"),
        "weight": Decimal("0.1"),
        "select": date(2024, 2, 29),
        "state": "Paid",
        "tags": ("red", 'say "ü"'),
        "paid": True,
        "extra": {"a": [1, None]},
        "place": Location(48.85, 2.35),
        "took": timedelta(minutes=90),
        "secret": None,
        "locked": 7,
    }


def test_defaults_fill_what_is_not_given_but_not_what_is_emptied(database: Database) -> None:
    given = database.get("Order", database.insert("Order", {}))
    emptied = database.get("Order", database.insert("Order", {"state": "", "select": None}))
    assert given is not None
    assert emptied is not None
    assert given.values["state"] == "Open"
    assert isinstance(given.values["select"], date)
    assert emptied.values["state"] is emptied.values["select"] is None


def test_all_the_errors_of_a_record_are_told_at_once(database: Database) -> None:
    database.insert("Customer", {"name": "Ana", "code": "a"})
    with pytest.raises(RecordInvalid) as refused:
        database.insert("Customer", {"name": " ", "code": "a", "x": 1})
    assert set(refused.value.errors) == {"name", "code", "x"}
    with pytest.raises(RecordInvalid) as refused:
        database.insert("Order", {"total": -1, "customer": 99, "state": "x", "locked": 8, "number": 5})
    assert set(refused.value.errors) == {"total", "customer", "state", "locked", "number"}
    assert refused.value.errors["customer"] == "There is no Customer 99."
    assert database.counts()["Order"] == 0


def test_an_update_that_takes_anothers_unique_value_is_refused(database: Database) -> None:
    first = database.insert("Customer", {"name": "Ana", "code": "a"})
    second = database.insert("Customer", {"name": "Bo", "code": "b"})
    with pytest.raises(RecordInvalid) as refused:
        database.update("Customer", second, {"code": "a"})
    assert refused.value.errors == {"code": "Another record has this already."}
    database.update("Customer", first, {"code": "a", "name": "Anna"})
    database.update("Customer", second, {"code": ""})
    database.update("Customer", first, {"code": None})
    assert found(database, "Customer") == ["Anna", "Bo"]


def test_values_unique_together_are_refused_only_together(database: Database) -> None:
    ana, bo = (database.insert("Customer", {"name": name}) for name in ("Ana", "Bo"))
    first = database.insert("Order", {"customer": ana, "title": "x"})
    other = database.insert("Order", {"customer": bo, "title": "x"})
    database.update("Order", first, {"title": "x"})
    with pytest.raises(RecordInvalid) as refused:
        database.update("Order", other, {"customer": ana})
    assert refused.value.errors == {"title": "Another record has the same Title and Customer."}


def test_read_only_values_may_be_sent_back_unchanged(database: Database) -> None:
    order = database.insert("Order", {"locked": "7"})
    database.update("Order", order, {"locked": "7", "number": "1", "title": "x"})
    with pytest.raises(RecordInvalid, match="Cannot be changed"):
        database.update("Order", order, {"number": "2"})


def test_a_record_in_use_is_not_deleted(database: Database) -> None:
    customer = database.insert("Customer", {"name": "Ana"})
    orders = [database.insert("Order", {"customer": customer}) for _ in range(3)]
    with pytest.raises(RecordInUse) as refused:
        database.delete("Customer", customer)
    assert str(refused.value) == "3 Orders use this Customer, so it cannot be deleted."
    assert refused.value.users == {"Order": 3}
    for order in orders:
        database.delete("Order", order)
    database.delete("Customer", customer)
    assert database.get("Customer", customer) is None


def test_what_is_not_there_is_said(database: Database) -> None:
    assert database.get("Order", 1) is None
    assert database.get("Order", 2**70) is None
    with pytest.raises(UnknownRecord):
        database.update("Order", 1, {})
    with pytest.raises(UnknownRecord):
        database.delete("Order", 2**70)
    with pytest.raises(UnknownName):
        database.page("Ordr", Query())
    with pytest.raises(UnknownName):
        database.page("Order", Query(sort="nothing"))
    with pytest.raises(UnknownName):
        database.page("Order", Query(sort="extra"))
    with pytest.raises(UnknownName):
        database.keys("Order", "1; DROP TABLE x")


def test_numbers_and_ids_of_deleted_records_never_come_again(database: Database) -> None:
    first = database.insert("Order", {})
    database.delete("Order", first)
    record = database.get("Order", second := database.insert("Order", {}))
    assert record is not None
    assert second > first
    assert record.values["number"] == 2


def test_search_takes_every_word_anywhere_in_any_letter_case(database: Database) -> None:
    ana = database.insert("Customer", {"name": "Ana Müller"})
    database.insert("Order", {"title": "Blue chair", "customer": ana})
    database.insert("Order", {"title": "Blue table", "tags": ["red"], "secret": "chair"})
    assert found(database, search="CHAIR") == ["Blue chair"]
    assert found(database, search=" blue  ana ") == ["Blue chair"]
    assert found(database, search="MÜLLER") == ["Blue chair"]
    assert found(database, search="red") == ["Blue table"]
    assert found(database, search="open") == ["Blue chair", "Blue table"]
    assert found(database, search="") == ["Blue chair", "Blue table"]
    assert found(database, search="nothing") == []


@pytest.mark.parametrize(
    "special", ["%", "_", "\\", "'", '"', "100%", "a_b", "';--", "\u202e", "🙂", "*", "[a]"]
)
def test_search_takes_special_characters_literally(database: Database, special: str) -> None:
    database.insert("Order", {"title": f"x{special}y"})
    database.insert("Order", {"title": "x-y 100 aXb"})
    assert found(database, search=special) == [f"x{special}y"]


@pytest.mark.parametrize("search", ["\0", "\ud800", "x" * 100_000, "a " * 1_000])
def test_search_for_what_no_text_can_hold_finds_no_fault(database: Database, search: str) -> None:
    database.insert("Order", {"title": "a"})
    database.page("Order", Query(search=search))


def test_sorting_is_by_meaning_and_stable_with_nothing_last(database: Database) -> None:
    zoe, ana = (database.insert("Customer", {"name": name}) for name in ("Zoe", "ana"))
    for title, total, state, customer in (
        ("b", "10", "Paid", zoe),
        ("A", "9", "Closed", ana),
        ("c", None, None, None),
        ("a", "10", "Open", zoe),
    ):
        database.insert("Order", {"title": title, "total": total, "state": state, "customer": customer})
    assert found(database, sort="title") == ["A", "a", "b", "c"]
    assert found(database, sort="-title") == ["c", "b", "a", "A"]
    assert found(database, sort="total") == ["A", "b", "a", "c"]
    assert found(database, sort="-total") == ["a", "b", "A", "c"]
    assert found(database, sort="state") == ["a", "b", "A", "c"]
    assert found(database, sort="customer") == ["A", "b", "a", "c"]
    assert found(database, sort="-customer") == ["a", "b", "A", "c"]
    assert found(database, sort="-id") == ["a", "c", "A", "b"]


def test_pages_hold_every_record_once(database: Database) -> None:
    database.load("Order", ({"title": f"t{n}", "state": "Open"} for n in range(60)))
    pages = [database.page("Order", Query(sort="state", page=page, size=25)) for page in (1, 2, 3, 4)]
    assert [len(page.rows) for page in pages] == [25, 25, 10, 0]
    assert {page.total for page in pages} == {60}
    assert len({row.id for page in pages for row in page.rows}) == 60
    assert database.page("Order", Query(page=-5, size=0)).rows[0].values["title"] == "t0"
    assert database.page("Order", Query(page=10**30)).rows == []


def test_options_are_labelled_searched_and_sorted(database: Database) -> None:
    for name in ("Zoe", "ana", "Anabel"):
        database.insert("Customer", {"name": name})
    assert [option.label for option in database.options("Customer")] == ["ana", "Anabel", "Zoe"]
    assert [option.label for option in database.options("Customer", "ANA")] == ["ana", "Anabel"]
    assert [option.label for option in database.options("Customer", limit=1)] == ["ana"]
    assert database.labels("Customer", [1, 99]) == {1: "Zoe"}
    folder = database.insert("Folder", {})
    assert database.labels("Folder", [folder]) == {folder: f"Folder {folder}"}


HOSTILE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)


@given(text=HOSTILE)
def test_any_text_is_stored_found_and_listed(database: Database, text: str) -> None:
    if not text.strip():
        return
    id = database.insert("Customer", {"name": text})
    record = database.get("Customer", id)
    assert record is not None
    assert record.values["name"] == text.strip()
    word = text.split()[0]
    assert word in str(found(database, "Customer", search=word, sort="-id", size=1)[0])
    database.delete("Customer", id)


def test_a_load_keeps_types_ids_and_references_in_any_order(database: Database) -> None:
    rows: list[dict[str, Value]] = [
        {"id": 10, "title": "child", "parent": 20},
        {"id": 20, "title": "parent", "parent": None},
        {"title": "after"},
    ]
    assert database.load("Folder", rows) == 3
    assert database.keys("Folder", "title") == {"child": 10, "parent": 20, "after": 21}
    loaded: list[dict[str, Value]] = [
        {"title": "a", "total": Decimal("0.1"), "select": date(2024, 1, 1), "tags": ("red",), "paid": False},
        {"title": "b", "number": 50},
        {"title": "c"},
    ]
    assert database.load("Order", loaded) == 3
    page = database.page("Order", Query())
    assert [row.values["number"] for row in page.rows] == [1, 50, 51]
    assert page.rows[0].values["total"] == Decimal("0.1")
    assert page.rows[0].values["select"] == date(2024, 1, 1)
    assert page.rows[0].values["paid"] is False
    assert page.rows[0].values["state"] is None


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize(
    ("entity", "bad", "message"),
    [
        ("Customer", {"name": None}, "Row 3: Name is required"),
        ("Customer", {"name": "x", "code": "c1"}, "Row 3: another record has the same Code"),
        ("Order", {"total": "5"}, "Row 3: Total cannot be stored"),
        ("Order", {"total": Decimal("0.00001")}, "Row 3: Total cannot be stored"),
        ("Order", {"select": "2024-01-01"}, "Row 3: Ordered on cannot be stored"),
        ("Order", {"locked": "many"}, "Row 3: .*Locked"),
        ("Order", {"locked": 2**70}, "Row 3: a value cannot be stored"),
        ("Order", {"title": "\ud800"}, "Row 3: a value cannot be stored"),
        ("Order", {"customer": 999}, "Row 3: it refers to a record of customer"),
    ],
)
def test_a_load_with_a_bad_row_names_it_and_keeps_nothing(
    database: Database, entity: str, bad: dict[str, Value], message: str, before: int
) -> None:
    for _ in range(before):
        database.insert(entity, {"name": "x"} if entity == "Customer" else {})
    good: list[dict[str, Value]] = (
        [{"name": "a", "code": "c1"}, {"name": "b", "code": "c2"}] if entity == "Customer" else [{}, {}]
    )
    with pytest.raises(LoadFailed, match=message) as refused:
        database.load(entity, [*good, bad])
    assert refused.value.row == 3
    assert database.counts()[entity] == before
    database.load(entity, good)
    with pytest.raises(UnknownName):
        database.load(entity, [{"nothing": 1}])


def test_an_error_of_the_source_passes_through_a_load(database: Database) -> None:
    def source() -> Iterator[dict[str, Value]]:
        yield {"name": "a"}
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        database.load("Customer", source())
    assert database.counts()["Customer"] == 0


def test_the_tables_of_sqlite_are_typed_and_keep_their_rules(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(SPEC, sqlite_url)
    database.create()
    database.load("Customer", [{"name": "a", "code": "c"}])
    with sqlite3.connect(tmp_path / "data" / "app.db") as other:
        other.execute("PRAGMA foreign_keys = ON")
        for statement in (
            "INSERT INTO customer (name, code) VALUES ('b', 'c')",
            "INSERT INTO customer (name) VALUES (NULL)",
            "INSERT INTO \"order\" (locked) VALUES ('many')",
            'INSERT INTO "order" (paid) VALUES (2)',
            'INSERT INTO "order" (customer) VALUES (99)',
            "INSERT INTO customer__folder VALUES (99, 99)",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                other.execute(statement)
    other.close()
    database.close()


def test_threads_write_at_once_without_losing_a_number(database: Database) -> None:
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(10):
                database.insert("Order", {})
        except BaseException as error:  # noqa: BLE001 - it is looked at below
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert sorted(map(int, map(str, database.keys("Order", "number")))) == list(range(1, 41))


def test_a_database_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = Database(SPEC, f"sqlite:///{tmp_path}/file/app.db")
    with pytest.raises(DatabaseUnavailable, match="folder"):
        blocked.create()
    (tmp_path / "noise.db").write_bytes(b"no database " * 100)
    broken = Database(SPEC, f"sqlite:///{tmp_path}/noise.db")
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        broken.create()
    broken.close()


def test_a_database_in_memory_serves_too() -> None:
    database = Database(SPEC, "sqlite://")
    database.create()
    assert database.insert("Customer", {"name": "Ana"}) == 1
    assert database.counts()["Customer"] == 1
    database.close()


@pytest.mark.long
def test_a_hundred_thousand_rows_are_loaded_and_paged(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    database.load("Customer", ({"name": f"Customer {n}", "code": f"c{n}"} for n in range(1_000)))
    lines: list[str] = []

    def timed(label: str, query: Query) -> None:
        start = time.perf_counter()
        total = database.page("Order", query).total
        lines.append(f"{label}: {(time.perf_counter() - start) * 1000:.1f} ms, {total} found")

    rows: list[dict[str, Value]] = [
        {
            "title": f"Order number {n}",
            "customer": n % 1_000 + 1,
            "total": Decimal(n) / 100,
            "select": date(2020, 1, 1) + timedelta(days=n % 2_000),
            "paid": n % 3 == 0,
            "locked": n,
        }
        for n in range(100_000)
    ]
    start = time.perf_counter()
    assert database.load("Order", rows) == 100_000
    lines.append(f"load: {100_000 / (time.perf_counter() - start):,.0f} rows/s")
    for label, query in {
        "first page": Query(),
        "last page": Query(page=4_000),
        "by amount": Query(sort="-total"),
        "by text": Query(sort="title"),
        "by label": Query(sort="customer"),
        "common word": Query(search="order"),
        "rare word": Query(search="99999"),
        "word of a label": Query(search="customer 99"),
    }.items():
        timed(label, query)
    with capsys.disabled():
        for line in lines:
            print(line)  # noqa: T201 - figures to read, not to judge


def test_the_tables_and_questions_can_be_said_to_postgresql() -> None:
    schema = Schema(SPEC)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    tables = "".join(
        str(CreateTable(table).compile(dialect=dialect)) for table in schema.metadata.sorted_tables
    )
    assert "total NUMERIC(19, 4)" in tables
    assert "BIGSERIAL" in tables
    assert ") STRICT" not in tables
    computing = Computing(schema, is_sqlite=False)
    limits = Limits(SPEC, schema, computing, Rights(SPEC, EVERYTHING))
    select = Selection(SPEC, schema, computing, limits, is_sqlite=False)
    entity, query = SPEC.entity("Order"), Query(search="x", sort="-customer")
    found = select.ids(entity, select.found(entity, query))
    assert "ILIKE" in str(found.compile(dialect=dialect))
    keys = select.lanes(entity, query)[0].keys
    assert str(keys[0].compared.compile(dialect=dialect)).startswith("lower(")


def test_threads_may_make_the_first_use_together(database: Database, url: str) -> None:
    database.insert("Order", {"title": "x", "customer": database.insert("Customer", {"name": "Ana"})})
    fresh = Database(SPEC, url)
    start = threading.Barrier(4)
    labels: list[dict[str, str]] = []

    def look() -> None:
        start.wait(30)
        labels.append(fresh.page("Order", Query(search="ana", sort="customer")).rows[0].labels)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert labels == [{"customer": "Ana"}] * 4
    fresh.close()
