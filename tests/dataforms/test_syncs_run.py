"""Syncs in an app's folder: real files and databases, run by the command, twice, killed, and at once."""

import json
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import chdir, closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from postgres import Server
from syncs import App, spec_of

from dataforms.rest import outbox
from dataforms.spec import decode, encode
from dataforms.syncing import lock
from dataforms.syncing.failed import SyncBusy
from testbed import wait_for

CUSTOMERS = "Mail,Name,Since\nana@example.com,Ana,2024-01-31\nbo@example.com,Bo,2024-02-01\n"
ORDERS: list[dict[str, Any]] = [
    {"no": 1, "who": {"mail": "ana@example.com"}, "total": 12.5, "state": "New"},
    {"no": 2, "who": {"mail": "bo@example.com"}, "total": 7, "state": "Paid"},
]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = App(tmp_path / "app", spec_of())
    made.write("in/customers.csv", CUSTOMERS)
    made.write("in/orders.json", json.dumps({"data": {"orders": ORDERS}}))
    yield made
    made.close()


def test_files_become_records_and_a_second_run_changes_nothing(app: App) -> None:
    done = app.command()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "customers: 2 rows: 2 added, 0 changed, 0 unchanged, 0 skipped, 0 refused; 0 missing\n"
        "orders: 2 rows: 2 added, 0 changed, 0 unchanged, 0 skipped, 0 refused; 0 missing\n"
    )
    records = app.records("Order")
    assert [(each["number"], float(each["total"]), each["customer"]) for each in records] == [
        ("1", 12.5, 1), ("2", 7.0, 2),
    ]  # fmt: skip
    assert app.sync().stdout == (
        "customers: the source has not changed\norders: the source has not changed\n"
    )
    assert "0 added, 0 changed, 2 unchanged" in app.sync("orders", "--whole").stdout
    assert app.records("Order") == records


@pytest.mark.long
def test_what_changes_there_changes_here_and_what_is_empty_there_is_empty_here(app: App) -> None:
    app.sync()
    app.write("in/customers.csv", "Mail,Name,Since\nana@example.com,Anna,\nnew@example.com,Neu,2024-03-01\n")
    assert "1 added, 1 changed" in app.sync("customers").stdout
    people = {each["email"]: each for each in app.records("Customer")}
    assert (people["ana@example.com"]["name"], people["ana@example.com"]["since"]) == ("Anna", None)
    assert people["bo@example.com"]["name"] == "Bo"


@pytest.mark.long
def test_what_is_not_visible_is_dropped_each_time_and_no_change(app: App) -> None:
    app.change(customers={"mapping": {"Mail": "email", "Name": "name", "Since": "reason"}})
    assert "2 added" in app.sync("customers").stdout
    assert "0 changed, 2 unchanged" in app.sync("customers", "--whole").stdout
    assert {each["reason"] for each in app.records("Customer")} == {None}


@pytest.mark.long
def test_changes_by_a_sync_are_told_to_those_who_subscribed(app: App) -> None:
    with chdir(app.folder):
        outbox.MARK.touch()
    with app.database.transaction() as transaction:
        outbox.make(transaction.connection)
        values = {"url": "https://example.com/", "secret": "x", "entities": "[]", "events": '["created"]'}
        transaction.connection.execute(sa.insert(outbox.WEBHOOKS).values(values))
    assert "2 added" in app.sync("customers").stdout
    assert "0 changed, 2 unchanged" in app.sync("customers", "--whole").stdout
    with app.database.transaction() as transaction:
        told = transaction.connection.execute(sa.select(outbox.DELIVERIES.c.event)).scalars().all()
    assert told == ["customer.created", "customer.created"]


def test_a_dry_run_tells_what_would_change_and_changes_nothing(app: App) -> None:
    done = app.sync("customers", "--dry-run")
    assert "2 would be added" in done.stdout
    assert app.records("Customer") == []
    assert [(run.is_dry, run.state, run.added) for run in app.runs("customers")] == [(True, "done", 2)]
    assert "2 added" in app.sync("customers").stdout


