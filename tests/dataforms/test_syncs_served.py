"""Syncs of an app that serves: over REST, by roles, by its schedule, and of a browser tab."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rest import Rest
from syncs import App, spec_of

from dataforms.access import Access
from dataforms.errors import NotAllowed
from dataforms.spec import AppSpec, Permission, Role
from dataforms.syncing.runs import AGAIN_S, due_at
from dataforms.syncing.schedule import keeping
from dataforms.syncing.starting import settled
from dataforms.ui.live import forget
from dataforms.ui.state import Ui
from testbed import wait_for

CSV = "Mail,Name,Since\nana@example.com,Ana,2024-01-31\nbo@example.com,,2024-02-01\n"
MANY = "Mail,Name,Since\n" + "".join(f"p{n}@example.com,P{n},2024-01-01\n" for n in range(60_000))


def roles() -> tuple[Role, ...]:
    whole = {"create": True, "update": True}
    given: dict[str, dict[str, Any]] = {
        "clerk": whole,
        "reader": {},
        "adder": {"create": True},
        "own": {**whole, "condition": "email == me"},
        "blind": {**whole, "hidden": ("since",)},
        "careful": {**whole, "read_only": ("since",)},
    }
    return tuple(
        Role(name=name, title=name, permissions=(Permission(entity="Customer", **rights),))
        for name, rights in given.items()
    )


def with_roles(**changes: Any) -> AppSpec:
    return replace(spec_of(**changes), roles=roles())


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    made = App(tmp_path / "app", with_roles())
    made.write("in/customers.csv", CSV)
    monkeypatch.chdir(made.folder)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    yield made
    forget()
    made.close()


@pytest.fixture
def rest(app: App) -> Iterator[Rest]:
    with Rest(app.database) as rest:
        yield rest
        rest._runner.run(settled())


def ended(rest: Rest, path: str) -> dict[str, Any]:
    """Return a run when it has ended."""
    found: dict[str, Any] = wait_for(
        lambda: (run := rest.ask("GET", path).json())["state"] != "running" and run
    )
    return found


def test_a_run_is_begun_followed_and_told_over_rest(rest: Rest, app: App) -> None:
    listed = rest.ask("GET", "/syncs").json()["items"]
    assert [(each["name"], each["place"], each["runs"]) for each in listed] == [
        ("customers", "in/customers.csv", []), ("orders", "in/orders.json", []),
    ]  # fmt: skip
    tried = rest.ask("POST", "/syncs/customers/runs", {"dry_run": True})
    assert tried.status_code == 202, tried.text
    path = tried.headers["location"].removeprefix("/api/v1")
    run = ended(rest, path)
    assert (run["state"], run["is_dry"], run["added"], run["refused"]) == ("done", True, 1, 1)
    assert run["faults"] == [
        {"row": 3, "reason": "This is required.", "column": "Name", "text": "", "file": ""}
    ]
    assert app.records("Customer") == []
    path = rest.ask("POST", "/syncs/customers/runs", {}).json()["href"].removeprefix("/api/v1")
    assert ended(rest, path)["added"] == 1
    kept = rest.ask("GET", "/syncs/customers").json()["runs"]
    assert [each["is_dry"] for each in kept] == [False, True]


def test_a_run_that_goes_on_is_seen_refuses_another_and_can_be_cancelled(rest: Rest, app: App) -> None:
    app.write("in/customers.csv", MANY)
    begun = rest.ask("POST", "/syncs/customers/runs", {}).json()
    path = f"/syncs/customers/runs/{begun['id']}"
    wait_for(lambda: rest.ask("GET", path).json().get("progress", {}).get("rows"))
    assert rest.ask("GET", "/syncs/customers").json()["is_running"]
    other = rest.ask("POST", "/syncs/customers/runs", {})
    assert (other.status_code, other.json()["detail"]) == (409, "It is running already.")
    assert rest.ask("DELETE", path).status_code == 202
    assert ended(rest, path)["state"] == "cancelled"
    assert app.records("Customer") == []
    assert rest.ask("DELETE", path).status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/syncs/nothing", None, 404),
        ("POST", "/syncs/nothing/runs", {}, 404),
        ("GET", "/syncs/customers/runs/1", None, 404),
        ("GET", "/syncs/customers/runs/9999999999999999999", None, 404),
        ("POST", "/syncs/customers/runs", {"dry": True}, 422),
        ("POST", "/syncs/customers/runs", {"dry_run": "yes"}, 422),
        ("DELETE", "/syncs/customers", None, 405),
    ],
)
def test_what_cannot_be_asked_is_refused(
    rest: Rest, method: str, path: str, body: object, status: int
) -> None:
    answer = rest.ask(method, path, body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("role", [role.name for role in roles()])
def test_who_may_add_and_change_all_of_it_may_sync_and_nobody_else(app: App, role: str) -> None:
    with Rest(app.database, Access(me="a@example.com", roles=(role,))) as rest:
        names = [each["name"] for each in rest.ask("GET", "/syncs").json()["items"]]
        assert names == (["customers"] if role == "clerk" else [])
        begun = rest.ask("POST", "/syncs/customers/runs", {})
        assert begun.status_code == (202 if role == "clerk" else 404)
        rest._runner.run(settled())
    assert len(app.runs("customers")) == (role == "clerk")


def test_the_interface_is_described_and_only_where_there_are_syncs(rest: Rest, app: App) -> None:
    described = rest.ask("GET", "/openapi.json").json()
    assert "/api/v1/syncs/{name}/runs/{id}" in described["paths"]
    run = described["components"]["schemas"]["sync-run"]["properties"]
    rest.ask("POST", "/syncs/customers/runs", {})
    assert rest.ask("GET", "/syncs/customers").json()["runs"][0].keys() <= run.keys()
    with Rest(app.database.acting(Access())) as other:
        assert other.ask("GET", "/syncs").status_code == 200
    from dataforms.rest import openapi

    assert "/api/v1/syncs" not in openapi.document(replace(app.spec, syncs=()))["paths"]


# The schedule -------------------------------------------------------------------------------------------


def test_what_is_due_is_done_at_the_start_and_again_when_its_time_has_come(app: App) -> None:
    app.change(customers={"every": "60s"}, orders={"every": "1d", "from": {"kind": "file", "env": "NOWHERE"}})

    async def kept_until(done: int) -> None:
        async with keeping(lambda: app.database, app.spec):
            await asyncio.to_thread(
                wait_for, lambda: sum(run.state != "running" for run in app.runs("customers")) >= done
            )
            await asyncio.sleep(0.3)  # in which nothing more begins

    asyncio.run(asyncio.wait_for(kept_until(1), 30))
    asyncio.run(asyncio.wait_for(kept_until(1), 30))  # waking up soon after, nothing is due
    (run,) = app.runs("customers")
    assert (run.who, run.state, run.added) == ("schedule", "done", 1)
    assert app.runs("orders") == ()  # it cannot be done as long as nobody says where its rows are
    _age(app, 61)
    asyncio.run(asyncio.wait_for(kept_until(2), 30))
    assert [each.who for each in app.runs("customers")] == ["schedule", "schedule"]


def test_one_that_failed_is_due_again_sooner_than_usual(app: App) -> None:
    app.change(customers={"every": "1d"})
    (app.folder / "in" / "customers.csv").rename(app.folder / "in" / "away.csv")
    app.sync("customers")
    with app.database.beside() as connection:
        (failed,) = app.runs("customers")
        assert due_at(connection, "customers", 86_400) == failed.began + AGAIN_S
        assert due_at(connection, "orders", 86_400) == 0
    (app.folder / "in" / "away.csv").rename(app.folder / "in" / "customers.csv")
    app.sync("customers")
    with app.database.beside() as connection:
        assert due_at(connection, "customers", 86_400) == app.runs("customers")[0].began + 86_400


def test_the_end_of_the_app_ends_what_it_runs(app: App) -> None:
    app.change(customers={"every": "1h"})
    app.write("in/customers.csv", MANY)

    async def begun() -> None:
        async with keeping(lambda: app.database, app.spec):
            await asyncio.to_thread(
                wait_for, lambda: (found := app.progress("customers")) is not None and found.rows > 0
            )

    began = time.monotonic()
    asyncio.run(asyncio.wait_for(begun(), 30))
    assert time.monotonic() - began < 20
    assert app.progress("customers") is None
    assert app.runs("customers")[0].state == "cancelled"


def _age(app: App, seconds: float) -> None:
    import sqlalchemy as sa

    from dataforms.syncing.tables import RUNS

    with app.database.transaction() as transaction:
        transaction.connection.execute(sa.update(RUNS).values(began=RUNS.c.began - seconds))


# A tab --------------------------------------------------------------------------------------------------


@pytest.fixture
def tab(app: App) -> Ui:
    return Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one


def test_a_tab_shows_sources_mapping_and_how_the_last_run_went(tab: Ui, app: App) -> None:
    app.sync("customers")
    tab._show_home()
    assert tab.has_syncs
    assert tab.syncs == []
    tab._show_syncs()
    customers, orders = tab.syncs
    assert (customers["title"], customers["place"], customers["href"]) == (
        "Customers", "in/customers.csv", "/t/customer",
    )  # fmt: skip
    assert (customers["added"], customers["refused"], customers["runs_now"]) == ("1", "1", False)
    assert customers["last"]["state"] == "Done"
    assert [fault["where"] for fault in customers["faults"]] == ["3"]
    assert {"column": "who.mail", "field": "Customer, by email"} in orders["columns"]
    assert not orders["shown"]
    app.sync("customers", "--dry-run", "--whole")
    tab._refresh()
    assert tab.syncs[0]["last"]["state"] == "Tried"
    assert tab.syncs[0]["dry"]


def test_a_tab_says_what_is_missing_and_the_command_that_sets_it(tab: Ui, app: App) -> None:
    app.change(customers={"from": {"kind": "database", "env": "SHOP", "table": "t"}})
    tab._show_syncs()
    assert tab.syncs[0]["unset"] == "SHOP"
    assert tab.syncs[0]["command"] == "protoddfctl set shop secrets.SHOP=/path/to/a/file --restart-now"


def test_an_app_without_syncs_has_no_way_to_them(tab: Ui, app: App) -> None:
    spec = replace(app.spec, syncs=())
    app._put(spec)
    tab._show_syncs()
    assert (tab.has_syncs, tab.syncs) == (False, [])
    with pytest.raises(NotAllowed):
        tab._sync("customers")


def test_an_app_without_syncs_loads_nothing_of_them(app: App) -> None:
    import subprocess
    import sys

    app._put(replace(app.spec, syncs=()))
    program = (
        "import sys, dataforms.app; from dataforms.ui.state import Ui; tab = Ui(_reflex_internal_init=True);"
        "tab._show_home(); tab._show_syncs();"
        "print(json.dumps([name for name in sys.modules if name.startswith(('dataforms.syncing', 'httpx'))]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import json; {program}"], capture_output=True, text=True, check=True,
        cwd=app.folder,
    )  # fmt: skip
    assert [name for name in json.loads(done.stdout) if "syncing" in name] == []
