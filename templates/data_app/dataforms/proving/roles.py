"""Which tests follow from the roles of a spec: what each lets one do, and what it does not."""

from collections.abc import Callable, Iterator

import msgspec

from dataforms.access import ACTIONS, Access, Action, Rights
from dataforms.database import Query
from dataforms.errors import DataError, NotAllowed, UnknownName
from dataforms.proving.world import World, taken_back
from dataforms.spec import AppSpec, Entity, Role

ME = "somebody@example.com"


def role_cases(spec: AppSpec) -> Iterator[tuple[str, Callable[[World], None]]]:
    """Yield the name and the check of each test."""
    for role in spec.roles:
        rights = Rights(spec, Access(me=ME, roles=(role.name,)))
        for entity in spec.entities:
            for action in ACTIONS:
                if not rights.may(action, entity.name):
                    yield f"{role.name} may not {action} {entity.name}", Denied(role, entity, action)
                elif not rights.conditions(action, entity.name):
                    yield f"{role.name} may {action} {entity.name}", Allowed(role, entity, action)
            for name in sorted(_hidden(role, entity)):
                yield f"{role.name} does not see {entity.name}.{name}", Unseen(role, entity, name)


def _hidden(role: Role, entity: Entity) -> set[str]:
    those = [each for each in role.permissions if each.entity == entity.name and each.read]
    return set.intersection(*(set(each.hidden) for each in those)) if those else set()


class Denied(msgspec.Struct, frozen=True):
    """What a role must not let one do."""

    role: Role
    entity: Entity
    action: Action

    def __call__(self, world: World) -> None:
        """Try it; raise AssertionError if it was possible."""
        try:
            _do(world, self.role, self.entity, self.action)
        except (NotAllowed, UnknownName):
            return
        except DataError as error:
            raise AssertionError(f"It was refused for another reason: {error}") from error
        raise AssertionError(f"{self.role.name} could {self.action} {self.entity.name}.")


class Allowed(msgspec.Struct, frozen=True):
    """What a role lets one do."""

    role: Role
    entity: Entity
    action: Action

    def __call__(self, world: World) -> None:
        """Do it; raise AssertionError if it is not allowed."""
        try:
            _do(world, self.role, self.entity, self.action)
        except (NotAllowed, UnknownName) as error:
            raise AssertionError(f"{self.role.name} could not: {error}") from error
        except DataError:
            return  # it may, and something else is wrong with what was tried


class Unseen(msgspec.Struct, frozen=True):
    """A field that a role hides."""

    role: Role
    entity: Entity
    name: str

    def __call__(self, world: World) -> None:
        """Look for it; raise AssertionError if it is there."""
        acting = world.app.acting(Access(me=ME, roles=(self.role.name,)))
        for record in acting.page(self.entity.name, Query()).rows:
            assert self.name not in record.values, f"{self.name} is shown"  # noqa: S101 - it is a test


def _do(world: World, role: Role, entity: Entity, action: Action) -> None:
    access = Access(me=ME, roles=(role.name,))
    id = world.ids(entity.name)[-1]
    match action:
        case "read":
            world.app.acting(access).page(entity.name, Query())
        case "create":
            with taken_back(world.app.acting(access)) as transaction:
                transaction.insert(entity.name, world.record(entity.name))
        case "update":
            with taken_back(world.app.acting(access)) as transaction:
                transaction.update(entity.name, id, {})
        case "delete":
            with taken_back(world.app.acting(access)) as transaction:
                transaction.delete(entity.name, id)
