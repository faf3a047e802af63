"""What the names in an expression stand for: the fields of a spec. Imports neither SQLAlchemy nor Reflex."""

from dataforms.errors import ExpressionInvalid
from dataforms.expression import Name
from dataforms.meaning import Meaning, understand
from dataforms.operations import Kind
from dataforms.spec import AppSpec, Entity, Field
from dataforms.types import type_of

WITHIN = 5
"""How many computed fields may build on one another."""


class SpecScope:
    """The fields of one entity; `inside` are the computed fields whose expressions are being read."""

    def __init__(self, spec: AppSpec, entity: Entity, inside: tuple[tuple[str, str], ...] = ()) -> None:
        self._spec, self._entity, self._inside = spec, entity, inside
        self._fields = {field.name: field for field in entity.fields}

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._fields)

    def kind(self, name: str) -> Kind | None:
        """Return what a field is that is stored; None where there is none."""
        field = self._fields.get(name)
        return None if field is None or is_computed(field) else kind_of(field)

    def computed(self, name: str) -> str | None:
        """Return the expression of a computed field; None where there is none."""
        field = self._fields.get(name)
        return field.expression or "" if field is not None and is_computed(field) else None

    def of(self, entity: str) -> "SpecScope":
        """Return the scope of another entity."""
        return SpecScope(self._spec, self._spec.entity(entity), self._inside)

    def within(self, name: str, node: Name) -> "SpecScope":
        """Return the scope for the expression of a computed field; raise ExpressionInvalid in a circle."""
        key = (self._entity.name, name)
        if key in self._inside:
            raise ExpressionInvalid(f"{name} is computed from itself.", at=node.at)
        if len(self._inside) >= WITHIN:
            raise ExpressionInvalid(f"More than {WITHIN} computed fields build on one another.", at=node.at)
        return SpecScope(self._spec, self._entity, (*self._inside, key))


def is_computed(field: Field) -> bool:
    """Tell whether a field has an expression in place of a stored value, whatever type that gives it."""
    return field.type == "computed" or field.expression is not None


def kind_of(field: Field) -> Kind:
    """Return what the values of a field are that is stored."""
    return Kind(name=type_of(field).kind, entity=field.target, currency=field.currency)


def meaning_of(spec: AppSpec, entity: Entity, field: Field) -> Meaning:
    """Return what a computed field gives; raise ExpressionInvalid."""
    scope = SpecScope(spec, entity, ((entity.name, field.name),))
    return understand(field.expression or "", scope)
