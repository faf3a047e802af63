"""One database in several files of SQL: its tables in one, its rows in others, its keys in a third."""

import zipfile
from pathlib import Path

from importing import field, loaded, proposed, types

SCHEMA = """
CREATE TABLE customer(id int, name varchar(40) NOT NULL);
CREATE TABLE `order`(id int PRIMARY KEY AUTO_INCREMENT, customer_id int, total decimal(8,2));
"""
KEYS = """
ALTER TABLE `order` ADD CONSTRAINT c FOREIGN KEY (customer_id) REFERENCES customer(id);
ALTER TABLE customer ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX n ON customer(name);
"""
CUSTOMERS = r"INSERT INTO customer VALUES (7, 'O\'Neil; x'), (9, 'Bo');"
ORDERS = "INSERT INTO `order`(id, total, customer_id) VALUES (1, 2.50, 9), (2, 3, 7);\n"
FILES = {"a_keys.sql": KEYS, "customer.sql": CUSTOMERS, "data.sql": ORDERS, "schema.sql": SCHEMA}


def _folder(path: Path, files: dict[str, str]) -> Path:
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return path


def _check(path: Path, scratch: Path) -> None:
    made = proposed(path, scratch=scratch)
    assert types(made, "Customer") == {"name": "text"}
    assert types(made, "Order") == {"customer": "reference", "total": "decimal"}
    assert field(made, "Order", "customer").target == "Customer"
    assert field(made, "Customer", "name").unique
    records, report = loaded(made, scratch)
    assert report.misfits == 0
    assert [(row["id"], row["name"]) for row in records["Customer"]] == [(7, "O'Neil; x"), (9, "Bo")]
    assert [(row["id"], row["customer"]) for row in records["Order"]] == [(1, 9), (2, 7)]


def test_the_files_of_a_folder_are_one_database(tmp_path: Path) -> None:
    _check(_folder(tmp_path / "shop", FILES), tmp_path)


def test_the_files_of_an_archive_are_one_database(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        for name, text in FILES.items():
            archive.writestr(f"dump/{name}", text)
        archive.writestr("dump/more.csv", "x,y\n1,2\n")
    made = proposed(tmp_path / "shop.zip", scratch=tmp_path)
    assert [entity.name for entity in made.spec.entities] == ["Customer", "Order", "More"]
    assert any(note.startswith("a_keys.sql + 3 files, customer: ") for note in made.notes)


def test_rows_in_two_files_of_other_encodings_are_all_there(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "shop", {"schema.sql": SCHEMA})
    (folder / "one.sql").write_bytes("INSERT INTO customer VALUES (1, 'Ärzte');".encode("latin-1"))
    (folder / "two.sql").write_bytes("INSERT INTO customer VALUES (2, 'Škoda');".encode("utf-16"))
    (folder / "six.sql").write_text("INSERT INTO customer VALUES (3, 'Ωmega');")
    records, _ = loaded(proposed(folder, scratch=tmp_path), tmp_path)
    assert {row["name"] for row in records["Customer"]} == {"Ärzte", "Škoda", "Ωmega"}


def test_a_file_that_makes_a_table_again_is_a_database_of_its_own(tmp_path: Path) -> None:
    other = "CREATE TABLE customer(id int PRIMARY KEY, city text); INSERT INTO customer VALUES (1, 'Bonn');"
    made = proposed(_folder(tmp_path / "shop", {**FILES, "b_other.sql": other}), scratch=tmp_path)
    records, _ = loaded(made, tmp_path)
    assert [row["name"] for row in records["Customer"]] == ["O'Neil; x", "Bo"]
    assert [row["city"] for row in records["Customer 2"]] == ["Bonn"]
    assert any("b_other.sql: It was taken for a database of its own" in note for note in made.notes)


def test_files_of_other_dialects_are_databases_of_their_own(tmp_path: Path) -> None:
    other = "CREATE TABLE [dbo].[City](ID INT IDENTITY(1,1) PRIMARY KEY, Name NVARCHAR(9))\nGO\n"
    other += "INSERT [dbo].[City](ID, Name) VALUES (3, N'Köln')\nGO\n"
    made = proposed(_folder(tmp_path / "shop", {"shop.sql": SCHEMA + CUSTOMERS, "x.sql": other}))
    records, _ = loaded(made, tmp_path)
    assert (len(records["Customer"]), records["City"]) == (2, [{"id": 3, "name": "Köln"}])
