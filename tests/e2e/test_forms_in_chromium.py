"""Forms as people fill them in, in a real Chromium: rows, pickers, steps, drafts, addresses, the way out."""

import copy
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from testbed import ROOT, Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

ORDERS = json.loads((ROOT / "examples" / "orders.json").read_text())
Opener = Callable[..., Page]


def rows(path: str, query: str) -> list[Any]:
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database:
        return database.execute(query).fetchall()


def add_product(page: Page, url: str, name: str, price: str) -> None:
    page.goto(f"{url}t/product/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Price").fill(price)
    page.get_by_role("button", name="Add Product").click()
    expect(page.get_by_role("heading", level=1, name="Products")).to_be_visible()


def test_an_order_is_taken_with_its_items_and_a_customer_made_meanwhile(
    shared: Daemon, visit: Opener
) -> None:
    app = shared.create("orders", spec=ORDERS)
    page = visit(app.url)
    add_product(page, app.url, "Nail", "0.50")
    page.goto(f"{app.url}t/order")
    page.get_by_role("button", name="Add Order").first.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Number").fill("A1")

    box = page.get_by_role("combobox", name="Customer")
    box.focus()
    page.keyboard.type("Ada")
    expect(page.get_by_role("option")).to_have_text(["New Customer…"])
    page.keyboard.press("Enter")
    expect(form.get_by_label("Name")).to_have_value("Ada")
    form.get_by_role("button", name="Add Customer").click()
    expect(page.get_by_role("combobox", name="Customer")).to_have_value("Ada")
    expect(page.get_by_role("combobox", name="Customer")).to_be_focused()
    expect(form.get_by_label("Number")).to_have_value("A1")

    page.get_by_role("button", name="Add Item").click()
    expect(page.get_by_role("combobox", name="Product")).to_be_focused()
    page.keyboard.type("na")
    expect(page.get_by_role("option", name="Nail")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Product")).to_have_value("Nail")
    page.get_by_role("textbox", name="Quantity").fill("0")
    page.get_by_role("textbox", name="Price").fill("2,50")
    expect(page.locator("#in-net")).to_have_text("€0.00")
    form.get_by_role("button", name="Add Order").click()
    expect(page.get_by_text("Must be at least 1.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Quantity")).to_be_focused()
    assert rows(app.path, 'SELECT count(*) FROM "order"') == [(0,)]
    page.get_by_role("textbox", name="Quantity").fill("4")
    expect(page.locator("#in-net")).to_have_text("€10.00")
    form.get_by_label("Discount").fill("10")
    expect(page.locator("#in-total")).to_have_text("€9.00")
    form.get_by_role("button", name="Add Order").click()
    expect(form).to_have_count(0)
    assert rows(app.path, "SELECT quantity, price FROM order_item") == [(4, 25000)]

    page.locator("tbody tr").first.click()
    page.get_by_role("button", name="Remove this Item").click()
    expect(page.locator("#in-net")).to_have_text("€0.00")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    assert rows(app.path, "SELECT count(*) FROM order_item") == [(0,)]


def test_on_a_phone_rows_are_cards_that_fit(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_phone", spec=ORDERS)
    page = visit(f"{app.url}t/order/new")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Add Item").click()
    expect(page.get_by_role("textbox", name="Quantity")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.get_by_role("textbox", name="Quantity").bounding_box()
    assert box is not None
    assert box["width"] > 250


def test_a_picker_works_by_keys_alone(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_keys", spec=ORDERS)
    page = visit(app.url)
    for name in ("Axe", "Nail", "Saw"):
        add_product(page, app.url, name, "1")
    page.goto(f"{app.url}t/order_item/new")
    box = page.get_by_role("combobox", name="Product")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.focus()
    page.keyboard.press("ArrowDown")
    listed = page.get_by_role("listbox").get_by_role("option")
    expect(listed).to_have_text(["Axe", "Nail", "Saw", "New Product…"])
    page.keyboard.press("ArrowDown")
    option = page.get_by_role("option", name="Nail")
    expect(option).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", name="Axe")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="Saw")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Saw")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Quantity")).to_be_focused()


def test_messages_stand_beside_a_field_when_it_is_left(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_told", spec=ORDERS)
    page = visit(f"{app.url}t/customer/new")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name="Add Customer").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{app.url}t/customer/new")
    mail = page.get_by_label("E-mail")
    mail.fill("ada@example.com")
    mail.blur()
    expect(page.get_by_text("Another record has this already.")).to_be_visible()
    expect(mail).to_have_attribute("aria-invalid", "true")
    mail.fill("ada@example.org")
    expect(page.locator(".df-error")).to_have_count(0)
    mail.fill("nonsense")
    page.get_by_role("button", name="Add Customer").click(delay=300)  # a message must not move it away
    page.get_by_role("alert").get_by_role("link", name=re.compile("E-mail")).click()
    expect(mail).to_be_focused()


def test_steps_go_on_and_back_and_are_summed_up(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_steps", spec=ORDERS)
    page = visit(f"{app.url}t/booking")
    page.get_by_role("button", name="Add Booking").first.click()
    form = page.get_by_role("dialog")
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".df-error")).to_have_text(["This is required."] * 2)
    form.get_by_label("Guest").fill("Ada")
    form.get_by_label("E-mail").fill("ada@example.com")
    page.keyboard.press("Enter")
    expect(form.get_by_label("From")).to_be_focused()
    form.get_by_label("From").fill("2026-03-01")
    page.get_by_role("button", name="Back").click()
    expect(form.get_by_label("Guest")).to_have_value("Ada")
    page.get_by_role("button", name="Next").click()
    form.get_by_label("To", exact=True).fill("2026-02-01")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("It cannot end before it begins.")).to_be_visible()
    form.get_by_label("To", exact=True).fill("2026-03-08")
    page.get_by_role("button", name="Next").click()
    form.get_by_label("Wishes").fill("Quiet")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("dl")).to_contain_text("2026-03-08")
    form.get_by_role("button", name="Add Booking").click()
    expect(form).to_have_count(0)
    assert rows(app.path, "SELECT guest, begin FROM booking") == [("Ada", "2026-03-01")]


