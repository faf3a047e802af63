"""What a spec may call things, and suggestions for names that miss. Imports only the spec of this package."""

import re
from collections.abc import Iterable, Iterator

from dataforms.spec import Problem

NAME_LENGTH = 60
TITLE_LENGTH = 200
PROSE_LENGTH = 4_000
APP_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
ENTITY_NAME = re.compile(r"(?=.{1,60}$)[A-Z][A-Za-z0-9]*( [A-Za-z0-9]+)*")
RESERVED_FIELDS = ("id",)
RESERVED_NAMES = ("sqlite", "webhooks")
"""Which no entity's table may have: SQLite's own, and an address of REST."""
RESERVED_TABLES = ("sqlite_", "dataforms_")
"""How the name of no entity's table may start."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029]")
_CONTROL_BUT_BREAKS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return a hint: the nearest of the known names, or all of them where there are few."""
    from difflib import get_close_matches  # seldom needed, and slow to import

    names = list(known)
    by_case = {name.casefold(): name for name in names}
    near = get_close_matches(wrong.casefold()[:NAME_LENGTH], list(by_case), n=1, cutoff=0.6)
    if near:
        return f"Did you mean {by_case[near[0]]!r}?"
    return f"Known are: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}." if names else ""


def twice(names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the place of every name that came before, and the place of the first."""
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in first:
            yield place, first[name]
        else:
            first[name] = place


def title_problems(path: str, text: str | None, *, required: bool = True) -> Iterator[Problem]:
    """Yield what is wrong with a text that is shown on one line."""
    if text is None:
        return
    if required and not text.strip():
        yield Problem(path=path, message="Is blank.", hint="Write what people should read there.")
    elif len(text) > TITLE_LENGTH:
        yield Problem(path=path, message=f"Has {len(text)} characters; {TITLE_LENGTH} are possible.")
    elif _CONTROL.search(text):
        yield Problem(path=path, message="Has a line break or another control character.", hint="Remove it.")


def prose_problems(path: str, text: str | None) -> Iterator[Problem]:
    """Yield what is wrong with a text that may have many lines."""
    if text is None:
        return
    if len(text) > PROSE_LENGTH:
        yield Problem(path=path, message=f"Has {len(text)} characters; {PROSE_LENGTH} are possible.")
    elif _CONTROL_BUT_BREAKS.search(text):
        yield Problem(path=path, message="Has a control character.", hint="Remove it.")
