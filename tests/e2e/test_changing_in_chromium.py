"""Changing records beside others, many at once, in their place, and back again, in a real Chromium."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dataforms.database import Database
from dataforms.query import Query
from dataforms.spec import decode
from testbed import Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
Opener = Callable[[str], Page]
SPEC = {
    "name": "books",
    "title": "Books",
    "entities": [
        {
            "name": "Book",
            "title": "Book",
            "plural": "Books",
            "fields": [
                {"name": "name", "title": "Name", "type": "text", "required": True},
                {"name": "pages", "title": "Pages", "type": "integer", "min": 1},
                {"name": "state", "title": "State", "type": "enum", "choices": ["In", "Out"]},
                {"name": "topics", "title": "Topics", "type": "references", "target": "Topic", "max": 3},
            ],
        },
        {
            "name": "Topic",
            "title": "Topic",
            "plural": "Topics",
            "fields": [
                {"name": "name", "title": "Name", "type": "text", "required": True},
                {"name": "books", "title": "Books", "type": "children", "target": "Book", "via": "topics"},
            ],
        },
    ],
}
BOOKS = (("Dune", 600, "In"), ("Emma", 400, "In"), ("Ilias", 700, "Out"), ("Ulysses", 800, "In"))
TOPICS = ("Art", "Sand", "War")


class Books:
    """An app with some books in it, and its database as another program sees it."""

    def __init__(self, daemon: Daemon, name: str) -> None:
        app = daemon.create(name, spec=SPEC)
        self.url = f"{app.url}t/book"
        self.database = Database(decode(json.dumps(SPEC)), f"sqlite:///{Path(app.path) / 'data' / 'app.db'}")
        self.database.create()
        for topic in TOPICS:
            self.database.insert("Topic", {"name": topic})
        for title, pages, state in BOOKS:
            self.database.insert("Book", {"name": title, "pages": pages, "state": state})
        self.ids = {str(name): id for name, id in self.database.keys("Book", "name").items()}

    def values(self, field: str) -> dict[object, object]:
        """Return a field of every book, by name."""
        rows = self.database.page("Book", Query()).rows
        return {row.values["name"]: row.values[field] for row in rows}


def line(page: Page, name: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=name)


def test_two_people_who_change_one_record_choose_what_to_keep(
    shared: Daemon, visit: Opener, browser: Browser
) -> None:
    books = Books(shared, "both")
    page, somebody_else = visit(books.url), browser.new_context().new_page()
    somebody_else.goto(books.url)
    line(page, "Dune").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("Dune, the first")
    form.get_by_label("Pages").fill("601")
    line(somebody_else, "Dune").click()
    theirs = somebody_else.get_by_role("dialog")
    theirs.get_by_label("Pages").fill("620")
    theirs.get_by_label("State").select_option("Out")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs).to_have_count(0)
    expect(form.get_by_label("Name")).to_have_value("Dune, the first")
    form.get_by_role("button", name="Save").click()
    sides = page.get_by_role("dialog", name="Somebody else changed this Book meanwhile.")
    pages, state = (sides.get_by_role("group", name=name) for name in ("Pages", "State"))
    expect(pages.get_by_role("radio", name="Mine 601")).to_be_checked()
    expect(state.get_by_role("radio", name="Theirs Out")).to_be_checked()
    expect(sides.get_by_role("group")).to_have_count(2)
    pages.get_by_role("radio", name="Theirs 620").click()
    sides.get_by_role("button", name="Save these").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    record = books.database.get("Book", books.ids["Dune"])
    assert record is not None
    assert [record.values[name] for name in ("name", "pages", "state")] == ["Dune, the first", 620, "Out"]
    expect(line(somebody_else, "Dune, the first")).to_be_visible()
    somebody_else.context.close()


def test_what_others_change_is_seen_and_nothing_open_is_lost(shared: Daemon, visit: Opener) -> None:
    books = Books(shared, "follows")
    one, other = visit(books.url), visit(books.url)
    one.get_by_role("checkbox", name="Select Emma").click()
    one.get_by_role("button", name="Add Book").click()
    one.get_by_role("dialog").get_by_label("Name").fill("Half a na")
    expect(line(other, "Ilias")).to_contain_text("700")
    books.database.update("Book", books.ids["Ilias"], {"pages": 777})  # by another process
    expect(line(one, "Ilias")).to_contain_text("777")
    line(other, "Ulysses").click()
    other.get_by_role("dialog").get_by_label("Pages").fill("888")
    other.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(line(one, "Ulysses")).to_contain_text("888")
    expect(one.get_by_role("dialog").get_by_label("Name")).to_have_value("Half a na")
    one.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    one.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    expect(one.get_by_role("checkbox", name="Select Emma")).to_be_checked()


def test_many_are_changed_deleted_and_brought_back(shared: Daemon, visit: Opener) -> None:
    books = Books(shared, "many")
    page = visit(books.url)
    page.get_by_role("checkbox", name="Select Dune").press("Space")
    page.get_by_role("checkbox", name="Select Ilias").click(modifiers=["Shift"])
    bar = page.get_by_role("region", name="Selected rows")
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change 3 Books")
    dialog.get_by_label("Field to change").select_option("Pages")
    dialog.get_by_label("Pages").fill("-1")
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Ilias: Pages: Must be at least 1.")
    dialog.get_by_label("Pages").fill("99")
    dialog.get_by_label("Field to change").select_option("State")
    dialog.get_by_label("State").select_option("Out")
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert books.values("pages") == {"Dune": 99, "Emma": 99, "Ilias": 99, "Ulysses": 800}
    assert books.values("state")["Emma"] == "Out"
    expect(bar).to_have_count(0)

    page.get_by_role("checkbox", name="Select all rows shown").click()
    page.get_by_role("checkbox", name="Select Ulysses").click()
    bar.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog", name="Delete 3 Books?").get_by_role("button", name="Delete").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    assert books.values("pages")["Dune"] == 99

    line(page, "Emma").hover()
    page.get_by_role("button", name="Delete Emma").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(line(page, "Emma")).to_have_count(0)
    page.get_by_role("link", name="Recently deleted").click()
    page.get_by_role("button", name="Restore Emma").click()
    expect(page.get_by_text("Nothing was deleted")).to_be_visible()
    assert set(books.values("name")) == {name for name, _, _ in BOOKS}


def test_cells_are_edited_in_their_place(shared: Daemon, visit: Opener) -> None:
    books = Books(shared, "cells")
    page = visit(books.url)
    cell = line(page, "Dune").locator("td[data-field=pages]")
    cell.dblclick()
    box = line(page, "Dune").get_by_role("textbox")
    expect(box).to_be_focused()
    expect(box).to_have_value("600")
    box.fill("0")
    box.press("Enter")
    expect(cell.get_by_role("alert")).to_have_text("Must be at least 1.")
    box.fill("601")
    box.press("Tab")
    select = line(page, "Dune").get_by_role("combobox")
    expect(select).to_be_focused()
    select.select_option("Out")
    select.press("Enter")
    expect(line(page, "Dune").locator("td[data-field=state]")).to_have_text("Out")
    assert (books.values("pages")["Dune"], books.values("state")["Dune"]) == (601, "Out")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("region", name="Books").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("F2")
    expect(page.locator("td.is-edited").get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Not kept")
    page.keyboard.press("Escape")
    expect(page.locator("td.is-edited")).to_have_count(0)
    expect(page.locator("td:focus")).to_have_text("Dune")
    assert "Not kept" not in books.values("name")


@pytest.mark.long
def test_links_are_picked_as_chips(shared: Daemon, visit: Opener) -> None:
    books = Books(shared, "links")
    page = visit(books.url)
    line(page, "Dune").click()
    form = page.get_by_role("dialog")
    box = form.get_by_role("combobox", name="Topics")
    box.click()
    form.get_by_role("option", name="Sand").click()
    form.get_by_role("option", name="War").click()
    expect(form.get_by_role("option", name="Sand")).to_have_attribute("aria-selected", "true")
    expect(form.get_by_role("listbox")).to_have_attribute("aria-multiselectable", "true")
    page.keyboard.type("ar")
    expect(form.get_by_role("listbox").get_by_role("option")).to_have_text(["Art", "War", "New Topic…"])
    page.keyboard.press("Enter")
    expect(form.get_by_role("option", name="Art")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(form.get_by_role("listbox")).to_have_count(0)
    form.get_by_role("button", name="Remove Sand").click()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(line(page, "Dune")).to_contain_text(re.compile("Art, War"))
    assert books.values("topics")["Dune"] == (1, 3)

    line(page, "Dune").locator("td[data-field=topics]").dblclick()
    box = line(page, "Dune").get_by_role("combobox", name="Topics")
    expect(box).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.get_by_role("button", name="Remove War")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("td.is-edited")).to_have_count(0)
    assert books.values("topics")["Dune"] == (1,)
    page.get_by_role("checkbox", name="Select Emma").click()
    page.get_by_role("region", name="Selected rows").get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change 1 Book")
    dialog.get_by_label("Field to change").select_option("Topics")
    dialog.get_by_role("combobox", name="Topics").click()
    dialog.get_by_role("option", name="War").click()
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert books.values("topics")["Emma"] == (3,)
    page.goto(books.url.replace("book", "topic"))
    expect(line(page, "War")).to_contain_text("1")