def test_a_draft_outlives_the_tab_and_goes_when_it_is_saved(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_draft", spec=ORDERS)
    page = visit(f"{app.url}t/order/new")
    page.get_by_label("Number").fill("A7")
    page.get_by_role("button", name="Add Item").click()
    expect(page.locator("[data-row] input:focus")).to_have_count(
        1
    )  # it goes to the new row, with what is typed
    page.get_by_role("textbox", name="Quantity").fill("3")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")  # at once, as when the tab is closed
    page.close()

    page = visit(f"{app.url}t/order/new")
    expect(page.get_by_text("has been restored")).to_be_visible()
    expect(page.get_by_label("Number")).to_have_value("A7")
    expect(page.get_by_role("textbox", name="Quantity")).to_have_value("3")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Number")).to_have_value("")
    expect(page.get_by_text("has been restored")).to_have_count(0)

    page.goto(f"{app.url}t/customer/new")
    page.get_by_label("Name").fill("Ada")
    page.wait_for_function("Object.values(localStorage).some((text) => text.includes('Ada'))")
    page.get_by_role("button", name="Add Customer").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{app.url}t/customer/new")
    expect(page.get_by_label("Name")).to_have_value("")


@pytest.mark.long
def test_a_form_has_an_address_that_fills_it_in(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_page", spec=ORDERS)
    page = visit(f"{app.url}t/customer/new?name=Ada&email=nonsense")
    expect(page.get_by_label("Name")).to_have_value("Ada")
    expect(page.get_by_label("E-mail")).to_have_value("")
    page.get_by_role("button", name="Add Customer").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{app.url}t/order/new?customer=1")
    expect(page.get_by_role("combobox", name="Customer")).to_have_value("Ada")
    page.goto(f"{app.url}t/customer/1/edit")
    page.get_by_label("Name").fill("Ada King")
    page.get_by_role("link", name="Overview").first.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Keep editing").click()
    expect(page.get_by_label("Name")).to_have_value("Ada King")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tbody tr")).to_contain_text("Ada King")
    page.goto(f"{app.url}t/customer/1/edit")
    page.get_by_label("Name").fill("Nobody")
    page.get_by_role("link", name="Overview").first.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    expect(page.locator("a.df-card").first).to_be_visible()
    page.goto(f"{app.url}t/customer/99/edit")
    expect(page.get_by_role("heading", name="There is nothing to fill in here")).to_be_visible()
    assert rows(app.path, "SELECT name FROM customer") == [("Ada King",)]


def test_the_way_back_asks_before_what_is_typed_is_left(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_back", spec=ORDERS)
    page = visit(app.url)
    page.get_by_role("navigation", name="Tables").get_by_role("link", name="Customers").click()
    page.get_by_role("button", name="Add Customer").first.click()
    page.get_by_role("dialog").get_by_label("Name").fill("Ada")
    page.evaluate("history.back()")
    page.get_by_role("alertdialog").get_by_role("button", name="Keep editing").click()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("Ada")
    expect(page).to_have_url(f"{app.url}t/customer")
    page.evaluate("history.back()")
    page.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    expect(page).to_have_url(app.url)
    expect(page.locator("a.df-card").first).to_be_visible()


def test_inputs_help_to_write_what_they_take(shared: Daemon, visit: Opener) -> None:
    app = shared.create("orders_inputs", spec=copy.deepcopy(ORDERS))
    page = visit(f"{app.url}t/visit/new")
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 52.52, "longitude": 13.405})
    page.get_by_role("button", name="Use my position").click()
    expect(page.get_by_label("Where")).to_have_value("52.520000, 13.405000")
    raw = page.get_by_label("Raw data")
    raw.fill('{"a":')
    expect(page.get_by_text("Must be JSON")).to_be_visible()
    raw.fill('{"a": 1}')
    expect(page.get_by_text("Must be JSON")).to_have_count(0)
    notes = page.get_by_label("Notes")
    notes.fill("well done")
    notes.select_text()
    page.keyboard.press("Control+b")
    expect(notes).to_have_value("**well done**")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("strong")).to_have_text("well done")
    page.get_by_role("radio", name="1", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.get_by_label("Title").fill("Lunch")
    page.get_by_label("Took").fill("1:30")
    page.get_by_role("button", name="Add Visit").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert rows(app.path, "SELECT stars, took, notes FROM visit") == [(2, 5_400_000, "**well done**")]
