"""Takes from a text what only says how a value comes about: `total = quantity x price` names a total."""

import re

_SIGN = r"(?:times|minus|plus|multiplied by|divided by|×|x(?= \w)|\*|\+|sum of|number of|difference between)"
_WORD = r"(?:times|minus|plus|multiplied by|divided by|×|\*|sum of|difference between)"
_REST = r"(?:[^,;.\n:=]|\.(?=\d))*"
"""What goes on to the end of a part; a point within a number is none."""
_TAILS = (
    re.compile(
        r";\s*(?:(?:please )?(?:colou?r|highlight|flag|mark)\b|only \w+ (?:can|may)\b|nobody\b"
        r"|\w+ (?:can|may|should|must) only\b)[^.;\n]*",
        re.IGNORECASE,
    ),
    re.compile(
        r" ?\((?:=|is |as )? ?[^(),]*\w (?:times|minus|multiplied by|divided by|×|\*) \w[^(),]*\)",
        re.IGNORECASE,
    ),
    re.compile(r" ?\((?:calculated|computed|worked out)\b[^()]*\)", re.IGNORECASE),
    re.compile(
        r" ?\((?:only|required|mandatory|needed|must|cannot|can't|may not|should|if|when|unless|shown)\b"
        r"[^()]*"
        r"\b(?:if|when|for|after|before|than|once|unless|be)\b[^()]*\)",
        re.IGNORECASE,
    ),
    re.compile(rf" = {_REST}\s{_SIGN}\s{_REST}", re.IGNORECASE),
    re.compile(
        rf"(?<=\w): (?={_REST}\s{_WORD}\s){_REST}(?=[.;](?!\d)|\n|$)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<=\w) (?:is|are|equals) (?={_REST}\s{_WORD}\s){_REST}(?=[.;](?!\d)|\n|$)",
        re.IGNORECASE,
    ),
)


def without_tails(text: str) -> str:
    """Return a text without formulas, and without brackets that only say when or within what."""
    for pattern in _TAILS:
        text = pattern.sub("", text)
    return text
