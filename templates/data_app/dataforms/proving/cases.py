"""Which tests follow from a spec: for every rule a record that it lets through, and one that it refuses."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from dataforms.errors import FieldError
from dataforms.origin import is_over
from dataforms.proving.roles import role_cases
from dataforms.proving.world import Raw, World
from dataforms.spec import AppSpec, Entity, Field, Rule
from dataforms.types import is_given, type_of

Check = Callable[[World], None]
_STRANGE: object = {"no": "value"}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One test. `check` raises AssertionError where the app does not keep to the rule."""

    name: str
    check: Check

    def __str__(self) -> str:
        return self.name


def cases(spec: AppSpec) -> list[Case]:
    """Return the tests of a spec's rules, relations and roles; none where the app only reads its rows."""
    if is_over(spec):
        return []
    found: list[Case] = []
    for entity in spec.entities:
        found.append(_case(f"{entity.name} takes a record that keeps every rule", _Whole(entity)))
        for field in entity.fields:
            found += _field_cases(entity, field)
        for number, rule in enumerate(entity.rules, 1):
            said = rule.message or rule.expression or " and ".join(rule.fields)
            found.append(_case(f"{entity.name} keeps to rule {number}: {said}", _Ruled(entity, rule)))
    found += [_case(name, check) for name, check in role_cases(spec)]
    return found


def _case(name: str, check: Check) -> Case:
    return Case(name=name, check=check)


def _field_cases(entity: Entity, field: Field) -> Iterator[Case]:
    named = f"{entity.name}.{field.name}"
    if not is_given(field):
        yield _case(f"{named} cannot be filled in", _Refused(entity, field, "made up"))
        return
    yield from _value_cases(named, entity, field)
    if field.unique:
        yield _case(f"{named} is unique", _Unique(entity, (field.name,)))
    if type_of(field).kind == "record":
        yield _case(f"{named} refers to a record that is there", _Refused(entity, field, 2**40))
        yield _case(f"{named} keeps what it refers to", _Kept(entity, field))
    yield from _condition_cases(named, entity, field)


def _value_cases(named: str, entity: Entity, field: Field) -> Iterator[Case]:
    if type_of(field).kind not in ("text", "opaque"):
        yield _case(f"{named} takes no other type", _Refused(entity, field, _STRANGE))
    if field.required:
        yield _case(f"{named} is required", _Refused(entity, field, None))
    if field.choices:
        yield _case(f"{named} takes its choices alone", _Refused(entity, field, "".join(field.choices) + "?"))
    if field.pattern is not None:
        yield _case(f"{named} matches {field.pattern}", _Pattern(entity, field))
    for end in ("min", "max"):
        if getattr(field, end) is not None:
            yield _case(f"{named} keeps to its {end}", _Bound(entity, field, end))


def _condition_cases(named: str, entity: Entity, field: Field) -> Iterator[Case]:
    for attribute in ("visible_when", "required_when"):
        condition = getattr(field, attribute)
        if condition is not None:
            yield _case(f"{named}: {attribute} {condition}", _When(entity, field, attribute))
    if field.choices_when:
        yield _case(f"{named} takes the choices that its conditions allow", _Choices(entity, field))


class _Whole(msgspec.Struct, frozen=True):
    entity: Entity

    def __call__(self, world: World) -> None:
        _accepts(world, self.entity, world.record(self.entity.name))


class _Refused(msgspec.Struct, frozen=True):
    """A value that the field must refuse, where it is shown."""

    entity: Entity
    field: Field
    value: object

    def __call__(self, world: World) -> None:
        name = self.field.name
        raw = world.search(self.entity.name, lambda now, values: name not in now.hidden)
        _refuses(world, self.entity, {**raw, name: self.value}, name)


class _Pattern(msgspec.Struct, frozen=True):
    entity: Entity
    field: Field

    def __call__(self, world: World) -> None:
        for text in ("\u2603", "", "a" * 50, "0", "Zz 9", "--"):
            try:
                type_of(self.field).parse(text, self.field)
            except FieldError:
                _Refused(self.entity, self.field, text)(world)
                return
        raise LookupError(f"Everything that was tried matches {self.field.pattern}.")


class _Bound(msgspec.Struct, frozen=True):
    """A value just outside of a bound, and one on it."""

    entity: Entity
    field: Field
    end: str

    def __call__(self, world: World) -> None:
        beyond, on = _at(self.field, self.end)
        if beyond is not None:
            _Refused(self.entity, self.field, beyond)(world)
        name = self.field.name
        if self.field.pattern is None and not self.field.unique:
            raw = world.search(self.entity.name, lambda now, values: name not in now.hidden, {name: on})
            faults = world.faults(self.entity.name, raw)
            assert name not in faults, f"{on!r} is refused: {faults[name]}"  # noqa: S101 - it is a test


