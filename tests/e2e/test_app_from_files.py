"""From a workbook and from a database to a served app: its rows are there, by REST and in its tables."""

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from protoddfd.errors import DesignRefused, SourceRefused
from testbed import Daemon, http

pytestmark = pytest.mark.e2e


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    customers = book.worksheets[0]
    customers.title = "Customers"
    for own in (["Customers 2024"], [], ["Customer no", "Name"], [10, "Ana"], [20, "Bo"]):
        customers.append(own)
    orders = book.create_sheet("Orders")
    for row in (
        ["Order no", "Customer no", "Amount"],
        [1, 20, 5.5],
        [2, 10, 6],
        [3, 20, 7],
        ["Total", None, 18.5],
    ):
        orders.append(row)
    book.save(path)
    return path


def database(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as made:
        made.executescript(
            """
            CREATE TABLE author(id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
            CREATE TABLE book(
              id INTEGER PRIMARY KEY, title TEXT NOT NULL, author_id INT REFERENCES author,
              price DECIMAL(6, 2) CHECK (price >= 0));
            CREATE TABLE genre(code CHAR(3) PRIMARY KEY, title TEXT);
            CREATE TABLE book_genre(
              book INT REFERENCES book, genre CHAR(3) REFERENCES genre, PRIMARY KEY (book, genre));
            INSERT INTO author VALUES (7, 'Ada'), (8, 'Bo');
            INSERT INTO book VALUES (1, 'One', 7, 9.5), (2, 'Two', 8, NULL);
            INSERT INTO genre VALUES ('SCI', 'Science'), ('ART', 'Art');
            INSERT INTO book_genre VALUES (1, 'SCI'), (1, 'ART');
            """
        )
    return path


def records(port: int | None, table: str) -> list[dict[str, object]]:
    assert port is not None
    status, body = http(port, f"/api/v1/{table}?sort=id")
    assert status == 200, body
    found: list[dict[str, object]] = json.loads(body)["items"]
    return found


def test_two_sheets_of_a_workbook_become_a_running_app(shared: Daemon, tmp_path: Path) -> None:
    app = shared.create("workbook", sources=[{"path": str(workbook(tmp_path / "shop.xlsx"))}])
    assert (app.state, app.served_by, app.bundle.state) == ("ready", "zygote", "shared")
    assert [row["customer"] for row in records(app.ports.backend, "order")] == [20, 10, 20]
    assert [row["name"] for row in records(app.ports.backend, "customer")] == ["Ana", "Bo"]


def test_a_database_becomes_a_running_app_with_its_links_and_rules(shared: Daemon, tmp_path: Path) -> None:
    app = shared.create("library", sources=[{"path": str(database(tmp_path / "library.sqlite"))}])
    books = records(app.ports.backend, "book")
    assert [(row["title"], row["author"]) for row in books] == [("One", 7), ("Two", 8)]
    with closing(sqlite3.connect(Path(app.path) / "data" / "app.db")) as stored:
        tables = {row[0] for row in stored.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    spec = json.loads((Path(app.path) / "appspec.json").read_text())
    fields = {field["name"]: field for entity in spec["entities"] for field in entity["fields"]}
    assert (fields["price"]["min"], fields["genre"]["type"]) == (0, "references")
    assert "book" in tables


def test_a_dump_becomes_the_same_app_as_its_database(shared: Daemon, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database(tmp_path / "library.sqlite"))) as made:
        (tmp_path / "library.sql").write_text("\n".join(made.iterdump()))
    app = shared.create("dumped", sources=[{"path": str(tmp_path / "library.sql")}])
    books = records(app.ports.backend, "book")
    assert [(row["title"], row["author"], row["price"]) for row in books] == [
        ("One", 7, 9.5),
        ("Two", 8, None),
    ]


def test_a_picture_in_a_database_is_served_by_its_app(shared: Daemon, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(buffer, "PNG")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as made:
        made.execute("CREATE TABLE thing(id INTEGER PRIMARY KEY, name TEXT, photo BLOB)")
        made.execute("INSERT INTO thing VALUES (5, 'a', ?)", (buffer.getvalue(),))
        made.commit()
    app = shared.create("pictures", sources=[{"path": str(tmp_path / "shop.db")}])
    assert http(app.ports.backend, "/files/thing/5/photo/photo-1.png") == (200, buffer.getvalue())


def test_a_proposal_says_what_was_left_out(shared: Daemon, tmp_path: Path) -> None:
    path = str(workbook(tmp_path / "shop.xlsx"))
    notes = shared.call("spec.propose", sources=[{"path": path}])["notes"]
    assert any("Customers 2024" in note for note in notes)
    assert any("it is a total" in note for note in notes)


def test_an_address_that_is_no_database_and_one_that_does_not_answer_are_refused(shared: Daemon) -> None:
    with pytest.raises(DesignRefused, match="PostgreSQL"):
        shared.call("spec.propose", sources=[{"url": "https://example.com/"}])
    with pytest.raises(SourceRefused, match="PostgreSQL says") as refused:
        shared.call("spec.propose", sources=[{"url": "postgresql://me:hush-hush@127.0.0.1:1/nowhere"}])
    assert "hush" not in str(refused.value)
