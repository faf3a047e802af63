"""The steps from one spec to the next, as a migration's file lists them. Imports no SQLAlchemy.

Entities are renamed first, then fields; every later step uses the new names.
"""

from typing import Any, Literal

import msgspec


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One attribute: what the spec said of it, and what it says now, as JSON values."""

    was: Any = None
    now: Any = None


class Step(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """Base of everything that a migration can do."""


class RenameEntity(Step, frozen=True, kw_only=True, tag="rename_entity"):
    """An entity gets another name; its records stay."""

    entity: str
    to: str


class RenameField(Step, frozen=True, kw_only=True, tag="rename_field"):
    """A field gets another name; its values stay."""

    entity: str
    field: str
    to: str


class RemoveField(Step, frozen=True, kw_only=True, tag="remove_field"):
    """A field goes, with its values if it has any of its own."""

    entity: str
    field: str
    has_values: bool = True


class RemoveEntity(Step, frozen=True, kw_only=True, tag="remove_entity"):
    """An entity goes, with its records."""

    entity: str


class AddEntity(Step, frozen=True, kw_only=True, tag="add_entity"):
    """A new entity."""

    entity: str


class AddField(Step, frozen=True, kw_only=True, tag="add_field"):
    """A new field; its default fills the records that are there."""

    entity: str
    field: str
    type: str


class ChangeField(Step, frozen=True, kw_only=True, tag="change_field"):
    """Attributes of a field change; a change of `type` converts its values."""

    entity: str
    field: str
    changes: dict[str, Change]


class ChangeEntity(Step, frozen=True, kw_only=True, tag="change_entity"):
    """Attributes of an entity other than its fields change."""

    entity: str
    changes: dict[str, Change]


class ChangeApp(Step, frozen=True, kw_only=True, tag="change_app"):
    """Attributes of the app other than its entities change."""

    changes: dict[str, Change]


AnyStep = (
    RenameEntity
    | RenameField
    | RemoveField
    | RemoveEntity
    | AddEntity
    | AddField
    | ChangeField
    | ChangeEntity
    | ChangeApp
)
Mark = Literal["+", "-", "~"]
"""Something is added, removed, or changed."""
_TEXT_LENGTH = 60


def told(step: AnyStep) -> tuple[Mark, str, str]:
    """Return what a step does, for a person: its mark, what it is about, and what happens to that."""
    about = str(getattr(step, "entity", "the app"))
    if isinstance(step, RenameField | RemoveField | AddField | ChangeField):
        about = f"{about}.{step.field}"
    match step:
        case RenameEntity(to=to) | RenameField(to=to):
            return "~", about, f"is renamed to {to}"
        case ChangeField(changes=changes) | ChangeEntity(changes=changes) | ChangeApp(changes=changes):
            return "~", about, _listed(changes)
        case AddField():
            return "+", about, f"is added, of type {step.type}"
        case AddEntity():
            return "+", about, "is added"
        case RemoveEntity():
            return "-", about, "is removed, with its records"
        case RemoveField(has_values=has_values):
            return "-", about, "is removed, with its values" if has_values else "is removed"


def _listed(changes: dict[str, Change]) -> str:
    return "; ".join(f"{name}: {_text(each.was)} -> {_text(each.now)}" for name, each in changes.items())


def _text(value: object) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _TEXT_LENGTH else f"{text[: _TEXT_LENGTH - 1]}…"
