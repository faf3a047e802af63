"""What an expression means: every part of it gets a kind, every operator an operation. Asks no database.

Must import neither SQLAlchemy nor Reflex.

Where a value is empty: arithmetic and comparisons with it are empty, but `==` and `!=`, for which empty
equals empty. A condition that is empty does not hold; a check that is empty is not broken. An empty yes-or-no
is no; an empty text adds nothing to another.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from dataforms.errors import ExpressionInvalid
from dataforms.expression import Call, Items, Literal, Name, Node, parse
from dataforms.names import did_you_mean
from dataforms.operations import OPERATIONS, WORDS, Kind, KindName, Operation, cost

SPECIAL: dict[str, KindName] = {"me": "text", "today": "date", "now": "datetime", "id": "integer"}
"""Names that are no fields: who asks, the day, the moment, the record's own number."""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A constant."""

    kind: Kind
    value: int | Decimal | str | bool | None


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A field of the record that is stored; `me`, `today`, `now` and `id` too."""

    kind: Kind
    name: str


class Along(msgspec.Struct, frozen=True, kw_only=True):
    """What the record gives that a reference points at."""

    kind: Kind
    name: str
    """The reference field."""
    each: "Meaning"


class Apply(msgspec.Struct, frozen=True, kw_only=True):
    """An operation on values, by its name in `OPERATIONS`."""

    kind: Kind
    operation: str
    arguments: tuple["Meaning", ...]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Is a value one of those listed?"""

    kind: Kind
    value: "Meaning"
    values: tuple[Value, ...]


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """One value made of many records: `count`, `sum`, `average`, `min` or `max` of what each one gives."""

    kind: Kind
    function: str
    name: str
    """The field that stands for many records."""
    each: "Meaning | None"
    """What every one of them gives; None where they are only counted. Of kind boolean in a count."""


Meaning = Value | Read | Along | Apply | Member | Total


class Scope(Protocol):
    """What names stand for in the records of one entity."""

    @property
    def names(self) -> Sequence[str]:
        """All of them."""

    def kind(self, name: str) -> Kind | None:
        """Return what a field is that is stored; None where there is none."""

    def computed(self, name: str) -> str | None:
        """Return the expression of a computed field; None where there is none."""

    def of(self, entity: str) -> "Scope":
        """Return the scope of another entity."""

    def within(self, name: str, node: Name) -> "Scope":
        """Return the scope for the expression of a computed field; raise ExpressionInvalid in a circle."""


TOTALS = ("count", "sum", "average", "min", "max")


def understand(text: str, scope: Scope, *, wanted: Sequence[KindName] = ()) -> Meaning:
    """Return what an expression means for the records that `scope` names the fields of.

    Raises:
        ExpressionInvalid: it means nothing, or does not give one of the `wanted` kinds.
    """
    tree = parse(text)
    found = _mean(tree, scope)
    if found.kind.name in ("records", "record") and not wanted:
        raise ExpressionInvalid(f"It gives {WORDS[found.kind.name]}, and a value is needed.", at=tree.at)
    if wanted and found.kind.name not in (*wanted, "empty"):
        needed = " or ".join(WORDS[name] for name in wanted)
        raise ExpressionInvalid(f"It gives {WORDS[found.kind.name]}, and must give {needed}.", at=tree.at)
    return found


def reads(meaning: Meaning) -> Iterator[tuple[str, ...]]:
    """Yield the path of everything that is stored and read: `("total",)`, `("customer", "name")`."""
    match meaning:
        case Read(name=name):
            yield (name,)
        case Along(name=name, each=each):
            yield (name,)
            yield from ((name, *inner) for inner in reads(each))
        case Total(name=name, each=each):
            yield (name,)
            if each is not None:
                yield from ((name, *inner) for inner in reads(each))
        case Apply(arguments=arguments):
            for argument in arguments:
                yield from reads(argument)
        case Member(value=value):
            yield from reads(value)


def promoted(meaning: Meaning, kind: KindName) -> Meaning:
    """Return a value as another kind, that it can stand for."""
    given = meaning.kind.name
    if given in (kind, "empty"):
        return meaning
    return Apply(kind=Kind(name=kind), operation=f"{given}_as_{kind}", arguments=(meaning,))


