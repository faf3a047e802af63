"""From rights to the roles of a spec, with a login, which roles need; and why, in notes."""

import re
from collections.abc import Sequence

import msgspec

from dataforms.check import problems
from dataforms.spec import AppSpec, Entity, Field
from dataforms.spec_login import Login
from protoddfd.design.lexicon_files import pairs
from protoddfd.design.stated import owning
from protoddfd.design.stated.grants import ALL, Grants, Target
from protoddfd.design.stated.known import DAYS, Known, lemma, replaced, with_field
from protoddfd.design.stated.rights import ADMIN, EVERYBODY, Deed, Right
from protoddfd.importers import names

REST = "everyone_else"
_EMAIL = "E-mail"
MOST_ROLES = 8
LOGIN_NOTE = (
    "a login is switched on, since roles are of accounts: the app's log (protoddfctl logs NAME) has the link "
    "that makes the first account, an administrator's, who may do everything and invites the others"
)
_NO_LOGIN = re.compile(r"\b(?:no|without|not need|need no)(?: \w+){0,2} (?:login|logins|log in|accounts?|passwords?)\b")
_ALL_WORDS = frozenset(
    ("", "everything", "all", "anything", "data", "records", "record", "entries", "entry", "all data", "things", "them", "it",
     "app", "information", "details", "this", "that", "stuff", "whole", "tables", "lists", "list", "those")
)  # fmt: skip


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A right, the sentence that it is from, and the entities that were spoken of last."""

    right: Right
    said: str
    about: tuple[str, ...] = ()


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A spec with roles, notes, and the sentences that were understood."""

    spec: AppSpec
    notes: tuple[str, ...] = ()
    understood: frozenset[str] = frozenset()


def with_roles(spec: AppSpec, said: Sequence[Said], text: str) -> Made:
    """Return a spec with the roles that are stated; as it is if nobody is denied anything."""
    login = [each for each in said if each.right.kind == "login"]
    limiting = [each for each in said if each.right.kind in {"only", "just", "not", "own", "hidden"}]
    if not limiting and not (login and not spec.roles):
        return Made(spec=spec)
    if _NO_LOGIN.search(text):
        notes = tuple(f"“{each.said}” was left out: it needs a login, and none is wanted" for each in limiting[:1])
        return Made(spec=spec, notes=notes)
    if not limiting:
        note = LOGIN_NOTE.replace("since roles are of accounts", "because the text asks for one")
        return Made(spec=_with_login(spec), notes=(note,), understood=frozenset(each.said for each in login))
    return _Finding(*_addressed(spec, limiting), said).made()


