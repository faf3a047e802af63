"""Hostile strings in every slot of a spec and of records: nothing of them runs, and nothing is lost."""

import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from hostile import RUNNING, TEXTS, kept_by, packed, titles
from playwright.sync_api import Browser, Page, Request, Route, expect

from dataforms.check import problems_in
from dataforms.database import Database
from dataforms.importing.mapping import guess
from dataforms.importing.run import carry_out
from dataforms.query import Query
from dataforms.sheets.sheet import open_sheet
from dataforms.spec import AppSpec, Field, decode
from protoddfd.wire import results
from testbed import Daemon

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.long]

FIELDS = 100
"""How many fields an entity of odd labels has."""
WATCHED = """
window.ran = 0
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = () => { window.ran = name }
addEventListener('securitypolicyviolation', event => { window.ran = 'blocked ' + event.blockedURI })
"""
ELEMENTS = """() => [...new Set([...document.querySelectorAll('*')].map(each =>
  each.tagName + ' ' + [...each.attributes].filter(at => at.name.startsWith('on') || at.name === 'srcdoc')
    .map(at => at.name).join(' ')))]"""
"""Returns the kinds of elements there are, and of their attributes those that run."""
RAN = "() => [window.ran, document.vulnerable, window.vulnerable, Object.prototype.ran].map(String)"


def a_spec(texts: list[str]) -> dict[str, Any]:
    """Return a spec with each text as label, help, unit, choice, message and more; all of them are titles."""
    lines = packed(texts)
    prose = "\n".join(packed(texts, 1_900))
    rounds = [texts[at : at + FIELDS] for at in range(0, len(texts), FIELDS)]
    labelled = [
        {
            "name": f"Labelled {number}",
            "title": lines[number],
            "plural": lines[-number - 1],
            "description": prose[:3_900],
            "fields": [
                {"name": f"f{place}", "title": text, "type": "text", "help": text, "default": "x"}
                for place, text in enumerate(said)
            ],
            "rules": [
                {"kind": "check", "expression": f"f{place} != 'x'", "fields": [f"f{place}"], "message": text}
                for place, text in enumerate(said)
            ],
        }
        for number, said in enumerate(rounds)
    ]
    said = {
        "name": "Said",
        "title": lines[0],
        "plural": lines[1],
        "fields": [
            {"name": "value", "title": RUNNING[0], "type": "text"},
            {"name": "words", "title": RUNNING[1], "type": "long_text"},
            {"name": "rich", "title": RUNNING[2], "type": "rich_text"},
            {"name": "pick", "title": RUNNING[3], "type": "enum", "choices": texts},
            {"name": "some", "title": RUNNING[4], "type": "multi_enum", "choices": texts},
            {"name": "other", "title": RUNNING[5], "type": "reference", "target": "Said"},
            {"name": "size", "title": RUNNING[6], "type": "integer", "unit": "<b>\"'"},
            {"name": "sum", "title": RUNNING[7], "type": "computed", "expression": "value + ' <b>'"},
        ],
        "display": "value",
        "views": [{"name": text, "title": text, "group": "pick"} for text in lines[10:14]],
    }
    roles = [{"name": text, "title": text, "permissions": [{"entity": "Said"}]} for text in lines[14:24]]
    return {
        "version": 1, "name": "odd", "title": lines[24], "description": prose[:3_900],
        "entities": [said, *labelled], "roles": roles,
    }  # fmt: skip


class Odd(NamedTuple):
    """An app that says hostile things, and its database as another program sees it."""

    app: results.App
    spec: AppSpec
    database: Database

    def stored(self, name: str) -> list[Any]:
        """Return the values of a field, in the order of the list."""
        rows = self.database.page("Said", Query(sort="id", size=1_000)).rows
        return [row.values[name] for row in rows if row.values[name] is not None]


def records(spec: AppSpec) -> Iterator[dict[str, object]]:
    """Yield the records that hold each text in each field that does not refuse it."""
    fields = {field.name: field for field in spec.entity("Said").fields}
    kept = {name: kept_by(fields[name]) for name in ("value", "words", "rich", "pick")}
    for number, text in enumerate(TEXTS):
        values: dict[str, object] = {name: text for name, those in kept.items() if text in those}
        if text in kept["pick"]:
            values["some"] = [text]
        yield {**values, "size": number}


@pytest.fixture(scope="module")
def odd(shared: Daemon) -> Iterator[Odd]:
    plain = a_spec(titles())
    spec = decode(json.dumps(plain))
    app = shared.create("odd", spec=plain)
    database = Database(spec, f"sqlite:///{Path(app.path) / 'data' / 'app.db'}")
    database.create()
    with database.transaction() as transaction:
        for values in records(spec):
            transaction.insert("Said", values)
    yield Odd(app, spec, database)
    database.close()


