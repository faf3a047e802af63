"""A compiled page in its reader's language: the words its scripts look up, and those that it has already.

Imports neither SQLAlchemy nor Reflex.
"""

import html
import json
import re
from collections.abc import Mapping
from mmap import mmap
from pathlib import Path

from dataforms.words import ENGLISH, Language, page_words

Page = bytes | mmap
_TEXT = re.compile(r">([^<>]+)<")
_ATTRIBUTE = re.compile(r'(?<= )(aria-label|title|placeholder|alt)="([^"]*)"')
_HTML = re.compile(rb'<html lang="[^"]*"')
DRAWING = b"<script>" + Path(__file__).with_name("drawing.js").read_bytes().strip() + b"</script>"
"""What has a page write numbers, amounts and days as its reader does."""


def script_of(language: Language) -> bytes:
    """Return the element that gives a page its words; nothing for English, whose words are in its scripts."""
    if language == ENGLISH:
        return b""
    words = json.dumps(dict(page_words(language)), ensure_ascii=False, separators=(",", ":"))
    return b"<script>globalThis.dfWords=" + words.replace("<", "\\u003c").encode() + b"</script>"


def in_language(page: Page, language: Language, cookie: str, ending: bytes = b"") -> bytes:
    """Return a page whose own texts are in a language, and which says so, and where a choice is kept.

    `ending` comes last in its head. The texts have to be those that its scripts will say, or they would draw
    all of it a second time. What there is most of, the styles in the head, is copied once.
    """
    opened = _HTML.search(page)
    start, rest = (0, 0) if opened is None else opened.span()
    end = max(page.find(b"</head>"), rest)
    opening = (
        b""
        if opened is None
        else f'<html lang="{language}" data-language-cookie="{html.escape(cookie)}"'.encode()
    )
    body = _body(page[end:].decode(), language)
    with memoryview(page) as view:
        return b"".join((view[:start], opening, view[rest:end], ending, body.encode()))


def _body(text: str, language: Language) -> str:
    text = text.replace(' value="en" selected=""', ' value="en"')
    text = text.replace(f'<option lang="{language}"', f'<option selected="" lang="{language}"')
    words = page_words(language)
    if not words:
        return text
    text = _TEXT.sub(lambda found: f">{_said(found[1], words)}<", text)
    return _ATTRIBUTE.sub(lambda found: f'{found[1]}="{_said(found[2], words)}"', text)


def _said(text: str, words: Mapping[str, str]) -> str:
    said = words.get(html.unescape(text))
    return text if said is None else html.escape(said)