def _mean(node: Node, scope: Scope) -> Meaning:
    match node:
        case Literal():
            return _constant(node)
        case Name():
            return _named(node, scope)
        case Items():
            raise ExpressionInvalid("A list stands after `in` only.", at=node.at)
        case Call(function="in", arguments=(value, Items(values=values))):
            return _member(node, _mean(value, scope), values)
        case Call(function=function, arguments=(first, *_)) if function in TOTALS:
            return _total(node, scope) if _is_many(first, scope) else _applied(node, scope)
        case Call():
            return _applied(node, scope)


def _constant(node: Literal) -> Value:
    value = node.value
    name: KindName = (
        "empty" if value is None
        else "boolean" if isinstance(value, bool)
        else "integer" if isinstance(value, int)
        else "real" if isinstance(value, Decimal)
        else "text"
    )  # fmt: skip
    return Value(kind=Kind(name=name), value=value)


def _named(node: Name, scope: Scope) -> Meaning:
    return _along(node, node.path, scope)


def _along(node: Name, path: tuple[str, ...], scope: Scope) -> Meaning:
    """Return what a path leads to: the field at its end, read through the references before it."""
    first, *rest = path
    if not rest:
        return _field(node, first, scope)
    kind = _kind_of(first, scope, node)
    if kind.name == "records":
        raise ExpressionInvalid(
            f"{first} are many records: say what of them, as in sum({'.'.join(node.path)}).", at=node.at
        )
    if kind.name != "record" or kind.entity is None:
        raise ExpressionInvalid(f"{first} is {WORDS[kind.name]}, which has no fields.", at=node.at)
    each = _along(node, tuple(rest), scope.of(kind.entity))
    return Along(kind=each.kind, name=first, each=each)


def _field(node: Name, name: str, scope: Scope) -> Meaning:
    expression = scope.computed(name)
    if expression is not None:
        return _mean(parse(expression), scope.within(name, node))
    if name in SPECIAL and (name == "id" or len(node.path) == 1) and scope.kind(name) is None:
        return Read(kind=Kind(name=SPECIAL[name]), name=name)
    return Read(kind=_kind_of(name, scope, node), name=name)


def _kind_of(name: str, scope: Scope, node: Node) -> Kind:
    kind = scope.kind(name)
    if kind is None and scope.computed(name) is not None:
        raise ExpressionInvalid(f"{name} is computed, and has no fields.", at=node.at)
    if kind is None:
        known = [*scope.names, *SPECIAL]
        raise ExpressionInvalid(f"There is no field {name!r}.", did_you_mean(name, known), at=node.at)
    return kind


def _is_many(node: Node, scope: Scope) -> bool:
    """Tell whether a name leads to, or through, many records."""
    if not isinstance(node, Name):
        return False
    for step in node.path:
        kind = scope.kind(step)
        if kind is None or kind.entity is None:
            return False
        if kind.name == "records":
            return True
        scope = scope.of(kind.entity)
    return False


def _total(node: Call, scope: Scope) -> Meaning:
    first = node.arguments[0]
    assert isinstance(first, Name)  # noqa: S101  _is_many has said so
    return _total_along(node, first, first.path, scope)


def _total_along(node: Call, name: Name, path: tuple[str, ...], scope: Scope) -> Meaning:
    step, *rest = path
    kind = _kind_of(step, scope, name)
    assert kind.entity is not None  # noqa: S101  see _is_many
    inner = scope.of(kind.entity)
    if kind.name == "record":
        found = _total_along(node, name, tuple(rest), inner)
        return Along(kind=found.kind, name=step, each=found)
    if len(node.arguments) > (1 if rest else 2):
        raise ExpressionInvalid(
            f"{node.function} takes the records and one expression about each.", at=node.at
        )
    each: Meaning | None = None
    if rest:
        each = _along(Name(path=tuple(rest), at=name.at), tuple(rest), inner)
    elif len(node.arguments) == 2:
        each = _mean(node.arguments[1], inner)
    return _total_of(node, step, each)


