"""Apps over a database that exists: its rows are read where they are, and nothing ever writes to it."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import psycopg
import pytest
import sqlalchemy as sa
from music import INVOICES, make_postgresql, make_sqlite, over, state_of
from rest import Rest

from dataforms.access import Access
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.settings import settings_of
from dataforms.check import problems
from dataforms.database import Database, Query, Record
from dataforms.errors import DatabaseUnavailable, MigrationRefused, ReadOnly
from dataforms.filters import filter_of
from dataforms.migrate.run import Migrations
from dataforms.origin import VARIABLE, source_url
from dataforms.spec import AppSpec, Field, Permission, Role, decode, encode
from dataforms.views.questions import Question

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.e2e))


@pytest.fixture(params=BOTH)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of the other program's database."""
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgresql_url"))
        make_postgresql(url)
        return url
    (tmp_path / "theirs").mkdir()
    make_sqlite(tmp_path / "theirs" / "music.db")
    return f"sqlite:///{tmp_path}/theirs/music.db"


@pytest.fixture
def sqlite_source(tmp_path: Path) -> Path:
    make_sqlite(tmp_path / "music.db")
    return tmp_path / "music.db"


def opened(source: str, folder: Path, spec: AppSpec | None = None) -> Database:
    made = spec or over(source).spec
    database = Database(made, f"sqlite:///{folder}/own/app.db", source=source)
    database.create()
    return database


@pytest.fixture
def database(source: str, tmp_path: Path) -> Iterator[Database]:
    made = opened(source, tmp_path)
    yield made
    made.close()


def pages(database: Database, entity: str, query: Query) -> list[Record]:
    """Return all records, page after page by cursors."""
    found: list[Record] = []
    page = database.page(entity, query)
    while page.rows:
        found += page.rows
        if not page.has_more:
            break
        page = database.page(entity, msgspec.structs.replace(query, after=page.last))
    return found


def test_every_row_is_there_with_its_values_and_the_labels_of_what_it_refers_to(database: Database) -> None:
    assert problems(database.spec) == ()
    assert decode(encode(database.spec)) == database.whole_spec
    counts = database.counts()
    assert {name: counts[name] for name in ("Artist", "Genre", "Customer", "Invoice", "Track")} == {
        "Artist": 5, "Genre": 2, "Customer": 20, "Invoice": INVOICES, "Track": 30,
    }  # fmt: skip
    invoice = database.get("Invoice", 3)
    assert invoice is not None
    assert invoice.values == {
        "customer": 4,
        "invoice_date": datetime.fromisoformat("2024-04-04T10:00"),
        "total": Decimal("0.75"),
        "odd_name": "x3",
    }
    assert invoice.labels == {"customer": "Customer 4"}
    customer = database.get("Customer", 4)
    assert customer is not None
    assert (customer.values["active"], customer.values["joined"]) == (False, date(2023, 5, 5))


def test_a_text_key_becomes_a_number_that_references_and_filters_find(database: Database) -> None:
    (jazz,) = [each for each in database.page("Genre", Query()).rows if each.values["code"] == "jazz"]
    assert database.get("Genre", jazz.id) == jazz
    assert database.labels("Genre", [jazz.id]) == {jazz.id: "Jazz"}
    filtered = Query(filter=filter_of({"all": [["genre", "any_of", [jazz.id]]]}), sort="genre", size=7)
    tracks = pages(database, "Track", filtered)
    assert [each.values["name"] for each in tracks] == [f"Track {each}" for each in range(1, 31, 2)]
    assert {each.labels["genre"] for each in tracks} == {"Jazz"}
    assert [each.label for each in database.options("Genre", "ja")] == ["Jazz"]


