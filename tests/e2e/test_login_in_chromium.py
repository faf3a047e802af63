"""People sign in, are told apart, and see what their roles show: in a real Chromium, and beside it."""

import asyncio
import contextlib
import copy
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from identity import identity_provider
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as Late

from protoddfd.wire import results
from protoddfd.zygote.visitor import open_page
from testbed import SPEC, Daemon, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

PASSWORD = "correct horse battery"
ROLES: list[dict[str, Any]] = [
    {
        "name": "reader",
        "title": "Reader",
        "default": True,
        "permissions": [{"entity": "Customer", "hidden": ["email"]}],
    },
    {
        "name": "clerk",
        "title": "Clerk",
        "permissions": [
            {"entity": "Customer", "create": True, "update": True},
            {"entity": "Order", "create": True, "update": True, "delete": True},
        ],
    },
    {
        "name": "own",
        "title": "Own",
        "permissions": [
            {"entity": "Customer", "condition": "email == me"},
            {"entity": "Order", "condition": "customer.email == me"},
        ],
    },
]
OWN_FAULTS = re.compile("Failed to load resource")
"""What Chromium says of an answer that refuses, which the tests ask for."""


class Shop(NamedTuple):
    """A running app with a login."""

    app: results.App
    daemon: Daemon
    root: str
    """The cookie of its administrator's session, as a header."""

    @property
    def url(self) -> str:
        return self.app.url.rstrip("/")

    def log(self) -> str:
        records = self.daemon.call("app.logs", name=self.app.name, lines=1000)["records"]
        return "\n".join(record["text"] for record in records)

    def member(self, role: str) -> str:
        """Return the cookie of a new account of a role."""
        command = [sys.executable, "-m", "dataforms.accounts", "add", f"{role}@example.com", "--role", role]
        done = subprocess.run(command, cwd=self.app.path, capture_output=True, text=True, check=True)
        return join(self.url, "invitation", done.stdout.rpartition("#")[2].strip())

    def enter(self, context: BrowserContext, cookie: str) -> Page:
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page


def join(url: str, kind: str, code: str) -> str:
    """Use a one-time link as its page does; return the session's cookie."""
    form = {"code": code, "email": "root@example.com", "name": "Root", "password": PASSWORD}
    answer = httpx.post(f"{url}/auth/join/{kind}", data=form, headers={"origin": url})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return next(f"{name}={value}" for name, value in answer.cookies.items() if not name.startswith("df_note"))


def code_in(log: str) -> str:
    found = re.search(r"/join/first/#(\S+)", log)
    return found.group(1) if found else ""


def shop_of(daemon: Daemon, name: str, **login: Any) -> Shop:
    """Return a new app with a login and some data."""
    spec = copy.deepcopy(SPEC)
    spec |= {"login": {"required": True, **login}, "roles": ROLES}
    shop = Shop(daemon.create(name, spec=spec), daemon, "")
    wait_for(lambda: daemon.app(name).bundle.state in ("shared", "built"), 120)
    code = wait_for(lambda: code_in(shop.log()))
    shop = shop._replace(root=join(shop.url, "first", code))
    with closing(sqlite3.connect(Path(shop.app.path) / "data" / "app.db")) as database, database:
        database.executemany(
            "INSERT INTO customer (name, email) VALUES (?, ?)",
            [("Ada", "own@example.com"), ("Bo", "bo@example.com")],
        )
        database.executemany(
            'INSERT INTO "order" (number, customer) VALUES (?, ?)', [("A-1", 1), ("B-2", 2), ("B-3", 2)]
        )
    return shop


