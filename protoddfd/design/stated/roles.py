"""From rights to the roles of a spec, with a login, which roles need; and why, in notes."""

import re
from collections.abc import Sequence

import msgspec

from dataforms.check import problems
from dataforms.spec import AppSpec, Entity, Field
from dataforms.spec_login import Login
from protoddfd.design.stated import aiming, casting, owning
from protoddfd.design.stated.casting import roles_of
from protoddfd.design.stated.deeds import Deed
from protoddfd.design.stated.grants import ALL, Grants, Target
from protoddfd.design.stated.known import Known, replaced, with_field
from protoddfd.design.stated.rights import Right
from protoddfd.importers import names

_EMAIL = "E-mail"
LOGIN_NOTE = (
    "a login is switched on, since roles are of accounts: the app's log (protoddfctl logs NAME) has the link "
    "that makes the first account, an administrator's, who may do everything and invites the others"
)
_NO_LOGIN = re.compile(
    r"\b(?:no|without|not need|need no)(?: \w+){0,2} (?:login|logins|log in|accounts?|passwords?)\b"
)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A right, the sentence that it is from, and the entities that were spoken of last."""

    right: Right
    said: str
    words: str
    """Those of its clause."""
    about: tuple[str, ...] = ()


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A spec with roles, notes, and the sentences that were understood."""

    spec: AppSpec
    notes: tuple[str, ...] = ()
    understood: frozenset[str] = frozenset()
    clauses: frozenset[str] = frozenset()
    """The words of the clauses that were understood."""


def with_roles(spec: AppSpec, said: Sequence[Said], text: str) -> Made:
    """Return a spec with the roles that are stated; as it is if nobody is denied anything."""
    login = [each for each in said if each.right.kind == "login"]
    limiting = [each for each in said if each.right.kind in {"only", "just", "not", "own", "hidden"}]
    if not limiting and not (login and not spec.roles):
        return Made(spec=spec)
    if _NO_LOGIN.search(text):
        notes = tuple(
            f"“{each.said}” was left out: it needs a login, and none is wanted" for each in limiting[:1]
        )
        return Made(spec=spec, notes=notes)
    if not limiting:
        note = LOGIN_NOTE.replace("since roles are of accounts", "because the text asks for one")
        return Made(spec=_with_login(spec), notes=(note,), understood=frozenset(each.said for each in login),
                    clauses=frozenset(each.words for each in login))  # fmt: skip
    return _Finding(*_addressed(spec, limiting), said).made()


def _addressed(spec: AppSpec, said: Sequence[Said]) -> tuple[AppSpec, list[str]]:
    """Return the spec with an e-mail address for the people whose own records are spoken of, and notes."""
    notes: list[str] = []
    for person in owning.without_address(Known(spec), [each.right for each in said]):
        name = names.field_name("email", {field.name for field in person.fields})
        spec = replaced(spec, with_field(person, Field(name=name, title=_EMAIL, type="email")))
        notes.append(
            f"{person.name}: email was added, because an account is told by it whose records are its own"
        )
    for each in said:
        found = owning.looked_back(Known(spec), each.right) if each.right.kind == "own" else None
        if found is not None:
            spec = replaced(spec, with_field(*found))
    return spec, notes


def _with_login(spec: AppSpec) -> AppSpec:
    login = msgspec.structs.replace(spec.login or Login(), required=True)
    return msgspec.structs.replace(spec, login=login)