def test_pages_by_cursors_hold_every_row_once_whatever_the_order(database: Database) -> None:
    for entity, sort in (
        ("Invoice", "-total"), ("Invoice", "customer"), ("Invoice", "odd_name"), ("Track", "genre"),
        ("Genre", "id"), ("Customer", "active"),
    ):  # fmt: skip
        found = pages(database, entity, Query(sort=sort, size=7))
        assert len({each.id for each in found}) == len(found) == database.counts()[entity]
    totals = [each.values["total"] for each in pages(database, "Invoice", Query(sort="-total", size=7))]
    assert totals == sorted(totals, key=lambda each: Decimal(str(each)), reverse=True)


def test_search_filters_totals_charts_and_exports_are_answered(database: Database) -> None:
    found = database.page("Invoice", Query(search="customer 19"))
    assert {(each.labels["customer"], each.values["odd_name"]) for each in found.rows} == {
        ("Customer 19", "x18"), ("Customer 19", "x38"), ("Customer 19", "x58"), ("Customer 20", "x19"),
    }  # fmt: skip
    late = Query(filter=filter_of({"all": [["invoice_date", ">", "2024-06-30T00:00"], ["total", ">", 10]]}))
    rows = database.page("Invoice", late).rows
    assert rows
    assert all(str(each.values["invoice_date"]) > "2024-06-30" for each in rows)
    assert database.totals("Invoice", Query(), [("total", "sum")]) == [Decimal("457.5")]
    months = database.figures(
        "Invoice", Question(aggregate="sum", value="total", group="invoice_date", every="month")
    )
    assert len(months) == 12
    assert sum(each.value for each in months if isinstance(each.value, Decimal)) == Decimal("457.5")
    assert len([each for batch in database.stream("Invoice", Query()) for each in batch]) == INVOICES
    assert database.neighbours("Invoice", 3) == (2, 4)


def test_a_table_of_pairs_is_a_field_of_several_records(database: Database) -> None:
    music = database.get("Playlist", 1)
    assert music is not None
    (field,) = [each.name for each in database.spec.entity("Playlist").fields if each.type == "references"]
    assert music.values[field] == tuple(range(2, 31, 2))
    holds = filter_of({"all": [[field, "has_any", [3]]]})
    assert [each.id for each in database.page("Playlist", Query(filter=holds)).rows] == [2]


def test_what_is_computed_counted_and_allowed_by_conditions_is_so_over_a_database_too(
    source: str, tmp_path: Path
) -> None:
    spec = over(source).spec
    more = (
        Field(name="invoices", title="Invoices", type="children", target="Invoice", via="customer"),
        Field(name="spent", title="Spent", type="computed", expression="sum(invoices.total)"),
        Field(name="long_ago", title="Long ago", type="computed", expression="joined < today"),
    )
    taxed = Field(name="taxed", title="Taxed", type="computed", expression="round(total * 1.2, 2)")
    added = {"Customer": more, "Invoice": (taxed,)}
    entities = [
        msgspec.structs.replace(each, fields=(*each.fields, *added.get(each.name, ())))
        for each in spec.entities
    ]
    own = Permission(entity="Invoice", condition="customer.email == me")
    seen = Permission(entity="Customer", hidden=("email",))
    role = Role(name="customer", title="Customer", permissions=(own, seen))
    spec = msgspec.structs.replace(spec, entities=tuple(entities), roles=(role,))
    assert problems(spec) == ()
    with closing(opened(source, tmp_path, spec)) as database:
        customer = database.get("Customer", 4)
        assert customer is not None
        assert (customer.values["invoices"], customer.values["spent"]) == (3, Decimal("17.25"))
        assert customer.values["long_ago"] is True
        dearest = database.page("Customer", Query(sort="-spent", size=1)).rows
        assert [each.values["name"] for each in dearest] == ["Customer 1"]
        invoice = database.get("Invoice", 3)
        assert invoice is not None
        assert invoice.values["taxed"] == Decimal("0.9")
        limited = database.acting(Access(me="c4@example.com", roles=("customer",)))
        assert [each.id for each in limited.page("Invoice", Query(sort="id")).rows] == [3, 23, 43]
        assert limited.get("Invoice", 4) is None
        assert "email" not in limited.page("Customer", Query()).rows[0].values


