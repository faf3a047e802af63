"""Whether a patched spec may stand: it is right, and it is about what the description says. Pure."""

import re
from collections.abc import Iterator

import msgspec

from dataforms.check import problems
from dataforms.spec import AppSpec, Problem, Role
from protoddfd.design.model.applying import Applied, apply
from protoddfd.design.model.patch import Patch

PRESENTATION = frozenset(("change_entity", "add_view", "remove_view", "add_card"))
"""What may be changed of an app whose entities and fields are those of files."""

_WORD = re.compile(r"[^\W\d_]{3,}")


def judge(base: AppSpec, patch: Patch, text: str, *, of_files: bool, update: bool) -> Applied:
    """Return the patched spec with all that speaks against it; with none it may stand."""
    found: list[Problem] = []
    if of_files:
        found += _beyond_presentation(patch)
    applied = apply(base, patch)
    found += applied.problems
    found += _beyond_reach(base, applied.spec)
    found += problems(applied.spec)
    if not update:
        found += _dropped(base, applied.spec, text)
    return msgspec.structs.replace(applied, problems=tuple(found))


def _beyond_presentation(patch: Patch) -> Iterator[Problem]:
    for number, change in enumerate(patch.changes):
        if change.op not in PRESENTATION:
            yield Problem(
                path=f"changes[{number}]",
                message=f"{change.op} is not possible: entities and fields are those of the files.",
                hint=f"Use {', '.join(sorted(PRESENTATION))} only.",
            )


def _beyond_reach(base: AppSpec, spec: AppSpec) -> Iterator[Problem]:
    """Yield what no change can do; a second lock on a door that has one, should a change be added."""
    for name in ("version", "name", "title", "login", "theme", "language"):
        if getattr(base, name) != getattr(spec, name):
            yield Problem(path=name, message="The app's own settings cannot be changed.", hint="Keep them.")
    if [_powers(role) for role in base.roles] != [_powers(role) for role in spec.roles]:
        yield Problem(path="roles", message="Roles cannot be changed.", hint="Keep them.")


def _powers(role: Role) -> object:
    """Return what a role may do, whatever the entities and fields are called."""
    allowed = [
        (each.create, each.read, each.update, each.delete, len(each.hidden), len(each.read_only))
        for each in role.permissions
    ]
    return role.name, role.title, role.default, allowed


def _dropped(base: AppSpec, spec: AppSpec, text: str) -> Iterator[Problem]:
    """Yield what the description names, the draft had, and the patched spec has nowhere any more."""
    stated = {_stem(word): word for word in _words(text)}
    lost = (_words_of(base) & stated.keys()) - _words_of(spec)
    for stem in sorted(lost):
        yield Problem(
            path="changes",
            message=f"{stated[stem]!r} is in the description and was in the draft, and is gone.",
            hint="Keep it as an entity, a field or a choice.",
        )


def _words_of(spec: AppSpec) -> set[str]:
    """Return the stems of everything that a spec calls by name."""
    found: set[str] = set()
    for entity in spec.entities:
        found.update(_stems(f"{entity.name} {entity.title} {entity.plural or ''}"))
        for field in entity.fields:
            found.update(_stems(f"{field.name} {field.title} {field.target or ''}"))
            found.update(_stems(" ".join(field.choices)))
    for relation in spec.relations:
        found.update(_stems(f"{relation.from_} {relation.to} {relation.name or ''}"))
    return found


def _stems(text: str) -> Iterator[str]:
    return map(_stem, _words(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("_", " ").casefold())


def _stem(word: str) -> str:
    """Return a word cut so that `loans` and `loan`, `categories` and `category` are one."""
    return re.sub(r"(ies|ie|es|y|s|e)$", "", word)
