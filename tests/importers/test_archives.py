"""Folders, zip archives and gzip files of data; bombs and traps in them."""

import gzip
import io
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
from importing import field, loaded, proposed

from protoddfd.importers import ImportRefused

CUSTOMERS = "customer_id,name\n10,Ana\n20,Bo\n30,Cy\n"
ORDERS = "order_id,customer_id,total\n1,20,5\n2,10,6\n3,20,7\n"


def zipped(path: Path, **members: bytes | str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


def test_the_files_of_an_archive_are_related_tables(tmp_path: Path) -> None:
    path = tmp_path / "shop.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/customers.csv", CUSTOMERS)
        archive.writestr("data/orders.csv", ORDERS)
        archive.writestr("__MACOSX/data/._orders.csv", b"\0\1")
        archive.writestr("README.md", "read me")
    made = proposed(path, scratch=tmp_path)
    assert field(made, "Order", "customer").target == "Customer"
    records, _ = loaded(made, tmp_path)
    assert [row["customer"] for row in records["Order"]] == [20, 10, 20]


def test_the_files_of_a_folder_are_related_tables(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "orders.csv").write_text(ORDERS)
    assert field(proposed(folder), "Order", "customer").target == "Customer"


def test_a_gzip_file_is_the_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(ORDERS.encode()))
    made = proposed(tmp_path / "orders.csv.gz", scratch=tmp_path)
    assert (made.spec.entities[0].name, made.tables[0].rows) == ("Order", 3)


def test_what_cannot_be_read_in_an_archive_is_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mixed.zip", "w") as archive:
        archive.writestr("orders.csv", ORDERS)
        archive.writestr("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    made = proposed(tmp_path / "mixed.zip", scratch=tmp_path)
    assert len(made.tables) == 1
    assert any("logo.png" in note and "PNG" in note for note in made.notes)


def test_a_name_that_leads_elsewhere_leads_nowhere(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../escaped.csv", ORDERS)
    scratch = tmp_path / "scratch"
    proposed(tmp_path / "evil.zip", scratch=scratch)
    assert not list(tmp_path.rglob("escaped.csv"))


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as part:
        for _ in range(100):
            part.write(b"0" * (1 << 20))
    return buffer.getvalue()


def _lying() -> bytes:
    """Return a bomb whose directory says that it has ten bytes."""
    bomb = bytearray(_bomb())
    at = bomb.rindex(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(bomb)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("bomb.zip", _bomb, "unpacks to more"),
        ("lying.zip", _lying, "unpacks to more"),
        ("bomb.csv.gz", lambda: gzip.compress(b"0" * (100 << 20)), "unpacks to more"),
        ("cut.zip", lambda: _bomb()[:500], "damaged"),
        ("cut.csv.gz", lambda: gzip.compress(ORDERS.encode())[:30], "damaged"),
        ("empty.zip", lambda: b"PK\x05\x06" + bytes(18), "no data file"),
        ("twice.zip", None, "archive in an archive"),
    ],
)
def test_bombs_and_damage_are_refused(
    tmp_path: Path, name: str, content: Callable[[], bytes] | None, says: str
) -> None:
    if content is None:
        inner = zipped(tmp_path / "inner.zip", a=ORDERS).read_bytes()
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("inner.zip", inner)
    else:
        (tmp_path / name).write_bytes(content())
    with pytest.raises(ImportRefused, match=says):
        proposed(tmp_path / name, scratch=tmp_path / "scratch")


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", a=ORDERS).read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ImportRefused, match="password"):
        proposed(tmp_path / "a.zip", scratch=tmp_path)
