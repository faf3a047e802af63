"""Databases that nobody here made, as files of SQL in the dialects that their authors ship them in.

World and the tables of MariaDB itself come from its own tests, the others from their packages. What an
app has of them is held against the counts of a real server, and what each dialect says against the others.
"""

import gzip
import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from debian import unpacked
from importing import loaded, proposed
from mariadb import MariaDb, mariadb

from dataforms.check import problems
from dataforms.database import Database
from protoddfd.importers import LoadReport, Proposal, Source, load, propose
from protoddfd.importers.kinds.sql_rows import SqlReading

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

Debian = Callable[[str], Path]
WORLD = {"Country": 239, "City": 4079, "Country Language": 984}
"""Of the world database, as its documentation has them."""


@pytest.fixture(scope="session")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Debian:
    root = tmp_path_factory.mktemp("debian")
    return lambda package: unpacked(package, root)


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as made:
        yield made


def references(made: Proposal) -> set[tuple[str, str, str]]:
    return {
        (entity.name, each.name, each.target)
        for entity in made.spec.entities
        for each in entity.fields
        if each.type == "reference" and each.target is not None
    }


def counts(made: Proposal) -> dict[str, int]:
    """Return the rows of each table that there are statements for, by its name in small letters."""
    tables = {
        each.reading.table.casefold(): each.rows
        for each in made.tables
        if isinstance(each.reading, SqlReading)
    }
    return tables | {each.label.rpartition(", ")[2].casefold(): each.rows for each in made.joins}


def loads(made: Proposal, folder: Path) -> LoadReport:
    database = Database(made.spec, f"sqlite:///{folder / 'app.db'}")
    try:
        database.create()
        return load(made, database, lambda *_: None)
    finally:
        database.close()


# World --------------------------------------------------------------------------------------------------


def world(debian: Debian) -> tuple[bytes, bytes]:
    (folder,) = debian("mariadb-test-data").rglob("mysql-test/include")
    return (folder / "world_schema.inc").read_bytes(), (folder / "world.inc").read_bytes()


def check_world(made: Proposal, folder: Path) -> None:
    assert {each.entity: each.rows for each in made.tables} == WORLD
    assert references(made) == {
        ("City", "country", "Country"),
        ("Country Language", "country", "Country"),
    }
    records, report = loaded(made, folder)
    assert report.misfits == 0
    kabul = records["City"][0]
    afghanistan = next(each for each in records["Country"] if each["code"] == "AFG")
    assert (kabul["name"], kabul["population"], kabul["country"]) == ("Kabul", 1780000, afghanistan["id"])
    assert (float(str(afghanistan["surface_area"])), afghanistan["capital"]) == (652090, 1)


def test_world_in_two_files(debian: Debian, tmp_path: Path) -> None:
    folder = tmp_path / "world"
    folder.mkdir()
    for name, content in zip(("schema.sql", "data.sql"), world(debian), strict=True):
        (folder / name).write_bytes(content)
    check_world(proposed(folder, scratch=tmp_path), tmp_path)


def test_world_as_mysqldump_writes_it(debian: Debian, server: MariaDb, tmp_path: Path) -> None:
    server.run(b"\n".join(world(debian)), "world")
    (tmp_path / "world.sql").write_bytes(server.dump("world"))
    check_world(proposed(tmp_path / "world.sql"), tmp_path)


# MariaDB's own database, as mysqldump of six versions wrote it ------------------------------------------


@pytest.mark.parametrize("version", ["5.5", "10.0", "10.1", "10.2", "10.3", "10.4"])
def test_old_dumps_have_the_rows_that_a_server_makes_of_them(
    debian: Debian, server: MariaDb, tmp_path: Path, version: str
) -> None:
    (dump,) = debian("mariadb-test-data").rglob(f"mysql_database_{version}.dump")
    name = f"old_{version.replace('.', '_')}"
    server.run(dump.read_bytes(), name)
    shutil.copy(dump, tmp_path / "old.sql")
    made = proposed(tmp_path / "old.sql")
    assert {table: rows for table, rows in counts(made).items() if rows} == {
        table: rows for table, rows in server.counts(name).items() if rows
    }
    assert not any("not understood" in note for note in made.notes)
    assert loads(made, tmp_path).misfits <= 1  # one of the relations of a help text leads nowhere


# Zabbix -------------------------------------------------------------------------------------------------


def zabbix(debian: Debian, kind: str, folder: Path) -> Path:
    """Return a folder with the three files of Zabbix's database, packed as they are shipped."""
    folder.mkdir()
    (there,) = debian(f"zabbix-server-{kind}").rglob("schema.sql.gz")
    for name in ("schema", "images", "data"):
        shutil.copy(there.with_name(f"{name}.sql.gz"), folder)
    return folder


