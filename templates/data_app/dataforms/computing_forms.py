"""What SQL each operation of `dataforms.meaning` is: one column for SQLite, one for other databases."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from dataforms.operations import KindName
from dataforms.types_number import MONEY_PLACES

Sql = sa.ColumnElement[Any]
Form = Callable[..., Sql]
"""Takes the kind that the operation gives, then its arguments in their stored form."""

_UNITS = 10**MONEY_PLACES
_HOUR_MS = 3_600_000.0
_DAY_MS = 86_400_000.0
_INTEGER = sa.BigInteger()
_EPOCH_MS = 1000


def truth(condition: Sql) -> Sql:
    """Return a condition that is false where it was empty."""
    return sa.func.coalesce(condition, sa.false(), type_=sa.Boolean(create_constraint=False))


def fifteen(number: Sql, *, is_sqlite: bool) -> Sql:
    """Return a real with the 15 digits that survive: 0.1 + 0.2 is 0.3 in every database."""
    if is_sqlite:
        return sa.cast(sa.cast(number, sa.Text()), sa.REAL())  # SQLite writes 15 digits
    return sa.cast(sa.cast(number, sa.Double()), sa.Numeric())


def whole(number: Sql) -> Sql:
    """Return the nearest whole number, halves away from zero."""
    return sa.cast(sa.func.round(number), _INTEGER)


def units(kind: KindName, number: Sql, *, is_sqlite: bool) -> Sql:
    """Return an amount or a duration, from a number of its units."""
    return sa.func.round(number, MONEY_PLACES) if kind == "money" and not is_sqlite else whole(number)


def _real(number: Sql) -> Sql:
    return sa.cast(number, sa.REAL())


def _nonzero(number: Sql) -> Sql:
    return sa.func.nullif(number, 0)


def _text(value: Sql) -> Sql:
    return sa.func.coalesce(value, "", type_=sa.Text())


def _ordered(name: str) -> tuple[Form, Form]:
    def lite(kind: KindName, a: Sql, b: Sql) -> Sql:
        made: Sql = getattr(a, name)(b)
        return made

    def other(kind: KindName, a: Sql, b: Sql) -> Sql:
        made: Sql = getattr(bytewise(a), name)(bytewise(b))
        return made

    return lite, other


def bytewise(value: Sql) -> Sql:
    """Return a text that is ordered by its characters' numbers, as SQLite does, whatever the locale."""
    return sa.collate(value, "C") if isinstance(value.type, sa.Text) else value


def any_alphabet(text: Sql) -> Sql:
    """Return a text whose letters PostgreSQL knows, large and small, whatever the locale of the database."""
    return sa.collate(text, "und-x-icu")


def lowered(text: Sql, *, is_sqlite: bool) -> Sql:
    """Return what texts are sorted by: in small letters, by the characters' numbers."""
    if is_sqlite:
        return sa.func.df_lower(text, type_=sa.Text())
    return sa.collate(sa.func.lower(any_alphabet(text), type_=sa.Text()), "C")


def _arithmetic(operator: Callable[[Sql, Sql], Sql]) -> tuple[Form, Form]:
    def lite(kind: KindName, a: Sql, b: Sql) -> Sql:
        return fifteen(operator(a, b), is_sqlite=True) if kind == "real" else operator(a, b)

    return lite, lambda kind, a, b: operator(a, b)


def _seconds_later(sign: str) -> tuple[Form, Form]:
    def lite(kind: KindName, moment: Sql, ms: Sql) -> Sql:
        shift = sa.cast((ms if sign == "+" else -ms) / 1000.0, sa.Text()).concat(" seconds")
        return sa.func.strftime("%Y-%m-%d %H:%M:%S", moment, shift)

    def other(kind: KindName, moment: Sql, ms: Sql) -> Sql:
        shift = sa.func.make_interval(0, 0, 0, 0, 0, 0, sa.cast(ms, sa.Double()) / 1000.0)
        return sa.func.date_trunc("second", moment + shift if sign == "+" else moment - shift)

    return lite, other


def _days_later(sign: int) -> tuple[Form, Form]:
    def lite(kind: KindName, day: Sql, days: Sql) -> Sql:
        return sa.func.date(day, sa.cast(days * sign, sa.Text()).concat(" days"))

    def other(kind: KindName, day: Sql, days: Sql) -> Sql:
        return day + sa.cast(days * sign, sa.Integer())

    return lite, other


def _part(lite_code: str, other_part: str) -> tuple[Form, Form]:
    def lite(kind: KindName, moment: Sql) -> Sql:
        return sa.cast(sa.func.strftime(lite_code, moment), _INTEGER)

    def other(kind: KindName, moment: Sql) -> Sql:
        return sa.cast(sa.extract(other_part, moment), _INTEGER)

    return lite, other


def _weekday(kind: KindName, moment: Sql) -> Sql:
    sunday_is_0 = sa.cast(sa.func.strftime("%w", moment), _INTEGER)
    return (sunday_is_0 + 6) % 7 + 1


def _one_of(lite_name: str, other_name: str) -> tuple[Form, Form]:
    """Return the lesser or greater of two; an empty one does not count."""

    def lite(kind: KindName, a: Sql, b: Sql) -> Sql:
        both = sa.func.json_each(sa.func.json_array(a, b)).table_valued("value")
        return sa.select(getattr(sa.func, lite_name)(both.c.value)).scalar_subquery()

    def other(kind: KindName, a: Sql, b: Sql) -> Sql:
        made: Sql = getattr(sa.func, other_name)(bytewise(a), bytewise(b))
        return made

    return lite, other


def _same(form: Form) -> tuple[Form, Form]:
    return form, form


