"""CHECK conditions of SQL as what a field allows, or as an expression of an app. Pure, but for the parser."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import sqlglot
from sqlglot import exp


class NotUnderstood(Exception):
    """A condition that an app has no words for."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a condition says of one column."""

    column: str
    min: int | float | str | None = None
    max: int | float | str | None = None
    length: bool = False
    """Whether `min` and `max` are of the text's length."""
    choices: tuple[str, ...] = ()


class Formula(msgspec.Struct, frozen=True, kw_only=True):
    """A condition over several columns: an expression with `{0}` and so on for `columns`."""

    columns: tuple[str, ...]
    expression: str


_BINARY: dict[type[exp.Expression], str] = {
    exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=", exp.NEQ: "!=", exp.EQ: "==",
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
}  # fmt: skip
_FUNCTIONS: dict[type[exp.Expression], str] = {
    exp.Length: "length", exp.Lower: "lower", exp.Upper: "upper", exp.Trim: "trim", exp.Abs: "abs",
}  # fmt: skip
_TURNED: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE, exp.EQ: exp.EQ,
}  # fmt: skip


def understood(condition: str, dialect: str | None) -> Iterator[Limits | Formula]:
    """Yield what a condition says, a part at a time; raise NotUnderstood at the first part that is beyond."""
    try:
        tree = sqlglot.parse_one(condition, dialect=dialect, into=exp.Condition)
    except (sqlglot.errors.SqlglotError, RecursionError, ValueError) as error:
        raise NotUnderstood(str(error)) from error
    for part in _parts(tree):
        found = _limits(part)
        if found is None:
            yield _formula(part)
        elif found:
            yield from found


def _bare(node: Any) -> Any:
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


def _parts(tree: Any) -> Iterator[Any]:
    tree = _bare(tree)
    if isinstance(tree, exp.And):
        yield from _parts(tree.this)
        yield from _parts(tree.expression)
    else:
        yield tree


def _literal(node: Any) -> int | float | str | None:
    node = _bare(node)
    if isinstance(node, exp.Neg):
        inner = _literal(node.this)
        return -inner if isinstance(inner, int | float) else None
    if not isinstance(node, exp.Literal):
        return None
    if node.is_string:
        return str(node.this)
    text = str(node.this)
    return int(text) if text.isdigit() else float(text)


def _limits(node: Any) -> list[Limits] | None:
    """Return what a part says of one column alone, nothing for `IS NOT NULL`; None where it is a formula."""
    if isinstance(node, exp.Between):
        low, high = _literal(node.args["low"]), _literal(node.args["high"])
        return None if low is None or high is None else _bounds(node.this, low, high)
    if isinstance(node, exp.In):
        return _choices(node)
    if _is_given(node):
        return []
    if isinstance(node, exp.Or):
        return _either(node)
    return _comparison(node)


def _is_given(node: Any) -> bool:
    """Return whether a part says that a column has a value, which NOT NULL says better."""
    if isinstance(node, exp.Not):
        node = _bare(node.this)
        return isinstance(node, exp.Is) and not node.args.get("negate")
    return isinstance(node, exp.Is) and bool(node.args.get("negate"))


def _either(node: Any) -> list[Limits] | None:
    """Return the choices in `a = 'x' OR a = 'y'`, and those of `a IS NULL OR ...`."""
    found: list[Limits] = []
    for part in node.flatten():
        part = _bare(part)
        if isinstance(part, exp.Is) and not part.args.get("negate"):
            continue
        one = _limits(part)
        if one is None:
            return None
        found += one
    if len({each.column for each in found}) != 1:
        return None
    if len(found) == 1:
        return found
    if not all(each.choices for each in found):
        return None
    choices = tuple(dict.fromkeys(choice for each in found for choice in each.choices))
    return [Limits(column=found[0].column, choices=choices)]


def _choices(node: Any) -> list[Limits] | None:
    values = [_literal(each) for each in node.expressions]
    column = _bare(node.this)
    if not isinstance(column, exp.Column) or not values or not all(isinstance(each, str) for each in values):
        return None
    return [Limits(column=column.name, choices=tuple(dict.fromkeys(map(str, values))))]


