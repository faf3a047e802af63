"""Faults of the theme: colours that there are not, and a logo that is no picture. Pure."""

import re
from collections.abc import Iterator

from dataforms.names import did_you_mean
from dataforms.spec import AppSpec, Problem

ACCENTS = (
    *(
        "gray",
        "gold",
        "bronze",
        "brown",
        "yellow",
        "amber",
        "orange",
        "tomato",
        "red",
        "ruby",
        "crimson",
        "pink",
    ),
    *("plum", "purple", "violet", "iris", "indigo", "blue", "cyan", "teal", "jade", "green", "grass", "lime"),
    *("mint", "sky"),
)
GRAYS = ("auto", "gray", "mauve", "slate", "sage", "olive", "sand")
_LOGO = re.compile(
    r"https://[^\s\"'<>\\^`{|}]{1,2000}"
    r"|data:image/(png|jpeg|gif|webp|avif|svg\+xml)(;[a-z0-9=-]{1,40}){0,2},[A-Za-z0-9+/=%._~!*'();:@&$,?-]{1,100000}"
)
"""Drawn in an `img`, in which a picture runs no scripts."""


def theme_problems(spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with the looks of an app."""
    for name, value, known in (("accent", spec.theme.accent, ACCENTS), ("gray", spec.theme.gray, GRAYS)):
        if value not in known:
            yield Problem(
                path=f"theme.{name}",
                message=f"{value[:80]!r} is not one of Radix' {name} colours.",
                hint=did_you_mean(value, known),
            )
    if spec.theme.logo is not None and not _LOGO.fullmatch(spec.theme.logo):
        yield Problem(
            path="theme.logo",
            message=f"{spec.theme.logo[:80]!r} is no picture.",
            hint="Write https://… or data:image/png;base64,…, in 100,000 characters at most.",
        )