def test_rows_that_break_rules_are_refused_with_row_and_reason_and_the_others_stored(app: App) -> None:
    app.write(
        "in/customers.csv", CUSTOMERS + "cy@example.com,,2024-01-01\nno mail,Di,\n,Ed,\nana@example.com,A,\n"
    )
    done = app.sync("customers")
    assert done.returncode == 3
    (run,) = app.runs("customers")
    assert (run.added, run.refused) == (2, 4)
    assert [(fault.row, fault.column) for fault in run.faults] == [(4, "Name"), (5, "Mail"), (6, ""), (7, "")]
    assert run.faults[0].reason == "This is required."
    assert "  row 5: Mail 'no mail': " in done.stdout
    assert app.sync("customers").returncode == 3  # what was refused is tried again though nothing changed


@pytest.mark.long
def test_an_order_of_somebody_unknown_is_refused_until_there_is_one(app: App) -> None:
    assert app.sync("orders").returncode == 3
    assert app.sync("customers").returncode == 0
    assert "2 added" in app.sync("orders").stdout


@pytest.mark.long
def test_records_that_are_there_can_be_left_as_they_are(app: App) -> None:
    app.change(customers={"on_match": "skip"})
    app.sync("customers")
    app.write("in/customers.csv", CUSTOMERS.replace("Ana", "Anna"))
    assert "2 skipped" in app.sync("customers").stdout
    assert {each["name"] for each in app.records("Customer")} == {"Ana", "Bo"}


@pytest.mark.parametrize("missing", ["keep", "mark", "delete"])
def test_what_is_missing_is_kept_marked_or_deleted_and_nothing_else(app: App, missing: str) -> None:
    app.change(customers={"missing": missing, **({"mark": "gone"} if missing == "mark" else {})})
    own = app.database.insert("Customer", {"email": "own@example.com", "name": "By hand"})
    app.sync("customers")
    app.write("in/customers.csv", CUSTOMERS.partition("bo@")[0])
    assert "1 missing" in app.sync("customers").stdout
    left = {each["email"]: each["gone"] for each in app.records("Customer")}
    assert (
        left
        == {
            "keep": {"own@example.com": None, "ana@example.com": None, "bo@example.com": None},
            "mark": {"own@example.com": None, "ana@example.com": None, "bo@example.com": True},
            "delete": {"own@example.com": None, "ana@example.com": None},
        }[missing]
    )
    assert app.database.get("Customer", own) is not None
    again = app.sync("customers", "--whole").stdout
    assert "0 added, 0 changed, 1 unchanged" in again
    app.write("in/customers.csv", CUSTOMERS)
    assert "0 missing" in app.sync("customers").stdout
    assert [each for each in app.records("Customer") if each["gone"]] == []
    assert len(app.records("Customer")) == 3


@pytest.mark.long
def test_nothing_is_missing_while_a_row_may_be_about_any_record(app: App) -> None:
    app.change(customers={"missing": "delete"})
    app.sync("customers")
    app.write("in/customers.csv", "Mail,Name,Since\nana@example.com,Ana,\n???,Bo,\n")
    done = app.sync("customers")
    assert "0 missing" in done.stdout
    assert "none is missing" in done.stdout
    assert len(app.records("Customer")) == 2


def test_a_row_that_is_refused_is_not_missing(app: App) -> None:
    app.change(customers={"missing": "delete"})
    app.sync("customers")
    app.write("in/customers.csv", CUSTOMERS.replace("2024-02-01", "never"))
    assert "1 refused; 0 missing" in app.sync("customers").stdout
    assert len(app.records("Customer")) == 2


@pytest.mark.long
def test_an_empty_source_deletes_nothing(app: App) -> None:
    app.change(orders={"missing": "delete"})
    app.sync()
    app.write("in/orders.json", '{"data": {"orders": []}}')
    done = app.sync("orders")
    assert (done.returncode, "has no rows" in done.stderr) == (1, True)
    assert len(app.records("Order")) == 2


