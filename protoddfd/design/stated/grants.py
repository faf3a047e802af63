"""What each role may do with each entity, while it is being found out; and that in words for people."""

from collections.abc import Iterable, Iterator

import msgspec

from dataforms.spec import AppSpec, Entity, Field, Permission, Role
from protoddfd.design.stated.deeds import Deed

ALL: tuple[Deed, ...] = ("create", "read", "update", "delete")
_SAID = {"read": "see", "create": "add", "update": "change", "delete": "delete"}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a right is about: whole entities, or fields of one."""

    entities: tuple[Entity, ...]
    fields: tuple[Field, ...] = ()


class Grants:
    """The permissions of roles by entity, which are narrowed step by step."""

    def __init__(self, spec: AppSpec) -> None:
        self.spec = spec
        self.titles = {role.name: role.title for role in spec.roles}
        self._table: dict[str, dict[str, list[Permission]]] = {
            role.name: {
                entity.name: [each for each in role.permissions if each.entity == entity.name]
                for entity in spec.entities
            }
            for role in spec.roles
        }

    def add(self, role: str, title: str, deeds: Iterable[Deed]) -> None:
        """Add a role that may do these with everything, unless it is there."""
        if role not in self._table:
            self.titles[role] = title
            self._table[role] = {each.name: [_permission(each.name, deeds)] for each in self.spec.entities}

    def roles(self) -> list[str]:
        """Return the names of all roles."""
        return list(self._table)

    def deny(self, role: str, entity: str, deeds: Iterable[Deed]) -> None:
        """Take deeds from a role; what may not be seen may not be changed."""
        gone = set(ALL) if "read" in deeds else set(deeds)
        self._table[role][entity] = [
            msgspec.structs.replace(each, **dict.fromkeys(gone & set(ALL), False))
            for each in self._table[role][entity]
        ]

    def allow_only(self, role: str, entity: str, deeds: Iterable[Deed], condition: str | None = None) -> None:
        """Let a role do these and nothing else; on some records alone if there is a condition."""
        made = _permission(entity, deeds)
        self._table[role][entity] = [msgspec.structs.replace(made, condition=condition)]

    def add_to(self, role: str, entity: str, deeds: Iterable[Deed]) -> None:
        """Let a role do these besides, on the records that it may see."""
        self._table[role][entity] = [
            msgspec.structs.replace(each, **dict.fromkeys(set(deeds) & set(ALL), True))
            for each in self._table[role][entity] or [_permission(entity, deeds)]
        ]

    def also_with(self, role: str, entity: str, deeds: Iterable[Deed], condition: str) -> None:
        """Let a role do these on the records of a condition, beside what it may do with all."""
        made = msgspec.structs.replace(_permission(entity, {*deeds, "read"}), condition=condition)
        self._table[role][entity] = [*self._table[role][entity], made]

    def shut(self, role: str, entity: str, fields: Iterable[str], *, hidden: bool) -> None:
        """Hide fields from a role, or let it not change them."""
        name = "hidden" if hidden else "read_only"
        self._table[role][entity] = [
            msgspec.structs.replace(each, **{name: tuple(dict.fromkeys((*getattr(each, name), *fields)))})
            for each in self._table[role][entity]
        ]

    def permissions(self, role: str) -> Iterator[Permission]:
        """Yield what a role may do, entity by entity, without what is nothing."""
        for those in self._table[role].values():
            yield from (each for each in those if any(getattr(each, deed) for deed in ALL))

    def made(self, default: str) -> tuple[Role, ...]:
        """Return the roles; new accounts get `default`, unless there is a role for them already."""
        before = {role.name: role for role in self.spec.roles}
        taken = any(role.default for role in self.spec.roles)
        return tuple(
            msgspec.structs.replace(
                before.get(name)
                or Role(name=name, title=self.titles[name], default=not taken and name == default),
                permissions=tuple(self.permissions(name)),
            )
            for name in self._table
        )

    def told(self, role: str) -> str:
        """Return in words what a role may do."""
        those = list(self.permissions(role))
        by_deeds: dict[str, list[str]] = {}
        for each in those:
            deeds = [_SAID[deed] for deed in ("read", "create", "update", "delete") if getattr(each, deed)]
            said = (
                "do everything with"
                if len(deeds) == len(ALL)
                else " and ".join((", ".join(deeds[:-1]), deeds[-1])).removeprefix(" and ")
            )
            limits = [f"where {each.condition}"] if each.condition else []
            limits += [f"without {', '.join(each.hidden)}"] if each.hidden else []
            limits += [f"{', '.join(each.read_only)} not changed"] if each.read_only else []
            by_deeds.setdefault(said, []).append(_limited(each.entity, limits))
        whole = by_deeds.get("do everything with", [])
        if len(whole) == len(self.spec.entities) and not any("(" in each for each in whole):
            return "may do everything"
        return "may " + "; ".join(f"{said} {', '.join(named)}" for said, named in by_deeds.items())


def _permission(entity: str, deeds: Iterable[Deed]) -> Permission:
    allowed = set(deeds)
    return Permission(
        entity=entity,
        create="create" in allowed,
        read=bool(allowed),
        update="update" in allowed,
        delete="delete" in allowed,
    )


def _limited(entity: str, limits: list[str]) -> str:
    return f"{entity} ({'; '.join(limits)})" if limits else entity
