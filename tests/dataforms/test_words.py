"""What is said is in the reader's language, and no text is missing from a catalogue, or in it for nothing."""

import ast
import asyncio
import contextvars
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dataforms
from dataforms.errors import FieldError
from dataforms.frontend import Frontend, Message, Receive, Scope, Send
from dataforms.speaking import Listening, Speaking
from dataforms.spec import Field
from dataforms.types import type_of
from dataforms.words import (
    LANGUAGES,
    Language,
    catalogue,
    language_of,
    number,
    phrase,
    say,
    speaking,
    spoken,
)
from dataforms.words.pages import in_language, script_of

SOURCE = Path(dataforms.__file__).parent
OTHERS: tuple[Language, ...] = ("de", "es")
PAGES, MESSAGES = ("t",), ("say", "phrase")


def _literals(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*_literals(body), *_literals(orelse))


@cache
def used(names: tuple[str, ...]) -> frozenset[str]:
    """Return the literal texts that the code gives to functions of these names."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                found.update(_literals(node.args[0]))
    return frozenset(found)


def placeholders(text: str, *, is_page: bool) -> list[str]:
    if is_page:
        return sorted(part.partition("}")[0] for part in text.split("{")[1:])
    return sorted(f"{name}:{form}" for _, name, form, _ in Formatter().parse(text) if name is not None)


@pytest.mark.e2e
@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_code_is_in_the_catalogue_and_no_other(language: Language) -> None:
    words = catalogue(language)
    assert words.pages.keys() ^ used(PAGES) == set()
    assert words.messages.keys() ^ used(MESSAGES) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_texts_of_a_catalogue_have_the_placeholders_of_the_english_ones(language: Language) -> None:
    words = catalogue(language)
    for english, text in words.pages.items():
        assert placeholders(text, is_page=True) == placeholders(english, is_page=True)
    for english, text in words.messages.items():
        if "[" not in english:  # what stands for JSON has no values
            assert placeholders(text, is_page=False) == placeholders(english, is_page=False)


@pytest.mark.parametrize("language", OTHERS)
def test_texts_begin_and_end_like_the_english_ones(language: Language) -> None:
    words = catalogue(language)
    for english, text in [*words.pages.items(), *words.messages.items()]:
        assert text.strip(), english
        assert (english[0].isspace(), english[-1].isspace()) == (text[0].isspace(), text[-1].isspace())
        assert (english[-1] in "?:…") <= (text.rstrip()[-1] in "?:…"), english


@pytest.mark.parametrize(
    ("chosen", "accepted", "default", "language"),
    [
        ("", "", "en", "en"),
        ("", "de-CH,de;q=0.9,en;q=0.8", "en", "de"),
        ("", "fr,es;q=0.4,en;q=0.7", "en", "en"),
        ("", "fr", "es", "es"),
        ("", "de;q=0, es;q=0.1", "en", "es"),
        ("", "*", "de", "de"),
        ("", "EN-us", "de", "en"),
        ("es", "de", "en", "es"),
        ("xx", "de", "en", "de"),
        ("", ";;,=q,de;q=x", "en", "en"),
    ],
)
def test_the_reader_is_answered_in_the_language_they_ask_for(
    chosen: str, accepted: str, default: Language, language: Language
) -> None:
    assert language_of(chosen, accepted, default) == language


@given(st.text(), st.text())
def test_any_header_gives_a_language(chosen: str, accepted: str) -> None:
    assert language_of(chosen, accepted) in LANGUAGES


def test_messages_of_fields_are_said_in_the_language_of_who_asks() -> None:
    field = Field(name="n", title="N", type="integer", min=5)
    with speaking("de"), pytest.raises(FieldError, match=r"Muss mindestens 5 sein\."):
        type_of(field).parse("4", field)
    with pytest.raises(FieldError, match=r"Must be at least 5\."):
        type_of(field).parse("4", field)


def test_numbers_are_grouped_as_the_language_does() -> None:
    with speaking("de"):
        assert (number(1234567), say("{count:,} selected", count=1234)) == (
            "1.234.567",
            "1.234 ausgewählt",
        )
    assert number(1234567) == "1,234,567"


def test_values_are_never_taken_for_templates() -> None:
    with speaking("es"):
        assert say("{entity} saved", entity="{count:,} {x!r}") == "Guardado: {count:,} {x!r}"
    assert say(phrase("{braces} without values stay")) == "{braces} without values stay"


def scope_of(headers: dict[str, str], path: str = "/") -> Scope:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "GET", "path": path, "headers": pairs}


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({"accept-language": "de"}, "de"),
        ({"accept-language": "de", "cookie": "a=b; lang=es"}, "es"),
        ({"accept-language": "fr"}, "es"),
        ({}, "en"),
        ({"accept": "text/html"}, "es"),
    ],
)
def test_a_request_is_answered_in_its_language(headers: dict[str, str], language: Language) -> None:
    heard: list[Language] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(spoken())

    async def nothing() -> Message:
        return {}

    async def forget(message: Message) -> None:
        return None

    asyncio.run(Speaking(app, "lang", "es")(scope_of(headers), nothing, forget))
    assert heard == [language]


def test_a_tab_is_told_things_in_the_language_of_its_connection() -> None:
    def heard() -> Language:
        Listening("lang", None)({"accept-language": "en", "cookie": "lang=de"})
        return spoken()

    assert contextvars.copy_context().run(heard) == "de"
    assert spoken() == "en"


PAGE = (
    b'<!DOCTYPE html><html lang="en"><head><title></title></head><body><nav aria-label="Tables">'
    b'<a title="Owner">Overview</a><p>Overview of it</p></nav></body></html>'
)


def test_a_page_is_served_in_the_language_of_who_asks_with_the_words_for_its_scripts(
    tmp_path: Path, get: Callable[..., tuple[int, dict[str, str], bytes]]
) -> None:
    (tmp_path / "index.html").write_bytes(PAGE)

    async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError(scope["path"])

    app = Frontend(nowhere, tmp_path, lambda _: None, chosen_by="c")
    _, headers, plain = get(app, {})
    assert headers["vary"] == "Accept-Language, Cookie"
    assert b"dfWords" not in plain
    with speaking("de"):
        _, _, german = get(app, {})
    assert b'<html lang="de" data-language-cookie="c">' in german
    assert '<nav aria-label="Tabellen"><a title="Owner">Übersicht</a><p>Overview of it</p>'.encode() in german
    assert b"globalThis.dfWords={" in german
    assert get(app, {})[2] == plain


@pytest.fixture
def get() -> Callable[..., tuple[int, dict[str, str], bytes]]:
    def get(app: Frontend, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        sent: list[Message] = []

        async def ask() -> None:
            async def receive() -> Message:
                return {"type": "http.request"}

            async def send(message: Message) -> None:
                sent.append(message)

            await app(scope_of(headers), receive, send)

        asyncio.run(ask())
        fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], fields, sent[1]["body"]

    return get


@given(st.text())
def test_texts_of_a_page_that_are_no_words_stay_as_they_are(text: str) -> None:
    page = f'<html lang="en"><body>{text.replace("<", "&lt;")}</body></html>'.encode(errors="replace")
    assert in_language(page, "en", "c").endswith(page[page.index(b"><body") :])


def test_the_words_of_a_page_cannot_end_their_script() -> None:
    for language in OTHERS:
        assert script_of(language).count(b"<") == 2
