"""Which roles there are: who is spoken of, with what to begin with, and whose new accounts are."""

from collections.abc import Sequence

from protoddfd.design.stated.aiming import ALL_WORDS
from protoddfd.design.stated.deeds import Deed
from protoddfd.design.stated.grants import ALL, Grants
from protoddfd.design.stated.rights import ADMIN, EVERYBODY, Right
from protoddfd.importers import names

REST = "everyone_else"
MOST_ROLES = 8


def roles_of(people: Sequence[str]) -> list[str]:
    """Return the names of the roles of people; administrators need none."""
    return [REST if each == EVERYBODY else names.field_name(each, ()) for each in people if each != ADMIN]


def cast(grants: Grants, rights: Sequence[Right]) -> None:
    """Add the roles that rights speak of, each with what it may do before anything is taken from it."""
    had = grants.roles()
    for right in rights:
        for person in right.people[:MOST_ROLES]:
            if person in {ADMIN, EVERYBODY} or len(grants.roles()) >= MOST_ROLES:
                continue
            if right.kind != "does" and (right.kind != "may" or _is_grant(right, rights, person)):
                grants.add(names.field_name(person, ()), _titled(person), _base(person, rights))
    if not had and _needs_rest(grants, rights):
        title = "Everyone else" if grants.roles() else "Everyone"
        grants.add(REST, title, _base(EVERYBODY, rights))


def default_of(grants: Grants, rights: Sequence[Right]) -> str:
    """Return the role of new accounts: the one that may least; `` if it is none of them."""
    for kind in ("own", "just", "not", "hidden"):
        for right in rights:
            for role in roles_of(right.people):
                if right.kind == kind and role in grants.roles():
                    return role
    return REST if REST in grants.roles() else ""


def _titled(person: str) -> str:
    return person.upper() if len(person) <= 2 else names.title(person)


def _is_grant(right: Right, rights: Sequence[Right], person: str) -> bool:
    """Tell whether a right that limits nobody makes a role of its own."""
    limited = any(person in each.people and each.kind != "may" for each in rights)
    return "decide" not in right.deeds or limited


def _base(person: str, rights: Sequence[Right]) -> tuple[Deed, ...]:
    """Return what somebody may do with all that nothing is said of: nothing, see it, or everything."""
    mine = [right for right in rights if person in right.people]
    kinds = {right.kind for right in mine}
    seen = any(right.kind == "may" and right.deeds == {"read"} for right in mine)
    if "own" in kinds or (seen and "not" in kinds):
        return ("read",)
    just = [right for right in mine if right.kind == "just"]
    if just:
        return () if all(right.what not in ALL_WORDS for right in just) else ("read",)
    rest = any(EVERYBODY in each.people and each.kind == "just" for each in rights)
    return _base(EVERYBODY, rights) if rest and kinds <= {"may", "does"} else ALL


def _needs_rest(grants: Grants, rights: Sequence[Right]) -> bool:
    """Tell whether there are people whom nothing was said of, and who must be able to do something."""
    if any(EVERYBODY in right.people for right in rights):
        return True
    limiting = [right for right in rights if right.kind in {"just", "own", "not", "hidden"}]
    limited = {role for right in limiting for role in roles_of(right.people)}
    led = any(ADMIN in right.people and right.kind != "does" for right in rights)
    return not limited or (not led and set(grants.roles()) <= limited)