def _addressed(spec: AppSpec, said: Sequence[Said]) -> tuple[AppSpec, list[str]]:
    """Return the spec with an e-mail address for the people whose own records are spoken of, and notes."""
    notes: list[str] = []
    for person in owning.without_address(Known(spec), [each.right for each in said]):
        name = names.field_name("email", {field.name for field in person.fields})
        spec = replaced(spec, with_field(person, Field(name=name, title=_EMAIL, type="email")))
        notes.append(f"{person.name}: email was added, because an account is told by it whose records are its own")
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
        self._people(grants, [each for _, each in kept])
        for kinds in (("may",), ("just",), ("own",), ("does",), ("not", "hidden"), ("only",)):
            for number, each in kept:
                if each.right.kind in kinds:
                    self._apply(grants, each, self.targets[number], [other for _, other in kept])
        roles = grants.made(self._default(grants, [each for _, each in kept]))
        spec = _with_login(msgspec.structs.replace(self.spec, roles=roles))
        if problems(spec):
            return Made(spec=self.spec, notes=(*self.notes, "who may do what was left out: it cannot be put as roles"))
        had_login = self.spec.login is not None and self.spec.login.required
        whose = {role.name: " (new accounts get it)" if role.default else "" for role in roles}
        told = [
            f"{grants.titles[name]} → a role that {grants.told(name)}{whose[name]}, because of “{self._why(name, kept)}”"
            for name in grants.roles()
        ]
        notes = (*([] if had_login else [LOGIN_NOTE]), *told, *self.notes)
        return Made(spec=spec, notes=notes, understood=frozenset(self.understood))

    def _why(self, role: str, kept: Sequence[tuple[int, Said]]) -> str:
        limiting = [each for _, each in kept if each.right.kind not in {"may", "does"}]
        mine = [each for row in (limiting, [each for _, each in kept]) for each in row if role in _roles(each.right.people)]
        return (mine or limiting)[0].said

    # -- what a right is about ---------------------------------------------------------------------------

    def _aims(self, number: int, said: Said) -> bool:
        target = self._target(said)
        if target is None:
            if said.right.kind not in {"may", "does"}:
                self.notes.append(f"“{said.said}” was left out: there is no {said.right.what or 'such field'} here")
            return False
        self.targets[number] = target
        return True

    def _target(self, said: Said) -> Target | None:
        right, what = said.right, said.right.what
        if right.kind == "own":
            return owning.target(self.known, right, said.about)
        if right.deeds == {"decide"}:
            return self._decided(right, said.about)
        if what in _ALL_WORDS:
            return Target(entities=self.spec.entities)
        return self._named(what, said.about)

    def _named(self, what: str, about: Sequence[str]) -> Target | None:
        entities = [self.known.entity(part) for part in re.split(r" and | or | ?, ", what)]
        if all(entities):
            return Target(entities=tuple(each for each in entities if each))
        owner, _, rest = what.partition(" of ")
        whose = self.known.entity(rest) if rest else None
        row = [whose] if whose else [*filter(None, map(self.known.of, about)), *self.spec.entities]
        for entity in row:
            fields = [self.known.field(entity, part) or self.known.field(entity, lemma(part))
                      for part in re.split(r" and | or | ?, ", owner if whose else what)]  # fmt: skip
            if all(fields):
                return Target(entities=(entity,), fields=tuple(each for each in fields if each))
        return None

    def _decided(self, right: Right, about: Sequence[str]) -> Target | None:
        """Return the fields that stand for a decision: a status that can be `approved`, a box, its date."""
        words = pairs("stated.txt", "decided", ":").get(right.verb, "")
        states = [each.strip() for each in words.split(",") if each.strip()]
        named = self.known.entities_in(right.what)
        rows = named or [*filter(None, map(self.known.of, about)), *self.spec.entities]
        for entity in rows:
            fields = [each for each in entity.fields if _decides(self.known, each, states)]
            if fields:
                return Target(entities=(entity,), fields=tuple(fields))
        return None

    # -- who there is ------------------------------------------------------------------------------------

    def _people(self, grants: Grants, kept: Sequence[Said]) -> None:
        self.had = set(grants.roles())
        reading: tuple[Deed, ...] = ("read",)
        for each in kept:
            for person in each.right.people[:MOST_ROLES]:
                if person in {ADMIN, EVERYBODY} or len(grants.roles()) >= MOST_ROLES:
                    continue
                if each.right.kind == "does" or each.right.kind == "may" and not _is_grant(each, kept, person):
                    continue
                grants.add(_name(person), _titled(person), reading if self._is_narrow(person, kept) else ALL)
        if self._needs_rest(kept) and not self.had:
            narrow = self._is_narrow(EVERYBODY, kept)
            grants.add(REST, "Everyone else" if len(grants.roles()) else "Everyone", reading if narrow else ALL)

    def _is_narrow(self, person: str, kept: Sequence[Said]) -> bool:
        """Tell whether it is said all that somebody may do: no more than that."""
        mine = [each.right for each in kept if person in each.right.people]
        seen = any(right.kind == "may" and right.deeds == {"read"} for right in mine)
        return any(right.kind in {"just", "own"} for right in mine) or (seen and any(r.kind == "not" for r in mine))

    def _needs_rest(self, kept: Sequence[Said]) -> bool:
        people = {person for each in kept for person in each.right.people}
        if EVERYBODY in people:
            return True
        limited = {p for p in people for each in kept if p in each.right.people and each.right.kind in {"just", "own", "not", "hidden"}}
        limited -= {ADMIN}
        return not limited or (people <= limited and ADMIN not in people)

    def _default(self, grants: Grants, kept: Sequence[Said]) -> str:
        for kind in ("own", "just", "not", "hidden"):
            for each in kept:
                for role in _roles(each.right.people):
                    if each.right.kind == kind and role in grants.roles():
                        return role
        return REST if REST in grants.roles() else ""

    # -- what each may do --------------------------------------------------------------------------------

    def _apply(self, grants: Grants, each: Said, target: Target, kept: Sequence[Said]) -> None:
        right = each.right
        mine = [role for role in _roles(right.people) if role in grants.roles()]
        self.understood.add(each.said)
        allowed = {
            role for number, other in enumerate(self.said) if number in self.targets
            and other.right.kind in {"own", "may", "just", "only"} and other.right.deeds & right.deeds
            and _shares(self.targets[number], target) for role in _roles(other.right.people)
        }  # fmt: skip
        others = [role for role in grants.roles() if role not in allowed]
        if right.kind == "own":
            owning.apply(grants, self.known, right, target.entities, mine, [other.right for other in kept])
            return
        for entity in target.entities:
            for role in others if right.kind == "only" else mine:
                self._narrow(grants, role, entity.name, right, target.fields)

    def _narrow(self, grants: Grants, role: str, entity: str, right: Right, fields: tuple[Field, ...]) -> None:
        called = [field.name for field in fields]
        if right.kind in {"may", "does"}:
            if not called and role not in self.had:
                grants.add_to(role, entity, right.deeds)
        elif called:
            seen = right.kind == "hidden" or "read" in right.deeds
            if right.kind != "just":
                grants.shut(role, entity, called, hidden=seen)
        elif right.kind == "just":
            grants.allow_only(role, entity, right.deeds)
        elif right.kind == "hidden":
            grants.deny(role, entity, ALL)
        else:
            grants.deny(role, entity, _taken(right))


