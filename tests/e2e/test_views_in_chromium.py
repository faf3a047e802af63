"""Records on pages of their own, boards, calendars, galleries and dashboards, in a real Chromium."""

import re
import sqlite3
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from testbed import Daemon, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

SPEC: dict[str, Any] = {
    "version": 1,
    "name": "any",
    "title": "Corner Shop",
    "entities": [
        {
            "name": "Customer",
            "title": "Customer",
            "plural": "Customers",
            "fields": [
                {"name": "name", "title": "Name", "type": "text", "required": True},
                {"name": "photo", "title": "Photo", "type": "image"},
            ],
        },
        {
            "name": "Order",
            "title": "Order",
            "plural": "Orders",
            "fields": [
                {"name": "number", "title": "Number", "type": "text", "required": True},
                {"name": "customer", "title": "Customer", "type": "reference", "target": "Customer"},
                {"name": "status", "title": "Status", "type": "enum", "choices": ["New", "Sent", "Paid"]},
                {"name": "begin", "title": "Begin", "type": "date"},
                {"name": "until", "title": "Until", "type": "date"},
                {"name": "price", "title": "Price", "type": "money", "currency": "EUR"},
                {
                    "name": "receipt",
                    "title": "Receipt",
                    "type": "text",
                    "visible_when": 'status == "Paid"',
                    "required_when": 'status == "Paid"',
                },
            ],
        },
    ],
    "views": [
        {
            "name": "sales",
            "title": "Sales",
            "kind": "dashboard",
            "filters": ["status"],
            "cards": [
                {"title": "Orders", "entity": "Order", "date": "begin"},
                {"title": "Turnover", "entity": "Order", "aggregate": "sum", "value": "price * 2"},
                {"title": "By status", "kind": "pie", "entity": "Order", "group": "status", "width": 2},
                {
                    "title": "By month",
                    "kind": "area",
                    "entity": "Order",
                    "aggregate": "sum",
                    "value": "price",
                    "group": "begin",
                    "width": 2,
                },
                {"title": "By customer", "kind": "bar", "entity": "Order", "group": "customer"},
            ],
        }
    ],
}
TODAY = datetime.now(tz=UTC).astimezone().date()
FIRST = TODAY.replace(day=1)
Opener = Callable[..., Page]


def rows(path: str, query: str) -> list[Any]:
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database:
        return database.execute(query).fetchall()


def png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xd0\x30\x30")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def fill(path: str, orders: int = 3) -> None:
    """Store customers and orders; the first visitor has the tables made."""
    wait_for(lambda: "order" in {name for (name,) in rows(path, "SELECT name FROM sqlite_master")})
    days = [(FIRST + timedelta(days=9 + number % 10)).isoformat() for number in range(orders)]
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database, database:
        database.executemany("INSERT INTO customer (name) VALUES (?)", [("Ada",), ("Bea",)])
        database.executemany(
            'INSERT INTO "order" (number, customer, status, begin, price) VALUES (?, 1, ?, ?, ?)',
            [(f"A-{number:03}", "New", day, 100_000 * (number + 1)) for number, day in enumerate(days)],
        )


def opened(shared: Daemon, visit: Opener, name: str, path: str, orders: int = 3) -> tuple[str, Page]:
    app = shared.create(name, spec={**SPEC, "name": name})
    page = visit(app.url)
    fill(app.path, orders)
    page.goto(app.url + path)
    return app.path, page


def lane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def day(page: Page, when: date) -> Locator:
    return page.locator(f"[data-drop='{when.isoformat()}']")


def test_a_record_has_a_page_with_all_that_refers_to_it(shared: Daemon, visit: Opener) -> None:
    path, page = opened(shared, visit, "detail", "t/customer")
    page.get_by_role("link", name="Open Ada").click()
    expect(page.get_by_role("heading", level=1, name="Ada")).to_be_visible()
    related = page.locator(".df-related")
    expect(related.get_by_role("link")).to_have_count(3)
    expect(related).to_contain_text("€20.00")

    page.get_by_role("button", name="Add Order").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Customer")).to_have_value("Ada")
    dialog.get_by_label("Number").fill("A-900")
    dialog.locator("[type=submit]").click()
    expect(related.get_by_role("link")).to_have_count(4)
    assert rows(path, "SELECT customer FROM \"order\" WHERE number = 'A-900'") == [(1,)]

    page.get_by_role("button", name="Edit").click()
    dialog.get_by_label("Name").fill("Ada King")
    dialog.locator("[type=submit]").click()
    expect(page.get_by_role("heading", level=1, name="Ada King")).to_be_visible()

    related.get_by_role("link", name=re.compile("A-000")).click()
    expect(page.get_by_role("heading", level=1, name="A-000")).to_be_visible()
    page.get_by_role("link", name="Record after").click()
    expect(page.get_by_role("heading", level=1, name="A-001")).to_be_visible()
    expect(page).to_have_title("A-001 · Corner Shop")
    page.get_by_role("link", name="Ada King").click()
    expect(page.get_by_role("heading", level=1, name="Ada King")).to_be_visible()


