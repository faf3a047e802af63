"""The forms of clauses, from the list beside: regular expressions over plain words, put together of parts."""

import re
from functools import cache

from protoddfd.design.lexicon_files import alternatives, pairs, sections

_PART = re.compile(r"%(\w+)%")


@cache
def wording(name: str) -> str:
    """Return a part of forms as a regular expression: one of the list of parts, or words of `stated.txt`."""
    written = pairs("forms.txt", "part").get(name)
    return alternatives("stated.txt", name) if written is None else _whole(written)


def _whole(written: str) -> str:
    return _PART.sub(lambda found: wording(found.group(1)), written)


@cache
def forms(section: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return what each form of a section does, and the form, in their order."""
    found = (line.partition(":") for line in sections("forms.txt")[section])
    return tuple((kind, re.compile(_whole(form.strip()))) for kind, _, form in found)


@cache
def hint(section: str) -> re.Pattern[str]:
    """Return what is at least in a clause that has one of the forms of a section."""
    return forms(f"{section} hint")[0][1]
