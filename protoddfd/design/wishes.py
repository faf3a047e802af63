"""Sentences that are no data: wishes for charts and signs, rights, refusals, and orders to a machine."""

import re
from functools import cache

from protoddfd.design.lexicon_files import alternatives


@cache
def _pattern(section: str) -> re.Pattern[str]:
    return re.compile(alternatives("patterns.txt", section), re.IGNORECASE)


@cache
def _wish() -> re.Pattern[str]:
    """Return the form of a wish: somebody, a verb of wishing, and later what is to be looked at."""
    lead = alternatives("patterns.txt", "wish lead")
    verbs = alternatives("patterns.txt", "wish verb")
    words = alternatives("patterns.txt", "wish word")
    start = alternatives("patterns.txt", "wish start")
    return re.compile(
        rf"^(?:(?:{lead}) )*(?:(?:{start})|(?:(?:i|we|the \w+|\w+s?|she|he|they) )?"
        rf"(?:really |also |just |only |mainly |often )*"
        rf"(?:'d|d|would|should)? ?(?:{verbs})\b.*\b(?:{words}))",
        re.IGNORECASE,
    )


def without_orders(text: str) -> tuple[str, list[str]]:
    """Return a text without the sentences that speak to a machine rather than about an app, and these."""
    kept: list[str] = []
    orders: list[str] = []
    for sentence in re.split(r"((?<=[.!?])\s+|\n+)", text):
        (orders if _pattern("order").search(sentence) else kept).append(sentence)
    return "".join(kept), [" ".join(each.split()) for each in orders]


def is_refusal(text: str) -> bool:
    """Tell whether a sentence says what is *not* wanted."""
    return bool(_pattern("refusal").search(text))


def is_right(text: str) -> bool:
    """Tell whether a sentence says who may do what."""
    return bool(_pattern("right").search(text))


def is_wish(text: str) -> bool:
    """Tell whether a sentence asks for something to look at, rather than for data to keep."""
    return bool(_wish().search(text))
