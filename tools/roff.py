"""Manual pages in roff: the few requests of man(7) that pages here are made of. Pure."""

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"^([.'])", re.MULTILINE)


def text(plain: str) -> str:
    """Return `plain` so that roff sets it as it stands: nothing in it is a request or an escape."""
    escaped = plain.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    escaped = escaped.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    return _SPECIAL.sub(r"\\&\1", escaped)


def prose(plain: str) -> str:
    """Return a text in which `code` is bold."""
    parts = plain.split("`")
    return "".join(bold(part) if place % 2 else text(part) for place, part in enumerate(parts))


def bold(plain: str) -> str:
    """Return `plain` as it is to be typed."""
    return f"\\fB{text(plain)}\\fR"


def italic(plain: str) -> str:
    """Return `plain` as what stands for something else."""
    breakable = text(plain).replace("|", "|\\:")  # a list of choices may be longer than a line
    return f"\\fI{breakable}\\fR"


def title(name: str, section: int, version: str) -> list[str]:
    """Return the first lines of a page."""
    return [
        '.\\" Made by `python -m tools.man`; edit the code that it is made from.',
        f'.TH "{text(name.upper())}" "{section}" "" "Proto\\-DDF {text(version)}" "Proto\\-DDF"',
        ".nh",
        ".ad l",
    ]


def section(name: str, lines: Iterable[str]) -> list[str]:
    """Return a section of a page; nothing when it has no lines."""
    body = list(lines)
    if body[:1] == [".PP"]:
        del body[0]
    return [f".SH {name}", *body] if body else []


def item(tag: str, body: str) -> list[str]:
    """Return a tag, formatted already, and the text that stands beside or below it."""
    return [".TP", tag, body or "\\&"]


def paragraph(body: str) -> list[str]:
    """Return a paragraph that is formatted already."""
    return [".PP", body]


def example(does: str, line: str) -> list[str]:
    """Return what a command line does, and the line as it is typed."""
    return [".PP", f"{prose(does)}:", ".PP", ".in +4n", ".nf", bold(line), ".fi", ".in"]
