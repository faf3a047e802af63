"""How the conditions of a spec stand for one record, and what that forbids. Imports neither SQLAlchemy nor
Reflex, and asks no database: `dataforms.conditions` does.
"""

from collections.abc import Mapping

import msgspec

from dataforms.spec import Entity, Field, Rule
from dataforms.typerow import Value, is_empty
from dataforms.words import phrase, say

BROKEN = phrase("This does not hold together: {expression}.")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the conditions stand for one record."""

    hidden: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    choices: dict[str, tuple[str, ...]] = {}
    """The allowed choices of the fields that a condition restricts."""
    broken: tuple[Rule, ...] = ()
    computed: dict[str, Value] = {}
    """What the computed fields give."""
    rows: dict[str, tuple["Standing", ...]] = {}
    """How they stand for the rows that are typed below the record, by the field of children."""


def broken_text(rule: Rule) -> str:
    """Return what is said where a check does not hold."""
    return rule.message or say(BROKEN, expression=rule.expression)


def judge(
    entity: Entity,
    values: dict[str, Value],
    errors: dict[str, str],
    now: Standing,
    *,
    stored: Mapping[str, Value] = {},
    before: Standing | None = None,
) -> None:
    """Empty the hidden values of a record in `values`, and add to `errors` what its conditions forbid.

    `now` is how the conditions stand with the new values; `stored` and `before` are of a stored record.
    """
    for field in entity.fields:
        if field.name in now.hidden:
            errors.pop(field.name, None)
            if not is_empty(stored.get(field.name)) or field.name in values:
                values[field.name] = None
        elif field.name not in errors:
            fault = _fault(field, values, now, stored, before)
            if fault:
                errors[field.name] = fault
    for rule in now.broken:
        place = rule.fields[-1] if rule.fields else ""
        if not errors.get(place):
            errors[place] = broken_text(rule)


def _fault(
    field: Field,
    values: Mapping[str, Value],
    now: Standing,
    stored: Mapping[str, Value],
    before: Standing | None,
) -> str:
    value = values.get(field.name, stored.get(field.name))
    if before is not None and field.name in before.fixed and value != stored.get(field.name):
        return say("Cannot be changed now.")
    comes_into_sight = field.required and field.visible_when is not None
    if (comes_into_sight or field.name in now.required) and is_empty(value):
        return say("This is required.")
    allowed = now.choices.get(field.name)
    if allowed is not None and field.name in values and value != stored.get(field.name):
        picked = value if isinstance(value, tuple) else () if value is None else (value,)
        if any(each not in allowed for each in picked):
            return say("Must be one of {named}.", named=", ".join(allowed))
    return ""