def _total_of(node: Call, name: str, each: Meaning | None) -> Total:
    function = node.function
    if function == "count":
        if each is not None and each.kind.name != "boolean":
            raise ExpressionInvalid(
                "count takes records and a condition, as in count(items, done).", at=node.at
            )
        return Total(kind=Kind(name="integer"), function=function, name=name, each=each)
    if each is None:
        raise ExpressionInvalid(f"Say what of each: {function}({name}.price).", at=node.at)
    numbers: tuple[KindName, ...] = ("integer", "real", "money", "duration")
    fit = numbers if function in ("sum", "average") else (*numbers, "text", "date", "time", "datetime")
    if each.kind.name not in fit:
        raise ExpressionInvalid(f"There is no {function} of {WORDS[each.kind.name]}.", at=node.at)
    kind = Kind(name="real") if function == "average" and each.kind.name == "integer" else each.kind
    return Total(kind=kind, function=function, name=name, each=each)


def _member(node: Call, value: Meaning, items: tuple[Literal, ...]) -> Member:
    values = tuple(map(_constant, items))
    for item, constant in zip(items, values, strict=True):
        if cost(constant.kind.name, value.kind.name) is None:
            raise ExpressionInvalid(
                f"{WORDS[value.kind.name].capitalize()} cannot be {WORDS[constant.kind.name]}.", at=item.at
            )
    if value.kind.name in ("record", "records", "choices", "opaque"):
        raise ExpressionInvalid(f"{WORDS[value.kind.name].capitalize()} cannot be in a list.", at=node.at)
    return Member(kind=Kind(name="boolean"), value=value, values=values)


def _applied(node: Call, scope: Scope) -> Apply:
    arguments = tuple(_mean(each, scope) for each in node.arguments)
    named = [row for row in OPERATIONS if row.written == node.function]
    if not named and node.function in TOTALS:
        raise ExpressionInvalid(
            f"{node.function} takes many records, as in {node.function}(items.price).", at=node.at
        )
    if not named:
        functions = sorted({row.written for row in OPERATIONS if row.written.isalpha()} | set(TOTALS))
        raise ExpressionInvalid(
            f"There is no function {node.function!r}.", did_you_mean(node.function, functions), at=node.at
        )
    best: tuple[int, Operation] | None = None
    for row in named:
        cost = _cost_of(row, arguments)
        if cost is not None and (best is None or cost < best[0]):
            best = cost, row
    if best is None:
        raise ExpressionInvalid(_misfit(node.function, arguments, named), at=node.at)
    row = best[1]
    _same_currency(node, arguments)
    _same_entity(node, arguments)
    taken = tuple(promoted(each, kind) for each, kind in zip(arguments, row.takes, strict=True))
    currency = next((each.kind.currency for each in taken if each.kind.currency), None)
    kind = Kind(name=row.gives, currency=currency if row.gives == "money" else None)
    return Apply(kind=kind, operation=row.name, arguments=taken)


def _cost_of(row: Operation, arguments: Sequence[Meaning]) -> int | None:
    if len(row.takes) != len(arguments):
        return None
    costs = [cost(each.kind.name, kind) for each, kind in zip(arguments, row.takes, strict=True)]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _same_currency(node: Call, arguments: Sequence[Meaning]) -> None:
    currencies = sorted({each.kind.currency for each in arguments if each.kind.currency})
    if len(currencies) > 1:
        raise ExpressionInvalid(f"{' and '.join(currencies)} cannot be put together.", at=node.at)


def _same_entity(node: Call, arguments: Sequence[Meaning]) -> None:
    entities = sorted({each.kind.entity for each in arguments if each.kind.entity})
    if len(entities) > 1:
        raise ExpressionInvalid(f"{' and '.join(entities)} are different things.", at=node.at)


def _misfit(function: str, arguments: Sequence[Meaning], rows: Sequence[Operation]) -> str:
    given = " and ".join(WORDS[each.kind.name] for each in arguments) or "nothing"
    takes = sorted({" and ".join(WORDS[kind] for kind in row.takes) for row in rows})
    shown = "; or ".join(takes[:4])
    return f"{function!r} cannot take {given}; it takes {shown}{'; or others' if len(takes) > 4 else ''}."
