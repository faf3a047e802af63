"""Files in forms and tables, and tables as files, in a real Chromium."""

import csv
import io
import json
import re
import sqlite3
import struct
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from testbed import Daemon, http, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

Opener = Callable[..., Page]
SPEC: dict[str, Any] = {
    "version": 1,
    "name": "any",
    "title": "Gallery",
    "entities": [
        {
            "name": "Piece",
            "title": "Piece",
            "plural": "Pieces",
            "fields": [
                {"name": "name", "title": "Name", "type": "text", "required": True},
                {"name": "photo", "title": "Photo", "type": "image", "max_mib": 1},
                {"name": "paper", "title": "Paper", "type": "file", "accept": [".pdf", ".txt"], "max_mib": 1},
                {"name": "note", "title": "Note", "type": "text", "visible_when": "paper != empty"},
                {"name": "price", "title": "Price", "type": "money", "currency": "EUR"},
            ],
        }
    ],
}


def png(width: int, height: int, color: bytes) -> FilePayload:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    pixels = zlib.compress((b"\0" + color * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return {"name": f"{width}×{height} ü.png", "mimeType": "image/png", "buffer": content}


RED, BLUE = png(30, 20, b"\xd0\x30\x30"), png(20, 30, b"\x30\x30\xd0")
TEXT: FilePayload = {"name": "deed.txt", "mimeType": "text/plain", "buffer": b"This is a deed."}


def rows(path: str, query: str) -> list[Any]:
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database:
        return database.execute(query).fetchall()


def add_pieces(path: str, *names: str) -> None:
    wait_for(lambda: "piece" in {name for (name,) in rows(path, "SELECT name FROM sqlite_master")})
    with closing(sqlite3.connect(Path(path) / "data" / "app.db")) as database, database:
        database.executemany(
            "INSERT INTO piece (name, price) VALUES (?, ?)",
            [(name, 10_000 * n) for n, name in enumerate(names)],
        )


def new_form(page: Page) -> Locator:
    page.get_by_role("button", name="Add Piece").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_visible()
    return dialog


def loaded(picture: Locator) -> None:
    expect(picture).to_have_js_property("complete", value=True)
    expect(picture).not_to_have_js_property("naturalWidth", 0)


def test_files_are_sent_seen_replaced_and_removed(shared: Daemon, visit: Opener) -> None:
    app = shared.create("gallery", spec=SPEC)
    page = visit(f"{app.url}t/piece")
    dialog = new_form(page)
    dialog.get_by_label("Name").fill("Sunset")
    expect(dialog.get_by_text("up to 1 MiB").first).to_be_visible()
    dialog.locator("#in-photo").set_input_files(RED)
    expect(dialog.get_by_text("30×20 ü.png")).to_be_visible()
    loaded(dialog.locator("img"))
    dialog.locator("#in-photo").set_input_files(BLUE)
    expect(dialog.get_by_text("20×30 ü.png")).to_be_visible()
    dialog.get_by_role("button", name="Add Piece").click()
    expect(dialog).to_have_count(0)
    loaded(page.locator("tbody img"))
    ((photo,),) = rows(app.path, "SELECT photo FROM piece")
    assert json.loads(photo) | {"digest": ""} == {
        "name": "20×30 ü.png", "size": len(BLUE["buffer"]), "type": "image/png", "digest": "",
    }  # fmt: skip

    page.reload()
    page.locator("tbody tr").first.click()
    expect(dialog.get_by_role("link", name="20×30 ü.png")).to_be_visible()
    loaded(dialog.locator("img"))
    dialog.locator("#in-paper").set_input_files(TEXT)
    expect(dialog.get_by_text("deed.txt")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    link = page.get_by_role("link", name="deed.txt")
    with page.expect_download() as coming:
        link.click()
    assert coming.value.suggested_filename == "deed.txt"
    assert coming.value.path().read_bytes() == TEXT["buffer"]

    page.locator("tbody tr").first.get_by_text("Sunset").click()
    dialog.get_by_role("button", name="Remove").first.click()
    expect(dialog.locator("#in-photo")).to_be_focused()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("tbody img")).to_have_count(0)
    assert rows(app.path, "SELECT photo, paper IS NULL FROM piece") == [(None, 0)]


def test_a_file_can_be_dropped_and_conditions_follow_it(shared: Daemon, visit: Opener) -> None:
    app = shared.create("dropped", spec=SPEC)
    page = visit(f"{app.url}t/piece")
    dialog = new_form(page)
    expect(dialog.get_by_label("Note")).to_be_hidden()
    transfer = page.evaluate_handle(
        "() => { const all = new DataTransfer();"
        " all.items.add(new File(['dropped'], 'drop.txt', {type: 'text/plain'})); return all; }"
    )
    dialog.get_by_text("PDF, TXT").dispatch_event("drop", {"dataTransfer": transfer})
    expect(dialog.get_by_text("drop.txt")).to_be_visible()
    expect(dialog.get_by_label("Note")).to_be_visible()
    dialog.get_by_role("button", name="Remove").click()
    expect(dialog.get_by_label("Note")).to_be_hidden()


def test_the_keyboard_is_enough(shared: Daemon, visit: Opener) -> None:
    app = shared.create("keys", spec=SPEC)
    page = visit(f"{app.url}t/piece")
    page.on(
        "filechooser", lambda chooser: None
    )  # so that the browser hands choosers over before the key comes
    dialog = new_form(page)
    dialog.get_by_label("Name").fill("By keys")
    page.keyboard.press("Tab")
    expect(dialog.locator("#in-photo")).to_be_focused()
    expect(dialog.locator("#in-photo")).to_have_accessible_name(re.compile("^Photo"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(RED)
    expect(dialog.get_by_text("30×20 ü.png")).to_be_visible()
    expect(dialog.locator("#in-photo")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Remove")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("30×20 ü.png")).to_have_count(0)
    expect(dialog.locator("#in-photo")).to_be_focused()


@pytest.mark.long
def test_what_cannot_be_taken_is_said_beside_it(shared: Daemon, browser: Browser) -> None:
    app = shared.create("refuses", spec=SPEC)
    page = browser.new_page()  # a refused request is an error in its console
    try:
        page.goto(f"{app.url}t/piece")
        dialog = new_form(page)
        large = {"name": "large.png", "mimeType": "image/png", "buffer": b"\x89PNG" + b"x" * 1_048_576}
        dialog.locator("#in-photo").set_input_files(FilePayload(**large))  # type: ignore[typeddict-item]  # as it says
        expect(dialog.get_by_role("alert").filter(has_text="at most 1 MiB")).to_be_visible()
        fake: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"<html>no image"}
        dialog.locator("#in-photo").set_input_files(fake)
        expect(dialog.get_by_role("alert").filter(has_text="Must be PNG, JPEG, GIF, WEBP")).to_be_visible()
        dialog.locator("#in-paper").set_input_files(RED)
        expect(dialog.get_by_role("alert").filter(has_text="Must be PDF, TXT; this is PNG.")).to_be_visible()
        dialog.locator("#in-paper").set_input_files(TEXT)
        expect(dialog.get_by_text("deed.txt")).to_be_visible()
        expect(dialog.get_by_text("this is PNG")).to_have_count(0)
    finally:
        page.close()
    assert list((Path(app.path) / "data" / "files" / "incoming").iterdir()) == []


@pytest.mark.long
def test_a_form_waits_for_a_file_on_its_way(shared: Daemon, browser: Browser) -> None:
    app = shared.create("waits", spec=SPEC)
    page = browser.new_page()
    held: list[Any] = []
    page.route("**/upload/**", lambda route: held.append(route))
    try:
        page.goto(f"{app.url}t/piece")
        dialog = new_form(page)
        dialog.get_by_label("Name").fill("Slow")
        dialog.locator("#in-photo").set_input_files(RED)
        expect(dialog.get_by_role("progressbar", name="Sending the file")).to_be_visible()
        dialog.get_by_role("button", name="Add Piece").click()
        expect(dialog.get_by_role("alert").filter(has_text="Wait until the file is sent")).to_be_visible()
        held[0].continue_()
        expect(dialog.get_by_text("30×20 ü.png")).to_be_visible()
        dialog.get_by_role("button", name="Add Piece").click()
        expect(dialog).to_have_count(0)
        page.locator("tbody tr").first.click()
        dialog.locator("#in-photo").set_input_files(BLUE)
        dialog.get_by_role("button", name="Cancel").first.click()
        expect(dialog.get_by_text("30×20 ü.png")).to_be_visible()
        page.unroute_all(behavior="ignoreErrors")
    finally:
        page.close()


def test_a_table_is_exported_as_it_is_shown(shared: Daemon, visit: Opener) -> None:
    app = shared.create("exports", spec=SPEC)
    page = visit(f"{app.url}t/piece")
    expect(page.get_by_role("heading", name="Pieces", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    add_pieces(app.path, *(f"piece {n}" for n in range(40)), "=1+1")
    page.reload()
    page.get_by_role("button", name="Name", exact=True).click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Name")

    def download(form: str) -> bytes:
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as coming:
            page.locator(f".df-export-list a[href*='.{form}?']").click()
        assert coming.value.suggested_filename == f"Pieces.{form}"
        content = coming.value.path().read_bytes()
        expect(page.locator(".df-export-list")).to_have_count(0)
        return content

    header, *lines = csv.reader(io.StringIO(download("csv").decode(), newline=""))
    assert header == ["Name", "Photo", "Paper", "Note", "Price"]
    assert [line[0] for line in lines] == ["'=1+1", *sorted(f"piece {n}" for n in range(40))]
    page.get_by_role("searchbox").fill("piece 3")
    expect(page.locator("tbody tr")).to_have_count(13)
    found = json.loads(download("json"))
    assert [each["name"] for each in found] == sorted(f"piece {n}" for n in range(40) if "3" in str(n))
    sheet = openpyxl.load_workbook(io.BytesIO(download("xlsx"))).worksheets[0]
    assert [cell.value for cell in sheet["A"]][1:] == [each["name"] for each in found]
    assert sheet["E2"].value == 13

    status, body = http(app.ports.backend, "/export/piece.csv?search=1%2B1")
    assert (status, b"'=1+1,,,,40" in body) == (200, True)

    page.get_by_role("button", name="Export").press("Enter")
    expect(page.get_by_role("link", name=re.compile("Excel"))).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=re.compile("Excel"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Export")).to_be_focused()
    expect(page.get_by_role("button", name="Export")).to_have_attribute("aria-expanded", "false")
