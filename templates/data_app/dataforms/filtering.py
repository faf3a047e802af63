"""What SQL each operator of a filter is. Runs no statement.

Every form is true or false, also where the field is empty: what is empty is not equal to anything, contains
nothing and has none of the choices.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from dataforms.asker import Asker
from dataforms.computing_forms import any_alphabet, lowered
from dataforms.filters import Test, Tests
from dataforms.operators import OperatorName, days
from dataforms.types import type_of

Sql = sa.ColumnElement[Any]
Form = Callable[[Sql, Any], sa.ColumnElement[bool]]
Names = Callable[[Test, Sequence[int] | None], sa.ColumnElement[bool]]
"""Return whether the records that a test's field names have one of these ids among them; None: are any."""
DAY_OPERATORS: tuple[OperatorName, ...] = ("today", "this_week", "this_month", "last_days", "next_days")


def condition(
    tests: Tests, column: Callable[[Test], Sql], names: Names, asker: Asker, *, is_sqlite: bool
) -> sa.ColumnElement[bool]:
    """Return what must hold for the rows that a filter wants; `column` gives that of a test's field.

    What a field names that has pairs and no column, `names` tells.
    """

    def made_of(part: Test | Tests) -> sa.ColumnElement[bool]:
        if isinstance(part, Tests):
            return condition(part, column, names, asker, is_sqlite=is_sqlite)
        if type_of(part.field).linked:
            return _LINKS[part.operator.name](part, names)
        return _test(part, column(part), asker, is_sqlite=is_sqlite)

    made = [made_of(part) for part in tests.parts]
    if not made:
        return sa.true()
    return sa.and_(*made) if tests.join == "all" else sa.or_(*made)


def _test(test: Test, column: Sql, asker: Asker, *, is_sqlite: bool) -> sa.ColumnElement[bool]:
    name = test.operator.name
    if name in DAY_OPERATORS:
        return _within_days(test, column, asker)
    if name in _TEXTS:
        return _TEXTS[name](column, test.value, is_sqlite)
    if name in _CHOICES:
        return _CHOICES[name](column, test.value, is_sqlite)
    if type_of(test.field).sort == "text" and name in ("is", "is_not"):
        same = _same(column, str(test.value), is_sqlite)
        return same if name == "is" else _unless(column, same)
    return _FORMS[name](column, test.value)


def _within_days(test: Test, column: Sql, asker: Asker) -> sa.ColumnElement[bool]:
    number = test.value if isinstance(test.value, int) else 0
    first, after = days(test.operator.name, number, asker.now.date())
    bounds: list[date] = [first, after]
    if type_of(test.field).kind == "datetime":
        bounds = [datetime.combine(each, time()) for each in bounds]
    return _known(column, sa.and_(column >= bounds[0], column < bounds[1]))