@contextmanager
def watched(browser: Browser, url: str) -> Iterator[tuple[Page, Callable[[], None]]]:
    """Lend a page that may go nowhere else, and what asserts that nothing ran, asked or complained."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    home = urlsplit(url).netloc
    outside: list[str] = []
    complaints: list[str] = []

    def only_home(route: Route, request: Request) -> None:
        if urlsplit(request.url).netloc == home or request.url.startswith(("data:", "blob:")):
            route.continue_()
            return
        outside.append(request.url)
        route.abort()

    context.route("**/*", only_home)
    page = context.new_page()
    page.add_init_script(WATCHED)
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)

    def nothing_happened() -> None:
        assert page.evaluate(RAN) == ["0", "undefined", "undefined", "undefined"]
        assert (outside, complaints) == ([], [])
        assert urlsplit(page.url).netloc == home

    try:
        yield page, nothing_happened
    finally:
        context.close()


def test_a_spec_may_say_what_it_likes() -> None:
    assert len(titles()) > 400
    spec, faults = problems_in(json.dumps(a_spec(titles())).encode())
    assert faults == ()
    assert spec is not None


def test_each_text_is_shown_as_it_is_and_does_nothing(odd: Odd, browser: Browser) -> None:
    with watched(browser, odd.app.url) as (page, nothing_happened):
        page.goto(odd.app.url)
        expect(page.locator("a.df-card")).to_have_count(len(odd.spec.entities))
        harmless = set(page.evaluate(ELEMENTS))
        nothing_happened()
        shown: dict[str, list[str]] = {name: [] for name in ("value", "pick")}
        pages = -(-len(TEXTS) // 100)
        for number in range(1, pages + 1):
            page.goto(f"{odd.app.url}t/said?sort=id&size=100&page={number}")
            expect(page.locator("tbody tr")).to_have_count(min(100, len(TEXTS) - 100 * (number - 1)))
            for name, texts in shown.items():
                cells = page.locator(f"td[data-field={name}]")
                texts += cells.evaluate_all("all => all.map(each => each.textContent)")
            harmless |= set(page.evaluate(ELEMENTS))
            nothing_happened()
        for name, texts in shown.items():
            assert [text for text in texts if text != "–"] == [
                value for value in odd.stored(name) if value != "–"
            ]
    assert not {kind.split(" ")[0] for kind in harmless} & {
        "IFRAME",
        "OBJECT",
        "EMBED",
        "BASE",
        "MARQUEE",
        "VIDEO",
    }
    assert [kind for kind in harmless if kind.split(" ", 1)[1]] == []


def test_each_label_help_and_message_is_text(odd: Odd, browser: Browser) -> None:
    with watched(browser, odd.app.url) as (page, nothing_happened):
        for entity in odd.spec.entities[1:]:
            page.goto(f"{odd.app.url}t/{entity.name.lower().replace(' ', '_')}")
            page.get_by_role("main").get_by_role("button", name="Add").first.click()
            form = page.get_by_role("dialog")
            expect(form.locator("input")).to_have_count(len(entity.fields))
            words = form.evaluate("all => all.textContent")
            assert [field.title for field in entity.fields if field.title not in words] == []
            form.locator("button[type=submit]").click()
            expect(form.locator(".df-error").first).to_be_visible()
            faults = form.locator(".df-error").evaluate_all("all => all.map(each => each.textContent)")
            assert [rule.message for rule in entity.rules if rule.message not in faults] == []
            nothing_happened()


def test_what_is_typed_is_what_is_stored(odd: Odd, browser: Browser) -> None:
    typed = [text for text in TEXTS if "ran" in text or "script" in text.lower()][::30]
    with watched(browser, odd.app.url) as (page, nothing_happened):
        page.goto(f"{odd.app.url}t/said")
        for text in typed:
            page.get_by_role("main").get_by_role("button", name="Add").first.click()
            form = page.get_by_role("dialog")
            form.locator("#in-words").fill(text)
            form.locator("#in-size").fill("-1")
            form.locator("button[type=submit]").click()
            expect(form).to_have_count(0)
            nothing_happened()
    found = [
        (row.id, row.values["words"])
        for row in odd.database.page("Said", Query(sort="id", size=1_000)).rows
        if row.values["size"] == -1
    ]
    with odd.database.transaction() as transaction:
        for id, _ in found:
            transaction.delete("Said", id)
    assert [words for _, words in found] == typed


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_an_export_is_imported_as_it_was(odd: Odd, ending: str) -> None:
    answer = httpx.get(f"{odd.app.url}export/said.{ending}", params={"columns": "value,words,rich,pick,size"})
    assert answer.status_code == 200
    copy = Database(odd.spec, "sqlite://")
    copy.create()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"said.{ending}"
        file.write_bytes(answer.content)
        sheet = open_sheet(file, file.name)
        rows = next(iter(sheet.batches())).rows
        plan = guess(copy, copy.spec.entity("Said"), sheet.header, rows).plan
        assert {column.field for column in plan.columns} >= {"value", "words", "rich", "pick", "size"}
        refused: list[object] = []
        carry_out(copy, sheet, plan, lambda done, rows: None, lambda cells, fault: refused.append(fault))
    assert refused == []
    for name in ("value", "words", "rich", "pick"):
        kept = [row.values[name] for row in copy.page("Said", Query(sort="size", size=1_000)).rows]
        assert [value for value in kept if value is not None] == odd.stored(name), name
    copy.close()


def test_rest_gives_back_what_it_is_given(odd: Odd) -> None:
    field = Field(name="words", title="x", type="long_text")
    with httpx.Client(base_url=f"{odd.app.url}api/v1") as client:
        given: dict[str, object] = {}
        for text, kept in list(kept_by(field).items())[::5]:
            answer = client.post("/said", json={"words": text, "size": -2})
            assert answer.status_code == 201, answer.text
            id = answer.json()["id"]
            assert client.get(f"/said/{id}").json()["words"] == kept
            given[text] = kept
            assert client.delete(f"/said/{id}").status_code in (200, 204)
        assert len(given) > 80


def test_the_search_takes_any_text(odd: Odd) -> None:
    for text in TEXTS[::7]:
        answer = httpx.get(f"{odd.app.url}export/said.json", params={"search": text, "columns": "value"})
        assert answer.status_code == 200
        assert isinstance(json.load(io.BytesIO(answer.content)), list)