@pytest.mark.long
def test_what_others_refer_to_is_not_deleted_and_that_is_told(app: App) -> None:
    app.change(customers={"missing": "delete"})
    app.sync()
    app.write("in/customers.csv", CUSTOMERS.partition("bo@")[0])
    done = app.sync("customers")
    assert done.returncode == 3
    assert "The record 2 is missing, and stays as it is" in done.stdout
    assert len(app.records("Customer")) == 2


@pytest.mark.long
def test_a_folder_is_read_file_by_file_and_a_fault_names_its_file(app: App) -> None:
    app.change(customers={"from": {"kind": "file", "place": "in", "files": "c-*.csv"}})
    app.write("in/c-1.csv", CUSTOMERS)
    app.write("in/c-2.csv", "Name,Mail,Since,More\nCy,cy@example.com,,x\nDi,nothing,,x\n")
    done = app.sync("customers")
    assert "4 rows: 3 added" in done.stdout
    assert "  c-2.csv, row 3: Mail 'nothing'" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("", "customers.csv"),
        ("E-Mail,Name,Since\na@example.com,A,\n", "no column 'Mail'"),
        ("\0\1\2\3" * 100, "customers.csv"),
    ],
)
def test_a_source_that_cannot_be_read_is_a_failed_run_that_changed_nothing(
    app: App, content: str | None, told: str
) -> None:
    app.change(customers={"missing": "delete"})
    app.sync("customers")
    if content is None:
        (app.folder / "in" / "customers.csv").unlink()
    else:
        app.write("in/customers.csv", content)
    done = app.sync("customers")
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert app.runs("customers")[0].state == "failed"
    assert len(app.records("Customer")) == 2


def test_a_place_that_the_environment_does_not_name_is_told_with_what_sets_it(app: App) -> None:
    app.change(customers={"from": {"kind": "file", "env": "CUSTOMERS_FILE"}})
    done = app.sync("customers")
    assert done.returncode == 1
    assert "CUSTOMERS_FILE is not set" in done.stderr
    assert 'protoddfctl set shop "env.CUSTOMERS_FILE=' in done.stderr
    listed = app.sync("customers", "--list")
    assert (listed.returncode, "CUSTOMERS_FILE is not set: protoddfctl" in listed.stdout) == (0, True)
    elsewhere = app.folder.parent / "elsewhere.csv"
    elsewhere.write_text(CUSTOMERS)
    assert app.sync("customers", CUSTOMERS_FILE=str(elsewhere)).returncode == 0


def test_an_unknown_name_says_which_there_are(app: App) -> None:
    done = app.sync("customer")
    assert (done.returncode, "Did you mean 'customers'?" in done.stderr) == (2, True)


# Databases ----------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_view_of_an_sqlite_file_is_read_and_the_file_left_as_it_is(app: App) -> None:
    file = app.folder.parent / "shop.db"
    with closing(sqlite3.connect(file)) as shop:
        shop.executescript(
            "CREATE TABLE person (mail TEXT, name TEXT, born TEXT);"
            "INSERT INTO person VALUES ('ana@example.com', 'Ana', '2024-01-31 00:00:00'), ('x', 'X', NULL);"
            "CREATE VIEW people AS SELECT mail AS Mail, name AS Name, born AS Since FROM person;"
        )
    before = file.read_bytes()
    app.change(customers={"from": {"kind": "database", "env": "SHOP", "table": "people"}})
    done = app.sync("customers", SHOP=f"sqlite:///{file}")
    assert "2 rows: 1 added" in done.stdout
    assert "  row 2: Mail 'x'" in done.stdout
    assert "1 unchanged" in app.sync("customers", SHOP=f"sqlite:///{file}").stdout
    assert file.read_bytes() == before
    assert "no table 'folk'" in _of_table(app, "folk", file).stderr


def _of_table(app: App, table: str, file: Path) -> "subprocess.CompletedProcess[str]":
    app.change(customers={"from": {"kind": "database", "env": "SHOP", "table": table}})
    return app.sync("customers", SHOP=f"sqlite:///{file}")