def test_values_that_are_written_in_other_ways_are_read_as_what_they_are(source: str, tmp_path: Path) -> None:
    made = over(source)
    with closing(opened(source, tmp_path, made.spec)) as database:
        visits = database.page("Visit", Query(sort="day")).rows
    first, second = visits[:2]
    assert first.labels["country"] == "Germany"
    assert "odd" in first.values.values(), "the name of a column may be anything"
    assert second.values["day"] == date(2024, 2, 4)
    assert second.values["zoned"] == datetime.fromisoformat("2024-02-04T08:20:30")
    if source.startswith("sqlite"):
        assert first.values["seen"] == datetime.fromtimestamp(1_700_000_000, UTC).replace(tzinfo=None)
        assert [each.values["weight"] for each in visits] == ["1.5", "2", "heavy"]
        assert "Visit: seen holds the time since 1970, and is read as such." in made.notes
        assert not [each for each in made.notes if "seen: It should be" in each]
    else:
        assert (first.values["weight"], first.values["took"]) == (Decimal("1.5"), timedelta(minutes=90))
        assert (first.values["mood"], first.values["more"]) == ("ok", {"a": 1})
        assert any("keyless has no key to tell its rows apart" in each for each in made.notes)
        assert "Keyless" not in {each.name for each in made.spec.entities}


def test_a_value_that_came_later_and_is_none_of_the_type_is_empty(
    sqlite_source: Path, tmp_path: Path
) -> None:
    with closing(opened(f"sqlite:///{sqlite_source}", tmp_path)) as database:
        with closing(sqlite3.connect(sqlite_source)) as theirs, theirs:
            theirs.execute(
                'UPDATE "Customer" SET "Joined" = \'soon\', "Name" = x\'fffe41\' WHERE "CustomerId" = 1'
            )
            theirs.execute("UPDATE Invoice SET Total = 'much' WHERE InvoiceId = 1")
        assert database.changes.changed() is False, "the first question only begins to watch"
        customer = database.get("Customer", 1)
        assert customer is not None
        assert (customer.values["joined"], customer.values["name"]) == (None, "\ufffd\ufffdA")
        invoice = database.get("Invoice", 1)
        assert invoice is not None
        assert invoice.values["total"] is None
        with closing(sqlite3.connect(sqlite_source)) as theirs, theirs:
            theirs.execute("DELETE FROM Invoice WHERE InvoiceId = 1")
        assert database.changes.changed()
        assert database.get("Invoice", 1) is None


@pytest.mark.e2e
def test_what_python_has_no_value_for_is_empty(postgresql_url: str, tmp_path: Path) -> None:
    make_postgresql(postgresql_url)
    with closing(opened(postgresql_url, tmp_path)) as database:
        with closing(psycopg.connect(postgresql_url)) as theirs:
            theirs.execute(
                """INSERT INTO "Visit" (country, day, zoned, weight) VALUES
                ('DE', 'infinity', '-infinity', 'NaN'), ('DE', '0044-03-15 BC', NULL, 'Infinity')"""
            )
            theirs.commit()
        visits = database.page("Visit", Query(sort="-day")).rows
    assert len(visits) == 4
    odd = [each.values for each in visits if each.values["day"] is None]
    assert [(each["zoned"], each["weight"]) for each in odd] == [(None, None)] * 2


# -- nothing is written ----------------------------------------------------------------------------------