def test_a_record_is_deleted_on_its_page_and_its_address_says_so(shared: Daemon, visit: Opener) -> None:
    path, page = opened(shared, visit, "gone", "t/order/2")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="There is no such record")).to_be_visible()
    assert rows(path, 'SELECT count(*) FROM "order"') == [(2,)]
    page.get_by_role("link", name="See all Orders").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_cards_are_moved_by_dragging_by_keyboard_and_by_their_list(shared: Daemon, visit: Opener) -> None:
    path, page = opened(shared, visit, "board", "t/order")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Board").click()
    expect(lane(page, "New").get_by_role("listitem")).to_have_count(3)
    expect(lane(page, "New")).to_contain_text("€60.00")

    page.locator("[data-record='1']").drag_to(lane(page, "Sent"))
    expect(lane(page, "Sent").get_by_role("listitem")).to_have_count(1)
    assert rows(path, 'SELECT status FROM "order" WHERE id = 1') == [("Sent",)]

    page.get_by_role("link", name="A-001").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(lane(page, "Sent").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("link", name="A-001")).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    expect(lane(page, "New").get_by_role("listitem")).to_have_count(2)

    page.get_by_label("Move A-002 to").select_option("Sent")
    expect(lane(page, "Sent").get_by_role("listitem")).to_have_count(2)
    expect(lane(page, "Sent")).to_contain_text("€40.00")
    assert rows(path, 'SELECT status FROM "order" ORDER BY id') == [("Sent",), ("New",), ("Sent",)]

    page.get_by_label("Move A-001 to").select_option("Paid")
    expect(page.get_by_text("Receipt: This is required.")).to_be_visible()
    expect(lane(page, "New").get_by_role("listitem")).to_have_count(1)
    assert rows(path, "SELECT count(*) FROM \"order\" WHERE status = 'Paid'") == [(0,)]


@pytest.mark.long
def test_a_column_shows_some_of_many_cards_and_adds_to_them(shared: Daemon, visit: Opener) -> None:
    path, page = opened(shared, visit, "many", "v/order-board", orders=50)
    cards = lane(page, "New").get_by_role("listitem")
    expect(cards).to_have_count(20)
    page.get_by_role("button", name="Show 20 of 30 more").click()
    expect(cards).to_have_count(40)
    page.get_by_role("button", name="Show 10 more").click()
    expect(cards).to_have_count(50)
    page.get_by_role("button", name="Add to Sent").click()
    page.get_by_role("dialog").get_by_label("Number").fill("B-1")
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(lane(page, "Sent").get_by_role("listitem")).to_have_count(1)
    assert rows(path, "SELECT status FROM \"order\" WHERE number = 'B-1'") == [("Sent",)]


def test_records_are_moved_and_added_on_a_calendar(shared: Daemon, visit: Opener) -> None:
    path, page = opened(shared, visit, "calendar", "v/order-calendar")
    tenth = FIRST + timedelta(days=9)
    expect(day(page, tenth)).to_contain_text("A-000")
    page.locator("[data-record='1']").first.drag_to(day(page, tenth + timedelta(days=5)))
    expect(day(page, tenth + timedelta(days=5))).to_contain_text("A-000")
    page.locator(".df-days").get_by_role("link", name="A-001").focus()
    page.keyboard.press("Shift+ArrowDown")
    expect(day(page, tenth + timedelta(days=8))).to_contain_text("A-001")
    expect(page.locator(".df-days").get_by_role("link", name="A-001")).to_be_focused()
    begins = [(tenth + timedelta(days=each)).isoformat() for each in (5, 8, 2)]
    assert rows(path, 'SELECT begin FROM "order" ORDER BY id') == [(each,) for each in begins]

    day(page, FIRST).hover()
    day(page, FIRST).get_by_role("button", name="Add on").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Begin")).to_have_value(FIRST.isoformat())
    dialog.get_by_label("Number").fill("New one")
    dialog.get_by_label("Until").fill((FIRST + timedelta(days=2)).isoformat())
    dialog.locator("[type=submit]").click()
    expect(page.locator(".df-days").get_by_role("link", name="New one")).to_have_count(3)

    page.get_by_role("button", name="Before").click()
    expect(page.locator(".df-days").get_by_role("link", name="A-001")).to_have_count(0)
    page.get_by_role("button", name="Today").click()
    expect(day(page, TODAY)).to_have_class(re.compile("is-today"))
    page.get_by_role("button", name="Week", exact=True).click()
    expect(page.locator(".df-day")).to_have_count(7)
    page.get_by_role("button", name="Agenda").click()
    expect(page.locator(".df-agenda").get_by_role("link", name="A-002")).to_be_visible()


