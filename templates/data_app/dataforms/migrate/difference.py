"""What is different between two specs: the steps, and the renames to ask for. Imports no SQLAlchemy."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from dataforms.migrate import steps
from dataforms.migrate.renames import Renames, implied, read_renames, renamed
from dataforms.relations import written_out
from dataforms.spec import AppSpec, Entity, Field
from dataforms.types import is_kept


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something went and something came: is it the same under another name?

    `name` is a key of renames, such as `Loan.due`; `candidates` are its possible values, the likeliest first.
    """

    kind: Literal["entity", "field"]
    name: str
    candidates: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The way from one spec to another."""

    old: AppSpec
    new: AppSpec
    before: AppSpec
    """The old one with a field for every relation of kind m2m: see `relations.written_out`."""
    renamed: AppSpec
    """That with the new names."""
    after: AppSpec
    """The new one with a field for every relation of kind m2m."""
    renames: Renames
    steps: tuple[steps.AnyStep, ...]
    questions: tuple[Question, ...]


def difference(old: AppSpec, new: AppSpec, renames: Mapping[str, str]) -> Difference:
    """Compare two specs; `renames` answers questions, see `read_renames`.

    Raises:
        MigrationRefused: a rename is not possible.
    """
    before, after = written_out(old), written_out(new)
    answers = read_renames({**implied(renames, old, new), **renames}, before, after)
    was = renamed(before, answers)
    relations = renamed(old, answers).relations
    return Difference(
        old=old,
        new=new,
        before=before,
        renamed=was,
        after=after,
        renames=answers,
        steps=(
            *_rename_steps(answers),
            *_steps(was, after),
            *_app_steps(msgspec.structs.replace(was, relations=relations), new),
        ),
        questions=tuple(_questions(before, was, after)),
    )


def _rename_steps(renames: Renames) -> Iterator[steps.AnyStep]:
    for name, to in renames.entities.items():
        yield steps.RenameEntity(entity=name, to=to)
    for (entity, field), to in renames.fields.items():
        yield steps.RenameField(entity=renames.entities.get(entity, entity), field=field, to=to)


def _steps(was: AppSpec, new: AppSpec) -> Iterator[steps.AnyStep]:
    before = {entity.name: entity for entity in was.entities}
    after = {entity.name: entity for entity in new.entities}
    for name, entity in before.items():
        if name in after:
            yield from _removed_fields(entity, after[name])
    yield from (steps.RemoveEntity(entity=name) for name in before if name not in after)
    yield from (steps.AddEntity(entity=name) for name in after if name not in before)
    for name, entity in after.items():
        if name in before:
            yield from _entity_steps(before[name], entity)


def _app_steps(was: AppSpec, new: AppSpec) -> Iterator[steps.AnyStep]:
    changes = _changes(was, new, but=("entities",))
    if changes:
        yield steps.ChangeApp(changes=changes)


def _removed_fields(was: Entity, now: Entity) -> Iterator[steps.AnyStep]:
    left = {field.name for field in now.fields}
    for field in was.fields:
        if field.name not in left:
            yield steps.RemoveField(entity=now.name, field=field.name, has_values=is_kept(field))


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


def _questions(old: AppSpec, was: AppSpec, new: AppSpec) -> Iterator[Question]:
    after = {entity.name: entity for entity in new.entities}
    added = [entity for entity in new.entities if entity.name not in {each.name for each in was.entities}]
    for before, entity in zip(old.entities, was.entities, strict=True):
        if entity.name in after:
            yield from _field_questions(before, entity, after[entity.name])
        elif added:
            likely = sorted(added, key=lambda each, gone=entity: -_common(gone, each))  # type: ignore[misc]
            yield Question(kind="entity", name=before.name, candidates=tuple(each.name for each in likely))


def _field_questions(old: Entity, was: Entity, now: Entity) -> Iterator[Question]:
    before, after = {field.name for field in was.fields}, {field.name for field in now.fields}
    added = [field for field in now.fields if field.name not in before and is_kept(field)]
    for named, field in zip(old.fields, was.fields, strict=True):
        if field.name not in after and added and is_kept(field):
            likely = sorted(added, key=lambda each, gone=field: _unlike(gone, each))  # type: ignore[misc]
            name = f"{old.name}.{named.name}"
            yield Question(kind="field", name=name, candidates=tuple(each.name for each in likely))


def _common(was: Entity, now: Entity) -> int:
    return len({(field.name, field.type) for field in was.fields} & {(f.name, f.type) for f in now.fields})


def _unlike(was: Field, now: Field) -> tuple[bool, float]:
    from difflib import SequenceMatcher  # slow to import

    return was.type != now.type, -SequenceMatcher(None, was.name, now.name).ratio()
