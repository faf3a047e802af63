"""A running app for the browser: built once, served by the program that serves any app alone."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from protoddfd.generate import bundle
from protoddfd.generate.render import render
from testbed import cache

expect.set_options(timeout=20_000)  # a busy machine is no fault

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SPEC = b"""{
  "name": "shop", "title": "Corner Shop", "description": "What we sell, and to whom.",
  "entities": [
    {"name": "Customer", "title": "Customer", "plural": "Customers", "fields": [
      {"name": "name", "title": "Name", "type": "text", "required": true},
      {"name": "email", "title": "E-mail", "type": "email", "unique": true, "help": "For invoices."},
      {"name": "tier", "title": "Tier", "type": "enum", "choices": ["Bronze", "Silver", "Gold"]},
      {"name": "tags", "title": "Tags", "type": "multi_enum", "choices": ["Retail", "Export"]},
      {"name": "active", "title": "Active", "type": "boolean"},
      {"name": "stars", "title": "Stars", "type": "rating"},
      {"name": "notes", "title": "Notes", "type": "long_text"}]},
    {"name": "Order", "title": "Order", "plural": "Orders", "fields": [
      {"name": "number", "title": "Number", "type": "integer", "required": true, "unique": true},
      {"name": "customer", "title": "Customer", "type": "reference", "target": "Customer", "required": true},
      {"name": "placed", "title": "Placed", "type": "date"},
      {"name": "amount", "title": "Amount", "type": "money", "currency": "EUR", "min": 0}]}]
}"""


@pytest.fixture(scope="session")
def shared_bundle() -> Path:
    """Return the template's bundle, built if need be."""
    return bundle.ensure_shared(cache(), lambda step: None)


@pytest.fixture
def shop(tmp_path: Path, shared_bundle: Path) -> Iterator[str]:
    """Serve the app of SPEC, with an empty database; return its address."""
    render(bundle.TEMPLATE, tmp_path, "shop", SPEC)
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    descriptors = [each.fileno() for each in sockets]
    program = [sys.executable, "-m", "protoddfd.zygote.alone", str(tmp_path), "shop_app.shop"]
    process = subprocess.Popen([*program, str(shared_bundle), *map(str, descriptors)], pass_fds=descriptors)
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    for each in sockets:
        each.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium. Playwright keeps an event loop running, which must end before others need theirs."""
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Chromium: apt install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, shop: str) -> Iterator[Page]:
    """Open the first page; afterwards the console must have been quiet and no other host asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=shop)
    opened = context.new_page()
    opened.set_default_timeout(30_000)  # a busy machine is no fault
    faults: list[str] = []
    opened.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on(
        "request", lambda asked: None if asked.url.startswith((shop, "data:")) else faults.append(asked.url)
    )
    opened.on("response", lambda got: faults.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    opened.goto("/")
    opened.wait_for_selector("a.df-card")
    yield opened
    context.close()
    assert faults == []
