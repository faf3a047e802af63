"""Every page of an app as axe sees it: light and dark, on a wide screen and on a phone."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.sync_api import Browser, Page, expect

from dataforms.check_theme import ACCENTS
from dataforms.database import Database
from dataforms.types_time import wall_clock
from dataforms.ui.live import read_spec
from testbed import Daemon, wait_for
from tests.e2e.test_login_in_chromium import Shop, code_in, join

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.long]

SIZES = {"wide": (1280, 900), "phone": (390, 844)}
SCREENS = [(size, mode) for size in SIZES for mode in ("light", "dark")]
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = ("serious", "critical")


SPEC: dict[str, Any] = {
    "name": "studio",
    "title": "Studio",
    "description": "Rooms, and who has booked them.",
    "login": {"required": True, "sign_up": "open"},
    "theme": {"accent": "teal"},
    "entities": [
        {
            "name": "Client",
            "title": "Client",
            "views": [
                {
                    "name": "form",
                    "title": "Join",
                    "kind": "form",
                    "steps": [{"title": "Who", "fields": ["name"]}, {"title": "Where", "fields": ["email"]}],
                }
            ],
            "fields": [
                {"name": "name", "title": "Name", "type": "text", "required": True},
                {"name": "email", "title": "E-mail", "type": "email"},
            ],
        },
        {"name": "Room", "title": "Room", "fields": [{"name": "name", "title": "Name", "type": "text"}]},
        {
            "name": "Booking",
            "title": "Booking",
            "description": "What is planned.",
            "fields": [
                {
                    "name": "title",
                    "title": "Title",
                    "type": "text",
                    "required": True,
                    "help": "What it is for.",
                },
                {"name": "client", "title": "Client", "type": "reference", "target": "Client"},
                {
                    "name": "state",
                    "title": "State",
                    "type": "enum",
                    "choices": ["Asked", "Fixed", "Held", "Paid", "Late", "Off", "Kept", "Gone"],
                },
                {"name": "needs", "title": "Needs", "type": "multi_enum", "choices": ["Light", "Sound"]},
                {"name": "day", "title": "Day", "type": "date"},
                {"name": "price", "title": "Price", "type": "money", "currency": "EUR"},
                {"name": "rating", "title": "Rating", "type": "rating"},
                {"name": "done", "title": "Done", "type": "boolean"},
                {"name": "color", "title": "Colour", "type": "color"},
                {"name": "page", "title": "Page", "type": "url"},
                {"name": "notes", "title": "Notes", "type": "long_text"},
                {"name": "picture", "title": "Picture", "type": "image"},
            ],
        },
    ],
}


@pytest.fixture(scope="module")
def studio(shared: Daemon) -> Shop:
    studio = Shop(shared.create("studio", spec=SPEC), shared, "")
    wait_for(lambda: shared.app("studio").bundle.state in ("shared", "built"), 120)
    studio = studio._replace(root=join(studio.url, "first", wait_for(lambda: code_in(studio.log()))))
    folder = Path(studio.app.path)
    database = Database(read_spec(folder), f"sqlite:///{folder}/data/app.db")
    states = SPEC["entities"][2]["fields"][2]["choices"]
    database.load("Client", [{"name": "Ada", "email": "ada@example.com"}, {"name": "Bo"}])
    database.load(
        "Booking",
        (
            {
                "title": f"Booking {n:02}",
                "client": 1 + n % 2,
                "state": states[n % len(states)],
                "needs": ("Light", "Sound")[: 1 + n % 2],
                "day": wall_clock().date() + timedelta(days=n % 20 - 10),
                "price": Decimal(n) * 10,
                "rating": 1 + n % 5,
                "done": n % 2 == 0,
                "color": "#1e90ff",
                "page": "https://example.com/",
                "notes": "Bring all of the cables, and a long ladder. " * (n % 4),
            }
            for n in range(1, 41)
        ),
    )
    database.close()
    return studio


@pytest.fixture(params=SCREENS, ids="-".join)
def reader(request: pytest.FixtureRequest, browser: Browser, studio: Shop) -> Iterator[Page]:
    """Return the page of an administrator."""
    size, mode = request.param
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=mode,
        has_touch=size == "phone",
        reduced_motion="reduce",
    )
    page = studio.enter(context, studio.root)
    yield page
    context.close()


def faults(page: Page) -> list[str]:
    """Return what axe calls grave, each with the elements, and what is too wide for the screen."""
    found = Axe().run(page, options={"runOnly": STANDARD}).response["violations"]
    grave = [each for each in found if each["impact"] in GRAVE]
    told = [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in grave
        for node in each["nodes"][:3]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return told + [f"{wide} px too wide"] * (wide > 0)


def _table(page: Page, url: str) -> None:
    page.goto(f"{url}/t/booking")
    expect(page.locator("tbody td.df-cell").first).to_be_visible()


def _filter(page: Page, url: str) -> None:
    _table(page, url)
    page.get_by_role("button", name="Filter").first.click()
    expect(page.get_by_role("button", name="Add a condition").first).to_be_visible()


def _form(page: Page, url: str) -> None:
    _table(page, url)
    page.locator(".df-head").get_by_role("button", name="Add").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _columns(page: Page, url: str) -> None:
    _table(page, url)
    page.locator("details.df-looks summary").click()
    expect(page.get_by_label("Group by")).to_be_visible()


def _cell(page: Page, url: str) -> None:
    _table(page, url)
    page.locator("tbody td.df-cell").nth(2).dblclick()


def _delete(page: Page, url: str) -> None:
    page.goto(f"{url}/t/booking/3")
    page.get_by_role("button", name=re.compile("Delete")).first.click()
    expect(page.get_by_role("alertdialog")).to_be_visible()


def _faults(page: Page, url: str) -> None:
    _form(page, url)
    page.get_by_role("dialog").locator("[type=submit]").click()
    expect(page.get_by_role("dialog").get_by_text("This is required.").first).to_be_visible()


def _import(page: Page, url: str) -> None:
    page.goto(f"{url}/t/client/import")
    content = b"Name,E-mail\nCy,cy@example.com\nDi,none\n"
    page.locator("#import-file").set_input_files({"name": "c.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Trying changes nothing.")).to_be_visible()
    expect(page.get_by_text("Would be added")).to_be_visible()


def _pressed(path: str, name: str) -> Callable[[Page, str], None]:
    def go(page: Page, url: str) -> None:
        page.goto(f"{url}{path}")
        button = page.get_by_role("button", name=name, exact=True)
        expect(page.locator(".df-calendar-title")).to_be_visible()
        if button.is_visible():
            button.click()

    return go


def _selection(page: Page, url: str) -> None:
    _table(page, url)
    page.locator("tbody .df-tick").first.click()
    expect(page.get_by_text("1 selected")).to_be_visible()


def _at(path: str, text: str) -> Callable[[Page, str], None]:
    def go(page: Page, url: str) -> None:
        page.goto(f"{url}{path}")
        expect(page.locator(".df-main").get_by_text(text).locator("visible=true").first).to_be_visible()

    return go


PAGES: dict[str, Callable[[Page, str], None]] = {
    "home": _at("/", "Rooms, and who"),
    "table": _table,
    "filter": _filter,
    "selection": _selection,
    "form": _form,
    "columns": _columns,
    "cell": _cell,
    "delete": _delete,
    "faults": _faults,
    "steps": _at("/t/client/new", "Who"),
    "form page": _at("/t/booking/3/edit", "What it is for."),
    "imported": _import,
    "empty": _at("/t/room", "Import a file"),
    "week": _pressed("/v/booking-calendar", "Week"),
    "agenda": _pressed("/v/booking-calendar", "Agenda"),
    "record": _at("/t/client/1", "ada@example.com"),
    "import": _at("/t/client/import", "Choose a file"),
    "deleted": _at("/t/client/deleted", "Nothing was deleted"),
    "account": _at("/account", "Change password"),
    "people": _at("/people", "Who may use this app"),
    "lost": _at("/nowhere", "There is no such page"),
    "detail": _at("/t/booking/3", "Booking 03"),
    "board": _at("/v/booking-board", "Booking 38"),
    "calendar": _at("/v/booking-calendar", "Today"),
    "gallery": _at("/v/booking-gallery", "Booking 40"),
    "dashboard": _at("/v/dashboard", "Client"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_nothing_grave(name: str, reader: Page, studio: Shop) -> None:
    PAGES[name](reader, studio.url)
    assert faults(reader) == []


@pytest.mark.parametrize("path", ["/login", "/join/new"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_page_of_those_outside_has_nothing_grave(
    browser: Browser, studio: Shop, path: str, mode: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=mode, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{studio.url}{path}")
    expect(page.locator("[type=submit]")).to_be_visible()
    assert faults(page) == []
    context.close()


CONTRASTS = """accents => {
  const root = document.querySelector('.radix-themes[data-is-root-theme="true"]')
  const button = root.querySelector('.df-button.is-solid')
  button.style.transition = 'none'
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const light = colour => {
    pen.fillStyle = colour
    pen.fillRect(0, 0, 1, 1)
    const parts = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255)
    const [red, green, blue] = parts.map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  return accents.map(accent => {
    root.setAttribute('data-accent-color', accent)
    const { color, backgroundColor } = getComputedStyle(button)
    const [less, more] = [light(color), light(backgroundColor)].sort((one, other) => one - other)
    return [accent, (more + 0.05) / (less + 0.05)]
  })
}"""


def test_a_button_is_read_on_every_accent(reader: Page, studio: Shop) -> None:
    _table(reader, studio.url)
    found: list[tuple[str, float]] = reader.evaluate(CONTRASTS, list(ACCENTS))
    assert len({round(contrast, 2) for _, contrast in found}) > len(ACCENTS) / 2
    assert [each for each in found if each[1] < 4.5] == []
