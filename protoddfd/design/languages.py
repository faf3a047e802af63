"""Other languages than English: which one a text is in, and its words in English where a list has them."""

import re
import unicodedata

import msgspec

from protoddfd.design.foreign import ordering, wording
from protoddfd.design.foreign.glossary import is_known
from protoddfd.design.lexicon import vocabulary
from protoddfd.design.lexicon_files import pairs, word_set

TRANSLATED = {"de": "German", "es": "Spanish", "fr": "French", "pt": "Portuguese", "it": "Italian"}
_SCRIPTS = {
    "CYRILLIC": "a language in Cyrillic letters", "GREEK": "Greek", "ARABIC": "Arabic", "HEBREW": "Hebrew",
    "CJK": "Chinese",
    "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean",
    "DEVANAGARI": "Hindi", "THAI": "Thai",
}  # fmt: skip
LAST_LATIN = 0x24F
"""The last letter of the Latin alphabet with its accents."""

_WANTED = re.compile(r"\b(want|need)(?: to)? (?=(?:record|manage|keep|store|track|see|show|plan|note)\b)")
_YES_NO = re.compile(r"\b(s[ií]|ja|oui|sim|s[iì]) ?/ ?(no|nein|non|n[ãa]o)\b", re.IGNORECASE)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A text in English, the code of the language it was in (or its name), and titles in that."""

    text: str
    language: str = "en"
    titles: dict[str, str] = {}


def language_of(text: str) -> str:
    """Return the code of a text's language if it can be read, else the language's name."""
    foreign = _script(text)
    if foreign:
        return foreign
    words = [match.group().lower().replace("’", "'") for match in wording.WORD.finditer(text)]
    english = sum(1 for word in words if word in word_set("english"))
    scores = {code: _hits(words, code) for code in TRANSLATED}
    best = max(sorted(scores), key=lambda code: scores[code])
    alike = [code for code in TRANSLATED if scores[code] >= scores[best] - 1]
    if scores[best] and len(alike) > 1 and scores[best] > english:
        best = max(alike, key=lambda code: (_known(words, code), scores[code]))
    other, hits = _other_language(words)
    if hits > max(english, scores[best]):
        return other
    if scores[best] >= max(2, 0.12 * len(words)) and scores[best] > english:
        return best
    return _by_names(words) if english <= len(words) / MOST_ENGLISH else "en"


MOST_ENGLISH = 8
"""Of how many words at least one is a small English word in a text that is English for sure."""


def _by_names(words: list[str]) -> str:
    """Return the language of most words that are no English ones: a list of names has few small words."""
    foreign = [word for word in words if word not in vocabulary() and word not in word_set("english")]
    known = {code: _known(foreign, code) for code in TRANSLATED}
    best = max(sorted(known), key=lambda code: known[code])
    enough = max(2, 0.4 * len(words), len(words) - len(foreign) + 1)
    return best if known[best] >= enough else "en"


def _known(words: list[str], code: str) -> int:
    return sum(1 for word in words if is_known(word, code))


def _other_language(words: list[str]) -> tuple[str, int]:
    """Return the language without a word list whose small words are the most, and how many they are."""
    best, most = "", 2
    for name, listed in pairs("words.txt", "other language").items():
        known = frozenset(listed.split())
        hits = sum(1 for word in words if word in known)
        if hits > most and len({word for word in words if word in known}) > 2:
            best, most = name, hits
    return best, most if best else 0


_UNLIKE = frozenset(("me", "as", "se", "son", "die", "war", "so", "menu", "note", "come", "los", "sole"))
"""Small words of other languages that stand in English texts, too, and that no list of English has."""


def _hits(words: list[str], code: str) -> int:
    small = pairs("grammar_words.txt", code)
    return sum(1 for word in words if word in small and word not in _UNLIKE and word not in vocabulary())


def _script(text: str) -> str:
    letters = [char for char in text if char.isalpha()]
    foreign = [unicodedata.name(char, "") for char in letters if ord(char) > LAST_LATIN]
    for start, name in _SCRIPTS.items():
        if sum(1 for each in foreign if each.startswith(start)) * 2 > len(letters) > 0:
            return name
    return ""


def read(text: str) -> Read:
    """Return a text with the words that are known put into English, if its language can be read."""
    code = language_of(text)
    if code not in TRANSLATED:
        return Read(text=text, language=code)
    text = _YES_NO.sub("yes/no", text)
    found, tail = wording.pieces(text, code)
    found = ordering.ordered(found, code)
    english = _WANTED.sub(r"\1 to ", ordering.said(found, tail))
    return Read(text=english, language=code, titles=ordering.titles_of(found))
