"""Takes from a text what is said around its content: greetings, who is asking, what for."""

import re
from functools import cache

from protoddfd.design.lexicon_files import alternatives

_STEPS = (
    ("mail head", "", 4),
    ("mail subject", r"\1.\n", 1),
    ("greeting", "", 1),
    ("closing", "", 1),
    ("story", "We", 0),
    ("story thing", "We track", 0),
    ("story act", "We ", 0),
    ("purpose", "", 0),
    ("look", "", 0),
    ("intro", " we track ", 0),
    ("aside", " ", 0),
)
"""Which patterns are replaced by what, in order, and how often at most; 0 is without limit."""


@cache
def _pattern(section: str) -> re.Pattern[str]:
    return re.compile(alternatives("patterns.txt", section), re.IGNORECASE)


def without_frame(text: str) -> str:
    """Return a text without greetings, closings, purposes and the words that only ask for an app."""
    for section, instead, most in _STEPS:
        text = _pattern(section).sub(instead, text, count=most)
    return text.strip()
