"""Changes of an app in plain sentences, by rules: `add a note to loans`, `only managers may delete loans`.

English, a few sentence forms and what descriptions state, and all or nothing: a sentence that is not
understood changes nothing.
"""

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from dataforms.spec import AppSpec, Entity, Field
from protoddfd.design.designer import Design
from protoddfd.design.lexicon import singular
from protoddfd.design.model.judging import judge
from protoddfd.design.model.notes import told
from protoddfd.design.model.patch import Change, Patch
from protoddfd.design.rules import RulesDesigner
from protoddfd.design.stated import Stated, stated
from protoddfd.design.stated.tails import without_tails
from protoddfd.design.wishes import without_orders
from protoddfd.errors import DesignRefused

HINT = (
    "say it as: add X to Y; add Ys with X and Z; remove X from Y; rename X of Y to Z; rename Y to Z; "
    "make X of Y required (optional, unique); X of Y is A times B; "
    "X is required when C; only Zs may delete Ys. "
    "For anything else configure a language model: model.provider"
)
CLAUSE_LENGTH_MOST = 300
"""Characters of a sentence; the time that its forms take grows faster than its length."""
_CLAUSES = re.compile(
    r"\.(?!\d)|[;\n]+|,?\s+(?:and|then|also)\s+(?:then\s+)?"
    r"(?=(?:add|remove|delete|drop|rename|make|require|colou?r|highlight|flag|hide|show)\b)",
    re.I,
)
_THE = r"(?:the |each |every |all |an? )?"
_FIELD = rf"{_THE}(?P<field>.+) (?:of|in|on|from) {_THE}"
_FORM_TEXTS = (
    (rf"add (?P<what>.+) (?:to|on) {_THE}(?P<entity>[^,]+)", "add_fields"),
    (r"add (?P<what>.+? (?:with|that have|having) .+)", "add_entities"),
    (rf"(?:remove|delete|drop) {_FIELD}(?P<entity>.+)", "remove_field"),
    (rf"(?:remove|delete|drop) {_THE}(?P<entity>.+)", "remove_entity"),
    (rf"rename {_FIELD}(?P<entity>.+?) (?:to|as|into) (?P<to>.+)", "rename_field"),
    (rf"rename {_THE}(?P<entity>.+?) (?:to|as|into) (?P<to>.+)", "rename_entity"),
    (rf"make {_FIELD}(?P<entity>.+?) (?P<how>required|mandatory|optional|unique)", "make"),
)
_FORMS = tuple((re.compile(rf"(?:please )?{form}$", re.IGNORECASE), name) for form, name in _FORM_TEXTS)


class Amended(msgspec.Struct, frozen=True, kw_only=True):
    """An app's spec with what a text asks for, a note for each change, and what is called otherwise now."""

    spec: AppSpec
    notes: tuple[str, ...]
    renames: dict[str, str]


def amend(base: AppSpec, text: str) -> Amended:
    """Return the spec with the changes that a text asks for, all of them.

    Raises:
        DesignRefused: a sentence is not understood, or speaks of what is not there; the hint has the forms.
    """
    clauses = [clause.strip(" ,\t\"'!") for clause in _CLAUSES.split(text)]
    changes: list[Change] = []
    beside: list[str] = []
    alone: list[str] = []
    for clause in filter(None, clauses):
        name, parts = _form(clause)
        if name:
            changes += _READERS[name](base, parts)
        else:
            alone.append(clause)
        if name == "add_fields":
            beside.append(f"{parts['entity']}: {parts['what']}")
    if not changes and not alone:
        raise DesignRefused("no change was described", hint=HINT)
    patch = Patch(changes=tuple(changes))
    found = judge(base, patch, text, of_files=False, update=True)
    if found.problems:
        first = found.problems[0]
        raise DesignRefused(f"that cannot be done: {first.message}", hint=first.hint or HINT)
    stated = _stated(found.spec, beside, alone)
    notes = (*told(patch, by="rules"), *(f"rules: {note}" for note in stated.notes))
    return Amended(spec=stated.spec, notes=notes, renames=found.renames)


def _stated(spec: AppSpec, beside: Sequence[str], alone: Sequence[str]) -> Stated:
    """Return the spec with what is stated, of which every sentence in `alone` must be understood."""
    found = stated(spec, ".\n".join((*beside, *alone)))
    for clause in alone:
        if (
            without_orders(clause)[1]
            or len(clause) > CLAUSE_LENGTH_MOST
            or not found.covers(clause, wholly=True)
        ):
            reason = next((note for note in found.notes if "was left out" in note and clause in note), "")
            said = reason or f"the rules do not understand {_short(clause)!r}"
            raise DesignRefused(said, hint=HINT)
    return found


def _form(clause: str) -> tuple[str, dict[str, str]]:
    """Return which form a sentence has, and its parts; `` if it has none."""
    for pattern, name in _FORMS if len(clause) <= CLAUSE_LENGTH_MOST else ():
        if found := pattern.match(clause):
            return name, {key: value.strip() for key, value in found.groupdict().items() if value}
    return "", {}


