"""Forms whose inputs come, go and compute as one types, in a real Chromium; nothing flashes up meanwhile."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from testbed import ROOT, Daemon, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

LOANS = json.loads((ROOT / "examples" / "loans.json").read_text())
SEEN = """
window.seen = new Set();
new MutationObserver(() => {
  for (const each of document.querySelectorAll('fieldset'))
    if (each.checkVisibility()) window.seen.add(each.innerText.split('\\n')[0].replace(' *', ''));
}).observe(document, {subtree: true, childList: true, attributes: true});
"""
"""Notes what every field is called that was ever to be seen."""
Opener = Callable[..., Page]


def rows(path: str, query: str) -> list[Any]:
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database:
        return database.execute(query).fetchall()


def write(path: str, statement: str) -> None:
    """Change the data; the first visitor has the tables made."""
    wait_for(lambda: "item" in {name for (name,) in rows(path, "SELECT name FROM sqlite_master")})
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database, database:
        database.execute(statement)


def test_a_form_shows_hides_requires_restricts_and_computes(shared: Daemon, visit: Opener) -> None:
    app = shared.create("loans", spec=LOANS)
    page = visit(f"{app.url}t/loan", script=SEEN)
    write(app.path, "INSERT INTO item (name, price) VALUES ('Drill', 1200000)")
    page.get_by_role("button", name="Add Loan").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Borrower")).to_be_visible()
    expect(dialog.get_by_label("Returned on")).to_be_hidden()
    expect(dialog.get_by_label("Condition")).to_be_hidden()
    assert not {"Returned on", "Condition"} & set(page.evaluate("[...window.seen]"))

    dialog.get_by_label("Borrower").fill("Ada")
    dialog.get_by_label("From").fill("2026-01-01")
    dialog.locator("#in-due").fill("2026-01-10")
    expect(dialog.locator("#in-days")).to_have_text("10")
    dialog.get_by_label("Item").click()
    page.get_by_role("option", name="Drill").click()

    dialog.get_by_label("State").select_option("Lost")
    expect(dialog.get_by_label("Condition")).to_be_visible()
    expect(dialog.get_by_label("Condition").locator("option")).to_have_text(["Choose…", "Gone"])
    expect(dialog.locator("#in-charge")).to_have_text(re.compile("120.00"))
    expect(dialog.get_by_label("Borrower")).to_have_value("Ada")

    dialog.get_by_label("State").select_option("Returned")
    expect(dialog.get_by_label("Returned on")).to_be_visible()
    expect(dialog.get_by_label("Returned on")).to_have_attribute("aria-required", "true")
    dialog.get_by_label("Condition").select_option("Broken")
    expect(dialog.locator("#in-charge")).to_have_text(re.compile("60.00"))
    dialog.get_by_role("button", name="Add Loan").click()
    expect(dialog.get_by_text("This is required.")).to_be_visible()
    dialog.get_by_label("Returned on").fill("2025-12-31")
    dialog.get_by_role("button", name="Add Loan").click()
    expect(dialog.get_by_text("It cannot come back before it begins.")).to_be_visible()
    dialog.get_by_label("Returned on").fill("2026-01-09")
    dialog.get_by_role("button", name="Add Loan").click()
    expect(dialog).to_have_count(0)
    assert rows(app.path, "SELECT borrower, state, returned, condition FROM loan") == [
        ("Ada", "Returned", "2026-01-09", "Broken")
    ]
    expect(page.locator("tbody tr")).to_contain_text("60.00")

    page.goto(f"{app.url}t/item")
    expect(page.locator("tbody tr")).to_contain_text("120.00")


@pytest.mark.long
def test_a_value_that_is_hidden_again_is_not_stored(shared: Daemon, visit: Opener) -> None:
    app = shared.create("hides", spec=LOANS)
    page = visit(f"{app.url}t/loan")
    write(app.path, "INSERT INTO item (name, price) VALUES ('Saw', 100000)")
    write(
        app.path,
        "INSERT INTO loan (borrower, item, begin, due, state, returned, condition)"
        " VALUES ('Bob', 1, '2026-01-01', '2026-01-02', 'Returned', '2026-01-02', 'Worn')",
    )
    page.reload()
    page.locator("tbody tr").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Returned on")).to_have_value("2026-01-02")
    dialog.get_by_label("State").select_option("Out")
    expect(dialog.get_by_label("Returned on")).to_be_hidden()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert rows(app.path, "SELECT state, returned, condition FROM loan") == [("Out", None, None)]