@pytest.mark.e2e
def test_a_table_of_postgresql_is_read_and_records_are_kept_there_too(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    with postgresql.schema() as theirs, postgresql.schema() as ours:
        with psycopg.connect(theirs.replace("+psycopg", "")) as shop:
            shop.execute('CREATE TABLE "People" ("Mail" uuid, "Name" varchar, "Since" timestamptz)')
            shop.execute(
                "INSERT INTO \"People\" SELECT gen_random_uuid(), 'P' || n, now()"
                " FROM generate_series(1, 9000) n"
            )
        source = {"kind": "database", "env": "SHOP", "table": "People"}
        made = App(tmp_path / "app", spec_of(email="text", customers={"from": source}), ours)
        try:
            assert "9,000 would be added" in made.sync("customers", "--dry-run", SHOP=theirs).stdout
            assert "9,000 rows: 9,000 added" in made.sync("customers", SHOP=theirs).stdout
            assert "9,000 unchanged" in made.sync("customers", SHOP=theirs).stdout
            monkeypatch.chdir(tmp_path)
            with lock.alone("x", ours), pytest.raises(SyncBusy), lock._alone_in_database("x", ours):
                pass
        finally:
            made.close()


# One at a time ------------------------------------------------------------------------------------------


def test_one_run_at_a_time_and_a_killed_one_is_broken_off(app: App) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections, and never says a word
        shop = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        app.change(customers={"from": {"kind": "url", "env": "SHOP"}})
        first = app.popen("customers", SHOP=shop)
        wait_for(lambda: [run for run in app.runs("customers") if run.state == "running"])
        other = app.sync("customers", SHOP=shop)
        assert (other.returncode, "running already" in other.stderr) == (1, True)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=60)
    assert [run.state for run in app.runs("customers")] == ["broken"]
    assert len(list((app.folder / "data" / "syncs").glob("*fetched-*"))) == 1
    app.change(customers={"from": {"kind": "file", "place": "in/customers.csv"}})
    assert app.sync("customers").returncode == 0
    assert [run.state for run in app.runs("customers")] == ["done", "broken"]
    assert list((app.folder / "data" / "syncs").glob("*fetched-*")) == []


@pytest.mark.long
def test_a_run_that_is_killed_while_it_stores_leaves_nothing_and_the_next_one_does_it(app: App) -> None:
    many = "".join(f"p{n}@example.com,P{n},2024-01-01\n" for n in range(60_000))
    app.write("in/customers.csv", "Mail,Name,Since\n" + many)
    killed = app.popen("customers")
    wait_for(lambda: (found := app.progress("customers")) is not None and found.rows > 0)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert (app.runs("customers")[0].state, app.records("Customer")) == ("broken", [])
    assert "60,000 added" in app.sync("customers").stdout


def test_a_run_that_is_cancelled_keeps_nothing_and_says_so(app: App) -> None:
    many = "".join(f"p{n}@example.com,P{n},2024-01-01\n" for n in range(60_000))
    app.write("in/customers.csv", "Mail,Name,Since\n" + many)
    running = app.popen("customers")
    wait_for(lambda: (found := app.progress("customers")) is not None and found.rows > 0)
    assert app.cancel("customers")
    running.communicate(timeout=60)
    assert running.returncode == 1
    assert (app.runs("customers")[0].state, app.records("Customer")) == ("cancelled", [])
    assert not app.cancel("customers")


def test_the_runs_move_with_the_data(app: App, tmp_path: Path) -> None:
    from dataforms.move import move

    app.sync()
    moved = move(app.spec, app.url, f"sqlite:///{tmp_path}/other.db")
    assert moved.rows["dataforms_sync_runs"] == 2
    assert moved.rows["dataforms_sync_records"] == 4
    assert moved.left == ()


def test_a_spec_with_syncs_is_read_as_it_was_written(app: App) -> None:
    assert decode(encode(app.spec)) == app.spec
    assert [sync.name for sync in app.spec.syncs] == ["customers", "orders"]