def attempts(database: Database) -> dict[str, Callable[[], object]]:
    """Return every way of the data layer to write."""
    values = {"name": "New"}

    def raw(statement: str) -> None:
        with database._connections.reading() as connection:
            connection.exec_driver_sql(statement)

    def entered(opened: Callable[[], object]) -> object:
        with opened():  # type: ignore[attr-defined]  # each is a context
            return None

    return {
        "insert": lambda: database.insert("Artist", values),
        "update": lambda: database.update("Artist", 1, values),
        "save": lambda: database.save("Artist", None, values),
        "check": lambda: database.check("Artist", 1, values),
        "delete": lambda: database.delete("Artist", 5),
        "restore": lambda: database.restore("Artist", [1]),
        "change": lambda: database.change("Artist", [1], values),
        "delete_many": lambda: database.delete_many("Artist", [1]),
        "load": lambda: database.load("Artist", [values]),
        "filling": lambda: entered(database.filling),
        "transaction": lambda: entered(database.transaction),
        "rehearsal": lambda: entered(database.rehearsal),
        "altering": lambda: entered(database._connections.altering),
        "raw insert": lambda: raw("INSERT INTO \"Artist\" VALUES (99, 'x')"),
        "raw delete": lambda: raw('DELETE FROM "PlaylistTrack"'),
        "raw create": lambda: raw("CREATE TABLE ours (a INTEGER)"),
        "raw drop": lambda: raw('DROP TABLE "PlaylistTrack"'),
    }


def test_nothing_that_is_read_or_tried_changes_anything(source: str, tmp_path: Path) -> None:
    before = state_of(source)
    database = opened(source, tmp_path)
    try:
        for entity in database.spec.entities:
            database.page(entity.name, Query(search="a", sort="-id"))
            assert database.is_tuned(entity.name)
            assert not any(database.may(each, entity.name) for each in ("create", "update", "delete"))
            assert database.deleted(entity.name) == []
        for name, attempt in attempts(database).items():
            with pytest.raises((ReadOnly, DatabaseUnavailable, sa.exc.DBAPIError)) as refused:
                attempt()
            assert "read" in str(refused.value).lower(), name
        database.changes.changed()
    finally:
        database.close()
    assert state_of(source) == before


def test_a_role_that_may_write_may_not_write_there(sqlite_source: Path, tmp_path: Path) -> None:
    rights = Permission(entity="Artist", create=True, update=True, delete=True)
    spec = over(f"sqlite:///{sqlite_source}").spec
    spec = msgspec.structs.replace(spec, roles=(Role(name="boss", title="Boss", permissions=(rights,)),))
    with closing(opened(f"sqlite:///{sqlite_source}", tmp_path, spec)) as database:
        boss = database.acting(Access(me="b@x.org", roles=("boss",)))
        assert [each.name for each in boss.spec.entities] == ["Artist"]
        assert not boss.may("update", "Artist")
        with pytest.raises(ReadOnly):
            boss.update("Artist", 1, {"name": "x"})


