"""What in a CSV file a spreadsheet would compute, and how it is kept from that. Pure."""

import re

_FORMULA = re.compile(r"'*(?:[\s\ufeff\u200b-\u200f\u2060-\u2064]*[=+\-@|%＝＋－＠]|[\t\r\n])")
_APOSTROPHES = re.compile(r"'+(?:[\s\ufeff\u200b-\u200f\u2060-\u2064]*[=+\-@|%＝＋－＠]|[\t\r\n])")


def may_compute(text: str) -> bool:
    """Tell whether a spreadsheet may take `text` for a formula."""
    return _FORMULA.match(text) is not None


def harmless(text: str) -> str:
    """Return `text` with an apostrophe before it if a spreadsheet may take it for a formula.

    A text that begins like that behind apostrophes gets one more, so that `original` has the text again.
    """
    return f"'{text}" if may_compute(text) else text


def original(text: str) -> str:
    """Return the text that `harmless` made `text` of."""
    return text[1:] if _APOSTROPHES.match(text) else text