@pytest.fixture(scope="module")
def shop(shared: Daemon) -> Shop:
    return shop_of(shared, "shop", sign_up="open")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser without cookies; its consoles must stay quiet."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type in ("error", "warning") and not OWN_FAULTS.match(said.text)
            else None
        ),
    )
    yield context
    context.close()
    assert complaints == []


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def assert_accessible(page: Page) -> None:
    """Fail with what axe finds that WCAG 2.2 AA forbids."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=options)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def tables(page: Page) -> list[str]:
    expect(page.locator(".df-side .df-nav-count").first).to_be_visible()
    names = page.locator(".df-side .df-menu .df-nav:has(.df-nav-count) .df-nav-name").all_inner_texts()
    counts = page.locator(".df-side .df-nav-count").all_inner_texts()
    return [f"{name} {count}" for name, count in zip(names, counts, strict=True)]


def test_the_first_account_is_made_with_the_code_in_the_log(shared: Daemon, context: BrowserContext) -> None:
    spec = copy.deepcopy(SPEC) | {"login": {"required": True}}
    fresh = Shop(shared.create("fresh", spec=spec), shared, "")
    code = wait_for(lambda: code_in(fresh.log()))
    page = context.new_page()
    page.goto(f"{fresh.url}/t/customer")
    page.get_by_role("link", name="I have the code").click()
    page.get_by_label("Code").fill(code)
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Code")).to_have_value(code)
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
    assert_accessible(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("a.df-card")).to_have_count(2)
    assert PASSWORD not in fresh.log()
    page.goto(f"{fresh.url}/join/first/#{code}")
    page.get_by_label("E-mail").fill("eve@example.com")
    page.get_by_label("Name").fill("Eve")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be used any more")


def test_signing_in_leads_back_to_the_page_and_signing_out_to_the_login(
    shop: Shop, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{shop.url}/t/customer")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "root@example.com", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("E-mail")).to_have_value("root@example.com")
    sign_in(page, "root@example.com")
    expect(page.get_by_role("heading", level=1, name="Customer")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    [cookie] = [each for each in context.cookies() if each["name"].startswith("df_")]
    assert (cookie["httpOnly"], cookie["sameSite"], len(cookie["value"])) == (True, "Lax", 43)
    assert cookie["value"] not in page.content() + page.evaluate("JSON.stringify({...sessionStorage})")

    other = context.new_page()
    other.goto(f"{shop.url}/t/customer")
    expect(other.locator("tbody tr")).to_have_count(2)
    page.locator(".df-side").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    with contextlib.suppress(Late):  # it may have heard of a change, and be there already
        other.get_by_role("columnheader", name="Name").get_by_role("button").click(timeout=2_000)
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    other.go_back()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(other.locator("tbody tr")).to_have_count(0)
    session = {"cookie": f"{cookie['name']}={cookie['value']}"}
    assert httpx.get(f"{shop.url}/export/customer.csv", headers=session).status_code == 401


def test_the_next_person_at_a_browser_gets_nothing_of_the_one_before(
    shop: Shop, context: BrowserContext
) -> None:
    reader = shop.member("reader")
    page = shop.enter(context, shop.root)
    page.goto(f"{shop.url}/t/customer")
    page.get_by_role("button", name="Add Customer").click()
    page.get_by_role("dialog").get_by_label("Name").fill("a secret draft")
    name, _, value = reader.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": shop.url}])
    page.reload()
    expect(page.locator(".df-side .df-me")).to_contain_text("reader@example.com")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert tables(page) == ["Customer 2"]
    assert "bo@example.com" not in page.content()
    assert "secret draft" not in page.content()


def test_roles_decide_what_is_shown_and_what_can_be_done(shop: Shop, browser: Browser) -> None:
    seen = {
        "clerk": ({"Customer 2", "Order 3"}, {"Ada", "Bo"}, True, "bo@example.com"),
        "own": ({"Customer 1", "Order 1"}, {"Ada"}, False, "own@example.com"),
        "reader2": ({"Customer 2"}, {"Ada", "Bo"}, False, None),
    }
    for role, (menu, customers, may_add, email) in seen.items():
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        cookie = shop.member(role) if role != "reader2" else signed_up(shop, "reader2@example.com")
        page = shop.enter(context, cookie)
        page.goto(f"{shop.url}/t/customer")
        expect(page.locator("tbody tr")).to_have_count(len(customers))
        assert set(tables(page)) == menu
        assert set(page.locator("td.is-main").all_inner_texts()) == customers
        assert page.locator(".df-tools").get_by_role("button", name="Add").count() == may_add
        assert page.get_by_role("button", name=re.compile("^Delete")).count() == 0
        assert page.get_by_role("columnheader", name="Email").count() == (email is not None)
        page.get_by_label("Search this table").fill("bo@example")
        expect(page.locator("tbody tr")).to_have_count(1 if role == "clerk" else 0)
        page.get_by_label("Search this table").fill("")
        expect(page).to_have_url(re.compile("/t/customer/?$"))
        page.locator("tbody tr", has_text="Ada").locator("td.is-main").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Name")).to_be_enabled(enabled=may_add)
        assert dialog.get_by_role("button", name="Save").count() == may_add
        assert dialog.get_by_label("Email").count() == (email is not None)
        context.close()
        exported = httpx.get(f"{shop.url}/export/customer.csv", headers={"cookie": cookie}).text
        assert ("bo@example.com" in exported, "Ada" in exported) == (role == "clerk", True)
        told = httpx.get(f"{shop.url}/api/v1/customer", headers={"cookie": cookie}).text
        assert ("bo@example.com" in told, "Ada" in told) == (role == "clerk", True)
        assert httpx.get(f"{shop.url}/api/v1/customer").status_code == 401
        orders = httpx.get(f"{shop.url}/export/order.csv", headers={"cookie": cookie})
        assert ("B-2" in orders.text, "A-1" in orders.text) == (role == "clerk", role != "reader2")


def signed_up(shop: Shop, email: str) -> str:
    form = {"email": email, "name": "Somebody", "password": PASSWORD}
    answer = httpx.post(f"{shop.url}/auth/sign-up", data=form, headers={"origin": shop.url})
    return next(f"{name}={value}" for name, value in answer.cookies.items() if not name.startswith("df_note"))


def test_a_tab_without_a_session_gets_the_login_and_no_data(shop: Shop) -> None:
    port = shop.app.ports.frontend
    assert port is not None
    with ThreadPoolExecutor(1) as thread:  # Playwright has a loop running in this one
        for path in ("/", "/t/customer", "/account", "/people"):
            opened = thread.submit(visit, port, path).result()
            assert b"/login/" in opened
            assert b"Ada" not in opened
            assert b"example.com" not in opened


def visit(port: int, path: str) -> bytes:
    """Return all that a tab without cookies is told until it is sent elsewhere."""
    return b"".join(asyncio.run(open_page(port, path, b"_redirect")))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_no_other_site_can_send_the_forms(shop: Shop, origin: str | None) -> None:
    headers = {"cookie": shop.root} | ({} if origin is None else {"origin": origin})
    for path in ("sign-in", "sign-out", "sign-up", "join/reset", "with/oidc"):
        answer = httpx.post(f"{shop.url}/auth/{path}", data={"email": "x"}, headers=headers)
        assert (answer.status_code, answer.cookies) == (403, httpx.Cookies())
    assert httpx.get(f"{shop.url}/export/customer.csv", headers={"cookie": shop.root}).is_success


def test_a_session_that_was_there_before_ends_with_the_sign_in(shop: Shop) -> None:
    first = signed_up(shop, "fixed@example.com")
    form = {"email": "fixed@example.com", "password": PASSWORD}
    headers = {"origin": shop.url, "cookie": first}
    answer = httpx.post(f"{shop.url}/auth/sign-in", data=form, headers=headers)
    assert first.partition("=")[2] not in answer.cookies.values()
    assert httpx.get(f"{shop.url}/export/customer.csv", headers={"cookie": first}).status_code == 401


def test_a_token_is_made_shown_once_used_and_revoked(shop: Shop, context: BrowserContext) -> None:
    page = shop.enter(context, shop.root)
    page.goto(f"{shop.url}/account/")
    page.get_by_label("What is it for?").fill("nightly")
    page.get_by_label("Reader").check(force=True)
    page.get_by_role("button", name="Make a token").click()
    token = page.get_by_role("dialog").get_by_role("textbox").input_value()
    assert_accessible(page)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("nightly")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert token not in page.content()
    assert_accessible(page)
    bearer = {"authorization": f"Bearer {token}"}
    exported = httpx.get(f"{shop.url}/export/customer.csv", headers=bearer)
    assert ("Ada" in exported.text, "example.com" in exported.text) == (True, False)
    wrong = {"authorization": f"Bearer {token}x", "cookie": shop.root}
    assert httpx.get(f"{shop.url}/export/customer.csv", headers=wrong).status_code == 401
    page.get_by_role("button", name="Revoke nightly").click()
    expect(page.get_by_text("Token revoked")).to_be_visible()
    assert httpx.get(f"{shop.url}/export/customer.csv", headers=bearer).status_code == 401
    assert token not in shop.log()


def test_an_administrator_invites_and_shuts_out(
    shop: Shop, browser: Browser, context: BrowserContext
) -> None:
    page = shop.enter(context, shop.root)
    page.goto(f"{shop.url}/people/")
    page.get_by_role("button", name="Invite").click()
    page.get_by_role("dialog").get_by_label("E-mail").fill("cy@example.com")
    page.get_by_role("dialog").get_by_label("Name").fill("Cy")
    page.get_by_role("dialog").get_by_label("Clerk").check(force=True)
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    link = page.locator("#in-secret").input_value()
    page.get_by_role("button", name="Done").click()
    person = page.locator("li", has_text="cy@example.com")
    expect(person).to_contain_text("Reader, Clerk")
    assert_accessible(page)

    theirs = browser.new_context()
    guest = theirs.new_page()
    guest.goto(link)
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Continue").click()
    expect(guest.locator("a.df-card")).to_have_count(2)
    assert link.rpartition("#")[2] not in guest.url
    guest.goto(f"{shop.url}/people/")
    expect(guest.get_by_text("Only administrators")).to_be_visible()

    person.get_by_role("button", name="Edit Cy").click()
    page.get_by_role("switch", name="Active").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(person).to_contain_text("Not active")
    guest.goto(f"{shop.url}/")
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    theirs.close()


def test_a_changed_password_signs_out_everywhere_else(shop: Shop, context: BrowserContext) -> None:
    cookie = signed_up(shop, "dora@example.com")
    page = context.new_page()
    page.goto(f"{shop.url}/login/")
    sign_in(page, "dora@example.com")
    page.get_by_role("link", name="Somebody").click()
    page.get_by_label("Password now").fill("not the password")
    page.get_by_label("New password").fill("staple battery horse")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_contain_text("not your password")
    page.get_by_label("Password now").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password changed")).to_be_visible()
    assert httpx.get(f"{shop.url}/export/customer.csv", headers={"cookie": cookie}).status_code == 401
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_people_sign_in_with_another_service(shared: Daemon, context: BrowserContext, tmp_path: Path) -> None:
    with identity_provider(tmp_path / "log") as provider:
        provider.know("eva", email="eva@example.com", email_verified=True, name="Eva")
        sso = shop_of(shared, "sso", sign_up="open")
        shared.call("app.set", name="sso", env=provider.variables())
        shared.call("app.restart", name="sso")
        page = context.new_page()
        page.route(
            "**/*", lambda route: route.continue_() if "127.0.0.1" in route.request.url else route.abort()
        )
        page.goto(f"{sso.url}/t/customer")
        page.get_by_role("button", name="Single sign-on").click()
        page.get_by_placeholder("sub").fill("eva")
        page.get_by_role("button", name="Authorize").click()
        expect(page.get_by_role("heading", level=1, name="Customer")).to_be_visible()
        expect(page.locator(".df-me")).to_contain_text("Eva")
        assert tables(page) == ["Customer 2"]


@pytest.mark.parametrize("path", ["login", "join/new", "account", "people"])
@pytest.mark.parametrize("mode", ["light", pytest.param("dark", marks=pytest.mark.long)])
@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.long), 390])
def test_pages_of_the_login_are_accessible(
    shop: Shop, browser: Browser, path: str, mode: str, width: int
) -> None:
    is_dark = mode == "dark"
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme="dark" if is_dark else "light"
    )
    page = shop.enter(context, shop.root) if path in ("account", "people") else context.new_page()
    page.goto(f"{shop.url}/{path}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_class(re.compile(mode))
    assert_accessible(page)
    context.close()