def _comparison(node: Any) -> list[Limits] | None:
    kind = type(node)
    if kind not in _TURNED:
        return None
    left, right = node.this, node.expression
    value = _literal(right)
    if value is None:
        value, left, kind = _literal(left), right, _TURNED[kind]
    if value is None:
        return None
    if kind is exp.EQ:
        column = _bare(left)
        is_text = isinstance(value, str) and isinstance(column, exp.Column)
        return [Limits(column=column.name, choices=(str(value),))] if is_text else None
    if kind in (exp.GT, exp.LT):
        if not isinstance(value, int) or not _is_whole(left):
            return None
        value = value + 1 if kind is exp.GT else value - 1
    return _bounds(left, value, None) if kind in (exp.GT, exp.GTE) else _bounds(left, None, value)


def _is_whole(node: Any) -> bool:
    return isinstance(_bare(node), exp.Length)


def _bounds(node: Any, low: int | float | str | None, high: int | float | str | None) -> list[Limits] | None:
    node = _bare(node)
    length = isinstance(node, exp.Length)
    column = _bare(node.this) if length else node
    if not isinstance(column, exp.Column):
        return None
    if length and any(isinstance(each, str | float) for each in (low, high)):
        return None
    return [Limits(column=column.name, min=low, max=high, length=length)]


def _formula(node: Any) -> Formula:
    columns: list[str] = []

    def place(name: str) -> str:
        if name not in columns:
            columns.append(name)
        return f"{{{columns.index(name)}}}"

    text = _written(node, place, positive=True)
    if not columns:
        raise NotUnderstood(node.sql())
    return Formula(columns=tuple(columns), expression=text)


def _written(node: Any, place: Callable[[str], str], *, positive: bool) -> str:
    """Return a tree in the words of an app; `positive` says whether what is true of it has to be true."""
    node = _bare(node)
    if isinstance(node, exp.Column):
        return place(node.name)
    if isinstance(node, exp.And | exp.Or):
        word = "and" if isinstance(node, exp.And) else "or"
        parts = (_written(each, place, positive=positive) for each in (node.this, node.expression))
        return f"({f' {word} '.join(parts)})"
    if isinstance(node, exp.Not):
        return f"(not {_written(node.this, place, positive=not positive)})"
    if isinstance(node, exp.Is) and isinstance(_bare(node.expression), exp.Null):
        sign = "!=" if node.args.get("negate") else "=="
        return f"({_written(node.this, place, positive=positive)} {sign} empty)"
    if type(node) in _BINARY:
        return _binary(node, place, positive=positive)
    if type(node) in _FUNCTIONS:
        return f"{_FUNCTIONS[type(node)]}({_written(node.this, place, positive=positive)})"
    return _rest(node, place, positive=positive)


def _binary(node: Any, place: Callable[[str], str], *, positive: bool) -> str:
    left, right = (_written(each, place, positive=positive) for each in (node.this, node.expression))
    text = f"({left} {_BINARY[type(node)]} {right})"
    if isinstance(node, exp.EQ) and positive:  # SQL lets what is unknown pass, and an app does not
        for side in (node.this, node.expression):
            if isinstance(_bare(side), exp.Column):
                text = f"({text} or {place(_bare(side).name)} == empty)"
    return text


def _rest(node: Any, place: Callable[[str], str], *, positive: bool) -> str:
    match node:
        case exp.Literal() | exp.Neg():
            return _constant(node, place)
        case exp.Boolean():
            return "true" if node.this else "false"
        case exp.CurrentDate():
            return "today"
        case exp.CurrentTimestamp():
            return "now"
        case exp.Between():
            value, low, high = (
                _written(each, place, positive=positive)
                for each in (node.this, node.args["low"], node.args["high"])
            )
            return f"({value} >= {low} and {value} <= {high})"
        case exp.In() if node.expressions:
            value = _written(node.this, place, positive=positive)
            items = ", ".join(_written(each, place, positive=positive) for each in node.expressions)
            return f"({value} in [{items}] or {value} == empty)" if positive else f"({value} in [{items}])"
        case exp.Coalesce() if len(node.expressions) == 1:
            one = _written(node.this, place, positive=positive)
            return f"coalesce({one}, {_written(node.expressions[0], place, positive=positive)})"
    raise NotUnderstood(node.sql() if isinstance(node, exp.Expression) else str(node))


def _constant(node: Any, place: Callable[[str], str]) -> str:
    value = _literal(node)
    if value is None:
        if isinstance(node, exp.Neg):
            return f"(-{_written(node.this, place, positive=True)})"
        raise NotUnderstood(node.sql())
    if isinstance(value, str):
        return '"' + value.replace('"', '""').replace("{", "{{").replace("}", "}}") + '"'
    return str(value)
