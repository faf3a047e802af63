"""Who may do what: the roles of a spec, as they bear on one account. Imports neither SQLAlchemy nor Reflex.

Several roles add up: what one of them allows is allowed, on the rows that its own condition names.
"""

from typing import Literal

import msgspec

from dataforms.origin import is_over
from dataforms.spec import AppSpec, Entity, Permission
from dataforms.types import type_of

Action = Literal["create", "read", "update", "delete"]
ACTIONS: tuple[Action, ...] = ("create", "read", "update", "delete")
FOR_VISITORS: tuple[Action, ...] = ("create", "read")
"""What a role may let visitors do: nobody could be asked who has changed or deleted something."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One account: what `me` stands for in expressions, and its roles; None is all that there is."""

    me: str | None = None
    roles: tuple[str, ...] | None = None
    is_visitor: bool = False
    """Is it no account at all, but whoever comes along?"""


EVERYTHING = Access()
"""What the app's owner may, and everybody where there is no login."""


def visiting(spec: AppSpec) -> Access | None:
    """Return what visitors without an account may do where there is a login; None if that is nothing."""
    public = next((role.name for role in spec.roles if role.public), None)
    return None if public is None else Access(roles=(public,), is_visitor=True)


class Rights:
    """What an account may do with the data of a spec; without roles, everything."""

    def __init__(self, spec: AppSpec, access: Access) -> None:
        self.access = access
        self._is_only_read = is_over(spec)
        self.is_limited = access.roles is not None and bool(spec.roles)
        roles = [role for role in spec.roles if access.roles is not None and role.name in access.roles]
        self._permissions: dict[str, list[Permission]] = {}
        for role in roles:
            for permission in role.permissions:
                self._permissions.setdefault(permission.entity, []).append(permission)

    def may(self, action: Action, entity: str) -> bool:
        """Tell whether the account may do that with any record of an entity."""
        if self._is_only_read and action != "read":
            return False
        return not self.is_limited or bool(self.permissions(action, entity))

    def permissions(self, action: Action, entity: str) -> list[Permission]:
        """Return the permissions that allow an action; each on the rows of its condition."""
        if self.access.is_visitor and action not in FOR_VISITORS:
            return []
        return [each for each in self._permissions.get(entity, ()) if getattr(each, action)]

    def conditions(self, action: Action, entity: str) -> tuple[str, ...]:
        """Return expressions of which one must hold for a record; none where every record will do."""
        return _conditions(self.permissions(action, entity))

    def hides_from_some(self, entity: str) -> dict[str, tuple[str, ...]]:
        """Return the fields shown on some records alone, with expressions of which one must hold.

        Without any it is shown on none: it is there to be filled in by whoever may do that.
        """
        reading = self.permissions("read", entity)
        names = {name for permission in reading for name in permission.hidden}
        showing = {name: [each for each in reading if name not in each.hidden] for name in names}
        return {
            name: _conditions(those) for name, those in showing.items() if not those or _conditions(those)
        }

    def seen(self, spec: AppSpec) -> AppSpec:
        """Return what of `spec` the account gets to see: entities that it may do something with."""
        if not self.is_limited:
            return spec
        entities = [self._seen(entity) for entity in spec.entities if self._sees(entity.name)]
        return msgspec.structs.replace(spec, entities=tuple(entities))

    def _sees(self, entity: str) -> bool:
        return any(self.may(action, entity) for action in ACTIONS)

    def _seen(self, entity: Entity) -> Entity:
        those = [each for action in ACTIONS for each in self.permissions(action, entity.name)]
        writing = [each for each in those if each.create or each.update]
        fields = [
            msgspec.structs.replace(
                field,
                read_only=field.read_only or _all_have(field.name, [each.read_only for each in writing]),
            )
            for field in entity.fields
            if not all(field.name in each.hidden for each in those)
            and (type_of(field).kind != "records" or self.may("read", field.target or ""))
        ]
        return msgspec.structs.replace(entity, fields=tuple(fields))


def _all_have(name: str, lists: list[tuple[str, ...]]) -> bool:
    """Return whether a name is in every list, and there is one."""
    return bool(lists) and all(name in each for each in lists)


def _conditions(permissions: list[Permission]) -> tuple[str, ...]:
    texts = [each.condition for each in permissions]
    return () if None in texts else tuple(dict.fromkeys(text for text in texts if text is not None))
