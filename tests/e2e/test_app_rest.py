"""REST of generated apps under a daemon: asked over their ports, and searched for faults."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from postgres import postgres
from rest import SHOP, Rest

from dataforms.database import Database
from dataforms.rest import outbox
from dataforms.spec import FIELD_TYPES, FieldType
from dataforms.types import TYPES
from testbed import ROOT, Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.long]

MORE: dict[FieldType, dict[str, Any]] = {
    "enum": {"choices": ["Open", "Paid"]},
    "multi_enum": {"choices": ["red", "green", "blue"], "max": 2},
    "money": {"currency": "EUR", "min": 0},
    "percent": {"places": 1},
    "reference": {"target": "Customer"},
    "references": {"target": "Customer", "max": 3},
    "computed": {"expression": "integer + 1"},
}
UPLOADED = ("file", "image", "children")
"""What nobody makes up: files are uploaded first, and children are other records."""
RULES: list[dict[str, Any]] = [
    {"name": "short", "type": "text", "min": 2, "max": 5, "required": True},
    {"name": "code", "type": "text", "pattern": "[A-Z]{3}[0-9]+"},
    {"name": "yen", "type": "money", "currency": "JPY", "max": 1000, "required": True},
    {"name": "given", "type": "text", "required": True, "default": "x"},
    {"name": "locked", "type": "integer", "read_only": True, "default": 7},
]
SPEC: dict[str, Any] = {
    "name": "any",
    "title": "Everything",
    "entities": [
        {
            "name": "Customer",
            "title": "Customer",
            "fields": [
                {"name": "name", "title": "Name", "type": "text", "required": True},
                {"name": "code", "title": "Code", "type": "text", "unique": True},
                {"name": "things", "title": "Things", "type": "children", "target": "Thing",
                 "via": "reference"},
            ],
        },
        {
            "name": "Thing",
            "title": "Thing",
            "fields": [
                *({"name": name, "title": name, "type": name, **MORE.get(name, {})}
                  for name in FIELD_TYPES if name in TYPES and name not in UPLOADED),
                *({"title": each["name"], **each} for each in RULES),
            ],
        },
    ],
}  # fmt: skip
CHECKS = """
hooks = "rest_formats"
request-timeout = 60
generation = { max-examples = 15, database = "none" }
# Beside what the checks expect: a precondition may fail, as it is meant to.
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", "403", "404", "409", "412"]
checks.negative_data_rejection.expected-statuses = ["400", "403", "404", "405", "409", "412", "415", "422"]

# Which values go with which operator is said in words, and a file is of bytes.
[[operations]]
include-operation-id-regex = "^list_"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "403", "404"]

[[operations]]
include-operation-id-regex = "^import_"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "import_thing"
enabled = false  # each takes processes of its own, and the other table's are tried
"""


def test_an_app_answers_rest_on_each_of_its_ports_and_keeps_what_it_was_sent(shared: Daemon) -> None:
    app = shared.create("asked")
    assert app.ports is not None
    ports = (app.ports.frontend, app.ports.backend)
    frontend, backend = (f"http://127.0.0.1:{port}/api/v1" for port in ports)
    with httpx.Client(timeout=30) as client:
        described = client.get(f"{backend}/openapi.json").json()
        assert described["info"]["title"] == "Shop"
        added = client.post(f"{backend}/customer", json={"name": "Ana"})
        assert added.status_code == 201
        order = client.post(f"{backend}/order", json={"number": "7", "customer": added.json()["id"]})
        assert client.get(f"{frontend}/order").json()["items"] == [order.json()]
        assert order.json()["_labels"] == {"customer": "Ana"}
        page = client.get(f"{frontend}/nothing", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (404, "application/problem+json")
        shared.call("app.restart", name="asked")
        assert client.get(f"{backend}/customer").json()["total"] == 1


@pytest.mark.timeout(560)
def test_schemathesis_finds_nothing(shared: Daemon, tmp_path: Path) -> None:
    app = shared.create("searched", spec=SPEC, start=False)
    shared.call("app.set", name="searched", env={"DATAFORMS_REST_RATE": "0"})
    shared.call("app.start", name="searched")
    assert app.ports is not None
    (tmp_path / "schemathesis.toml").write_text(CHECKS)
    formats = str(ROOT / "tests" / "support" / "programs")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", "--no-color", "--seed", "1"),
            f"http://127.0.0.1:{app.ports.backend}/api/v1/openapi.json",
        ],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": formats}, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Stateful" in done.stdout, "it went through all of its phases"


@pytest.fixture
def rest_and_database(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Rest, Database]]:
    monkeypatch.chdir(tmp_path_factory.mktemp("app"))
    with postgres() as url, closing(Database(SHOP, url)) as database, Rest(database) as rest:
        database.create()
        yield rest, database


def test_rest_and_its_outbox_work_on_postgresql(rest_and_database: tuple[Rest, Database]) -> None:
    rest, database = rest_and_database
    assert rest.ask("GET", "/webhooks").json() == {"items": []}
    rest.ask("POST", "/webhooks", {"url": "https://example.com/hook"})
    database.listen(outbox.note, lambda: None)
    id = rest.add("/customer", name="Ana", code="a")
    rest.add("/order_line", title="x", customer=id, price=0.1, tags=["new"])
    assert rest.ask("POST", "/customer", {"name": "Bo", "code": "a"}).status_code == 409
    assert rest.ask("DELETE", f"/customer/{id}").status_code == 409
    changes = [{"do": "create", "values": {"name": "Cy"}}, {"do": "delete", "id": 99}]
    assert rest.ask("POST", "/customer/bulk", {"changes": changes}).status_code == 404
    with database.transaction() as transaction:
        taken = outbox.take(transaction.connection, time.time(), 5)
        told = [json.loads(each.body)["type"] for each in taken]
        assert told == ["customer.created", "order_line.created"]
        assert outbox.take(transaction.connection, time.time(), 5) == []
        outbox.failed(transaction.connection, taken[0].id, "why", None)
        outbox.delivered(transaction.connection, taken[1].id)
        assert outbox.next_due_at(transaction.connection) is None
    (dead,) = rest.ask("GET", "/webhooks/1/deliveries").json()["items"]
    assert (dead["event"], dead["failure"], dead["due_at"]) == ("customer.created", "why", None)
