"""What an app is called: the words with which a description begins, or what it keeps most of."""

import re

from protoddfd.design.chunks import chunk
from protoddfd.design.draft import Draft
from protoddfd.design.lexicon_files import alternatives
from protoddfd.design.tokens import clean, tokens
from protoddfd.importers import names

LONGEST_TITLE = 50


def app_title(draft: Draft, text: str) -> str:
    """Return a title of a few words."""
    start = re.split(r"[:.;!?\n(]|\s-\s|,", clean(text).strip(), maxsplit=1)[0].strip()
    start = (
        re.sub(alternatives("patterns.txt", "title lead"), "", f"{start} ", flags=re.IGNORECASE).strip()
        if draft.language == "en"
        else start
    )
    pieces = chunk(tokens(start)) if start else []
    if (
        0 < len(start.split()) <= 5
        and len(start) <= LONGEST_TITLE
        and start[:1].isalpha()
        and not any(each.kind in {"verb", "wh"} or each.word in {"i", "we"} for each in pieces)
    ):
        return names.title(start)
    first = next(iter(draft.entities.values()))
    return names.title(draft.titles.get(first.key, "") or plural(first.key))[:LONGEST_TITLE]


def app_name(title: str) -> str:
    """Return an identifier for a title: letters, digits and underscores."""
    name = re.sub(r"[^a-z0-9_]", "", names.plain(title))[:40].strip("_")
    return name if name[:1].isalpha() else f"app_{name}"[:40].strip("_")


def plural(key: str) -> str:
    """Return the plural of an English noun."""
    if key.lower().endswith("person"):
        return f"{key[:-6]}{'People' if key[-6].isupper() else 'people'}"
    if key.lower().endswith("child"):
        return f"{key}ren"
    if key.lower().endswith(
        (
            "staff",
            "equipment",
            "series",
            "species",
            "evidence",
            "information",
            "news",
            "data",
            "people",
            "attendance",
            "maintenance",
            "personnel",
        )
    ):
        return key
    if key.endswith(("s", "x", "ch", "sh", "z")):
        return f"{key}es"
    if key.endswith("y") and key[-2:-1] not in "aeiou":
        return f"{key[:-1]}ies"
    return f"{key}s"
