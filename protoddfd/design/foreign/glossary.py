"""Looks words of other languages up: small words, names of things, adjectives and forms of verbs."""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import product

import msgspec

from protoddfd.design.foreign.conjugating import forms
from protoddfd.design.foreign.forms import candidates, key, plain
from protoddfd.design.lexicon import regular_forms, verb_forms
from protoddfd.design.lexicon_files import pairs, phrases, sections

LANGUAGES = ("de", "es", "fr", "pt", "it")
"""The languages of the lists, in the order of their columns."""

LONGEST = 4
"""Words of the longest phrase that is looked up."""


class Meaning(msgspec.Struct, frozen=True):
    """English, what it does (`noun`, `adj`, `verb`, `past`, `small`), its title, a verb's base and form."""

    english: str
    part: str
    title: str = ""
    several: bool = False
    base: str = ""
    form: str = ""


@cache
def small(code: str) -> dict[tuple[str, ...], str]:
    """Return the English of small words, as written and, if they are long enough, without accents."""
    found = {
        tuple(foreign.replace("'", "' ").split()): english
        for foreign, english in pairs("grammar_words.txt", code).items()
    }
    bare: dict[tuple[str, ...], str] = {}
    for words, english in found.items():
        if len(words) > 1 or len(plain(words[0])) > 2:
            bare.setdefault(tuple(key(word, code) for word in words), english)
            bare.setdefault(tuple(plain(word) for word in words), english)
    return bare | found


def _rows(section: str) -> Iterator[tuple[str, list[str]]]:
    for name in phrases("glossary/files.txt", section):
        for line in sections(f"glossary/{name}.txt").get("", ()):
            english, *cells = (cell.strip() for cell in f"{line} ".split(" | "))
            yield english, cells


def _written(cells: list[str], code: str) -> Iterator[str]:
    column = LANGUAGES.index(code)
    for each in (cells[column] if len(cells) > column else "").split("/"):
        if written := each.strip():
            yield written


@cache
def names_of(code: str) -> dict[tuple[str, ...], tuple[str, str, str]]:
    """Return, by the words of a phrase, its English, what it does, and how it is written."""
    found: dict[tuple[str, ...], tuple[str, str, str]] = {}
    for part, section in (("noun", "nouns"), ("adj", "adjectives")):
        for english, cells in _rows(section):
            for written in _written(cells, code):
                words = tuple(key(word, code) for word in _parted(written))
                found.setdefault(words, (english, part, written))
                found.setdefault(tuple(_parted(written.lower())), (english, part, written))
    return found


def _parted(written: str) -> list[str]:
    return written.replace("'", "' ").split()


@cache
def _first_words(code: str) -> frozenset[str]:
    return frozenset(words[0] for words in names_of(code) if len(words) > 1)


@cache
def _verbs(code: str) -> dict[str, tuple[str, str]]:
    """Return, by the form of a verb, the English base and what the form does."""
    found: dict[str, tuple[str, str]] = {}
    loose: dict[str, tuple[str, str]] = {}
    for english, cells in _rows("verbs"):
        for written in _written(cells, code):
            for form, use in forms(written, code):
                if form not in found:
                    found[form] = (english, use)
                    loose.setdefault(_loose(form, code), (english, use))
    return loose | found


def _loose(form: str, code: str) -> str:
    """Return a form without accents, but where only an accent tells a past: `pago` and `pagó`."""
    if code in {"es", "fr"} and form.endswith(("ó", "é")):
        return form
    return " ".join(key(word, code) for word in form.split())


def past(base: str) -> str:
    """Return the past form of an English verb."""
    return _inflections().get((base, "past")) or dict(_turned(base))["past"]


@cache
def _inflections() -> dict[tuple[str, str], str]:
    irregular = {
        (base, use): form
        for form, (base, use) in verb_forms().items()
        if use == "past" and form != dict(_turned(base))["past"]
    }
    for english, form in pairs("glossary/files.txt", "irregular").items():
        irregular[english, "past"] = form
    irregular["be", "s"], irregular["have", "s"], irregular["do", "s"], irregular["go", "s"] = (
        "is", "has", "does", "goes",
    )  # fmt: skip
    return irregular


def _turned(base: str) -> Iterator[tuple[str, str]]:
    return ((use, form) for form, use in regular_forms(base))


def third(base: str) -> str:
    """Return the form of an English verb behind `he`."""
    return _inflections().get((base, "s")) or dict(_turned(base))["s"]


def verb(word: str, code: str) -> Meaning | None:
    """Return what a word, or a verb and its particle, is as a form of a verb that the English lists know."""
    lower = word.lower()
    known = _verbs(code).get(lower) or _verbs(code).get(_loose(lower, code))
    if known is None:
        return None
    base, use = known
    if use == "past":
        return Meaning(past(base), "past", base=base, form=use)
    if base not in verb_forms():
        return None
    english = {"s": third(base), "we": f"we {base}", "i": f"i {base}"}.get(use, base)
    return Meaning(english, "verb", base=base, form=use)


@lru_cache(maxsize=16384)
def name(words: tuple[str, ...], code: str) -> Meaning | None:
    """Return the noun or adjective that a phrase is a form of."""
    known = names_of(code)
    exact = known.get(tuple(word.lower() for word in words))
    if exact is not None and not (code == "de" and exact[1] == "adj" and words[0][:1].isupper()):
        return Meaning(*exact)
    if len(words) > 1 and not {form for form, _ in candidates(words[0], code)} & _first_words(code):
        return None
    for choice in product(*(candidates(word, code) for word in words)):
        found = known.get(tuple(form for form, _ in choice))
        if found is not None:
            english, part, written = found
            if code == "de" and part == "adj" and words[0][:1].isupper() and len(words) == 1:
                continue
            return Meaning(english, part, written, several=choice[0][1] or (code == "de" and choice[-1][1]))
    return None


def is_known(word: str, code: str) -> bool:
    """Tell whether a word is in the lists of a language, as a small word, a name or a form of a verb."""
    return (
        (word,) in small(code) or name((word.capitalize(),), code) is not None or verb(word, code) is not None
    )
