"""A person's way through an app made from files: open, add, edit, delete, reload, in a real Chromium."""

import copy
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from testbed import ROOT, SPEC, Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Opener = Callable[[str], Page]


def rows(path: str, query: str) -> list[Any]:
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database:
        return database.execute(query).fetchall()


def test_the_demo_data_can_be_browsed_and_changed(shared: Daemon, visit: Opener) -> None:
    files = sorted((ROOT / "examples").glob("*.csv"))
    app = shared.create("demo", sources=[{"path": str(file)} for file in files])
    page = visit(app.url)
    expect(page.locator("a.df-card")).to_have_count(3)
    expect(page.get_by_role("heading", name="Demo")).to_be_visible()

    page.get_by_role("link", name=re.compile("Airlines")).first.click()
    expect(page.locator("tbody tr")).to_have_count(16)
    page.get_by_role("button", name="Add Airline").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Carrier").fill("ZZ")
    form.get_by_label("Name").fill("Zebra Air")
    form.get_by_role("button", name="Add Airline").click()
    expect(form).to_have_count(0)
    assert rows(app.path, "SELECT name FROM airline WHERE carrier = 'ZZ'") == [("Zebra Air",)]

    page.reload()
    page.get_by_role("searchbox").fill("zebra")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody tr").first.click()
    form.get_by_label("Name").fill("Zebra Airways")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Zebra Airways").first).to_be_visible()

    page.locator("tbody tr").first.hover()
    page.get_by_role("button", name=re.compile("Delete")).first.click()
    page.get_by_role("alertdialog").get_by_role("button", name=re.compile("Delete")).click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    assert rows(app.path, "SELECT count(*) FROM airline") == [(16,)]


@pytest.mark.parametrize("path", ["", "t/customer"])
@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_an_app_starts_in_its_own_colour_mode(
    shared: Daemon, visit: Opener, appearance: str, path: str
) -> None:
    spec = copy.deepcopy(SPEC)
    spec["theme"] = {"appearance": appearance, "accent": "grass"}
    name = f"mode_{appearance}_{'table' if path else 'home'}"
    page = visit(shared.create(name, spec=spec).url + path)
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("html")).to_have_class(appearance)
