"""A real browser stays on its page while the process that serves it is replaced."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_instances import instances, redis
from playwright.sync_api import Browser, expect

from protoddfd.generate.bundle import TEMPLATE
from protoddfd.generate.render import render

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SPEC = b"""{"name": "shop", "title": "Shop", "entities": [{"name": "Customer", "title": "Customer",
  "plural": "Customers", "fields": [{"name": "name", "title": "Name", "type": "text", "required": true}]}]}"""
RESTARTS = 3


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    render(TEMPLATE, folder, "shop", SPEC)
    return folder


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "redis").mkdir()
    with redis(tmp_path / "redis") as url:
        yield url


@pytest.mark.long
def test_a_tab_comes_back_by_itself_with_what_it_showed(
    app: Path, shared_bundle: Path, redis_url: str, browser: Browser
) -> None:
    with instances(app, shared_bundle, REFLEX_REDIS_URL=redis_url) as processes:
        serving = processes.fork()
        context = browser.new_context(base_url=f"http://127.0.0.1:{processes.port}")
        page = context.new_page()
        connections: list[str] = []
        page.on("websocket", lambda opened: connections.append(opened.url))
        page.goto("/t/customer")
        for name in ("Ada", "Grace"):
            page.locator(".df-tools").get_by_role("button", name="Add").click()
            page.get_by_role("dialog").get_by_label("Name").fill(name)
            page.keyboard.press("Enter")
            expect(page.get_by_role("dialog")).to_have_count(0)
        page.get_by_label("Search this table").fill("ada")
        expect(page.locator("tbody tr")).to_have_count(1)
        for number in range(1, RESTARTS + 1):
            leaving, serving = serving, processes.fork()
            with page.expect_websocket(lambda opened: "token=" in opened.url):
                os.kill(leaving, signal.SIGTERM)
            assert len(connections) == 1 + number
            page.locator("tbody tr").click()
            expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value("Ada")
            page.keyboard.press("Escape")
            expect(page.locator("tbody tr")).to_have_count(1)
        context.close()
