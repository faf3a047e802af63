"""The pages of an app in the language of its reader, and numbers and days as that reader writes them."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dataforms.database import Database
from dataforms.types import Value
from dataforms.ui.live import read_spec
from testbed import Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

SPEC: dict[str, Any] = {
    "name": "kiosk",
    "title": "Kiosk",
    "language": "es",
    "entities": [
        {
            "name": "Item",
            "title": "Artikel",
            "plural": "Artikel",
            "fields": [
                {"name": "name", "title": "Bezeichnung", "type": "text", "required": True},
                {"name": "price", "title": "Preis", "type": "money", "currency": "EUR", "min": 1},
                {"name": "share", "title": "Anteil", "type": "percent"},
                {"name": "weight", "title": "Gewicht", "type": "decimal", "unit": "kg"},
                {"name": "since", "title": "Seit", "type": "date"},
                {"name": "seen", "title": "Gesehen", "type": "datetime"},
            ],
        }
    ],
}
RECORD: dict[str, Value] = {
    "name": "Tee",
    "price": Decimal("1234.5"),
    "share": Decimal("12.5"),
    "weight": Decimal("1234.25"),
    "since": date(2024, 3, 1),
    "seen": datetime(2024, 3, 1, 14, 30),  # noqa: DTZ001 - these carry no zone
}


@pytest.fixture(scope="module")
def kiosk(shared: Daemon) -> str:
    app = shared.create("kiosk", spec=SPEC)
    folder = Path(app.path)
    database = Database(read_spec(folder), f"sqlite:///{folder}/data/app.db")
    database.create()
    database.load("Item", [RECORD])
    database.close()
    return str(app.url).rstrip("/")


class Reader:
    """Opens pages in a browser of some locale, and keeps what its console complains of."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.complaints: list[str] = []

    def page(self, locale: str) -> Page:
        page = self._browser.new_context(viewport={"width": 1280, "height": 800}, locale=locale).new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        return page


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    reader = Reader(browser)
    yield reader
    for context in browser.contexts:
        context.close()
    assert reader.complaints == []


def shown(page: Page) -> list[str]:
    expect(page.locator("tbody td.df-cell")).to_have_count(len(RECORD))
    return [
        text.replace("\xa0", " ").replace("\u202f", " ")
        for text in page.locator("tbody td.df-cell").all_inner_texts()
    ]


def test_table_form_and_errors_are_in_german_for_a_german(kiosk: str, reader: Reader) -> None:
    page = reader.page("de-DE")
    page.goto(kiosk)
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("link", name="Übersicht").first).to_be_visible()
    page.locator(".df-card").click()
    assert shown(page) == [
        "Tee",
        "1.234,50 €",
        "12,5 %",
        "1.234,25 kg",
        "1. März 2024",
        "1. März 2024, 14:30",
    ]
    expect(page.locator(".df-range")).to_have_text("1–1 von 1")
    page.get_by_role("button", name="Artikel hinzufügen").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Preis").fill("0,5")
    form.get_by_role("button", name="Artikel hinzufügen").click()
    expect(form).to_contain_text("Pflichtfeld: Bitte ausfüllen.")
    expect(form).to_contain_text("Muss mindestens")


def test_who_reads_neither_gets_the_language_of_the_spec(kiosk: str, reader: Reader) -> None:
    page = reader.page("fr-FR")
    page.goto(f"{kiosk}/t/item")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("searchbox", name="Buscar en esta tabla")).to_be_visible()
    assert shown(page)[1:3] == ["1234,50 €", "12,5 %"]


def test_an_english_reader_has_days_and_amounts_of_their_country(kiosk: str, reader: Reader) -> None:
    page = reader.page("en-GB")
    page.goto(f"{kiosk}/t/item")
    assert shown(page) == ["Tee", "€1,234.50", "12.5%", "1,234.25 kg", "1 Mar 2024", "1 Mar 2024, 14:30"]


def test_a_choice_in_the_menu_comes_first_and_stays(kiosk: str, reader: Reader) -> None:
    page = reader.page("en-US")
    page.goto(f"{kiosk}/t/item")
    page.get_by_label("Language").select_option("de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("searchbox", name="Diese Tabelle durchsuchen")).to_be_visible()
    expect(page.locator(".df-range")).to_have_text("1–1 von 1")
    page.goto(kiosk)
    expect(page.get_by_label("Sprache")).to_have_value("de")
    expect(page.locator(".df-card-count")).to_have_text("1 Eintrag")


def test_exports_and_inputs_stay_as_they_are_for_all(kiosk: str, reader: Reader) -> None:
    page = reader.page("de-DE")
    page.goto(f"{kiosk}/t/item")
    page.get_by_role("button", name="Tee bearbeiten").click()
    expect(page.get_by_role("dialog").get_by_label("Seit")).to_have_value("2024-03-01")
    answer = page.request.get(f"{kiosk}/export/item.csv")
    assert "2024-03-01" in answer.text()
    assert ",1234.5,12.5,1234.25,2024-03-01," in answer.text()
