"""The starters as people see them: filled, at two widths, light and dark; nothing overflows or complains.

With `DOCS_PICTURES=1` the pictures of `docs/gallery.md` are taken meanwhile, in `docs/pictures/`.
"""

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from dataforms.database import Database
from dataforms.sample import fill
from dataforms.spec import AppSpec, decode, table_name
from dataforms.views.chosen import slug_of
from testbed import ROOT, Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.long]

PICTURES = ROOT / "docs" / "pictures"
PICTURE_BYTES = 120_000
STARTERS = sorted(path.stem for path in (ROOT / "examples").glob("*.json"))
WIDTHS = {"desktop": 1280, "phone": 390}
Scheme = Literal["light", "dark"]
Look = tuple[str, Scheme]
LOOKS: tuple[Look, ...] = tuple((width, scheme) for width in WIDTHS for scheme in ("light", "dark"))
PICTURED = {
    "crm": "board",
    "events": "calendar",
    "expenses": "dashboard",
    "integrations": "dashboard",
    "leave": "calendar",
    "projects": "board",
    "recipes": "gallery",
}
"""What the gallery shows of a starter; its largest table where nothing is said."""
THERE = {
    "board": "[data-record]",
    "calendar": ".df-calendar-grid, .df-agenda",
    "gallery": ".df-gallery-card",
    "dashboard": ".df-chart",
}
"""What is visible on a page of each kind of view as soon as it has its data."""
SHOWN: dict[str, Look] = {
    "help_desk": ("phone", "dark"),
    "recipes": ("phone", "light"),
    "events": ("desktop", "dark"),
}
"""The starters that the gallery shows a second time, and how."""
OVERFLOWING = """() => {
  const width = document.documentElement.clientWidth, out = []
  const whole = document.documentElement.scrollWidth
  if (whole > width) out.push('the page: ' + whole)
  for (const each of document.querySelectorAll('body *')) {
    const box = each.getBoundingClientRect()
    if (box.width && (box.right > width + 1 || box.left < -1) && each.checkVisibility() && !framed(each))
      out.push(`${each.tagName}.${each.className}: ${box.left} to ${box.right}`)
  }
  return out
  function framed(each) {
    for (let up = each; up && up !== document.body; up = up.parentElement) {
      const { overflowX, position, clipPath } = getComputedStyle(up)
      if (overflowX !== 'visible' || position === 'fixed' || clipPath !== 'none') return true
    }
    return false
  }
}"""
"""Returns what is cut off, or makes the page scroll sideways; what scrolls in a frame of its own may."""


@contextmanager
def opened(browser: Browser, look: Look) -> Iterator[tuple[Page, list[str]]]:
    """Lend a page of a look, and the list of what its console complains of."""
    width, scheme = look
    context = browser.new_context(
        viewport={"width": WIDTHS[width], "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    try:
        yield page, complaints
    finally:
        context.close()


def fits(page: Page, what: str) -> None:
    assert page.evaluate(OVERFLOWING) == [], f"{what} at {page.viewport_size}"


def picture(page: Page, name: str) -> None:
    """Keep what a page shows, in as few colours as it takes to stay small."""
    if os.environ.get("DOCS_PICTURES") != "1":
        return
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    PICTURES.mkdir(exist_ok=True)
    for colours in (256, 128, 64, 32):
        drawn = shot.quantize(colours, dither=Image.Dither.NONE)
        kept = io.BytesIO()
        drawn.save(kept, "PNG", optimize=True)
        if kept.tell() <= PICTURE_BYTES:
            break
    (PICTURES / f"{name}.png").write_bytes(kept.getvalue())


def filled(path: str, spec: AppSpec) -> None:
    """Fill an app's empty database as `python -m dataforms.sample` does."""
    database = Database(spec, f"sqlite:///{Path(path) / 'data' / 'app.db'}")
    database.create()
    fill(database)
    database.close()


def pages_of(spec: AppSpec) -> Iterator[tuple[str, str, Callable[[Page], None]]]:
    """Yield the name and the address of each page that is looked at, and what to wait for."""
    entity = max(spec.entities, key=lambda each: len(each.fields))
    table = f"t/{table_name(entity.name)}"
    yield "first page", "", lambda page: expect(page.locator("a.df-card")).to_have_count(len(spec.entities))
    yield "table", table, lambda page: expect(page.locator("tbody tr").first).to_be_visible()
    kinds: dict[str, str] = {}
    for each in (entity, *spec.entities):
        for view in each.views:
            kinds.setdefault(view.kind, slug_of(view, each))
    for view in spec.views:
        kinds.setdefault(view.kind, slug_of(view, None))
    for kind, there in THERE.items():
        if kind in kinds:
            yield kind, f"v/{kinds[kind]}", _is_visible(there)


def _is_visible(selector: str) -> Callable[[Page], None]:
    return lambda page: expect(page.locator(selector).filter(visible=True).first).to_be_visible()


def form(page: Page) -> None:
    """Open the form of the first record of a table."""
    page.locator("tbody tr").first.locator("td").nth(1).click()
    expect(
        page.get_by_role("dialog").get_by_role("button", name=re.compile("Save|Next")).first
    ).to_be_visible()


@pytest.mark.parametrize("starter", STARTERS)
def test_a_starter_fits_every_screen(shared: Daemon, browser: Browser, starter: str) -> None:
    text = (ROOT / "examples" / f"{starter}.json").read_bytes()
    spec, plain = decode(text), msgspec.json.decode(text, type=dict[str, Any])
    app = shared.create(starter, spec=plain)
    filled(app.path, spec)
    for look in LOOKS:
        with opened(browser, look) as (page, complaints):
            for what, path, is_there in pages_of(spec):
                page.goto(f"{app.url}{path}")
                is_there(page)
                fits(page, f"{starter}: {what}")
                if what == PICTURED.get(starter, "table"):
                    if look == ("desktop", "light"):
                        picture(page, starter)
                    if SHOWN.get(starter) == look:
                        picture(page, f"{starter}-{'-'.join(look)}")
                if what == "table":
                    form(page)
                    fits(page, f"{starter}: form")
            assert complaints == []


def test_an_app_of_files_fits_every_screen(shared: Daemon, browser: Browser) -> None:
    files = sorted((ROOT / "examples").glob("*.csv"))
    app = shared.create("demo", sources=[{"path": str(file)} for file in files])
    for look in LOOKS:
        with opened(browser, look) as (page, complaints):
            page.goto(f"{app.url}v/dashboard")
            expect(page.locator(".df-chart:not(.is-number)")).to_have_count(4)
            fits(page, "dashboard")
            if look == ("desktop", "light"):
                picture(page, "demo")
            page.goto(f"{app.url}t/flight")
            expect(page.locator("tbody tr").first).to_be_visible()
            fits(page, "table")
            page.goto(f"{app.url}v/flight-calendar")
            page.get_by_role("button", name="Go to").click()
            expect(page.locator(".df-event-link, .df-agenda li").filter(visible=True).first).to_be_visible()
            fits(page, "calendar")
            assert complaints == []
