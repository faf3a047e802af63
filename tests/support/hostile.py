"""Texts that break programs: the Big List of Naughty Strings, and some that would run if a page let them."""

import json
from pathlib import Path

from dataforms.errors import FieldError
from dataforms.names import TITLE_LENGTH, title_problems
from dataforms.spec import Field
from dataforms.types import type_of

_LISTED: list[str] = json.loads((Path(__file__).parent / "naughty_strings.json").read_text())
RUNNING = (
    "<script>window.ran = 1</script>",
    "<img src=x onerror=window.ran=1>",
    "<svg/onload=window.ran=1>",
    "\"><iframe srcdoc='<script>parent.ran=1</script>'>",
    "' autofocus onfocus='window.ran=1' x='",
    "</textarea><script>window.ran=1</script>",
    "</title><script>window.ran=1</script>",
    "{{constructor.constructor('window.ran=1')()}}",
    "${window.ran=1}",
    "javascript:window.ran=1",
    "<style>@import 'https://outside.example/x.css';</style>",
    "<a href='javascript:window.ran=1'>x</a>",
    "<base href='https://outside.example/'>",
    "<meta http-equiv=refresh content='0;url=https://outside.example/'>",
    "[x](javascript:window.ran=1) ![x](https://outside.example/x.png)",
    '=HYPERLINK("https://outside.example")',
    "'=1+1",
    "__proto__",
    "constructor",
)
TEXTS: tuple[str, ...] = tuple(dict.fromkeys((*_LISTED, *RUNNING)))


def kept_by(field: Field) -> dict[str, object]:
    """Return what a field keeps of each text that it does not refuse, in the order of the list."""
    found: dict[str, object] = {}
    for text in TEXTS:
        try:
            value = type_of(field).parse(text, field)
        except FieldError:
            continue
        if value is not None:
            found[text] = value
    return found


def titles() -> list[str]:
    """Return the texts that may be titles, each once."""
    return [text for text in TEXTS if not [*title_problems("title", text)]]


def packed(texts: list[str], length: int = TITLE_LENGTH) -> list[str]:
    """Return the texts one behind the other, in as few titles as have room for them."""
    lines: list[str] = []
    for text in texts:
        if lines and len(lines[-1]) + 1 + len(text) <= length:
            lines[-1] += " " + text
        else:
            lines.append(text)
    return lines
