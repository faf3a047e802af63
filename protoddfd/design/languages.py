"""Other languages than English: which one a text is in, and its words in English where a list has them."""

import re
import unicodedata
from functools import cache

import msgspec

from protoddfd.design.lexicon_files import pairs, sections, word_set

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
_WORD = re.compile(r"[^\W\d_]+(?:['’]|(?:-[^\W\d_]+)*)")


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
    words = [match.group().lower().replace("’", "'") for match in _WORD.finditer(text)]
    english = sum(1 for word in words if word in word_set("english"))
    scores = {code: _hits(words, code) for code in TRANSLATED}
    best = max(sorted(scores), key=lambda code: scores[code])
    other, hits = _other_language(words)
    if hits > max(english, scores[best]):
        return other
    if scores[best] >= max(2, 0.12 * len(words)) and scores[best] > english:
        return best
    return "en"


def _other_language(words: list[str]) -> tuple[str, int]:
    """Return the language without a word list whose small words are the most, and how many they are."""
    best, most = "", 2
    for name, listed in pairs("words.txt", "other language").items():
        known = frozenset(listed.split())
        hits = sum(1 for word in words if word in known)
        if hits > most and len({word for word in words if word in known}) > 2:
            best, most = name, hits
    return best, most if best else 0


def _hits(words: list[str], code: str) -> int:
    small = pairs("grammar_words.txt", code)
    unlike = {
        "a",
        "in",
        "no",
        "me",
        "an",
        "on",
        "i",
        "as",
        "do",
        "se",
        "son",
        "die",
        "war",
        "so",
        "menu",
        "note",
        "come",
    }
    return sum(1 for word in words if word in small and word not in unlike)


def _script(text: str) -> str:
    letters = [char for char in text if char.isalpha()]
    foreign = [unicodedata.name(char, "") for char in letters if ord(char) > LAST_LATIN]
    for start, name in _SCRIPTS.items():
        if sum(1 for each in foreign if each.startswith(start)) * 2 > len(letters) > 0:
            return name
    return ""


def plain(text: str) -> str:
    """Return a text in lower case and without accents."""
    apart = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(char for char in apart if not unicodedata.combining(char)).replace("ß", "ss")


def _stem(word: str, code: str) -> str:
    word = plain(word)
    if code == "de":
        while len(word) > 4 and (shorter := re.sub(r"(innen|en|er|e|n|s)$", "", word)) != word:
            word = shorter
        return word
    if code == "it":
        return re.sub(r"h?[aeiou]$", "", word) if len(word) > 3 else word
    if code == "es":
        word = (
            word.replace("b", "v")
            .replace("z", "s")
            .replace("ce", "se")
            .replace("ci", "si")
            .replace("rr", "r")
            .replace("h", "")
        )
    word = re.sub(r"(oes|aes)$", "ao", word) if code == "pt" else word
    if code == "fr":
        return re.sub(r"[sx]$", "", re.sub(r"aux$", "al", word)) if len(word) > 3 else word
    return re.sub(r"(?<=[lrnd])es$|s$", "", word) if len(word) > 3 else word


@cache
def _glossary(code: str) -> dict[tuple[str, ...], tuple[str, str]]:
    """Return, by the stems of a foreign phrase, its English and how it is written."""
    column = 1 + list(TRANSLATED).index(code)
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    for line in sections("glossary.txt").get("", ()):
        cells = [cell.strip() for cell in line.split("|")]
        for written in (each.strip() for each in (cells[column] if len(cells) > column else "").split("/")):
            key = tuple(_stem(word, code) for word in _WORD.findall(written))
            if key:
                found.setdefault(key, (cells[0], written))
    return found


@cache
def _small(code: str) -> dict[tuple[str, ...], str]:
    """Return the English of small words, as written and, if they are long enough, without accents."""
    found = {
        tuple(_WORD.findall(foreign)): english
        for foreign, english in pairs("grammar_words.txt", code).items()
    }
    return {
        tuple(plain(word) for word in key): english
        for key, english in found.items()
        if len(plain(key[0])) > 2
    } | found


