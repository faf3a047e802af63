"""What descriptions in other languages state, in the English of clauses: small words, no names."""

import re
from functools import cache

from protoddfd.design.foreign.forms import plain
from protoddfd.design.lexicon_files import pairs


@cache
def _words(code: str) -> dict[str, str]:
    return {plain(foreign): english for foreign, english in pairs("stated.txt", code).items()}


@cache
def _pattern(code: str) -> re.Pattern[str]:
    longest = sorted(_words(code), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b") if longest else re.compile(r"(?!)")


_IF = re.compile(r"(^|[.\n;] *)(?:whether|as|when)\b(?=[^.\n;]*,)", re.IGNORECASE)
"""How a condition begins where a word list has another meaning of its first word."""


def in_english(text: str, code: str) -> str:
    """Return a text that was put into English word by word with the words of conditions in English, too."""
    if not pairs("stated.txt", code):
        return text
    lower = plain(text)
    put = _pattern(code).sub(lambda found: _words(code)[found.group()], lower)
    put = _LAST_VERB.sub(r"\1 \3 \2", put) if code == "de" else put
    return _IF.sub(r"\1if", put)


_LAST_VERB = re.compile(
    r"\b(may|can|cannot|must not) ([^.,;\n]+?) (delete|change|edit|approve|see|record)(?=[.,;\n]|$)"
)
"""A verb at the end of a German sentence, where English has it behind the auxiliary."""
