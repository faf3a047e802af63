"""The words of the server: English in the code, another language where whoever asks has one.

Beside this there is a catalogue for each other language: `pages` has what `dataforms.ui.words.t` says, and
`messages` what `say` and `phrase` do, from the English text to the reader's.
Must import neither SQLAlchemy nor Reflex.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal

import msgspec

Language = Literal["en", "de", "es"]
"""What pages can be read in."""
LANGUAGES: dict[Language, str] = {"en": "English", "de": "Deutsch", "es": "Español"}
"""What each calls itself."""
ENGLISH: Language = "en"
_MARKS = {
    "en": str.maketrans({}),
    "de": str.maketrans({",": ".", ".": ","}),
    "es": str.maketrans({",": ".", ".": ","}),
}
"""How a language writes what Python groups by commas."""
_ASKED = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")
_asker: ContextVar[Language] = ContextVar("language", default=ENGLISH)


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language, by the English ones."""

    pages: dict[str, str]
    messages: dict[str, str]


_NOTHING = Catalogue(pages={}, messages={})


def say(text: str, /, **values: object) -> str:
    """Return `text` in the language of whoever asks; `{name}` in it stands for the value of that name.

    Without values braces stand for themselves. `{count:,}` is grouped as that language does it.
    """
    found = catalogue(_asker.get()).messages.get(text, text)
    return _FORMATTER.vformat(found, (), values) if values else found


def phrase(text: str) -> str:
    """Return `text` as it is, which `say` is to say later."""
    return text


def number(value: int) -> str:
    """Return a number with its thousands grouped as the language of whoever asks does it."""
    return _FORMATTER.format_field(value, ",")


def all_of(texts: Sequence[str]) -> str:
    """Return texts as people list them, with `and` between."""
    return f" {say('and')} ".join(texts)


class _Formatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        return text.translate(_MARKS[_asker.get()]) if format_spec else text


_FORMATTER = _Formatter()


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the words of a language; those of English are in the code."""
    if language == ENGLISH:
        return _NOTHING
    return msgspec.json.decode((Path(__file__).with_name(f"{language}.json")).read_bytes(), type=Catalogue)


def spoken() -> Language:
    """Return the language of whoever asks."""
    return _asker.get()


def speak(language: Language) -> None:
    """Have `say` speak a language, in this task or thread from now on."""
    _asker.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Have `say` speak a language meanwhile."""
    token = _asker.set(language)
    try:
        yield
    finally:
        _asker.reset(token)


def language_of(chosen: str, accepted: str, default: Language = ENGLISH) -> Language:
    """Return the language to answer in: the chosen one, else what `Accept-Language` prefers, or `default`."""
    return known(chosen) or _preferred(accepted) or default


def known(name: str) -> Language | None:
    """Return a language by its code; None for any other text."""
    return next((each for each in LANGUAGES if each == name), None)


@lru_cache(maxsize=64)
def _preferred(accepted: str) -> Language | None:
    found: list[tuple[float, Language]] = []
    for part in accepted[:400].split(","):
        match = _ASKED.fullmatch(part)
        language = known(match[1].lower()) if match else None
        if match and language and float(match[2] or 1) > 0:
            found.append((float(match[2] or 1), language))
    return max(found, key=lambda each: each[0])[1] if found else None


def page_words(language: Language) -> Mapping[str, str]:
    """Return the words that pages have, by the English ones."""
    return catalogue(language).pages