def check_pictures(made: Proposal, folder: Path, packed: Path) -> None:
    """Hold the images of the app against the hexadecimal digits in the file."""
    with gzip.open(packed, "rt") as file:
        digits = re.findall(r"(?:0x|decode\(')([0-9A-F]+)", file.read())
    kept = {path.name for path in (folder / "files").rglob("*") if path.is_file()}
    assert kept == {hashlib.sha256(bytes.fromhex(each)).hexdigest() for each in digits}
    assert {each.type for each in made.spec.entity("Image").fields if each.name == "image"} == {"image"}
    assert next(each.rows for each in made.tables if each.entity == "Image") == len(digits) > 100


def with_files(path: Path, scratch: Path) -> Proposal:
    source = Source(name=path.name, path=str(path), files=str(scratch / "files"))
    made = propose([source], name="demo", title="Demo", scratch=scratch)
    assert problems(made.spec) == ()
    return made


def test_zabbix_has_every_row_key_and_picture_in_both_dialects(
    debian: Debian, server: MariaDb, tmp_path: Path
) -> None:
    of_mysql = with_files(zabbix(debian, "mysql", tmp_path / "mysql"), tmp_path)
    check_pictures(of_mysql, tmp_path, tmp_path / "mysql" / "images.sql.gz")
    server.run(b"SET GLOBAL log_bin_trust_function_creators = 1")
    script = b"".join(gzip.decompress((tmp_path / "mysql" / f"{name}.sql.gz").read_bytes()) for name in
                      ("schema", "images", "data"))  # fmt: skip
    server.run(script, "zabbix")
    assert {table: rows for table, rows in counts(of_mysql).items() if rows} == {
        table: rows for table, rows in server.counts("zabbix").items() if rows
    }
    made = set(re.findall(r"FOREIGN KEY \(`(\w+)`\)", script.decode()))
    assert len(references(of_mysql)) + 2 * len(of_mysql.joins) == len(
        re.findall(r"FOREIGN KEY", script.decode())
    )
    assert made
    (tmp_path / "other").mkdir()
    of_postgresql = with_files(zabbix(debian, "pgsql", tmp_path / "pgsql"), tmp_path / "other")
    check_pictures(of_postgresql, tmp_path / "other", tmp_path / "pgsql" / "images.sql.gz")
    assert references(of_postgresql) == references(of_mysql)
    assert counts(of_postgresql) == counts(of_mysql)
    report = loads(of_postgresql, tmp_path)
    assert (report.rows, report.misfits) == (sum(each.rows for each in of_mysql.tables), 0)


# Roundcube and MediaWiki --------------------------------------------------------------------------------


def test_roundcube_is_the_same_in_five_dialects(debian: Debian, tmp_path: Path) -> None:
    (folder,) = debian("roundcube-core").rglob("roundcube/SQL")
    made = {}
    for dialect in ("mysql", "postgres", "sqlite", "oracle", "mssql"):
        made[dialect] = proposed(folder / f"{dialect}.initial.sql", scratch=tmp_path)
        assert not any("not understood" in note for note in made[dialect].notes)
    names = {dialect: {each.name for each in app.spec.entities} for dialect, app in made.items()}
    assert len(names["mysql"]) == 17
    assert {tuple(sorted(each)) for each in names.values()} == {tuple(sorted(names["mysql"]))}
    said = {dialect: references(app) for dialect, app in made.items()}
    assert said["mysql"] == said["postgres"] == said["sqlite"] == said["oracle"]
    assert said["mysql"] - said["mssql"] == {  # its script does not say these
        ("Contactgroupmember", "contact", "Contact"),
        ("Dictionary", "user", "User"),
    }
    fields = {
        dialect: {field.name: field for field in app.spec.entity("User").fields}
        for dialect, app in made.items()
    }
    for each in fields.values():
        assert (each["username"].type, each["username"].max, each["preferences"].type) == (
            "text",
            128,
            "long_text",
        )


def test_mediawiki_is_the_same_in_three_dialects(debian: Debian, tmp_path: Path) -> None:
    (folder,) = debian("mediawiki").rglob("mediawiki/maintenance")
    apps = [
        with_files(folder / place / "tables-generated.sql", tmp_path) for place in ("", "postgres", "sqlite")
    ]
    names = [{each.name for each in app.spec.entities} for app in apps]
    assert len(names[0]) > 50
    assert names[0] == names[1] == names[2]
    assert not any("not understood" in note for app in apps for note in app.notes)
