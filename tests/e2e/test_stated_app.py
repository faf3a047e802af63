"""An app from words that state a figure, a condition, a check and who may do what: REST keeps to it."""

import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from protoddfd.wire import results
from testbed import Daemon, wait_for

pytestmark = pytest.mark.e2e

WORDS = (
    "Repair shop: customers with name and email. Orders with customer, quantity, unit price, total, "
    "status (open, done, rejected) and reason. Total is quantity times unit price. A reason is required when "
    "rejected. Quantity must be at least 1. Only managers may delete orders. "
    "Customers can only see their own orders."
)
PASSWORD = "correct horse battery"


class Asked:
    """REST of an app, asked by one account."""

    def __init__(self, url: str, cookie: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers={"cookie": cookie, "origin": url})

    def ask(self, method: str, path: str, **values: object) -> httpx.Response:
        return self._http.request(method, path, json=values or None)

    def close(self) -> None:
        self._http.close()


def wrong_in(refused: httpx.Response) -> list[str]:
    return [each["pointer"] for each in refused.json()["errors"]]


def join(url: str, kind: str, code: str) -> str:
    form = {"code": code, "email": "root@example.com", "name": "Root", "password": PASSWORD}
    answer = httpx.post(f"{url}/auth/join/{kind}", data=form, headers={"origin": url})
    assert answer.status_code == 303, answer.text
    return next(f"{name}={value}" for name, value in answer.cookies.items() if not name.startswith("df_note"))


def invited(app: results.App, email: str, role: str) -> Asked:
    """Return REST as a new account of a role sees it."""
    command = [sys.executable, "-m", "dataforms.accounts", "add", email, "--role", role]
    done = subprocess.run(command, cwd=app.path, capture_output=True, text=True, check=True)
    url = app.url.rstrip("/")
    return Asked(url, join(url, "invitation", done.stdout.rpartition("#")[2].strip()))


@pytest.fixture(scope="module")
def app(shared: Daemon) -> results.App:
    return shared.create("stated", spec=None, description=WORDS, designer="rules")


@pytest.fixture(scope="module")
def root(shared: Daemon, app: results.App) -> Iterator[Asked]:
    def code() -> str:
        records = shared.call("app.logs", name=app.name, lines=1000)["records"]
        found = re.search(r"/join/first/#(\S+)", "\n".join(record["text"] for record in records))
        return found.group(1) if found else ""

    url = app.url.rstrip("/")
    asked = Asked(url, join(url, "first", wait_for(code)))
    for name, email in (("Ada", "ada@example.com"), ("Bo", "bo@example.com")):
        assert asked.ask("POST", "/customer", name=name, email=email).status_code == 201
    yield asked
    asked.close()


def test_nobody_gets_in_without_an_account(app: results.App) -> None:
    assert httpx.get(f"{app.url.rstrip('/')}/api/v1/order").status_code == 401


def test_a_total_is_computed_and_nobody_can_set_it(root: Asked) -> None:
    made = root.ask("POST", "/order", customer=1, quantity=3, unit_price="12.50")
    assert (made.status_code, made.json()["total"]) == (201, 37.5), made.text
    assert root.ask("PATCH", f"/order/{made.json()['id']}", total="1.00").status_code == 422


def test_a_reason_is_asked_for_only_where_an_order_is_rejected(root: Asked) -> None:
    assert root.ask("POST", "/order", customer=1, quantity=1, status="Open").status_code == 201
    refused = root.ask("POST", "/order", customer=1, quantity=1, status="Rejected")
    assert (refused.status_code, wrong_in(refused)) == (422, ["#/reason"]), refused.text
    assert root.ask("POST", "/order", customer=1, quantity=1, status="Rejected", reason="Torn").is_success


def test_a_quantity_is_at_least_one(root: Asked) -> None:
    refused = root.ask("POST", "/order", customer=1, quantity=0)
    assert (refused.status_code, wrong_in(refused)) == (422, ["#/quantity"]), refused.text


def test_customers_see_their_own_orders_and_change_none(root: Asked, app: results.App) -> None:
    mine = root.ask("POST", "/order", customer=2, quantity=7).json()["id"]
    bo = invited(app, "bo@example.com", "customer")
    seen = bo.ask("GET", "/order").json()
    assert [(each["id"], each["quantity"]) for each in seen["items"]] == [(mine, 7)]
    assert [each["name"] for each in bo.ask("GET", "/customer").json()["items"]] == ["Bo"]
    assert bo.ask("DELETE", f"/order/{mine}").status_code == 403
    assert bo.ask("PATCH", f"/order/{mine}", quantity=1).status_code == 403
    bo.close()


def test_managers_delete_orders(root: Asked, app: results.App) -> None:
    id = root.ask("POST", "/order", customer=1, quantity=1).json()["id"]
    manager = invited(app, "mia@example.com", "manager")
    assert manager.ask("DELETE", f"/order/{id}").status_code == 204
    manager.close()


def test_an_app_is_changed_by_what_words_state(shared: Daemon, app: results.App, root: Asked) -> None:
    wish = {"app": app.name, "description": "unit price can never be negative", "designer": "rules"}
    proposed = shared.call("spec.propose", **wish)
    changed = {"name": app.name, "spec": proposed["spec"]}
    plan = shared.call("app.update", **changed, dry_run=True)["plan"]
    updated = shared.call("app.update", **changed, expect=plan["hash"])
    assert updated["app"]["state"] == "ready"
    refused = root.ask("POST", "/order", customer=1, quantity=1, unit_price="-1")
    assert (refused.status_code, wrong_in(refused)) == (422, ["#/unit_price"]), refused.text
