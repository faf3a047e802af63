"""What a field's name says: its type, by the longest known phrase that it ends in."""

from collections.abc import Sequence
from functools import lru_cache

from protoddfd.design.lexicon import closed, field_types, singular, verb_forms
from protoddfd.design.lexicon_files import pairs

_COUNTED = frozenset(("number", "count", "no", "amount", "quantity"))


LONGEST_NAME = 8
"""Words of a name that are looked at."""


@lru_cache(maxsize=4096)
def known_type(words: tuple[str, ...]) -> tuple[str, str]:
    """Return the type that a name stands for and the phrase that says so; both empty if none does."""
    words = words[-LONGEST_NAME:]
    for start in (_led_type(words), _found_type(words)):
        if start[0]:
            return start
    if "of" in words[1:-1]:
        return known_type(words[: words.index("of")])
    return "", ""


def _led_type(words: tuple[str, ...]) -> tuple[str, str]:
    """Return the type that the start of a name says: `number of guests`, `date paid`, `price per hour`."""
    if len(words) > 2 and words[1] == "of" and words[0] in _COUNTED:
        return "integer", f"{words[0]} of"
    if len(words) == 2 and words[0] in _COUNTED - {"no", "number", "amount"} and _is_done(words[1]):
        return "integer", words[0]
    if "per" in words[1:-1]:
        return known_type(words[: words.index("per", 1)])
    if len(words) == 2 and words[0] in {"last", "next"} and " ".join(words) not in field_types():
        return "date", words[0]
    if len(words) > 1 and words[0] == "is":
        return "boolean", "is"
    if len(words) > 1 and words[-1] in _REMAINING | _FREE:
        return _tailed_type(words)
    if len(words) > 1 and words[0] == "date" and words[1] not in {"and", "format"}:
        return ("date", "date") if " ".join(words) not in field_types() else ("", "")
    return "", ""


def _tailed_type(words: tuple[str, ...]) -> tuple[str, str]:
    """Return the type that the end of a name says: `permit number`, `packets left`, `kg sold`."""
    counted = words[-2] != singular(words[-2])
    if words[-1] in _FREE:
        return ("text", words[-1]) if words[-1] in _SHORT or _is_free(words) else ("", "")
    kind = "integer" if counted else unit_type(words[-2])
    return (kind, words[-1]) if kind else ("", "")


def _is_done(word: str) -> bool:
    return verb_forms().get(word, ("", ""))[1] == "past"


_SHORT = frozenset(("no", "nr", "num"))
_FREE = _SHORT | {"number", "area"}
_REMAINING = frozenset(("left", "used", "sold", "taken", "returned", "earned", "played", "missed", "eaten"))


def _is_free(words: tuple[str, ...]) -> bool:
    """Tell whether the lists know only the last word of a name: `permit number`, not `phone number`."""
    return not any(" ".join(words[start:]) in field_types() for start in range(len(words) - 1))


def _found_type(words: tuple[str, ...]) -> tuple[str, str]:
    """Return the type of the longest known phrase at the end of a name."""
    types = field_types()
    for start in range(len(words)):
        for phrase in _readings(words[start:]):
            found = types.get(phrase)
            if found is not None:
                return found, phrase
    moment = _moment_type(words)
    return (moment, words[-1]) if moment else ("", "")


def _moment_type(words: tuple[str, ...]) -> str:
    """Return the type of names such as `paid on` and `opened at`."""
    if len(words) < 2:
        return ""
    return {
        "on": "date",
        "until": "date",
        "till": "date",
        "from": "date",
        "at": "datetime",
        "friendly": "boolean",
        "needed": "boolean",
    }.get(words[-1], "")


def _readings(words: tuple[str, ...]) -> tuple[str, ...]:
    plain = " ".join(words)
    lemma = " ".join((*words[:-1], singular(words[-1])))
    return (plain, lemma) if lemma != plain else (plain,)


def unit_type(word: str) -> str:
    """Return the type of what is measured in this unit, or `` when it is none."""
    return pairs("words.txt", "unit").get(word, "")


def type_word(words: Sequence[str]) -> str:
    """Return the field type that words such as `long text` name, or ``."""
    return pairs("words.txt", "typeword").get(" ".join(words), "")


def name_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a name without articles and the like at its ends."""
    kept = [word for word in words if word[:1].isalnum()]
    while kept and kept[0][0].isdigit():
        kept.pop(0)
    while kept and kept[0] in _edges() and " ".join(kept) not in field_types():
        kept.pop(0)
    while (
        kept
        and kept[-1] in _edges()
        and not (len(kept) > 1 and kept[-1] == "no")
        and " ".join(kept) not in field_types()
        and not _is_moment(kept)
    ):
        kept.pop()
    return tuple(word for word in kept if word not in _INNER)[:5]


def _is_moment(words: Sequence[str]) -> bool:
    """Tell names such as `paid on`, `valid until` and `date in` from a name with a word too many."""
    return 2 <= len(words) <= 4 and words[-1] in {
        "on",
        "at",
        "until",
        "by",
        "in",
        "out",
        "from",
        "to",
        "till",
    }


@lru_cache(maxsize=1)
def _edges() -> frozenset[str]:
    parts = ("determiner", "preposition", "conjunction", "pronoun", "auxiliary", "adverb")
    return frozenset().union(*(closed(part) for part in parts)) - {"overdue", "time", "first", "last", "next"}


_INNER = frozenset(
    (
        "the",
        "a",
        "an",
        "its",
        "their",
        "his",
        "her",
        "my",
        "our",
        "your",
        "is",
        "are",
        "was",
        "were",
        "be",
        "we",
        "they",
        "it",
        "i",
    )
)


_OPEN = ("umb", "unk", "unp", "up", "ur", "ush")
"""Beginnings with a U that is a vowel."""


def with_article(name: str) -> str:
    """Return a name with its article: `a loan`, `an order`."""
    return f"{'an' if name[:1] in 'aeio' or name.startswith(_OPEN) else 'a'} {name}"