def _is_choice_lite(kind: KindName, text: Sql, choices: Sql) -> Sql:
    each = sa.func.json_each(choices).table_valued("value")
    return sa.exists(sa.select(sa.literal(1)).select_from(each).where(each.c.value == text))


def _is_choice_other(kind: KindName, text: Sql, choices: Sql) -> Sql:
    return truth(sa.func.jsonb_exists(sa.cast(choices, JSONB), text))


FORMS: dict[str, tuple[Form, Form]] = {
    "add": _arithmetic(lambda a, b: a + b),
    "subtract": _arithmetic(lambda a, b: a - b),
    "multiply": _arithmetic(lambda a, b: a * b),
    "negative": _same(lambda kind, a: -a),
    "abs": _same(lambda kind, a: sa.func.abs(a)),
    "join": _same(lambda kind, a, b: sa.func.nullif(_text(a).concat(_text(b)), "")),
    "days_later": _days_later(1),
    "days_earlier": _days_later(-1),
    "days_between": (
        lambda kind, a, b: sa.cast(sa.func.julianday(a) - sa.func.julianday(b), _INTEGER),
        lambda kind, a, b: sa.cast(a - b, _INTEGER),
    ),
    "later": _seconds_later("+"),
    "earlier": _seconds_later("-"),
    "between": (
        lambda kind, a, b: whole((sa.func.julianday(a) - sa.func.julianday(b)) * _DAY_MS),
        lambda kind, a, b: whole(sa.extract("epoch", a - b) * _EPOCH_MS),
    ),
    "multiply_units": (
        lambda kind, a, b: units(kind, a * b, is_sqlite=True),
        lambda kind, a, b: units(kind, a * b, is_sqlite=False),
    ),
    "divide_units": (
        lambda kind, a, b: units(kind, _real(a) / _nonzero(b), is_sqlite=True),
        lambda kind, a, b: units(kind, a / _nonzero(b), is_sqlite=False),
    ),
    "ratio": (
        lambda kind, a, b: fifteen(_real(a) / _nonzero(b), is_sqlite=True),
        lambda kind, a, b: fifteen(sa.cast(a, sa.Numeric()) / _nonzero(b), is_sqlite=False),
    ),
    "remainder": _same(lambda kind, a, b: a % _nonzero(b)),
    "equal": _same(lambda kind, a, b: a.is_not_distinct_from(b)),
    "unequal": _same(lambda kind, a, b: a.is_distinct_from(b)),
    "less": _ordered("__lt__"),
    "at_most": _ordered("__le__"),
    "greater": _ordered("__gt__"),
    "at_least": _ordered("__ge__"),
    "both": _same(lambda kind, a, b: sa.and_(a, b)),
    "either": _same(lambda kind, a, b: sa.or_(a, b)),
    "negation": _same(lambda kind, a: sa.not_(a)),
    "has_choice": (_is_choice_lite, _is_choice_other),
    "if": _same(lambda kind, a, b, c: sa.case((truth(a), b), else_=c)),
    "coalesce": _same(lambda kind, a, b: sa.func.coalesce(a, b)),
    "lesser": _one_of("min", "least"),
    "greater_of": _one_of("max", "greatest"),
    "length": _same(lambda kind, a: sa.func.length(a)),
    "choices_count": (
        lambda kind, a: sa.func.coalesce(sa.func.json_array_length(a), 0),
        lambda kind, a: sa.func.coalesce(sa.func.jsonb_array_length(sa.cast(a, JSONB)), 0),
    ),
    "lower": (lambda kind, a: sa.func.df_lower(a), lambda kind, a: sa.func.lower(any_alphabet(a))),
    "upper": (lambda kind, a: sa.func.df_upper(a), lambda kind, a: sa.func.upper(any_alphabet(a))),
    "trim": _same(lambda kind, a: sa.func.nullif(sa.func.trim(a), "")),
    "contains": (
        lambda kind, a, b: sa.func.instr(a, b) > 0,
        lambda kind, a, b: sa.func.strpos(a, b) > 0,
    ),
    "round": (
        lambda kind, a, b: fifteen(sa.func.round(a, b), is_sqlite=True),
        lambda kind, a, b: sa.func.round(a, sa.cast(b, sa.Integer())),
    ),
    "round_whole": _same(lambda kind, a: whole(a)),
    "year": _part("%Y", "year"),
    "month": _part("%m", "month"),
    "day": _part("%d", "day"),
    "weekday": (_weekday, lambda kind, a: sa.cast(sa.extract("isodow", a), _INTEGER)),
    "date_of": (lambda kind, a: sa.func.date(a), lambda kind, a: sa.cast(a, sa.Date())),
    "hours": (
        lambda kind, a: fifteen(a / _HOUR_MS, is_sqlite=True),
        lambda kind, a: fifteen(sa.cast(a, sa.Numeric()) / sa.cast(_HOUR_MS, sa.Numeric()), is_sqlite=False),
    ),
    "duration": _same(lambda kind, a: whole(a * sa.literal(3_600_000, _INTEGER))),
    "integer_as_real": (lambda kind, a: _real(a), lambda kind, a: sa.cast(a, sa.Numeric())),
    "integer_as_money": (
        lambda kind, a: a * _UNITS,
        lambda kind, a: sa.cast(a, sa.Numeric(19, MONEY_PLACES)),
    ),
    "real_as_money": (
        lambda kind, a: whole(a * _UNITS),
        lambda kind, a: sa.func.round(a, MONEY_PLACES),
    ),
    "date_as_datetime": (
        lambda kind, a: a.concat(" 00:00:00"),
        lambda kind, a: sa.cast(a, sa.DateTime()),
    ),
}
"""By the operation's name: for SQLite, for the others."""
