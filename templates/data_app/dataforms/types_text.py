"""Texts of all sorts: one line, many lines, addresses of people and pages, colours."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from dataforms.asker import Asker
from dataforms.errors import FieldError
from dataforms.spec import Field
from dataforms.words import say

ACCOUNTS: dict[str, Callable[[Asker], object]] = {"me": lambda asker: asker.me}
"""What the words that a default may be stand for."""
LINE_LENGTH = 4_000
TEXT_LENGTH = 1_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BREAKS = re.compile(r"[\r\n\x85\u2028\u2029]")
_EMAIL = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@[^\s@<>(),;:\"\\\[\]]{1,190}")
_HOST = re.compile(r"(?=.{1,190}$)([^\W_]([\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
_PHONE = re.compile(r"\+?[\d\s().\-/]{2,36}(\s?(x|ext\.?)\s?\d{1,6})?", re.IGNORECASE)
_COLOR = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")
_SCHEMES = ("http", "https", "ftp")


def read_line(raw: object, field: Field) -> str:
    """Return one line of text, without blanks around it; a number becomes its digits."""
    text = _text(raw, LINE_LENGTH).strip()
    if _BREAKS.search(text):
        raise FieldError(say("Must be a single line."))
    return text


def read_lines(raw: object, field: Field) -> str:
    """Return text of many lines, which end in a line feed."""
    return _text(raw, TEXT_LENGTH).replace("\r\n", "\n").replace("\r", "\n")


def read_email(raw: object, field: Field) -> str:
    """Return an e-mail address, its domain in lower case."""
    text = read_line(raw, field)
    local, _, domain = text.rpartition("@")
    if len(text) > 254 or not _EMAIL.fullmatch(text) or not _HOST.fullmatch(domain):
        raise FieldError(say("Must be an e-mail address, such as ana@example.com."))
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise FieldError(say("Must be an e-mail address, such as ana@example.com."))
    return f"{local}@{domain.lower()}"


def read_url(raw: object, field: Field) -> str:
    """Return a web address; one without a scheme becomes `https://`. Scripts are refused."""
    text = read_line(raw, field)
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d+(/|$))", text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host = ""
    if not host or re.search(r"[\s<>\"\\^`{|}]", text):
        raise FieldError(say("Must be a web address, such as https://example.com/page."))
    if parts.scheme not in _SCHEMES:
        raise FieldError(say("Must be a web address that starts with https:// or http://."))
    if "." not in host and ":" not in host and host != "localhost":
        raise FieldError(say("Must be a web address, such as https://example.com/page."))
    return text


def read_phone(raw: object, field: Field) -> str:
    """Return a telephone number as it was written."""
    text = re.sub(r"\s+", " ", read_line(raw, field))
    if not _PHONE.fullmatch(text) or sum(letter.isdigit() for letter in text) < 3:
        raise FieldError(say("Must be a telephone number, such as +49 30 1234567."))
    return text


def read_color(raw: object, field: Field) -> str:
    """Return a colour as `#rrggbb` in lower case; `#rgb` is understood."""
    text = read_line(raw, field).lower()
    if not _COLOR.fullmatch(text):
        raise FieldError(say("Must be a colour, such as #1e90ff."))
    return text if len(text) == 7 else "#" + "".join(digit * 2 for digit in text[1:])


def same(value: str, field: Field) -> str:
    """Return the text as it is."""
    return value


def _text(raw: object, most: int) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise FieldError(say("Must be text."))
    text = raw if isinstance(raw, str) else str(raw)
    if len(text) > most:
        raise FieldError(
            say("Must have at most {most:,} characters; it has {size:,}.", most=most, size=len(text))
        )
    if _CONTROL.search(text):
        raise FieldError(say("Has a control character that cannot be kept."))
    return text
