"""A person's way through a starter in a real Firefox: open, add, edit, filter, import, delete, undo."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from firefox import Firefox, firefox

from testbed import ROOT, Daemon, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.long]

INVENTORY = json.loads((ROOT / "examples" / "inventory.json").read_text())


@pytest.fixture(scope="module")
def window() -> Iterator[Firefox]:
    with firefox() as window:
        yield window


def suppliers(path: str) -> list[Any]:
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database:
        return database.execute("SELECT name, lead_days FROM supplier ORDER BY name").fetchall()


def test_an_app_is_used_in_firefox(shared: Daemon, window: Firefox, tmp_path: Path) -> None:
    app = shared.create("stock_in_firefox", spec=INVENTORY)
    window.open(app.url)
    window.click("a.df-card", "Suppliers")
    window.click("main button", "Add")
    window.write("#in-name", "Zebra & Söhne")
    window.write("#in-lead_days", "12")
    window.click("[role=dialog] button[type=submit]")
    window.wait_gone("[role=dialog]")
    wait_for(lambda: suppliers(app.path) == [("Zebra & Söhne", 12)])

    window.click("tbody td", "Zebra")
    window.write("#in-lead_days", "9")
    window.click("[role=dialog] button[type=submit]")
    window.wait_gone("[role=dialog]")
    wait_for(lambda: suppliers(app.path) == [("Zebra & Söhne", 9)])

    file = tmp_path / "suppliers.csv"
    file.write_text("Name,Lead time\nAlba,3\nKvist,20\nNorth Mill,\n")
    window.open(f"{app.url}t/supplier/import")
    window.choose("#import-file", file)
    window.click("button", "Try it")
    window.find("#import-outcome")
    window.click("main button", "Import")
    window.click("a", "See the records")
    window.wait_rows(4)
    assert len(suppliers(app.path)) == 4

    window.open(f'{app.url}t/supplier?filter={{"all":[["lead_days",">",5]]}}')
    window.wait_rows(2)
    window.open(f"{app.url}t/supplier")
    window.write("#search", "kvist")
    window.wait_rows(1)
    window.click("tbody button[aria-label^=Delete]")
    window.click("[role=alertdialog] button", "Delete")
    wait_for(lambda: len(suppliers(app.path)) == 3)
    window.click("button", "Undo")
    wait_for(lambda: len(suppliers(app.path)) == 4)
    assert window.complaints == []
