"""A text as lines, sentences and tokens, with what stands in brackets as a token of its own."""

import re
import unicodedata

import msgspec

from protoddfd.design.lexicon import singular

LONGEST_TEXT = 12_000
"""Characters of a description that are read."""

LONGEST_SENTENCE = 240
"""Tokens of a sentence that are read; what is longer is no sentence."""

ARROW = "⇒"
"""The text of what is read as a slash where somebody wrote an arrow."""

DEEPEST = 4
"""How deep brackets may stand in brackets."""

_TOKEN = re.compile(
    r"w/(?=\s)|\d+(?:[.,]\d+)*(?:st|nd|rd|th)?(?:-[^\W\d_]+)+|\d+(?:[.,]\d+)*%?|"
    r"[^\W_]+(?:[_'’-][^\W_]+|\.[^\W_]{2,})*|'s?|\n|[^\w\s]",
    re.UNICODE,
)
_ASKED = re.compile(
    r"([,;|(:]\s*(?!y/n|yes)(?:[\w-]+ ){0,2}[\w-]{3,})\?(?=\s*[,;|)]|\s+-\s|\.?\s*$)", re.MULTILINE
)
"""A short item of a list that asks, such as `, paid?,`."""

_COUNTED = re.compile(r"(\w) ?#(?=\s*[,;|/).]|\s*$)", re.MULTILINE)
_LETTERS = re.compile(
    r"(?<=[a-z]),? ((?:(?:[A-Z]|\d{1,2}),? )+or (?:[A-Z]|\d{1,2}))(?=[,.;:)]|\s*$)", re.MULTILINE
)
"""Answers of one letter, or numbers, behind a name: `class, A, C or T`."""

_ROUGHLY = re.compile(
    r"\b(?:at most|at least|up to|no more than|not more than|exactly|about|around|roughly) "
    r"(?=(?:one|two|three|four|five|six|ten|a dozen|\d+) (?!char|letter|point|star|percent|of\b)[a-z]{3,})",
    re.IGNORECASE,
)
"""What says how exact a number of things is: `at most two permits`."""

_OPEN, _CLOSE = "([{", ")]}"
_LOOSE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " ", "\t": " "})


class Token(msgspec.Struct, frozen=True):
    """A word, a number or a sign; or what stands in a pair of brackets, as `inside`."""

    text: str
    word: str
    """In lower case."""
    lemma: str
    """In the singular."""
    inside: tuple["Token", ...] | None = None
    spaced: bool = True
    """Is there a space before it?"""
    glued: bool = False
    """Does it go on with a name such as `unit_price`?"""

    @property
    def is_word(self) -> bool:
        """Tell a word or a number from a sign and from brackets."""
        return self.inside is None and self.word[:1].isalnum()


def word_token(text: str, spaced: bool = True, glued: bool = False) -> Token:
    """Return the token of one word."""
    lower = text.lower()
    return Token(text=text, word=lower, lemma=singular(lower), spaced=spaced, glued=glued)


def clean(text: str) -> str:
    """Return a text with one form of quotes, dashes and spaces, and without control characters."""
    text = unicodedata.normalize("NFC", text[:LONGEST_TEXT]).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r" (?:>|→|»|⇒) ?", f" {ARROW} ", text)
    text = re.sub(r"(?<=\S)[ \t][–—][ \t]?", " - ", text).translate(_LOOSE).replace('"', "")
    text = re.sub(
        r"\b(e\.g|i\.e|etc|incl|approx|no|vs)\.(?=[\s,)])(?!\s+[A-Z])", r"\1", text, flags=re.IGNORECASE
    )
    text = re.sub(r"\b([Ww])\.(?=\s+\w)", r"\1/", text)
    text = _ASKED.sub(r"\1 (yes/no)", text)
    text = _COUNTED.sub(r"\1 number", text)
    text = _ROUGHLY.sub("", text)
    text = _LETTERS.sub(_offered, text)
    return "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")


def _offered(found: re.Match[str]) -> str:
    return f" ({re.sub(r'[, ]+', ', ', found.group(1).replace(' or ', ' '))})"


def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text that was cleaned; brackets that do not match are left out."""
    stack: list[list[Token]] = [[]]
    end = 0
    for match in _TOKEN.finditer(text):
        piece, spaced = match.group(), match.start() > end or match.start() == 0
        end = match.end()
        if piece in _OPEN:
            if len(stack) <= DEEPEST:
                stack.append([])
        elif piece in _CLOSE:
            if len(stack) > 1:
                inside = tuple(stack.pop())
                stack[-1].append(Token(text="()", word="()", lemma="()", inside=inside, spaced=spaced))
        else:
            stack[-1].extend(_pieces(piece, spaced))
    while len(stack) > 1:
        inside = tuple(stack.pop())
        stack[-1].append(Token(text="()", word="()", lemma="()", inside=inside))
    return tuple(stack[0])


def _pieces(piece: str, spaced: bool) -> list[Token]:
    """Return a possessive as two tokens, and a snake_case name as its words."""
    lower = piece.lower()
    if (
        lower.endswith("'s")
        and len(piece) > 2
        and lower not in {"it's", "that's", "let's", "there's", "what's"}
    ):
        return [word_token(piece[:-2], spaced), Token(text="'s", word="'s", lemma="'s", spaced=False)]
    if piece == ARROW:
        return [Token(text=ARROW, word="/", lemma="/", spaced=spaced)]
    if piece == "'":
        return [Token(text="'", word="'", lemma="'", spaced=spaced)]
    parts = [part for part in piece.split("_") if part]
    return [word_token(part, spaced or number > 0, number > 0) for number, part in enumerate(parts)]


def split(line: tuple[Token, ...], *signs: str) -> list[tuple[Token, ...]]:
    """Return the parts of a line between any of these words or signs, empty ones left out."""
    parts: list[list[Token]] = [[]]
    for token in line:
        if token.inside is None and token.word in signs:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts if part]


def sentences(line: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Return the sentences of a line, each cut to what can be one."""
    return [each[:LONGEST_SENTENCE] for each in split(line, ".", "!", "?")]
