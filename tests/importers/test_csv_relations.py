"""How files refer to each other, what entities are called, and how all of it is loaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataforms.check import problems
from dataforms.database import Database
from dataforms.query import Query
from dataforms.spec import Field
from protoddfd.importers import LoadReport, Proposal, Source, load, names, propose

CUSTOMERS = "customer_id,name\n10,Ana\n20,Bo\n30,Cy\n"


def proposed(folder: Path, **files: str) -> Proposal:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    sources = [Source(name=f"{name}.csv", path=str(folder / f"{name}.csv")) for name in files]
    made = propose(sources, name="demo", title="Demo")
    assert problems(made.spec) == ()
    return made


def field(made: Proposal, entity: str, name: str) -> Field:
    return next(field for field in made.spec.entity(entity).fields if field.name == name)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[Database]]:
    databases: list[Database] = []
    yield databases
    for database in databases:
        database.close()


def loaded(made: Proposal, folder: Path, opened: list[Database]) -> tuple[Database, LoadReport]:
    database = Database(made.spec, f"sqlite:///{folder / 'app.db'}")
    opened.append(database)
    database.create()
    return database, load(made, database, lambda *_: None)


def records(database: Database, entity: str) -> list[dict[str, object]]:
    page = database.page(entity, Query(sort="id", size=100))
    return [{"id": record.id, **record.values} for record in page.rows]


def test_a_column_of_ids_becomes_a_reference(tmp_path: Path, opened: list[Database]) -> None:
    made = proposed(
        tmp_path, orders="order_id,customer_id,total\n1,20,5\n2,10,6\n3,20,7\n", customers=CUSTOMERS
    )
    assert [table.entity for table in made.tables] == ["Customer", "Order"]
    customer = field(made, "Order", "customer")
    assert (customer.type, customer.target, customer.title) == ("reference", "Customer", "Customer")
    database, report = loaded(made, tmp_path, opened)
    assert (report.rows, report.misfits) == (6, 0)
    assert [row["customer"] for row in records(database, "Order")] == [20, 10, 20]
    assert [row["id"] for row in records(database, "Customer")] == [10, 20, 30]


def test_a_column_of_codes_becomes_a_reference_by_that_key(tmp_path: Path, opened: list[Database]) -> None:
    made = proposed(
        tmp_path,
        airlines="carrier,name\nAA,American\nUA,United\nB6,JetBlue\n",
        flights="flight,carrier,dest\n1,UA,IAH\n2,B6,BOS\n3,UA,IAH\n",
    )
    carrier = field(made, "Flight", "carrier")
    assert (carrier.type, carrier.target) == ("reference", "Airline")
    assert field(made, "Airline", "carrier").unique
    assert made.spec.entity("Airline").display == "name"
    database, _ = loaded(made, tmp_path, opened)
    assert [row["carrier"] for row in records(database, "Flight")] == [2, 3, 2]


def test_codes_are_recognised_without_a_name_in_common(tmp_path: Path) -> None:
    airports = "faa,title\n" + "".join(f"K{n:02d},Airport {n}\n" for n in range(50))
    flights = "number,dest\n" + "".join(f"{n},K{n % 20:02d}\n" for n in range(100))
    made = proposed(tmp_path, airports=airports, flights=flights)
    assert field(made, "Flight", "dest").target == "Airport"


def test_keys_that_are_not_there_keep_their_text_beside_an_empty_reference(
    tmp_path: Path, opened: list[Database]
) -> None:
    planes = "tailnum,seats\n" + "".join(f"N{n:03d},{n}\n" for n in range(1, 21))
    flights = "flight,tailnum\n" + "".join(f"{n},N{n:03d}\n" for n in range(1, 23)) + "1,N001\n99,NA\n"
    made = proposed(tmp_path, planes=planes, flights=flights)
    assert field(made, "Flight", "tailnum").type == "text"
    assert field(made, "Flight", "plane").target == "Plane"
    assert any("2 of its 22 values" in note for note in made.notes)
    database, report = loaded(made, tmp_path, opened)
    rows = records(database, "Flight")
    assert [(row["tailnum"], row["plane"]) for row in rows[-4:]] == [
        ("N021", None), ("N022", None), ("N001", 1), ("NA", None),
    ]  # fmt: skip
    assert report.misfits == 2
    misfit = report.entities[1].examples[0]
    assert (misfit.line, misfit.column, misfit.text) == (22, "tailnum", "N021")


def test_ids_that_are_not_there_are_kept_as_numbers(tmp_path: Path, opened: list[Database]) -> None:
    orders = "order_id,customer_id\n" + "".join(f"{n},{n % 20 * 10 + 10}\n" for n in range(1, 50))
    customers = "id,name\n" + "".join(f"{n * 10},Name {n}\n" for n in range(1, 20))
    made = proposed(tmp_path, customers=customers, orders=orders)
    database, report = loaded(made, tmp_path, opened)
    row = next(row for row in records(database, "Order") if row["customer_id"] == 200)
    assert row["customer"] is None
    assert report.misfits == 2


def test_a_table_may_refer_to_itself(tmp_path: Path, opened: list[Database]) -> None:
    made = proposed(tmp_path, employees="code,name,manager\nE1,Ana,\nE2,Bo,E3\nE3,Cy,E1\nE4,Di,E3\n")
    assert field(made, "Employee", "manager").target == "Employee"
    database, report = loaded(made, tmp_path, opened)
    assert [row["manager"] for row in records(database, "Employee")] == [None, 3, 1, 3]
    assert report.misfits == 0


@pytest.mark.parametrize(
    "files",
    [
        {"cars": "id,year\n1,2001\n2,2002\n", "prizes": "year,sum\n2001,5\n2002,6\n"},
        {"cars": "id,doors\n1,2\n2,3\n", "owners": "id,name\n1,Ana\n2,Bo\n3,Cy\n"},
        {"a": "id,size\n1,S\n2,M\n", "b": "size,n\nX,1\nY,2\n"},
    ],
)
def test_numbers_that_happen_to_agree_are_no_relation(tmp_path: Path, files: dict[str, str]) -> None:
    made = proposed(tmp_path, **files)
    assert not any(field.type == "reference" for entity in made.spec.entities for field in entity.fields)


def test_tables_that_name_each_other_do_not_wait_for_each_other(
    tmp_path: Path, opened: list[Database]
) -> None:
    made = proposed(
        tmp_path,
        teams="team_id,captain_id\n1,5\n2,6\n3,7\n",
        captains="captain_id,team_id\n5,1\n6,2\n7,3\n8,3\n9,3\n",
    )
    _, report = loaded(made, tmp_path, opened)
    assert report.rows == 8


def test_progress_ends_with_all_bytes(tmp_path: Path) -> None:
    made = proposed(tmp_path, orders="n,customer_id\n1,20\n2,10\n", customers=CUSTOMERS)
    database = Database(made.spec, f"sqlite:///{tmp_path / 'app.db'}")
    database.create()
    seen: list[tuple[str, int, int, int]] = []
    load(made, database, lambda *call: seen.append(call))
    database.close()
    total = sum((tmp_path / f"{name}.csv").stat().st_size for name in ("orders", "customers"))
    assert [call[0] for call in seen] == ["Customer", "Order"]
    assert seen[-1] == ("Order", 2, total, total)


def test_a_file_that_changed_since_is_loaded_as_far_as_it_fits(
    tmp_path: Path, opened: list[Database]
) -> None:
    made = proposed(tmp_path, things="code,n\nA,1\nB,2\n")
    (tmp_path / "things.csv").write_text("code,n\nA,1\nB,two\nC,3\n")
    database, report = loaded(made, tmp_path, opened)
    assert [row["n"] for row in records(database, "Thing")] == [1, None, 3]
    assert (report.rows, report.misfits, report.entities[0].examples[0].line) == (3, 1, 3)


@pytest.mark.parametrize(
    ("file", "entity", "plural"),
    [
        ("order_items.csv", "Order Item", "Order items"),
        ("C:\\data\\Customers (1).csv", "Customer", "Customers"),
        ("categories.CSV", "Category", "Categories"),
        ("people.tsv", "Person", "People"),
        ("addresses.csv", "Address", "Addresses"),
        ("buses.csv", "Bus", "Buses"),
        ("boxes.csv", "Box", "Boxes"),
        ("news.csv", "News", None),
        ("weather-data.csv", "Weather Data", None),
        ("salesOrders_2024-05-01.csv", "Sales Order", "Sales orders"),
        ("2016-06-29.csv", "Table 2016", None),
        ("Größen.csv", "Grossen", None),
        (".csv", "Table", None),
        ("sqlite_stuff.csv", "Table Sqlite Stuff", None),
        ("x" * 200 + ".csv", "X" + "x" * 49, None),
    ],
)
def test_entities_are_called_after_their_files(
    tmp_path: Path, file: str, entity: str, plural: str | None
) -> None:
    (tmp_path / "a.csv").write_text("code\nA\n")
    made = propose([Source(name=file, path=str(tmp_path / "a.csv"))], name="demo", title="Demo")
    assert problems(made.spec) == ()
    assert made.spec.entities[0].name == entity
    if plural is not None:
        assert made.spec.entities[0].plural == plural


def test_files_of_one_name_become_different_entities(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("code\nA\n")
    source = Source(name="orders.csv", path=str(tmp_path / "a.csv"))
    made = propose([source, source], name="demo", title="Demo")
    assert [entity.name for entity in made.spec.entities] == ["Order", "Order 2"]


def test_a_name_that_is_cut_for_its_number_ends_in_a_letter() -> None:
    long = "Json Schema For Visual Studio Extension Pack Files"
    assert names.free(long, {long}, " ") == "Json Schema For Visual Studio Extension Pack 2"


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("flights", "flight"), ("series", "series"), ("analyses", "analysis"), ("houses", "house"),
        ("movies", "movie"), ("companies", "company"), ("branches", "branch"), ("statuses", "status"),
        ("children", "child"), ("data", "data"), ("gas", "gas"), ("boss", "boss"), ("aircraft", "aircraft"),
        ("leaves", "leaf"), ("knives", "knife"), ("indices", "index"), ("employees", "employee"),
        ("keys", "key"), ("classes", "class"), ("invoices", "invoice"), ("taxes", "tax"), ("sizes", "size"),
    ],
)  # fmt: skip
def test_words_are_made_singular(plural: str, singular: str) -> None:
    assert names.singular(plural) == singular