def _shares(one: Target, other: Target) -> bool:
    """Tell whether a right is about what another one is about, and not merely about everything."""
    names_ = {each.name for each in other.entities}
    return bool(one.entities) and {each.name for each in one.entities} <= names_ and one.fields == other.fields


def _taken(right: Right) -> frozenset[Deed]:
    """Return what is taken from those who may not: who may not edit may not add either, where it is of all."""
    if {"update", "delete"} <= right.deeds:
        return right.deeds | {"create"}
    return right.deeds | ({"delete"} if "update" in right.deeds else frozenset())


def _is_grant(said: Said, kept: Sequence[Said], person: str) -> bool:
    """Tell whether a right that limits nobody makes a role: of somebody who is spoken of so, or limited elsewhere."""
    return "decide" not in said.right.deeds or any(
        person in each.right.people and each.right.kind != "may" for each in kept
    )


def _roles(people: Sequence[str]) -> list[str]:
    return [REST if each == EVERYBODY else _name(each) for each in people if each != ADMIN]


def _titled(person: str) -> str:
    return person.upper() if len(person) <= 2 else names.title(person)


def _name(person: str) -> str:
    return names.field_name(person, ())


def _decides(known: Known, field: Field, states: Sequence[str]) -> bool:
    if field.type in {"enum", "multi_enum"}:
        return any(known.choice(field, state) for state in states)
    if field.type == "boolean":
        return field.name.removeprefix("is_") in states
    words = field.name.split("_")
    return (field.type in DAYS or field.type in {"text", "reference"}) and words[0] in states and words[-1] in {"by", "on", "at", "date"}
