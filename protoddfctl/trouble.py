"""How refusals are told: for a person two lines, for a program one JSON object."""

import os
import sys
from collections.abc import Sequence

import msgspec

from protoddfctl.client import ClientFault
from protoddfctl.parsers import meant
from protoddfctl.session import Session
from protoddfctl.show import clean, paint, wants_colour
from protoddfd.errors import AppUnknown, ProtoddfError

_MOST_PROBLEMS = 20
_NAMES_S = 1.0

Trouble = ProtoddfError | ClientFault


def hint_of(session: Session, error: Trouble, names: Sequence[str]) -> str:
    """Return what helps; for an app that there is none of, the one that was probably meant.

    `names` are the apps that were named on the command line.
    """
    if not isinstance(error, AppUnknown):
        return error.hint
    known = known_names(session)
    unknown = next((name for name in names if name not in known), "")
    near = meant(unknown, known).removeprefix("; ")
    return f"{near} protoddfctl list shows every app" if near else error.hint


def known_names(session: Session) -> list[str]:
    """Return the names of all apps, as far as the daemon tells them within a second."""
    try:
        with session.new_client() as client:
            raw = client.call_raw("app.list", {"fields": ["name"]}, timeout_s=_NAMES_S)
    except (ClientFault, ProtoddfError):
        return []
    return [app["name"] for app in msgspec.json.decode(raw)["apps"]]


def as_text(error: Trouble, hint: str) -> str:
    """Return what happened, the document's faults if there are any, and what helps."""
    coloured = wants_colour(os.environ, is_terminal=sys.stderr.isatty())
    first, *more = error.message.split("\n")
    name = paint("protoddfctl:", "red", coloured=coloured)
    lines = [f"{name} {clean(first)}", *(f"  {clean(line)}" for line in more)]
    problems = error.problems if isinstance(error, ProtoddfError) else ()
    if len(problems) == 1 and f"{problems[0].path}: {problems[0].message}" in error.message:
        problems = ()
    for problem in problems[:_MOST_PROBLEMS]:
        helps = f" ({clean(problem.hint)})" if problem.hint else ""
        lines.append(f"  {clean(problem.path)}: {clean(problem.message)}{helps}")
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"  and {len(problems) - _MOST_PROBLEMS} more")
    if hint:
        lines.append(f"  {paint('hint:', 'cyan', coloured=coloured)} {clean(hint)}")
    return "\n".join((*lines, ""))


def as_json(error: Trouble, hint: str) -> str:
    """Return the same as one line of JSON."""
    told: dict[str, object] = {"message": error.message, "hint": hint}
    if isinstance(error, ProtoddfError):
        told |= {"code": error.code, "kind": error.kind, "problems": error.problems}
    return msgspec.json.encode({"error": told}).decode() + "\n"
