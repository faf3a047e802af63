"""Files imported over REST: by the rules and roles of a form, tried first, and told row by row."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgspec
import openpyxl
import pytest
from rest import SHOP, Rest

from dataforms.access import Access
from dataforms.database import Database, Query
from dataforms.rest import outbox
from dataforms.spec import AppSpec, Permission, Role, encode

CSV = "text/csv"
FILE = b"name,code\nAna,a\nBo,b\n,c\n"


def role(name: str, **rights: object) -> Role:
    permission = Permission(entity="Customer", **rights)  # type: ignore[arg-type]  # each test names its own
    return Role(name=name, title=name, permissions=(permission,))


SPEC = msgspec.structs.replace(SHOP, roles=(role("reader"), role("clerk", create=True, hidden=("code",))))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "appspec.json").write_bytes(encode(SPEC))
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened(folder: Path, spec: AppSpec = SPEC) -> Database:
    database = Database(spec, f"sqlite:///{folder}/data/app.db")
    database.create()
    return database


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    database = opened(folder)
    yield database
    database.close()


@pytest.fixture
def rest(database: Database) -> Iterator[Rest]:
    with Rest(database) as rest:
        yield rest


def names(rest: Rest) -> list[str]:
    return [each["name"] for each in rest.ask("GET", "/customer").json()["items"]]


def test_a_file_is_tried_and_imported_and_every_row_left_out_is_told(rest: Rest, folder: Path) -> None:
    tried = rest.send("POST", "/api/v1/customer/import?dry_run=true", FILE, content_type=CSV)
    assert tried.status_code == 200, tried.text
    assert names(rest) == []
    done = rest.send("POST", "/api/v1/customer/import", FILE, content_type=f"{CSV}; charset=utf-8").json()
    assert done == tried.json()
    assert (done["rows"], done["inserted"], done["faulty"]) == (3, 2, 1)
    (fault,) = done["faults"]
    assert (fault["row"], fault["column"]) == (4, "name")
    assert names(rest) == ["Ana", "Bo"]
    assert list((folder / "data" / "imports").iterdir()) == [], "nothing of the file stays"


def test_rows_are_matched_by_a_key_as_asked_for(rest: Rest) -> None:
    rest.add("/customer", name="Old", code="a")
    path = "/api/v1/customer/import?key=code&new=skip&map=Who%3Dname"
    done = rest.send("POST", path, b"Who,code\nAna,a\nBo,b\n", content_type=CSV).json()
    assert (done["updated"], done["skipped"]) == (1, 1)
    assert names(rest) == ["Ana"]


def test_workbooks_and_json_are_read_too(rest: Rest) -> None:
    book, file = openpyxl.Workbook(), BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["name"])
    sheet.append(["Ana"])
    book.save(file)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert rest.send("POST", "/api/v1/customer/import", file.getvalue(), content_type=kind).status_code == 200
    body = json.dumps([{"name": "Bo"}]).encode()
    path = "/api/v1/customer/import"
    assert rest.send("POST", path, body, content_type="application/json").status_code == 200
    assert names(rest) == ["Ana", "Bo"]


@pytest.mark.parametrize(
    ("query", "body", "kind", "status"),
    [
        ("", FILE, "text/plain", 415),
        ("", b"", CSV, 422),
        ("?map=nothing%3Dname", FILE, CSV, 422),
        ("?map=name%3Dwhat", FILE, CSV, 422),
        ("?map=name", FILE, CSV, 400),
        ("?key=what", FILE, CSV, 400),
        ("?new=perhaps", FILE, CSV, 400),
        ("?dry=true", FILE, CSV, 400),
    ],
)
def test_what_cannot_be_imported_is_refused_and_why(
    rest: Rest, query: str, body: bytes, kind: str, status: int
) -> None:
    answer = rest.send("POST", f"/api/v1/customer/import{query}", body, content_type=kind)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert names(rest) == []


def test_no_other_site_imports_anything(rest: Rest) -> None:
    path = "/api/v1/customer/import"
    answer = rest.send("POST", path, FILE, content_type=CSV, origin="https://elsewhere.example")
    assert answer.status_code == 403


def test_roles_hold_for_an_import(database: Database) -> None:
    with Rest(database, Access(me="x", roles=("reader",))) as reader:
        answer = reader.send("POST", "/api/v1/customer/import", FILE, content_type=CSV)
        assert answer.status_code == 403
    with Rest(database, Access(me="x", roles=("clerk",))) as clerk:
        path = "/api/v1/customer/import"
        done = clerk.send("POST", path, FILE, content_type=CSV).json()
        assert (done["inserted"], done["notes"]) == (2, ["Left out, as no field is like it: code."])
        answer = clerk.send("POST", f"{path}?map=code%3Dcode", FILE, content_type=CSV)
        assert answer.status_code == 422
    assert [row.values["code"] for row in database.page("Customer", Query()).rows] == [None, None]


def test_whoever_wants_to_know_of_every_change_is_told_of_imported_ones(
    rest: Rest, database: Database
) -> None:
    rest.ask("POST", "/webhooks", {"url": "https://example.com/hook"})
    rest.send("POST", "/api/v1/customer/import?dry_run=true", FILE, content_type=CSV)
    rest.send("POST", "/api/v1/customer/import", FILE, content_type=CSV)
    with database.transaction() as transaction:
        told = [json.loads(each.body) for each in outbox.take(transaction.connection, 2e9, 9)]
    assert [(each["type"], each["data"]["name"]) for each in told] == [
        ("customer.created", "Ana"),
        ("customer.created", "Bo"),
    ]
