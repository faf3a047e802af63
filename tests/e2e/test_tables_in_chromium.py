"""A person's way about a table: filters, columns, pages, groups and views, all in the page's address."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from dataforms.database import Database
from dataforms.ui.live import read_spec
from testbed import Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Opener = Callable[[str], Page]
STATES = ("New", "Open", "Done")
SPEC: dict[str, Any] = {
    "name": "desk",
    "title": "Desk",
    "entities": [
        {
            "name": "Person",
            "title": "Person",
            "plural": "People",
            "fields": [{"name": "name", "title": "Name", "type": "text", "required": True}],
        },
        {
            "name": "Ticket",
            "title": "Ticket",
            "plural": "Tickets",
            "fields": [
                {"name": "title", "title": "Title", "type": "text", "required": True},
                {"name": "state", "title": "State", "type": "enum", "choices": list(STATES)},
                {"name": "hours", "title": "Hours", "type": "integer"},
                {"name": "due", "title": "Due", "type": "date"},
                {"name": "owner", "title": "Owner", "type": "reference", "target": "Person"},
                {"name": "watchers", "title": "Watchers", "type": "references", "target": "Person"},
            ],
            "views": [
                {
                    "name": "open",
                    "title": "Open ones",
                    "filter": {"all": [["state", "any_of", ["Open"]]]},
                    "sort": "-hours",
                    "totals": ["hours:sum"],
                }
            ],
        },
    ],
}
MANY = 60


@pytest.fixture(scope="module")
def desk(shared: Daemon) -> str:
    app = shared.create("desk", spec=SPEC)
    folder = Path(app.path)
    database = Database(read_spec(folder), f"sqlite:///{folder}/data/app.db")
    database.create()
    database.load("Person", ({"name": name} for name in ("Ada", "Bo")))
    database.load(
        "Ticket",
        (
            {
                "title": f"Ticket {n:02}",
                "state": STATES[n % 3],
                "hours": n,
                "due": date(2024, 1, 1 + n % 28),
                "owner": 1 + n % 2,
                "watchers": (1, 2) if n <= 4 else (2,) if n <= 10 else None,
            }
            for n in range(1, MANY + 1)
        ),
    )
    database.close()
    return str(app.url)


def opened(visit: Opener, address: str) -> Page:
    page = visit(address)
    expect(page.get_by_role("heading", name="Tickets")).to_be_visible()
    return page


def records(page: Page) -> Locator:
    return page.locator("tbody tr:not(.df-group-head)")


def shows(page: Page, many: int, text: str) -> None:
    expect(page.locator(".df-range")).to_have_text(text)
    expect(records(page)).to_have_count(many)


def tick(box: Locator, *, ticked: bool) -> None:
    box.click()  # it is ticked when the app has answered
    expect(box).to_be_checked(checked=ticked)


def test_a_filter_is_made_shown_and_removed(visit: Opener, desk: str) -> None:
    page = opened(visit, f"{desk}t/ticket")
    shows(page, 25, f"1–25 of {MANY}")
    page.get_by_role("button", name="Filter", exact=True).click()
    form = page.get_by_role("form", name="Filter")
    form.get_by_label("Field").select_option("Hours")
    form.get_by_label("Comparison").select_option(">")
    form.get_by_role("button", name="Apply").click()
    expect(form.get_by_role("alert")).to_contain_text("What to compare with is missing")
    form.get_by_label("Value").fill("40")
    form.get_by_role("button", name="Add a condition").click()
    form.get_by_label("Field").nth(1).select_option("State")
    tick(form.get_by_role("checkbox", name="Open"), ticked=True)
    tick(form.get_by_role("checkbox", name="Done"), ticked=True)
    form.get_by_role("button", name="Apply").click()
    shows(page, 13, "1–13 of 13")
    chips = page.get_by_role("list", name="Active filters").get_by_role("listitem")
    expect(chips).to_have_text(["Hours > 40", "State is any of Open, Done"])

    expect(page).to_have_url(re.compile("filter="))  # it follows what is shown
    copied = visit(page.url)
    shows(copied, 13, "1–13 of 13")
    copied.close()

    page.get_by_role("button", name="Remove the filter Hours > 40").click()
    shows(page, 25, "1–25 of 40")
    expect(page).not_to_have_url(re.compile("hours"))
    page.go_back()
    shows(page, 13, "1–13 of 13")
    page.go_back()
    shows(page, 25, f"1–25 of {MANY}")
    expect(chips).to_have_count(0)


@pytest.mark.long
def test_records_that_a_field_names_are_looked_for_and_ticked(visit: Opener, desk: str) -> None:
    page = opened(visit, f"{desk}t/ticket")
    page.get_by_role("button", name="Filter", exact=True).click()
    form = page.get_by_role("form", name="Filter")
    form.get_by_label("Field").select_option("Watchers")
    form.get_by_label("Search Watchers").fill("bo")
    expect(form.get_by_label("Ada")).to_have_count(0)
    tick(form.get_by_label("Bo"), ticked=True)
    form.get_by_role("button", name="Apply").click()
    shows(page, 10, "1–10 of 10")
    chips = page.get_by_role("list", name="Active filters").get_by_role("listitem")
    expect(chips).to_have_text("Watchers has any of Bo")
    chips.get_by_role("button").first.click()
    form.get_by_label("Comparison").select_option("has all of")
    form.get_by_label("Search Watchers").fill("")
    tick(form.get_by_label("Ada"), ticked=True)
    form.get_by_role("button", name="Apply").click()
    shows(page, 4, "1–4 of 4")
    chips.get_by_role("button").first.click()
    form.get_by_label("Comparison").select_option("is empty")
    form.get_by_role("button", name="Apply").click()
    shows(page, 25, f"1–25 of {MANY - 10}")


def test_groups_of_conditions_and_records_are_found(visit: Opener, desk: str) -> None:
    page = opened(visit, f"{desk}t/ticket")
    page.get_by_role("button", name="Filter", exact=True).press("Enter")
    form = page.get_by_role("form", name="Filter")
    form.get_by_label("Field").select_option("Owner")
    form.get_by_label("Search Owner").fill("ad")
    expect(form.get_by_role("checkbox")).to_have_count(1)
    tick(form.get_by_role("checkbox", name="Ada"), ticked=True)
    form.get_by_role("button", name="Add a group").click()
    form.get_by_label("Field").nth(1).select_option("Hours")
    form.get_by_label("Comparison").nth(1).select_option("=")
    form.get_by_label("Value").fill("4")
    form.get_by_role("button", name="Add to this group").click()
    form.get_by_label("Field").nth(2).select_option("Due")
    form.get_by_label("Comparison").nth(2).select_option("is between")
    form.get_by_label("From").fill("2024-01-01")
    form.get_by_label("To").fill("2024-01-03")
    form.get_by_role("button", name="Apply").click()
    chips = page.get_by_role("list", name="Active filters").get_by_role("listitem")
    expect(chips).to_have_text(
        ["Owner is any of Ada", "(Hours = 4 or Due is between 2024-01-01, 2024-01-03)"]
    )
    expected = [n for n in range(1, MANY + 1) if n % 2 == 0 and (n == 4 or n % 28 < 3)]
    expect(records(page)).to_have_count(len(expected))
    page.get_by_role("button", name="Show all").click()
    shows(page, 25, f"1–25 of {MANY}")


def test_pages_search_and_sort_are_in_the_address(visit: Opener, desk: str) -> None:
    page = opened(visit, f"{desk}t/ticket")
    page.get_by_role("button", name="Title").click()
    page.get_by_role("button", name="Last page").click()
    shows(page, 10, f"51–60 of {MANY}")
    expect(page.get_by_role("button", name="Next page")).to_be_disabled()
    page.get_by_role("button", name="Previous page").click()
    shows(page, 25, f"26–50 of {MANY}")
    expect(page).to_have_url(re.compile(r"sort=title&page=2$"))
    page.get_by_role("button", name="First page").click()
    shows(page, 25, f"1–25 of {MANY}")
    expect(page).to_have_url(re.compile(r"sort=title$"))
    page.go_back()
    shows(page, 25, f"26–50 of {MANY}")
    page.get_by_role("searchbox").fill("ticket 1")
    shows(page, 15, "1–15 of 15")
    expect(page).to_have_url(re.compile(r"search=ticket\+1"))
    page.reload()
    shows(page, 15, "1–15 of 15")
    expect(page.get_by_role("searchbox")).to_have_value("ticket 1")


def test_columns_are_chosen_and_kept_in_the_browser(visit: Opener, desk: str) -> None:
    page = opened(visit, f"{desk}t/ticket")
    heads = page.locator("thead th")
    expect(heads).to_have_count(8)
    menu = page.locator("details.df-looks")
    menu.locator("summary").press("Enter")
    tick(
        menu.get_by_role("group", name="Columns").get_by_role("checkbox", name="Due", exact=True),
        ticked=False,
    )
    expect(heads).to_have_count(7)
    menu.get_by_role("checkbox", name="Due", exact=True).press("Escape")
    expect(menu.get_by_role("checkbox", name="Due", exact=True)).to_be_hidden()
    expect(page).to_have_url(re.compile("columns=title%2Cstate%2Chours%2Cowner%2Cwatchers"))
    page.goto(f"{desk}t/ticket")
    expect(heads).to_have_count(7)


def test_rows_are_grouped_and_totalled(visit: Opener, desk: str) -> None:
    page = opened(visit, f"{desk}t/ticket?size=50")
    menu = page.locator("details.df-looks")
    menu.locator("summary").click()
    menu.get_by_label("Group by").select_option("State")
    expect(page.locator("tr.df-group-head")).to_have_text(["New20", "Open20", "Done20"])
    tick(menu.get_by_role("checkbox", name="Sum: Hours"), ticked=True)
    expect(page.locator(".df-sums")).to_have_text(f"Sum: Hours{sum(range(1, MANY + 1))}")


def test_views_are_tabs_and_can_be_kept(visit: Opener, desk: str) -> None:
    page = opened(visit, f"{desk}t/ticket")
    tabs = page.get_by_role("navigation", name="Views")
    tabs.get_by_role("link", name="Open ones").click()
    shows(page, 20, "1–20 of 20")
    expect(records(page).first).to_contain_text("Ticket 58")
    expect(page.locator(".df-sums")).to_contain_text("Sum: Hours")
    page.get_by_role("searchbox").fill("ticket 5")
    shows(page, 4, "1–4 of 4")
    page.locator("details.df-looks summary").click()
    page.get_by_role("button", name="Save as a view").click()
    page.get_by_text("For everybody").click()  # the words, which nothing covers
    expect(page.get_by_role("checkbox", name="For everybody")).not_to_be_checked()
    page.get_by_label("Name of the view").fill("Fifties")
    page.get_by_label("Name of the view").press("Enter")
    kept = tabs.get_by_role("link", name="Fifties")
    expect(kept).to_have_attribute("aria-current", "page")
    tabs.get_by_role("link", name="All").click()
    shows(page, 25, f"1–25 of {MANY}")
    expect(page.get_by_role("searchbox")).to_have_value("")
    kept.click()
    shows(page, 4, "1–4 of 4")
    page.get_by_role("button", name="Delete the view Fifties").click()
    expect(kept).to_have_count(0)
