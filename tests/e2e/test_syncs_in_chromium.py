"""The page of syncs in a real Chromium: tried, run, followed, cancelled, on wide and narrow screens."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from testbed import Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
PATIENCE_MS = 30_000
"""A run is a process of its own, which a busy machine starts late."""
MANY = 150_000
Opener = Callable[..., Page]


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def counted(card: Locator, label: str) -> str:
    return (
        card.locator("dl div").filter(has=card.page.get_by_text(label, exact=True)).locator("dd").inner_text()
    )


def test_a_sync_is_tried_run_and_its_refused_rows_are_shown(shared: Daemon, visit: Opener) -> None:
    app = shared.create("hub", template="integrations", spec=None)
    page = visit(app.url)
    page.get_by_role("link", name="Syncs").click()
    expect(page.get_by_role("heading", name="Syncs")).to_be_visible()
    customers = card(page, "Customers of the CRM")
    customers.get_by_role("button", name="Try").click()
    expect(customers.get_by_text("Would be added")).to_be_visible(timeout=PATIENCE_MS)
    assert counted(customers, "Would be added") == "25"
    customers.get_by_role("button", name="Run").click()
    expect(customers.get_by_text("Added", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    catalogue, orders = card(page, "Catalogue of the shop"), card(page, "Orders of each month")
    catalogue.get_by_role("button", name="Run").click()
    expect(catalogue.get_by_text("Added", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    orders.get_by_role("button", name="Run").click()
    expect(orders.get_by_role("cell", name="There is no Customer with this E-mail.")).to_be_visible(
        timeout=PATIENCE_MS
    )
    assert (counted(orders, "Added"), counted(orders, "Refused")) == ("134", "2")
    orders.get_by_text("Mapping and last runs").click()
    expect(orders.get_by_role("cell", name="Customer, by email")).to_be_visible()
    unset = card(page, "Stock of the warehouse")
    expect(unset.get_by_text("protoddfctl set hub secrets.WAREHOUSE_DATABASE=")).to_be_visible()
    expect(unset.get_by_role("button", name="Run")).to_be_disabled()
    _keep(page, "syncs")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    _keep(page, "syncs-phone")
    page.goto(f"{app.url}t/order")
    expect(page.get_by_text("1–25 of 134")).to_be_visible()


def test_a_run_is_followed_in_every_tab_and_can_be_cancelled(shared: Daemon, visit: Opener) -> None:
    app = shared.create("long", template="integrations", spec=None)
    rows = "".join(f"p{n}@example.com;P{n};Spain;01.02.2024;yes\n" for n in range(MANY))
    head = "E-Mail;Full name;Country;Since;Newsletter\n"
    (Path(app.path) / "sources" / "customers.csv").write_text(head + rows)
    page, other = visit(f"{app.url}syncs"), visit(f"{app.url}syncs")
    theirs = card(other, "Customers of the CRM")
    expect(theirs.get_by_role("button", name="Run")).to_be_visible()
    mine = card(page, "Customers of the CRM")
    mine.get_by_role("button", name="Run").click()
    expect(theirs.get_by_text("rows stored")).to_be_visible(timeout=PATIENCE_MS)
    expect(mine.get_by_role("progressbar")).to_be_visible()
    theirs.get_by_role("button", name="Cancel").click()
    expect(mine.get_by_text("Cancelled", exact=True).first).to_be_visible(timeout=PATIENCE_MS)
    expect(theirs.get_by_text("Cancelled", exact=True).first).to_be_visible(timeout=PATIENCE_MS)
    page.goto(f"{app.url}t/customer")
    expect(page.get_by_text("Add the first one")).to_be_visible()


def _keep(page: Page, name: str) -> None:
    """Keep a picture of a page, if somebody wants to look at it."""
    folder = os.environ.get("SYNCS_PICTURES")
    if folder:
        width = page.evaluate("innerWidth")
        page.set_viewport_size({"width": width, "height": 1_150})
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=f"{folder}/{name}.png", animations="disabled")