@pytest.mark.long
def test_a_phone_gets_the_agenda_and_nothing_is_wider_than_it(shared: Daemon, visit: Opener) -> None:
    _, page = opened(shared, visit, "phone", "v/order-calendar")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".df-agenda").get_by_role("link", name="A-001")).to_be_visible()
    expect(page.locator(".df-calendar-grid")).to_be_hidden()
    for path in ("v/order-calendar", "v/order-board", "v/customer-gallery", "v/sales", "t/order/1"):
        page.goto(page.url.split("/v/")[0].split("/t/")[0].rstrip("/") + "/" + path)
        expect(page.get_by_role("heading", level=1).first).not_to_be_empty()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_gallery_shows_pictures(shared: Daemon, visit: Opener) -> None:
    _, page = opened(shared, visit, "gallery", "v/customer-gallery")
    cards = page.locator(".df-gallery-card")
    expect(cards).to_have_count(2)
    expect(cards.first.locator(".is-tile")).to_have_text("B")
    page.get_by_role("link", name="Bea").click()
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "bea.png", "mimeType": "image/png", "buffer": png()}
    )
    expect(dialog.get_by_text("bea.png")).to_be_visible()
    dialog.locator("[type=submit]").click()
    expect(dialog).to_have_count(0)
    page.go_back()
    picture = cards.first.locator("img")
    expect(picture).to_be_visible()
    wait_for(lambda: picture.evaluate("each => each.complete && each.naturalWidth") == 1)


def test_a_dashboard_adds_up_and_is_filtered(shared: Daemon, visit: Opener) -> None:
    path, page = opened(shared, visit, "dashboard", "")
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database, database:
        database.execute("UPDATE \"order\" SET status = 'Sent' WHERE id = 3")
        database.execute("UPDATE \"order\" SET begin = '2001-02-03' WHERE id = 1")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Sales").click()

    def card(name: str) -> Locator:
        return page.locator(".df-chart").filter(has=page.get_by_role("heading", name=name, exact=True))

    def figures(name: str) -> list[str]:
        return card(name).locator(".df-figure-table tbody tr").all_text_contents()

    expect(card("Orders").locator(".df-number")).to_have_text("3")
    expect(card("Turnover").locator(".df-number")).to_have_text("€120.00")
    expect(card("By status").locator("path")).to_have_count(2)
    assert figures("By status") == ["New2", "Sent1"]
    assert figures("By customer") == ["Ada3"]
    assert len(figures("By month")) == 12

    page.get_by_label("Status").select_option("Sent")
    expect(card("Turnover").locator(".df-number")).to_have_text("€60.00")
    page.get_by_label("Status").select_option("")
    expect(card("Turnover").locator(".df-number")).to_have_text("€120.00")
    page.get_by_label("Time").select_option("This month")
    expect(card("Orders").locator(".df-number")).to_have_text("2")
    page.get_by_label("From", exact=True).fill("2001-01-01")
    page.get_by_label("From", exact=True).blur()
    expect(card("Orders").locator(".df-number")).to_have_text("3")
    page.get_by_label("To", exact=True).fill("2001-12-31")
    page.get_by_label("To", exact=True).blur()
    expect(card("Orders").locator(".df-number")).to_have_text("1")
    card("By status").get_by_text("Figures").click()
    expect(card("By status").get_by_role("cell", name="2", exact=True)).to_be_visible()


@pytest.mark.long
def test_empty_views_say_what_to_do_and_unknown_ones_lead_back(shared: Daemon, visit: Opener) -> None:
    app = shared.create("nothing", spec={**SPEC, "name": "nothing"})
    page = visit(f"{app.url}v/order-board")
    expect(page.get_by_role("heading", name="No Orders yet")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Add Order").last.click()
    page.get_by_role("dialog").get_by_label("Number").fill("A-1")
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(lane(page, "Not set").get_by_role("listitem")).to_have_count(1)
    page.goto(f"{app.url}v/sales")
    expect(page.locator(".df-chart").first).to_contain_text("1")
    page.goto(f"{app.url}v/nothing")
    expect(page.get_by_role("heading", name="There is no such view")).to_be_visible()
    page.goto(f"{app.url}t/order/77")
    expect(page.get_by_role("heading", name="There is no such record")).to_be_visible()
    page.goto(f"{app.url}t/order/import")
    expect(page.locator("#import-file")).to_have_count(1)


def test_the_first_page_loads_nothing_of_views(shared: Daemon, visit: Opener) -> None:
    app = shared.create("light", spec={**SPEC, "name": "light"})
    page = visit(app.url)
    expect(page.locator("a.df-card")).to_have_count(2)
    asked: list[str] = page.evaluate(
        "performance.getEntriesByType('resource').filter(each => each.initiatorType !== 'link')"
        ".map(each => each.name)"
    )
    assert asked
    assert not [name for name in asked if "view_slug" in name or "record" in name]