def read(text: str) -> Read:
    """Return a text with the words that are known put into English, if its language can be read."""
    code = language_of(text)
    if code not in TRANSLATED:
        return Read(text=text, language=code)
    text = re.sub(
        r"\b(s[ií]|ja|oui|sim|s[iì]) ?/ ?(no|nein|non|n[ãa]o)\b", "yes/no", text, flags=re.IGNORECASE
    )
    words = list(_WORD.finditer(text))
    titles: dict[str, str] = {}
    made: list[str] = []
    end = at = 0
    while at < len(words):
        length, english, title = _match(text, words, at, code)
        made.append(text[end : words[at].start()])
        made.append(english + (" " if words[at + length - 1].group()[-1] in "'’" else ""))
        if title:
            titles.setdefault(title[0], title[1])
        end = words[at + length - 1].end()
        at += length
    made.append(text[end:])
    return Read(text=_WANTED.sub(r"\1 to ", "".join(made)), language=code, titles=titles)


_SEVERAL: dict[str, tuple[str, ...]] = {
    "de": (), "es": ("los", "las"), "fr": ("les", "des"), "pt": ("os", "as"), "it": ("i", "gli"),
}  # fmt: skip
"""Articles behind which a noun is a plural."""


def _match(
    text: str, words: list[re.Match[str]], at: int, code: str
) -> tuple[int, str, tuple[str, str] | None]:
    """Return how many words from here stand for which English, and the title that they are."""
    for length in (4, 3, 2, 1):
        part = words[at : at + length]
        if len(part) < length or (length > 1 and not _together(text, part)):
            continue
        small = _small(code).get(tuple(word.group().lower().replace("’", "'") for word in part))
        if small is not None:
            return length, small, None
        known = _glossary(code).get(tuple(_stem(word.group(), code) for word in part))
        if known is not None:
            english, written = known
            surface = text[part[0].start() : part[-1].end()]
            article = words[at - 1].group().lower() if at else ""
            several = article in _SEVERAL[code] or _is_plural(surface, written, code)
            return length, _plural(english) if several else english, (english, written)
    return (1, *_compound(words[at].group(), code))


def _together(text: str, part: list[re.Match[str]]) -> bool:
    return not text[part[0].start() : part[-1].end()].replace(" ", "").strip("'’").count(",")


def _compound(word: str, code: str) -> tuple[str, tuple[str, str] | None]:
    """Return a German compound's parts in English; any other word as it is."""
    if code != "de" or len(word) < 8:
        return word, None
    glossary = _glossary(code)
    for cut in range(3, len(word) - 3):
        head = glossary.get((_stem(word[cut:], code),))
        if head is None:
            continue
        left = next(
            (
                glossary[key]
                for tail in ("", "s", "n", "en", "-")
                if word[:cut].endswith(tail)
                and (key := (_stem(word[:cut].removesuffix(tail), code),)) in glossary
            ),
            None,
        )
        english = f"{left[0] if left else word[:cut].lower().rstrip('-')} {head[0]}"
        return (_plural(english) if _is_plural(word[cut:], head[1], code) else english), (english, word)
    return word, None


def _is_plural(surface: str, written: str, code: str) -> bool:
    surface, written = plain(surface), plain(written)
    if surface == written:
        return False
    if code == "de":
        return surface.endswith(("en", "er", "e", "n", "s")) and len(surface) > len(written)
    if code == "it":
        return surface[-1:] in "ie" and written[-1:] in "oae" and surface[-1:] != written[-1:]
    return surface.split()[0].endswith(("s", "x")) and not written.split()[0].endswith(("s", "x"))


def _plural(english: str) -> str:
    if english.endswith(("s", "staff", "people")):
        return english
    if english.endswith("child"):
        return f"{english}ren"
    if english.endswith(("x", "ch", "sh")):
        return f"{english}es"
    if english.endswith("y") and english[-2:-1] not in "aeiou":
        return f"{english[:-1]}ies"
    return f"{english}s"
