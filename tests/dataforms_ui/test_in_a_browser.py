"""What a person does with a generated app, in a real browser, against a real server."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def open_table(page: Page, title: str) -> None:
    page.get_by_role("navigation", name="Tables").get_by_role("link", name=re.compile(title)).click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


def add(page: Page, **typed: str) -> None:
    page.locator(".df-tools").get_by_role("button", name="Add").click()
    for name, text in typed.items():
        page.locator(f"[name={name}]").fill(text)
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def names(page: Page) -> list[str]:
    return page.locator("tbody td.is-main").all_inner_texts()


@pytest.mark.long
def test_tables_are_listed_and_an_empty_one_says_what_to_do(page: Page) -> None:
    expect(page.locator("a.df-card h2")).to_have_text(["Customers", "Orders"])
    expect(page).to_have_title("Corner Shop")
    page.locator("a.df-card", has_text="Customers").click()
    expect(page.get_by_role("heading", name="No Customers yet")).to_be_visible()
    expect(page).to_have_title("Customers · Corner Shop")


def test_a_record_is_added_changed_and_there_after_a_reload(page: Page) -> None:
    open_table(page, "Customers")
    page.get_by_role("main").get_by_role("button", name="Add Customer").first.click()
    expect(page.locator("[name=name]")).to_be_focused()
    page.get_by_role("dialog").get_by_label("Name").fill("Ada Lovelace")
    page.get_by_role("dialog").get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("dialog").get_by_label("Tier").select_option("Gold")
    page.get_by_role("dialog").get_by_label("Retail").check(force=True)
    page.get_by_role("dialog").get_by_label("Active").check()
    page.get_by_role("radio", name="4").check(force=True)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Customer added")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.reload()
    row = page.locator("tbody tr")
    expect(row).to_contain_text("Ada Lovelace")
    expect(row).to_contain_text("Gold")
    expect(row.get_by_role("img", name="4 of 5")).to_be_visible()
    row.click()
    page.get_by_role("dialog").get_by_label("Name").fill("Ada King")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("td.is-main")).to_have_text("Ada King")
    expect(page.locator(".df-side .df-nav-count").first).to_have_text("1")


@pytest.mark.long
def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(page: Page) -> None:
    open_table(page, "Customers")
    page.locator(".df-tools").get_by_role("button", name="Add").click()
    page.get_by_role("dialog").get_by_label("E-mail").fill("nonsense")
    page.get_by_role("dialog").get_by_label("Notes").fill("keep me")
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.locator(".df-error")).to_have_count(2)
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog").get_by_label("E-mail")).to_have_value("nonsense")
    expect(page.get_by_role("dialog").get_by_label("Notes")).to_have_value("keep me")
    page.get_by_role("dialog").get_by_label("Name").fill("Ada")
    page.get_by_role("dialog").get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.locator("td.is-main")).to_have_text("Ada")


@pytest.mark.long
def test_escape_asks_before_it_closes_the_form_and_forgets_what_was_typed(page: Page) -> None:
    open_table(page, "Customers")
    page.locator(".df-tools").get_by_role("button", name="Add").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Nobody")
    page.keyboard.press("Escape")
    page.get_by_role("alertdialog").get_by_role("button", name="Keep editing").click()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("Nobody")
    page.keyboard.press("Escape")
    page.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator(".df-tools").get_by_role("button", name="Add").click()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("")


@pytest.mark.long
def test_rows_are_sorted_searched_and_paged_by_the_server(page: Page) -> None:
    open_table(page, "Customers")
    for number in range(12):
        add(page, name=f"Customer {number:02}")
    expect(page.locator("tbody tr")).to_have_count(12)
    page.get_by_label("Rows on a page").select_option("10")
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".df-range")).to_have_text("11–12 of 12")
    header = page.get_by_role("columnheader", name="Name")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(page.locator("td.is-main").first).to_have_text("Customer 11")
    page.get_by_label("Search this table").fill("07")
    expect(page.locator("td.is-main")).to_have_text(["Customer 07"])
    page.get_by_label("Search this table").fill("zzz")
    expect(page.get_by_text("Nothing matches “zzz”")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    expect(page.get_by_label("Search this table")).to_have_value("")


@pytest.mark.long
def test_a_reference_is_picked_with_the_keyboard(page: Page) -> None:
    open_table(page, "Customers")
    for name in ("Ada", "Bea", "Cyd"):
        add(page, name=name)
    open_table(page, "Orders")
    page.locator(".df-tools").get_by_role("button", name="Add").click()
    page.get_by_role("dialog").get_by_label("Number").fill("7")
    box = page.get_by_role("combobox", name="Customer")
    box.press_sequentially("be")
    expect(page.get_by_role("option")).to_have_text(["Bea", "New Customer…"])
    page.keyboard.press("Enter")
    expect(box).to_have_value("Bea")
    expect(page.get_by_role("listbox")).to_have_count(0)
    page.get_by_role("dialog").get_by_label("Amount").fill("12.50")
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.locator("tbody tr")).to_contain_text("Bea")
    expect(page.locator("tbody tr")).to_contain_text("12.50")


@pytest.mark.long
def test_deleting_asks_first_and_says_why_a_record_must_stay(page: Page) -> None:
    open_table(page, "Customers")
    add(page, name="Ada")
    add(page, name="Bea")
    open_table(page, "Orders")
    page.locator(".df-tools").get_by_role("button", name="Add").click()
    page.get_by_role("dialog").get_by_label("Number").fill("1")
    page.get_by_role("combobox", name="Customer").click()
    page.get_by_role("option", name="Ada").click()
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    open_table(page, "Customers")
    page.get_by_role("button", name="Delete Ada").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_contain_text("1 Order uses this Customer")
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Delete Bea").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Customer deleted")).to_be_visible()
    assert names(page) == ["Ada"]


@pytest.mark.long
def test_a_phone_gets_a_menu_and_cards_that_fit(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("dialog").get_by_role("link", name="Customers").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    add(page, name="Ada Lovelace", email="ada.lovelace.of.the.analytical.engine@a-rather-long-domain.example")
    expect(page.locator("td.is-main")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_colour_mode_is_switched_and_remembered(page: Page) -> None:
    page.locator(".df-side").get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.reload()
    page.wait_for_selector("a.df-card")
    expect(page.locator("html")).to_have_class(re.compile("dark"))


@pytest.mark.long
def test_an_unknown_table_leads_back(page: Page) -> None:
    page.goto("/t/nope")
    expect(page.get_by_role("heading", name="There is no such table")).to_be_visible()
    page.get_by_role("link", name="See all tables").click()
    expect(page.locator("a.df-card")).to_have_count(2)


@pytest.mark.long
def test_an_unknown_address_leads_back(browser: Browser, shop: str) -> None:
    page = browser.new_page(base_url=shop)
    answer = page.goto("/no/such/page")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="See all tables").click()
    expect(page.locator("a.df-card")).to_have_count(2)
    page.close()


def test_markup_in_a_record_is_shown_as_text(page: Page) -> None:
    open_table(page, "Customers")
    hostile = "<img src=x onerror=alert(1)>{7*7}${7*7}"
    add(page, name=hostile)
    expect(page.locator("td.is-main")).to_have_text(hostile)
    page.locator("tbody tr").click()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value(hostile)