def _add_fields(base: AppSpec, parts: dict[str, str]) -> Iterator[Change]:
    entity = _entity(base, parts["entity"])
    what = without_tails(parts["what"])
    design = _design(f"{entity.plural or entity.name} with {what}")
    said = _words(what)
    for drafted in design.spec.entities:
        for field in drafted.fields:
            if _words(field.name) <= said:
                yield _adding(entity.name, field, base)


def _add_entities(base: AppSpec, parts: dict[str, str]) -> Iterator[Change]:
    known = {entity.name for entity in base.entities}
    added = [entity for entity in _design(parts["what"]).spec.entities if entity.name not in known]
    for entity in added:
        yield Change(op="add_entity", entity=entity.name, plural=entity.plural, icon=entity.icon)
    for entity in added:
        for field in entity.fields:
            yield _adding(entity.name, field, base)


def _adding(entity: str, field: Field, base: AppSpec) -> Change:
    """Return what adds a drafted field; one that is called like an entity of the app refers to it."""
    target = _found(base, field.name.replace("_", " "))
    if target is not None and field.type == "text":
        return Change(
            op="add_field",
            entity=entity,
            field=field.name,
            type="reference",
            target=target.name,
            title=field.title,
        )
    return Change(
        op="add_field", entity=entity, field=field.name, title=field.title, type=field.type,
        target=field.target, choices=field.choices or None, required=field.required or None,
        unique=field.unique or None, currency=field.currency, unit=field.unit,
        min=_number(field.min), max=_number(field.max),
    )  # fmt: skip


def _number(bound: int | float | str | None) -> float | None:
    return float(bound) if isinstance(bound, int | float) else None


def _remove_field(base: AppSpec, parts: dict[str, str]) -> Iterator[Change]:
    entity = _entity(base, parts["entity"])
    yield Change(op="remove_field", entity=entity.name, field=_field(entity, parts["field"]).name)


def _remove_entity(base: AppSpec, parts: dict[str, str]) -> Iterator[Change]:
    entity = _entity(base, parts["entity"])
    for each in base.entities:
        for field in each.fields:
            if field.target == entity.name and each is not entity:
                yield Change(op="remove_field", entity=each.name, field=field.name)
    yield Change(op="remove_entity", entity=entity.name)


def _rename_field(base: AppSpec, parts: dict[str, str]) -> Iterator[Change]:
    entity = _entity(base, parts["entity"])
    new, title = _snake(parts["to"]), parts["to"].strip().capitalize()
    yield Change(op="rename_field", entity=entity.name, field=_field(entity, parts["field"]).name, to=new)
    yield Change(op="change_field", entity=entity.name, field=new, title=title)


def _rename_entity(base: AppSpec, parts: dict[str, str]) -> Iterator[Change]:
    words = parts["to"].split()
    new = " ".join((*words[:-1], singular(words[-1].lower()))).title()
    yield Change(op="rename_entity", entity=_entity(base, parts["entity"]).name, to=new)
    plural = parts["to"].capitalize() if words[-1].lower() != singular(words[-1].lower()) else f"{new}s"
    yield Change(op="change_entity", entity=new, title=new, plural=plural)


def _make(base: AppSpec, parts: dict[str, str]) -> Iterator[Change]:
    entity = _entity(base, parts["entity"])
    field, how = _field(entity, parts["field"]).name, parts["how"].lower()
    if how == "unique":
        yield Change(op="change_field", entity=entity.name, field=field, unique=True)
    else:
        yield Change(op="change_field", entity=entity.name, field=field, required=how != "optional")


_READERS: dict[str, Callable[[AppSpec, dict[str, str]], Iterator[Change]]] = {
    "add_fields": _add_fields,
    "add_entities": _add_entities,
    "remove_field": _remove_field,
    "remove_entity": _remove_entity,
    "rename_field": _rename_field,
    "rename_entity": _rename_entity,
    "make": _make,
}


def _design(text: str) -> Design:
    try:
        return RulesDesigner().design(text, name="app", title="App")
    except DesignRefused as refused:
        raise DesignRefused(refused.message, hint=HINT) from None


def _entity(base: AppSpec, name: str) -> Entity:
    found = _found(base, name)
    if found is None:
        known = ", ".join(entity.plural or entity.name for entity in base.entities)
        raise DesignRefused(f"there is no {_short(name)!r} in this app", hint=f"it has {known}; {HINT}")
    return found


def _found(base: AppSpec, name: str) -> Entity | None:
    key = _key(name)
    for entity in base.entities:
        if key in {_key(entity.name), _key(entity.title), _key(entity.plural or "")}:
            return entity
    return None


def _field(entity: Entity, name: str) -> Field:
    for field in entity.fields:
        if _key(name) in {_key(field.name), _key(field.title)}:
            return field
    known = ", ".join(field.name for field in entity.fields)
    raise DesignRefused(f"{entity.name} has no {_short(name)!r}", hint=f"it has {known}; {HINT}")


def _key(text: str) -> str:
    words = text.lower().replace("_", " ").split()
    return " ".join((*words[:-1], singular(words[-1]))) if words else ""


def _snake(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
