"""All formats by name, in the order of preference, and the texts that stand for no value."""

import re
from collections.abc import Callable

from dataforms import types_text
from dataforms.sheets.dates import DATE_FORMATS
from dataforms.sheets.form import Format
from dataforms.sheets.numbers import NUMBER_FORMATS
from dataforms.sheets.vocabulary import word_set
from dataforms.spec import Field
from dataforms.typerow import Value

MISSING = word_set(
    "NA N/A n/a N.A. n.a. #N/A NULL Null null None none NONE nan NaN NAN NaT nil - -- --- ? . \\N"
)
"""Texts that mean `no value` where the rest of a column is no text."""

_WORD_PAIRS: tuple[tuple[str, str], ...] = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("ja", "nein"), ("j", "n"),
    ("wahr", "falsch"), ("oui", "non"), ("o", "n"), ("vrai", "faux"), ("sí", "no"), ("si", "no"), ("s", "n"),
    ("verdadero", "falso"), ("sim", "não"), ("vero", "falso"), ("1", "0"),
)  # fmt: skip


_PHONE = re.compile(r"(?!\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}$)(?=(?:\D*\d){6})[+(]?[\d\s().\-/]{6,24}")


def _boolean(true: str, false: str) -> Format:
    pair = {true: True, false: False}
    return Format(
        name=f"boolean {true}/{false}",
        type="boolean",
        match=lambda text: text.casefold() in pair,
        convert=lambda text: pair[text.casefold()],
    )


def _as_type(read: Callable[[object, Field], Value], form: Format) -> Format:
    """Return `form` with the conversion that the type itself has: one meaning of an address everywhere."""
    field = Field(name="value", title="Value", type=form.type)
    return Format(
        name=form.name, type=form.type, match=form.match, convert=lambda text: read(text, field), checked=True
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_text(text: str) -> bool:
    return True


_TEXT_FORMATS = (
    _as_type(types_text.read_email, Format(
        name="email", type="email", match=re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+").fullmatch, convert=str)),
    _as_type(types_text.read_url, Format(
        name="url", type="url", match=re.compile(r"(?:https?://|www\.)\S+", re.I).fullmatch, convert=str)),
    _as_type(types_text.read_phone, Format(
        name="phone", type="phone", match=_PHONE.fullmatch,
        convert=str)),
    _as_type(types_text.read_color, Format(
        name="color", type="color", match=re.compile(r"#[0-9a-fA-F]{6}").fullmatch, convert=str)),
)  # fmt: skip
TEXT = Format(name="text", type="text", match=_is_text, convert=str)
LONG_TEXT = Format(name="long_text", type="long_text", match=_is_text, convert=_lines)
ENUM = Format(name="enum", type="enum", match=_is_text, convert=str)

TYPED: tuple[Format, ...] = (
    *(_boolean(true, false) for true, false in _WORD_PAIRS),
    *NUMBER_FORMATS,
    *DATE_FORMATS,
    *_TEXT_FORMATS,
)
"""The formats that a column's cells can prove, in the order of preference."""
FORMATS: dict[str, Format] = {form.name: form for form in (*TYPED, TEXT, LONG_TEXT, ENUM)}
