"""Real daemons in homes of their own."""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from protoddfd.generate.bundle import template_digest
from testbed import Daemon, cache

expect.set_options(timeout=20_000)  # a busy machine is no fault


@pytest.fixture(scope="session", autouse=True)
def _bundles_of_tests() -> Iterator[None]:
    """Remove the bundles that changed apps of the tests left in the cache that all share.

    The first of several runs side by side notes which there were, the last one removes the others.
    """
    folder = cache() / "bundles"
    with (cache() / "tests.lock").open("a+") as noted:
        if _locked(noted, fcntl.LOCK_EX):
            noted.truncate(0)
            json.dump([template_digest(), *(path.name for path in folder.glob("*"))], noted)
            noted.flush()
        fcntl.flock(noted, fcntl.LOCK_SH)
        yield
        if _locked(noted, fcntl.LOCK_EX):
            noted.seek(0)
            before = json.load(noted)
            for path in folder.glob("*"):
                if path.name not in before:
                    shutil.rmtree(path)


def _locked(file: IO[str], kind: int) -> bool:
    """Tell whether a lock was free, which it is not as long as another run has it."""
    with suppress(BlockingIOError):
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    return False


@pytest.fixture
def home() -> Iterator[Path]:
    """Return a folder with a short name, since socket paths may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="pd-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def daemon(home: Path) -> Iterator[Daemon]:
    """Return a running daemon of the test's own."""
    daemon = Daemon(home)
    try:
        yield daemon.start()
    finally:
        daemon.clean_up()


@pytest.fixture(scope="module")
def shared() -> Iterator[Daemon]:
    """Return a daemon that the tests of one file share; each uses names of its own."""
    folder = Path(tempfile.mkdtemp(prefix="pd-"))
    daemon = Daemon(folder)
    try:
        yield daemon.start()
    finally:
        daemon.clean_up()
        shutil.rmtree(folder, ignore_errors=True)


CHROMIUM = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return what opens a page, with a script of the test's own in it.

    Afterwards no console may have had anything to complain of.
    """
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def visit(url: str, script: str = "") -> Page:
        page = context.new_page()
        page.add_init_script(script)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.goto(url)
        return page

    yield visit
    context.close()
    assert complaints == []