class _Finding:
    """Finds roles: first who there is, then what each may not do."""

    def __init__(self, spec: AppSpec, notes: Sequence[str], said: Sequence[Said]) -> None:
        self.spec = spec
        self.known = Known(spec)
        self.notes = list(notes)
        self.understood: set[str] = set()
        self.said = [each for each in said if each.right.kind != "login"]
        self.targets: dict[int, Target] = {}

    def made(self) -> Made:
        kept = [(number, each) for number, each in enumerate(self.said) if self._aims(number, each)]
        if not any(each.right.kind in {"only", "just", "not", "own", "hidden"} for _, each in kept):
            return Made(spec=self.spec, notes=tuple(self.notes))
        grants = Grants(self.spec)
        self.had = {name: tuple(grants.permissions(name)) for name in grants.roles()}
        rights = [each.right for _, each in kept]
        casting.cast(grants, rights)
        for kinds in (("may",), ("just",), ("own",), ("does",), ("not", "hidden"), ("only",)):
            for number, each in kept:
                if each.right.kind in kinds:
                    self._apply(grants, each, self.targets[number], [other for _, other in kept])
        roles = grants.made(casting.default_of(grants, rights))
        spec = _with_login(msgspec.structs.replace(self.spec, roles=roles))
        if problems(spec):
            return Made(
                spec=self.spec, notes=(*self.notes, "who may do what was left out: it cannot be put as roles")
            )
        had_login = self.spec.login is not None and self.spec.login.required
        whose = {role.name: " (new accounts get it)" if role.default else "" for role in roles}
        told = [
            f"{grants.titles[name]} → a role that {grants.told(name)}{whose[name]}, "
            f"because of “{self._why(name, kept)}”"
            for name in grants.roles()
            if name not in self.had or tuple(grants.permissions(name)) != self.had[name]
        ]
        notes = (*([] if had_login else [LOGIN_NOTE]), *told, *self.notes)
        return Made(
            spec=spec,
            notes=notes,
            understood=frozenset(self.understood),
            clauses=frozenset(each.words for _, each in kept),
        )

    def _why(self, role: str, kept: Sequence[tuple[int, Said]]) -> str:
        limiting = [each for _, each in kept if each.right.kind not in {"may", "does"}]
        mine = [
            each
            for row in (limiting, [each for _, each in kept])
            for each in row
            if role in roles_of(each.right.people)
        ]
        return (mine or limiting)[0].said

    # -- what a right is about ---------------------------------------------------------------------------

    def _aims(self, number: int, said: Said) -> bool:
        target = aiming.target(self.known, said.right, said.about)
        if target is None:
            if said.right.kind not in {"may", "does"}:
                missing = f"there is no {said.right.what or 'such field'} here"
                missing = "nothing says whose a record is" if said.right.kind == "own" else missing
                self.notes.append(f"“{said.said}” was left out: {missing}")
            return False
        self.targets[number] = target
        return True

    # -- what each may do --------------------------------------------------------------------------------

    def _apply(self, grants: Grants, each: Said, target: Target, kept: Sequence[Said]) -> None:
        right = each.right
        mine = [role for role in roles_of(right.people) if role in grants.roles()]
        self.understood.add(each.said)
        others = [role for role in grants.roles() if role not in roles_of(right.people)]
        if right.kind == "own":
            owning.apply(grants, self.known, right, target.entities, mine, [other.right for other in kept])
            return
        for entity in target.entities:
            for role in others if right.kind == "only" else mine:
                granted = self._granted(role, target) if right.kind == "only" else frozenset()
                if not right.deeds & granted:
                    self._narrow(grants, role, entity, right, target.fields, granted)

    def _granted(self, role: str, target: Target) -> frozenset[Deed]:
        """Return what a role is said to be allowed with what a right that denies it is about."""
        kinds = {"own", "may", "does", "just", "only"}
        return frozenset(
            deed for number, other in enumerate(self.said)
            if number in self.targets and other.right.kind in kinds and role in roles_of(other.right.people)
            and _shares(self.targets[number], target) for deed in other.right.deeds
        )  # fmt: skip

    def _narrow(
        self, grants: Grants, role: str, about: Entity, right: Right, fields: tuple[Field, ...],
        granted: frozenset[Deed],
    ) -> None:  # fmt: skip
        if right.kind in {"may", "does"}:
            if not fields and role not in self.had:
                grants.add_to(role, about.name, _taken(right))
        elif right.kind == "just":
            grants.allow_only(role, about.name, right.deeds - {"create", "delete"} if fields else right.deeds)
            if fields:
                others = [each.name for each in about.fields if each not in fields]
                grants.shut(role, about.name, others, hidden=right.deeds == {"read"})
            for field in about.fields:
                if field.type in {"reference", "references"} and field.target:
                    grants.add_to(role, field.target, ("read",))
        elif fields:
            seen = right.kind == "hidden" or "read" in right.deeds
            grants.shut(role, about.name, [field.name for field in fields], hidden=seen)
        else:
            grants.deny(role, about.name, ALL if right.kind == "hidden" else _taken(right) - granted)


def _shares(one: Target, other: Target) -> bool:
    """Tell whether a right is about what another one is about, and not merely about everything."""
    names_ = {each.name for each in other.entities}
    return (
        bool(one.entities) and {each.name for each in one.entities} <= names_ and one.fields == other.fields
    )


def _taken(right: Right) -> frozenset[Deed]:
    """Return what goes with deeds: who may edit may add, and who may change may delete; and not otherwise."""
    if {"update", "delete"} <= right.deeds:
        return right.deeds | {"create"}
    return right.deeds | ({"delete"} if "update" in right.deeds else frozenset())
