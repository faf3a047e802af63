"""How refusals are told: for a person two lines, for a program one JSON object."""

import msgspec

from protoddfctl.client import ClientFault
from protoddfctl.show import clean
from protoddfd.errors import ProtoddfError

_MOST_PROBLEMS = 20


def as_text(error: ProtoddfError | ClientFault) -> str:
    """Return what happened, the document's faults if there are any, and what helps."""
    first, *more = error.message.split("\n")
    lines = [f"protoddfctl: {clean(first)}", *(f"  {clean(line)}" for line in more)]
    problems = error.problems if isinstance(error, ProtoddfError) else ()
    if len(problems) == 1 and f"{problems[0].path}: {problems[0].message}" in error.message:
        problems = ()
    for problem in problems[:_MOST_PROBLEMS]:
        hint = f" ({clean(problem.hint)})" if problem.hint else ""
        lines.append(f"  {clean(problem.path)}: {clean(problem.message)}{hint}")
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"  and {len(problems) - _MOST_PROBLEMS} more")
    if error.hint:
        lines.append(f"  hint: {clean(error.hint)}")
    return "\n".join((*lines, ""))


def as_json(error: ProtoddfError | ClientFault) -> str:
    """Return the same as one line of JSON."""
    told: dict[str, object] = {"message": error.message, "hint": error.hint}
    if isinstance(error, ProtoddfError):
        told |= {"code": error.code, "kind": error.kind, "problems": error.problems}
    return msgspec.json.encode({"error": told}).decode() + "\n"
