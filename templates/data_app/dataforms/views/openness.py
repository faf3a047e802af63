"""Whether an expression tells an account only what it gets to see anyway. Imports no database, no Reflex."""

from collections.abc import Iterator

from dataforms.access import Rights
from dataforms.errors import ExpressionInvalid
from dataforms.expression import Call, Name, Node, parse
from dataforms.meaning import SPECIAL
from dataforms.spec import AppSpec, Entity
from dataforms.types import type_of


def is_open(text: str, entity: Entity, spec: AppSpec, rights: Rights) -> bool:
    """Tell whether all that an expression reads is shown to the account, on every record.

    `spec` is what the account sees of the app. Sums over children are taken for closed, since some of those
    may be kept from it.
    """
    if not rights.is_limited:
        return True
    try:
        tree = parse(text)
    except ExpressionInvalid:
        return False
    return all(_is_shown(name.path, entity, spec, rights) for name in _names(tree))


def _names(node: Node) -> Iterator[Name]:
    match node:
        case Name():
            yield node
        case Call(arguments=arguments):
            for argument in arguments:
                yield from _names(argument)


def _is_shown(path: tuple[str, ...], entity: Entity, spec: AppSpec, rights: Rights) -> bool:
    first, *rest = path
    field = next((each for each in entity.fields if each.name == first), None)
    if field is None:
        return first in SPECIAL
    if first in rights.hides_from_some(entity.name) or type_of(field).kind == "records":
        return False
    if not rest:
        return True
    target = next((each for each in spec.entities if each.name == field.target), None)
    if target is None or not rights.may("read", target.name) or rights.conditions("read", target.name):
        return False
    return _is_shown(tuple(rest), target, spec, rights)