def test_rest_reads_and_answers_whatever_writes_with_a_clear_problem(
    source: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = state_of(source)
    with Rest(database) as rest:
        listed = rest.ask("GET", "/invoice?sort=-total&size=2").json()
        assert [each["total"] for each in listed["items"]] == [15, 14.75]
        assert rest.ask("GET", "/track/3").json()["_labels"] == {"album": "Album 4", "genre": "Jazz"}
        answers = [
            rest.ask("POST", "/artist", {"name": "x"}),
            rest.ask("PATCH", "/artist/1", {"name": "x"}),
            rest.ask("DELETE", "/artist/1"),
            rest.ask("POST", "/artist/bulk", {"changes": [{"do": "create", "values": {"name": "x"}}]}),
            rest.ask("POST", "/webhooks", {"url": "http://127.0.0.1:9/", "events": ["created"]}),
            rest.send("POST", "/api/v1/artist/import", b"name\nx\n", content_type="text/csv"),
        ]
        for answer in answers:
            assert answer.status_code == 403, answer.text
        kinds = [each.json()["type"].rsplit(":")[-1] for each in answers]
        assert kinds == ["read-only"] * 6
        assert "only reads" in answers[0].json()["detail"]
        described = rest.ask("GET", "/openapi.json").json()
        for reference in re.findall(r"#/components/schemas/([\w-]+)", json.dumps(described)):
            assert reference in described["components"]["schemas"]
        assert {name for item in described["paths"].values() for name in item} <= {"get", "parameters"}
        assert "/api/v1/artist" in described["paths"]
    assert state_of(source) == before


def test_what_is_the_apps_own_stays_in_the_apps_own_database(
    source: str, database: Database, tmp_path: Path
) -> None:
    before = state_of(source)
    database.save_view("Invoice", "Large", {"sort": "-total"})
    assert [each.name for each in database.views("Invoice")] == ["Large"]
    accounts = Accounts(
        f"sqlite:///{tmp_path}/own/app.db", settings_of(database.spec, {"APP_LOGIN": "required"})
    )
    with closing(accounts):
        accounts.create()
        assert accounts.is_empty()
    assert state_of(source) == before
    with pytest.raises(MigrationRefused, match="only reads"), closing(_migrations(database, tmp_path)) as its:
        its.plan(database.whole_spec, {})


def _migrations(database: Database, folder: Path) -> Migrations:
    (folder / "appspec.json").write_bytes(encode(database.whole_spec))
    return Migrations(folder, f"sqlite:///{folder}/own/app.db")


# -- what can change there -------------------------------------------------------------------------------


def test_a_column_that_went_away_is_told_and_the_rest_goes_on(
    source: str, database: Database, tmp_path: Path
) -> None:
    alter = 'ALTER TABLE "Artist" RENAME COLUMN "Name" TO "Called"'
    if source.startswith("sqlite"):
        with closing(sqlite3.connect(source.removeprefix("sqlite:///"))) as theirs:
            theirs.execute(alter)
    else:
        with closing(psycopg.connect(source)) as connection:
            connection.execute(alter)
            connection.commit()
    with pytest.raises(DatabaseUnavailable, match=r"does not fit any more: .*Artist.*Name"):
        database.page("Artist", Query())
    assert len(database.page("Invoice", Query()).rows) > 1
    with Rest(database) as rest:
        answer = rest.ask("GET", "/artist")
        assert (answer.status_code, "Name" in answer.json()["detail"]) == (503, True)
        assert rest.ask("GET", "/invoice").status_code == 200


def test_a_table_that_refers_to_itself_by_another_column_finds_its_rows(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "staff.db")) as theirs, theirs:
        theirs.executescript(
            "CREATE TABLE staff (name TEXT PRIMARY KEY, boss TEXT REFERENCES staff (name));"
            "INSERT INTO staff VALUES ('Ada', NULL), ('Bo', 'Ada'), ('Cy', 'Bo');"
        )
    with closing(opened(f"sqlite:///{tmp_path}/staff.db", tmp_path)) as database:
        (name,) = database.counts()
        rows = database.page(name, Query(sort="name")).rows
        assert [(each.values["name"], each.labels["boss"]) for each in rows] == [
            ("Ada", ""), ("Bo", "Ada"), ("Cy", "Bo"),
        ]  # fmt: skip


def test_a_file_that_is_not_there_is_told(sqlite_source: Path, tmp_path: Path) -> None:
    with closing(opened(f"sqlite:///{sqlite_source}", tmp_path)) as database:
        sqlite_source.rename(tmp_path / "elsewhere.db")
        with pytest.raises(DatabaseUnavailable, match=r"music\.db"):
            database.counts()
        assert not sqlite_source.exists(), "none is made in its place"
        (tmp_path / "elsewhere.db").rename(sqlite_source)
        assert database.counts()["Artist"] == 5


def test_a_file_in_wal_mode_gets_no_files_beside_it_and_is_followed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    path = tmp_path / "theirs" / "music.db"
    make_sqlite(path)

    def write(statement: str) -> None:
        with closing(sqlite3.connect(path)) as theirs, theirs:
            theirs.execute(statement)

    write("PRAGMA journal_mode = WAL")
    source = f"sqlite:///{path}"
    before = state_of(source)
    with closing(opened(source, tmp_path)) as database:
        assert database.counts()["Artist"] == 5
        assert not database.changes.changed()
        assert state_of(source) == before, "nothing is beside it while it is read"
        write("INSERT INTO Artist VALUES (6, 'Six')")
        assert database.counts()["Artist"] == 6, "what was written meanwhile is seen"
        with closing(sqlite3.connect(path, isolation_level=None)) as theirs:
            theirs.execute("INSERT INTO Artist VALUES (7, 'Seven')")
            assert database.counts()["Artist"] == 7, "what is not in the file itself yet is seen"
            theirs.execute("INSERT INTO Artist VALUES (8, 'Eight')")
            assert database.counts()["Artist"] == 8
        assert database.counts()["Artist"] == 8


