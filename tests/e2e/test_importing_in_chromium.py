"""Importing a file into a table, in a real Chromium: chosen, mapped, tried, carried out, cancelled."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from testbed import ROOT, Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LOANS = json.loads((ROOT / "examples" / "loans.json").read_text())
SOME = "Name,Price,Shelf\nDrill,120.00,1\nSaw,45.50,2\n,3.00,3\nSander,many,4\n"
PATIENCE_MS = 30_000
"""Files are read and imported by a process of its own, which a busy machine starts late."""
Opener = Callable[..., Page]


def items(path: str) -> list[Any]:
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database:
        return database.execute("SELECT name, price FROM item ORDER BY id").fetchall()


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("#import-file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def number(page: Page, label: str) -> str:
    return (
        page.locator("#import-outcome dl div")
        .filter(has=page.get_by_text(label, exact=True))
        .locator("dd")
        .inner_text()
    )


def test_a_file_is_mapped_tried_and_imported(shared: Daemon, visit: Opener) -> None:
    app = shared.create("stock", spec=LOANS)
    page = visit(f"{app.url}t/item")
    page.get_by_role("link", name="Import", exact=True).click()
    choose(page, "items.csv", SOME.encode())
    expect(page.get_by_label("Field for Price")).to_have_value("price", timeout=PATIENCE_MS)
    expect(page.get_by_label("Field for Shelf")).to_have_value("-")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Would be added")).to_be_visible(timeout=PATIENCE_MS)
    assert (number(page, "Would be added"), number(page, "Left out")) == ("2", "2")
    expect(page.get_by_role("cell", name="This is required.")).to_be_visible()
    assert items(app.path) == []

    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of them as CSV").click()
    told = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert told[0] == "Row,Column,Reason,Name,Price,Shelf"
    assert told[1] == "4,Name,This is required.,,3.00,3"

    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="See the records").click()
    expect(page.get_by_role("cell", name="Drill", exact=True)).to_be_visible()
    assert items(app.path) == [("Drill", 1_200_000), ("Saw", 455_000)]


def test_rows_change_the_records_that_are_there(shared: Daemon, visit: Opener) -> None:
    app = shared.create("again", spec=LOANS)
    page = visit(f"{app.url}t/item/import")
    choose(page, "first.csv", b"name,price\nDrill,1\n")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("button", name="Import another file").click()
    choose(page, "second.csv", b"what,cost\nDrill,2\nSaw,3\n")
    page.get_by_label("Field for what").select_option("name")
    page.get_by_label("Field for cost").select_option("price")
    page.get_by_label("A row and a record are the same by").select_option("name")
    expect(page.get_by_label("When the record is there")).to_have_value("update", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("link", name="See the records")).to_be_visible(timeout=PATIENCE_MS)
    assert (number(page, "Added"), number(page, "Changed")) == ("1", "1")
    assert items(app.path) == [("Drill", 20_000), ("Saw", 30_000)]


@pytest.mark.long
def test_what_is_no_table_is_refused_with_a_reason(shared: Daemon, visit: Opener) -> None:
    app = shared.create("refusing", spec=LOANS)
    page = visit(f"{app.url}t/item/import")
    choose(page, "picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(100))
    expect(page.get_by_role("alert").filter(has_text="PNG image")).to_be_visible(timeout=PATIENCE_MS)
    choose(page, "items.csv", SOME.encode())
    expect(page.get_by_label("Field for Price")).to_be_visible(timeout=PATIENCE_MS)


def test_an_import_that_is_cancelled_keeps_nothing(shared: Daemon, visit: Opener) -> None:
    app = shared.create("cancelled", spec=LOANS)
    page = visit(f"{app.url}t/item/import")
    many = "name,price\n" + "".join(f"Thing {n},{n}\n" for n in range(150_000))
    choose(page, "many.csv", many.encode())
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    cancelled = page.get_by_text("The import was cancelled; nothing of it was kept.")
    expect(cancelled).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
    assert _imports(Path(app.path)) == []
    assert items(app.path) == []


def _imports(app: Path) -> list[str]:
    """Return the processes that import into an app."""
    found: list[str] = []
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"dataforms.importing.job" in words.read_bytes() and ((words.parent / "cwd").resolve() == app):
                found.append(words.parent.name)
        except OSError:
            continue
    return found