class _Unique(msgspec.Struct, frozen=True):
    entity: Entity
    names: tuple[str, ...]

    def __call__(self, world: World) -> None:
        def is_filled(now: object, values: object) -> bool:
            return isinstance(values, dict) and all(values.get(name) is not None for name in self.names)

        first = world.search(self.entity.name, is_filled)
        world.stored(self.entity.name, first)
        same: Raw = {name: first[name] for name in self.names}
        second = world.search(self.entity.name, is_filled, same, is_kept=False)
        _refuses(world, self.entity, second, self.names[-1])


class _Ruled(msgspec.Struct, frozen=True):
    entity: Entity
    rule: Rule

    def __call__(self, world: World) -> None:
        if self.rule.kind == "unique":
            _Unique(self.entity, self.rule.fields)(world)
            return
        broken = world.search(self.entity.name, lambda now, values: now.broken == (self.rule,), is_kept=False)
        _refuses(world, self.entity, broken, self.rule.fields[-1] if self.rule.fields else "")
        kept = world.search(self.entity.name, lambda now, values: self.rule not in now.broken)
        _accepts(world, self.entity, kept)


class _Kept(msgspec.Struct, frozen=True):
    """A record that another one refers to cannot be deleted."""

    entity: Entity
    field: Field

    def __call__(self, world: World) -> None:
        from dataforms.errors import RecordInUse

        target = self.field.target or ""
        used = world.ids(target)[0]
        name = self.field.name
        raw = world.search(self.entity.name, lambda now, values: name not in now.hidden, {name: used})
        world.stored(self.entity.name, raw)
        try:
            world.app.delete(target, used)
        except RecordInUse:
            return
        raise AssertionError(f"{target} {used} could be deleted, and {self.entity.name} refers to it.")


class _When(msgspec.Struct, frozen=True):
    """A field that is required, or gone, while its condition says so."""

    entity: Entity
    field: Field
    attribute: str

    def __call__(self, world: World) -> None:
        name, about = self.field.name, self.attribute
        if about == "required_when":
            needed = world.search(
                self.entity.name,
                lambda now, values: name in now.required and name not in now.hidden,
                {name: None},
                is_kept=False,
            )
            _refuses(world, self.entity, needed, name)
            free = world.search(self.entity.name, lambda now, values: name not in now.required, {name: None})
            _accepts(world, self.entity, free)
            return
        can_be_made_up = self.field.target is not None or type_of(self.field).sample is not None
        hidden = world.search(
            self.entity.name,
            lambda now, values: name in now.hidden and (not can_be_made_up or values.get(name) is not None),
        )
        id = world.stored(self.entity.name, hidden)
        record = world.app.get(self.entity.name, id)
        assert record is not None  # noqa: S101 - it was stored
        assert record.values[name] is None, f"{name} kept a value while hidden"  # noqa: S101 - it is a test


class _Choices(msgspec.Struct, frozen=True):
    """Of a field's choices some alone are allowed."""

    entity: Entity
    field: Field

    def __call__(self, world: World) -> None:
        name = self.field.name

        def is_out(now: object, values: object) -> bool:
            allowed = getattr(now, "choices", {}).get(name)
            value = values.get(name) if isinstance(values, dict) else None
            picked = value if isinstance(value, tuple) else (value,)
            return allowed is not None and value is not None and not set(picked) <= set(allowed)

        if all(set(self.field.choices) <= set(each.choices) for each in self.field.choices_when):
            return
        _refuses(world, self.entity, world.search(self.entity.name, is_out, is_kept=False), name)


def _accepts(world: World, entity: Entity, raw: Raw) -> None:
    faults = world.faults(entity.name, raw)
    assert not faults, f"{raw} is refused: {faults}"  # noqa: S101 - it is a test


def _refuses(world: World, entity: Entity, raw: Raw, name: str) -> None:
    faults = world.faults(entity.name, raw)
    assert name in faults, f"{raw} is not refused for {name or 'the record'}, but for {faults}"  # noqa: S101 - a test


def _at(field: Field, end: str) -> tuple[object, object]:
    """Return a raw value just outside of a bound, None if there is none, and one on it."""
    row = type_of(field)
    bound, sign = getattr(field, end), 1 if end == "max" else -1
    if row.bounds == "length":
        return ("x" * (bound + sign) if bound + sign > 0 else None), "x" * bound
    if row.bounds == "count":
        some = list(field.choices)
        outside = some[: bound + sign] if 0 < bound + sign <= len(some) else None
        return outside, some[:bound]
    value = row.read(bound, field)
    return _raw(field, _step(value, sign)), _raw(field, value)


def _step(value: object, sign: int) -> object:
    match value:
        case datetime() | date():
            return value + timedelta(days=sign)
        case timedelta():
            return value + timedelta(seconds=sign)
        case int() | Decimal():
            return value + sign
        case _:
            return None


def _raw(field: Field, value: object) -> object:
    return None if value is None else type_of(field).edited(value, field)