def test_a_file_that_is_put_in_the_place_of_another_is_the_one_that_is_read(
    sqlite_source: Path, tmp_path: Path
) -> None:
    with closing(opened(f"sqlite:///{sqlite_source}", tmp_path)) as database:
        assert database.counts()["Artist"] == 5
        new = tmp_path / "new.db"
        new.write_bytes(sqlite_source.read_bytes())
        with closing(sqlite3.connect(new)) as other, other:
            other.execute("INSERT INTO Artist VALUES (6, 'Six')")
        new.rename(sqlite_source)
        assert database.counts()["Artist"] == 6


def test_without_its_address_nothing_is_read(sqlite_source: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=VARIABLE):
        source_url({})
    spec = over(f"sqlite:///{sqlite_source}").spec
    assert str(sqlite_source) not in encode(spec).decode(), "the address is not in the spec"


def test_a_spec_that_says_half_of_it_is_refused(sqlite_source: Path) -> None:
    document = json.loads(encode(over(f"sqlite:///{sqlite_source}").spec))
    del document["entities"][0]["origin"]
    del document["entities"][1]["fields"][0]["origin"]
    found = {(each.path, each.message) for each in problems(decode(json.dumps(document)))}
    assert ("entities[0]", "It has no origin, and other entities have one.") in found
    assert ("entities[1].fields[0].origin", "It does not say which column it is.") in found


VIEWS = """
CREATE VIEW "ByCustomerAndYear" AS SELECT "CustomerId", substr(CAST("InvoiceDate" AS TEXT), 6, 2) AS month,
  sum("Total") AS total FROM "Invoice" GROUP BY "CustomerId", substr(CAST("InvoiceDate" AS TEXT), 6, 2);
CREATE VIEW "Twice" AS SELECT 'same' AS word FROM "Genre";
CREATE VIEW "Nobody" AS SELECT * FROM "Customer" WHERE "Name" = 'nobody';
"""


def _with_views(source: str) -> None:
    if source.startswith("sqlite:///"):
        with closing(sqlite3.connect(source.removeprefix("sqlite:///"))) as theirs, theirs:
            theirs.executescript(VIEWS + 'CREATE VIEW "Broken" AS SELECT * FROM nowhere;')
    else:
        with closing(psycopg.connect(source, autocommit=True)) as connection:
            connection.execute(VIEWS.encode())


def test_views_are_read_like_tables_by_what_tells_their_rows_apart(source: str, tmp_path: Path) -> None:
    _with_views(source)
    before = state_of(source)
    made = over(source)
    database = opened(source, tmp_path, made.spec)
    try:
        large = pages(database, "Large", Query(size=7, sort="total"))
        assert [row.id for row in large] == list(range(41, INVOICES + 1))
        assert large[0].values["customer"] == 1 + 41 % 20
        found = database.get("Invoice", 41)
        assert found is not None
        assert large[0].values == found.values
        name = next(each.name for each in made.spec.entities if each.name.startswith("By"))
        sums = pages(database, name, Query(size=9))
        keys = {(row.values["customer"], row.values["month"]) for row in sums}
        assert len({row.id for row in sums}) == len(sums) == len(keys)
        totals = [row.values["total"] for row in sums]
        assert sum(each for each in totals if isinstance(each, Decimal)) == INVOICES * (INVOICES + 1) / 8
        assert database.get(name, sums[0].id) == sums[0]
        assert problems(made.spec) == ()
    finally:
        database.close()
    assert state_of(source) == before