def _known(column: Sql, holds: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.and_(column.is_not(None), holds)


def _unless(column: Sql, holds: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.or_(column.is_(None), sa.not_(holds))


def _ordered(name: str) -> Form:
    def made(column: Sql, value: Any) -> sa.ColumnElement[bool]:
        return _known(column, getattr(column, name)(value))

    return made


def _between(column: Sql, value: tuple[Any, Any]) -> sa.ColumnElement[bool]:
    return _known(column, sa.and_(column >= value[0], column <= value[1]))


def _any_of(column: Sql, value: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    return _known(column, column.in_(value))


_FORMS: dict[OperatorName, Form] = {
    "empty": lambda column, value: column.is_(None),
    "filled": lambda column, value: column.is_not(None),
    "=": _ordered("__eq__"),
    "!=": lambda column, value: _unless(column, column == value),
    "is": _ordered("__eq__"),
    "is_not": lambda column, value: _unless(column, column == value),
    "<": _ordered("__lt__"),
    "<=": _ordered("__le__"),
    ">": _ordered("__gt__"),
    ">=": _ordered("__ge__"),
    "between": _between,
    "any_of": _any_of,
    "none_of": lambda column, value: _unless(column, column.in_(value)),
    "yes": lambda column, value: _known(column, column == sa.literal(True, column.type)),
    "no": lambda column, value: _known(column, column == sa.literal(False, column.type)),
}


def same_text(column: Sql, is_sqlite: bool) -> Sql:
    """Return a text as it is sorted and compared: the case of its letters does not matter."""
    return lowered(column, is_sqlite=is_sqlite)


def _same(column: Sql, value: str, is_sqlite: bool) -> sa.ColumnElement[bool]:
    wanted = sa.literal(value, column.type)
    return _known(column, same_text(column, is_sqlite) == same_text(wanted, is_sqlite))


def holds(column: Sql, word: str, is_sqlite: bool) -> sa.ColumnElement[bool]:
    """Return whether a column's text holds `word`, in any case of its letters."""
    return _like(column, word, "%{}%", is_sqlite)


def _like(column: Sql, word: str, pattern: str, is_sqlite: bool) -> sa.ColumnElement[bool]:
    text = sa.cast(column, sa.Text()) if not _is_text(column) else sa.type_coerce(column, sa.Text())
    if not is_sqlite:
        lettered = text if word.isascii() else any_alphabet(text)
        return lettered.ilike(pattern.format(literally(word)), escape="\\")
    variants = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
    patterns = [pattern.format(literally(variant)) for variant in sorted(variants)]
    return sa.or_(*(text.like(each, escape="\\") for each in patterns))


def _is_text(column: Sql) -> bool:
    return getattr(column.type, "storage", "text") in ("text", "choices", "json")


def literally(word: str) -> str:
    r"""Return `word` as a part of a LIKE pattern that stands for itself; the escape character is `\`."""
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return word


_TEXTS: dict[OperatorName, Callable[[Sql, Any, bool], sa.ColumnElement[bool]]] = {
    "contains": lambda column, value, lite: _known(column, holds(column, value, lite)),
    "excludes": lambda column, value, lite: _unless(column, holds(column, value, lite)),
    "starts": lambda column, value, lite: _known(column, _like(column, value, "{}%", lite)),
}


def _has(column: Sql, choice: str, is_sqlite: bool) -> sa.ColumnElement[bool]:
    if is_sqlite:
        each = sa.func.json_each(column).table_valued("value")
        return sa.exists(sa.select(sa.literal(1)).select_from(each).where(each.c.value == choice))
    return sa.func.jsonb_exists(sa.cast(column, JSONB), choice, type_=sa.Boolean())


def _has_any(column: Sql, value: tuple[str, ...], is_sqlite: bool) -> sa.ColumnElement[bool]:
    return sa.or_(*(_has(column, each, is_sqlite) for each in value))


def _has_all(column: Sql, value: tuple[str, ...], is_sqlite: bool) -> sa.ColumnElement[bool]:
    return sa.and_(*(_has(column, each, is_sqlite) for each in value))


_CHOICES: dict[OperatorName, Callable[[Sql, Any, bool], sa.ColumnElement[bool]]] = {
    "has_any": lambda column, value, lite: _known(column, _has_any(column, value, lite)),
    "has_all": lambda column, value, lite: _known(column, _has_all(column, value, lite)),
    "has_none": lambda column, value, lite: _unless(column, _has_any(column, value, lite)),
}


def _links_all(test: Test, names: Names) -> sa.ColumnElement[bool]:
    return sa.and_(*(names(test, (id,)) for id in _ids(test)))


def _ids(test: Test) -> tuple[int, ...]:
    return test.value if isinstance(test.value, tuple) else ()


_LINKS: dict[OperatorName, Callable[[Test, Names], sa.ColumnElement[bool]]] = {
    "has_any": lambda test, names: names(test, _ids(test)),
    "has_all": _links_all,
    "has_none": lambda test, names: sa.not_(names(test, _ids(test))),
    "empty": lambda test, names: sa.not_(names(test, None)),
    "filled": lambda test, names: names(test, None),
}
