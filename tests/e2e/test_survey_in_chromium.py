"""A public survey as people see it: a visitor fills it in, and its owner looks at the results."""

import io
import os
import re
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from protoddfd.wire import results
from testbed import ROOT, Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

PICTURE = ROOT / "docs" / "pictures" / "public_survey.png"


@pytest.fixture(scope="module")
def survey(shared: Daemon) -> results.App:
    return shared.create("fair", template="public_survey", spec=None, title="Our fair")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser without cookies; its consoles must stay quiet."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    yield context
    context.close()
    assert complaints == []


def assert_accessible(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def fill_in(page: Page, text: str) -> None:
    page.get_by_role("radio", name="4", exact=True).check(force=True)
    page.get_by_label("Will you come again?").select_option("Yes")
    page.get_by_label("What should we do better?").fill(text)


def test_a_visitor_fills_in_the_survey_and_sees_nothing_else(
    survey: results.App, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(survey.url)
    expect(page.get_by_role("heading", name="Our fair")).to_be_visible()
    assert page.url.rstrip("/").endswith("/t/answer/new")
    assert page.locator(".df-side .df-nav-name").all_inner_texts() == ["Sign in"]
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert_accessible(page)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    fill_in(page, "More shade")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Your answers have arrived.")).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    page.wait_for_timeout(1500)  # all tabs are told that there is something new: this one has to stay
    expect(page.get_by_text("Your answers have arrived.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Fill in another one").click()
    expect(page.get_by_label("What should we do better?")).to_have_value("")
    for path in ("", "v/results", "t/answer"):
        page.goto(f"{survey.url}{path}")
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
        expect(page.get_by_text("More shade")).to_have_count(0)
    page.get_by_role("link", name="Sign in").first.click()
    page.wait_for_url("**/login/")


def test_a_phone_shows_the_form_in_the_readers_language(survey: results.App, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="de")
    page = context.new_page()
    page.goto(survey.url)
    expect(page.get_by_role("button", name="Senden", exact=True)).to_be_visible()
    assert_accessible(page)
    context.close()


def test_the_owner_sees_the_results(survey: results.App, shared: Daemon, context: BrowserContext) -> None:
    url = survey.url.rstrip("/")
    for stars, again in ((5, "Yes"), (4, "Yes"), (4, "Perhaps"), (2, "No"), (5, "Yes"), (3, "Perhaps")):
        answer = {"overall": stars, "again": again, "found_by": "Friends" if stars > 3 else "Newspaper"}
        made = httpx.post(f"{url}/api/v1/answer", json=answer | ({"reason": "Loud"} if again == "No" else {}))
        assert made.status_code == 201
    log = shared.call("app.logs", name=survey.name, lines=1000)["records"]
    code = next(found[1] for each in log if (found := re.search(r"/join/first/#(\S+)", each["text"])))
    form = {"code": code, "email": "owner@example.com", "name": "Owner", "password": "correct horse battery"}
    joined = httpx.post(f"{url}/auth/join/first", data=form, headers={"origin": url})
    context.add_cookies([{"name": name, "value": text, "url": url} for name, text in joined.cookies.items()])
    page = context.new_page()
    page.goto(f"{url}/v/results")
    expect(page.locator(".df-chart:not(.is-number)")).to_have_count(4)
    expect(page.get_by_text("Will come again")).to_be_visible()
    if os.environ.get("DOCS_PICTURES") == "1":
        shot = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
        shot.quantize(64, dither=Image.Dither.NONE).save(PICTURE, "PNG", optimize=True)
    page.goto(f"{url}/t/answer")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.locator(".df-side").get_by_text("People")).to_be_visible()