def test_a_view_that_nothing_tells_the_rows_apart_of_is_left_out_with_a_reason(source: str) -> None:
    _with_views(source)
    made = over(source)
    assert not {"Twice", "Nobody", "Broken"} & {each.name for each in made.spec.entities}
    told = "\n".join(made.notes)
    assert "Large is a view: its rows are told apart by InvoiceId" in told
    assert "Twice is a view and nothing tells its rows apart" in told
    assert "Nobody is a view without rows" in told
    assert source.startswith("postgresql") or "Broken is a view without a column" in told


REGIONS = """
CREATE TABLE region (country CHAR(2), n INTEGER, name VARCHAR(20), PRIMARY KEY (country, n));
CREATE TABLE town (id INTEGER PRIMARY KEY, name VARCHAR(20), country CHAR(2), n INTEGER,
  FOREIGN KEY (country, n) REFERENCES region (country, n));
CREATE TABLE shop (
  id INTEGER PRIMARY KEY, region_n INTEGER, region_country CHAR(2), label VARCHAR(20) NOT NULL,
  FOREIGN KEY (region_country, region_n) REFERENCES region);
INSERT INTO region VALUES ('DE', 1, 'North'), ('DE', 2, 'South'), ('FR', 1, 'Nord');
INSERT INTO town VALUES
  (1, 'Kiel', 'DE', 1), (2, 'Lille', 'FR', 1), (3, 'Ulm', 'DE', 2), (4, 'Nowhere', 'DE', NULL);
INSERT INTO shop VALUES (7, 2, 'DE', 'Bakery'), (8, NULL, NULL, 'Online');
"""


@pytest.fixture(params=BOTH)
def regions(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgresql_url"))
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute(REGIONS.encode())
        return url
    with closing(sqlite3.connect(tmp_path / "regions.db")) as connection:
        connection.executescript(REGIONS)
    return f"sqlite:///{tmp_path}/regions.db"


def test_several_columns_that_refer_together_are_a_reference(regions: str, tmp_path: Path) -> None:
    made = over(regions)
    assert problems(made.spec) == ()
    assert not any("left out" in note for note in made.notes)
    with closing(opened(regions, tmp_path, made.spec)) as database:
        names: dict[object, object] = {
            each.id: each.values["name"] for each in database.page("Region", Query()).rows
        }
        towns = {str(each.values["name"]): each for each in database.page("Town", Query()).rows}
        found = {name: names.get(each.values["region"]) for name, each in towns.items()}
        assert found == {"Kiel": "North", "Lille": "Nord", "Ulm": "South", "Nowhere": None}
        assert (towns["Ulm"].values["country"], towns["Ulm"].values["n"]) == ("DE", 2)
        shops = {each.values["label"]: each.values["region"] for each in database.page("Shop", Query()).rows}
        assert (names[shops["Bakery"]], shops["Online"]) == ("South", None)
        south = towns["Ulm"].values["region"]
        chosen = Query(filter=filter_of({"all": [["region", "any_of", [south]]]}))
        assert [each.values["name"] for each in database.page("Town", chosen).rows] == ["Ulm"]
        assert database.page("Town", Query(sort="region")).total == 4
    assert decode(encode(made.spec)) == made.spec


def test_a_reference_by_columns_without_their_keys_is_refused(sqlite_source: Path) -> None:
    spec = over(f"sqlite:///{sqlite_source}").spec
    album = spec.entity("Album")
    fields = tuple(
        msgspec.structs.replace(each, origin=msgspec.structs.replace(each.origin, columns=("a", "b")))
        if each.type == "reference" and each.origin is not None
        else each
        for each in album.fields
    )
    entities = tuple(
        msgspec.structs.replace(each, fields=fields) if each.name == "Album" else each
        for each in spec.entities
    )
    assert any(
        "as many keys" in each.message for each in problems(msgspec.structs.replace(spec, entities=entities))
    )
