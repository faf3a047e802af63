"""What is different between two specs: the steps, and the renames to ask for. Imports no SQLAlchemy."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from dataforms.links import link_name
from dataforms.migrate import steps
from dataforms.migrate.renames import Renames, read_renames, renamed
from dataforms.spec import AppSpec, Entity, Field, Relation
from dataforms.types import is_stored


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something went and something came: is it the same under another name?

    `name` is a key of renames, such as `Loan.due`; `candidates` are its possible values, the likeliest first.
    """

    kind: Literal["entity", "field", "relation"]
    name: str
    candidates: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The way from one spec to another. `renamed` is the old one with the new names."""

    old: AppSpec
    renamed: AppSpec
    new: AppSpec
    renames: Renames
    steps: tuple[steps.AnyStep, ...]
    questions: tuple[Question, ...]


def difference(old: AppSpec, new: AppSpec, renames: Mapping[str, str]) -> Difference:
    """Compare two specs; `renames` answers questions, see `read_renames`.

    Raises:
        MigrationRefused: a rename is not possible.
    """
    answers = read_renames(renames, old, new)
    was = renamed(old, new, answers)
    return Difference(
        old=old,
        renamed=was,
        new=new,
        renames=answers,
        steps=(*_rename_steps(answers), *_steps(was, new)),
        questions=tuple(_questions(old, was, new, answers)),
    )


def _rename_steps(renames: Renames) -> Iterator[steps.AnyStep]:
    for name, to in renames.entities.items():
        yield steps.RenameEntity(entity=name, to=to)
    for name, to in renames.relations.items():
        yield steps.RenameRelation(relation=name, to=to)
    for (entity, field), to in renames.fields.items():
        yield steps.RenameField(entity=renames.entities.get(entity, entity), field=field, to=to)


def _steps(was: AppSpec, new: AppSpec) -> Iterator[steps.AnyStep]:
    before = {entity.name: entity for entity in was.entities}
    after = {entity.name: entity for entity in new.entities}
    links_before, links_after = links(was), links(new)
    yield from (steps.RemoveRelation(relation=name) for name in links_before if name not in links_after)
    for name, entity in before.items():
        if name in after:
            yield from _removed_fields(entity, after[name])
    yield from (steps.RemoveEntity(entity=name) for name in before if name not in after)
    yield from (steps.AddEntity(entity=name) for name in after if name not in before)
    for name, entity in after.items():
        if name in before:
            yield from _entity_steps(before[name], entity)
    yield from (steps.AddRelation(relation=name) for name in links_after if name not in links_before)
    changes = _changes(was, new, but=("entities",))
    if changes:
        yield steps.ChangeApp(changes=changes)


def _removed_fields(was: Entity, now: Entity) -> Iterator[steps.AnyStep]:
    left = {field.name for field in now.fields}
    for field in was.fields:
        if field.name not in left:
            yield steps.RemoveField(entity=now.name, field=field.name)


def _entity_steps(was: Entity, now: Entity) -> Iterator[steps.AnyStep]:
    before = {field.name: field for field in was.fields}
    for field in now.fields:
        if field.name not in before:
            yield steps.AddField(entity=now.name, field=field.name, type=field.type)
        elif before[field.name] != field:
            changes = _changes(before[field.name], field)
            yield steps.ChangeField(entity=now.name, field=field.name, changes=changes)
    changes = _changes(was, now, but=("fields",))
    if changes:
        yield steps.ChangeEntity(entity=now.name, changes=changes)


def _changes(was: msgspec.Struct, now: msgspec.Struct, *, but: Sequence[str] = ()) -> dict[str, steps.Change]:
    before: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(was))
    after: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(now))
    names = [name for name in type(now).__struct_encode_fields__ if name not in but]
    return {
        name: steps.Change(was=before.get(name), now=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }


def links(spec: AppSpec) -> dict[str, Relation]:
    """Return the many-to-many relations of a spec by the names of their tables."""
    return {link_name(each): each for each in spec.relations if each.kind == "m2m"}


def _questions(old: AppSpec, was: AppSpec, new: AppSpec, answers: Renames) -> Iterator[Question]:
    after = {entity.name: entity for entity in new.entities}
    added = [entity for entity in new.entities if entity.name not in {each.name for each in was.entities}]
    for before, entity in zip(old.entities, was.entities, strict=True):
        if entity.name in after:
            yield from _field_questions(before, entity, after[entity.name])
        elif added:
            likely = sorted(added, key=lambda each, gone=entity: -_common(gone, each))  # type: ignore[misc]
            yield Question(kind="entity", name=before.name, candidates=tuple(each.name for each in likely))
    before_links, after_links = links(was), links(new)
    for link, relation in before_links.items():
        pair = (relation.from_, relation.to)
        others = [
            name
            for name, each in after_links.items()
            if name not in before_links and (each.from_, each.to) == pair
        ]
        if link not in after_links and others:
            yield Question(kind="relation", name=link, candidates=tuple(others))


def _field_questions(old: Entity, was: Entity, now: Entity) -> Iterator[Question]:
    before, after = {field.name for field in was.fields}, {field.name for field in now.fields}
    added = [field for field in now.fields if field.name not in before and is_stored(field)]
    for named, field in zip(old.fields, was.fields, strict=True):
        if field.name not in after and added and is_stored(field):
            likely = sorted(added, key=lambda each, gone=field: _unlike(gone, each))  # type: ignore[misc]
            name = f"{old.name}.{named.name}"
            yield Question(kind="field", name=name, candidates=tuple(each.name for each in likely))


def _common(was: Entity, now: Entity) -> int:
    return len({(field.name, field.type) for field in was.fields} & {(f.name, f.type) for f in now.fields})


def _unlike(was: Field, now: Field) -> tuple[bool, float]:
    from difflib import SequenceMatcher  # slow to import

    return was.type != now.type, -SequenceMatcher(None, was.name, now.name).ratio()
