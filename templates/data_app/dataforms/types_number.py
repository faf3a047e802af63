"""Numbers: how people write them, how they are shown. Values are int and Decimal, never float."""

import re
import unicodedata
from decimal import Decimal

from dataforms.errors import FieldError
from dataforms.spec import Field
from dataforms.words import say

INTEGER_LIMIT = 2**63 - 1
MONEY_PLACES = 4
"""Digits after the point that a stored amount has room for; no ISO 4217 currency has more."""
MONEY_LIMIT = Decimal(INTEGER_LIMIT // 10**MONEY_PLACES)
RATING_MAX = 5
_TEXT_LENGTH = 100
_LEAST, _GREATEST = -324, 300
"""The exponents of numbers that a 64-bit float is asked to carry."""
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA = re.compile(r"[+-]?\d*,\d+")
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}(?P<group>[ \u00a0\u2009\u202f'’.,])\d{3}((?P=group)\d{3})*([.,]\d*)?"
)
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩"}
_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "BRL", "UYU", "JMD")
_OWN_SYMBOL = {
    **{"€": ("EUR",), "£": ("GBP", "EGP"), "₹": ("INR",), "₩": ("KRW",), "¥": ("JPY", "CNY")},
    "$": _DOLLARS,
}
_PLACES = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "JOD": 3, "TND": 3}
_NBSP = "\u00a0"


def places(field: Field) -> int | None:
    """Return the digits after the point that a field keeps and shows; None for as many as a value has."""
    if field.places is not None or field.type != "money":
        return field.places
    return _PLACES.get(field.currency or "", 2)


def read_number(raw: object, *, whole: bool = False) -> Decimal:
    """Return the number in a JSON number or a text; raise FieldError.

    A text may group digits by threes, and have a decimal comma where that is not ambiguous.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal | str):
        raise FieldError(say("Must be a number, such as 1234.5."))
    if isinstance(raw, str):
        number = Decimal(_normal(raw.strip().replace("\u2212", "-"), whole=whole))
    else:
        number = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    if not number.is_finite():
        raise FieldError(say("Must be a finite number."))
    return number if number else Decimal(0)


def _normal(text: str, *, whole: bool) -> str:
    if len(text) <= _TEXT_LENGTH:
        if _PLAIN.fullmatch(text):
            return text
        if not whole and _AMBIGUOUS.fullmatch(text):
            raise FieldError(
                say(
                    "Write {number} or {fraction}: {text} could be either.",
                    number=text.replace(",", ""),
                    fraction=text.replace(",", "."),
                    text=text,
                )
            )
        grouped = _GROUPED.fullmatch(text)
        if grouped and grouped[3] and grouped[3][0] == grouped["group"]:
            grouped = None
        if grouped:
            return text.replace(grouped["group"], "").replace(",", ".")
        if _COMMA.fullmatch(text):
            return text.replace(",", ".")
    raise FieldError(say("Must be a number, such as 1234.5."))


def read_integer(raw: object, field: Field) -> int:
    """Return a whole number that fits 64 bits."""
    number = read_number(_without_unit(raw, field), whole=True)
    if number.adjusted() > 18 or abs(number) > INTEGER_LIMIT:
        raise FieldError(say("Is too large a number."))
    if number != number.to_integral_value():
        raise FieldError(say("Must be a whole number."))
    return int(number)


def read_rating(raw: object, field: Field) -> int:
    """Return a whole number of stars from 1 to the field's max."""
    number = read_integer(raw, field)
    most = rating_max(field)
    if not 1 <= number <= most:
        raise FieldError(say("Must be from 1 to {most}.", most=most))
    return number


def rating_max(field: Field) -> int:
    """Return the greatest number of stars."""
    return field.max if isinstance(field.max, int) and field.max > 0 else RATING_MAX


def read_decimal(raw: object, field: Field) -> Decimal:
    """Return a number that a 64-bit float carries without loss: any of up to 15 significant digits."""
    number = read_number(_without_unit(raw, field))
    _check_places(number, field)
    if not _LEAST <= number.adjusted() <= _GREATEST or Decimal(repr(float(number))) != number:
        raise FieldError(say("Has too many digits: 15 can be kept."))
    return number


def read_percent(raw: object, field: Field) -> Decimal:
    """Return the number before the per cent sign: `12.5 %` is 12.5."""
    return read_decimal(raw.strip().removesuffix("%") if isinstance(raw, str) else raw, field)


def read_money(raw: object, field: Field) -> Decimal:
    """Return an amount; its currency sign or code may stand before or after it."""
    number = read_number(_without_currency(raw, field) if isinstance(raw, str) else raw)
    _check_places(number, field)
    if number.adjusted() > 14 or abs(number) > MONEY_LIMIT:
        raise FieldError(say("Is too large an amount."))
    return number


def _check_places(number: Decimal, field: Field) -> None:
    most = places(field)
    if most is None:
        return
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > most:
        raise FieldError(
            say("Must have at most {most} digits after the point.", most=most)
            if most
            else say("Must be a whole number.")
        )


def _without_unit(raw: object, field: Field) -> object:
    return raw.strip().removesuffix(field.unit).strip() if isinstance(raw, str) and field.unit else raw


def _without_currency(raw: str, field: Field) -> str:
    text = raw.strip().replace("\u2212", "-")
    sign = "-" if text.startswith("-") else ""
    text = text.removeprefix("-").strip()
    if field.currency:
        text = text.removeprefix(field.currency).removesuffix(field.currency).strip()
    for end in (text[:1], text[-1:]):
        if end and unicodedata.category(end) == "Sc":
            if field.currency and field.currency not in _OWN_SYMBOL.get(end, (field.currency,)):
                raise FieldError(
                    say("Must be in {currency}, and this is in {end}.", currency=field.currency, end=end)
                )
            text = text.strip(end).strip()
    if text.startswith("-"):
        sign, text = "" if sign else "-", text[1:]
    return sign + text


def show_integer(value: int, field: Field) -> str:
    """Return the digits, and the unit."""
    return _with_unit(str(value), field)


def show_decimal(value: Decimal, field: Field) -> str:
    """Return the number with the field's places, and the unit."""
    return _with_unit(plain(value) if field.places is None else f"{value:.{field.places}f}", field)


def show_percent(value: Decimal, field: Field) -> str:
    """Return the number and a per cent sign."""
    return show_decimal(value, field) + _NBSP + "%"


def show_money(value: Decimal, field: Field) -> str:
    """Return the amount with thousands grouped, and the currency: `€1,234.50`, `1,234.50 CHF`."""
    amount = f"{abs(value):,.{places(field)}f}"
    sign = "-" if value < 0 else ""
    symbol = _SYMBOLS.get(field.currency or "")
    if symbol:
        return f"{sign}{symbol}{amount}"
    return f"{sign}{amount}{_NBSP}{field.currency}" if field.currency else f"{sign}{amount}"


def show_rating(value: int, field: Field) -> str:
    """Return the stars and what could have been: `★★★☆☆`, `7/12` where there are many."""
    most = rating_max(field)
    return "★" * value + "☆" * (most - value) if most <= 10 else f"{value}/{most}"


def local_decimal(value: Decimal, field: Field) -> str:
    """Return a number and its unit for a browser to write; nothing for one with an exponent."""
    return _local("number", value, field.places, field.unit)


def local_percent(value: Decimal, field: Field) -> str:
    """Return a number of per cent for a browser to write; nothing for one with an exponent."""
    return _local("percent", value, field.places, None)


def local_money(value: Decimal, field: Field) -> str:
    """Return an amount and its currency for a browser to write."""
    return _local("money", value, places(field), field.currency)


def _local(way: str, value: Decimal, places: int | None, unit: str | None) -> str:
    text = plain(value) if places is None else f"{value:.{places}f}"
    return "" if "E" in text else f"{way} {text} {unit or ''}".rstrip()


def format_integer(field: Field) -> str:
    """Return how a spreadsheet shows the digits and the unit."""
    return "0" + _quoted_unit(field)


def format_decimal(field: Field) -> str:
    """Return how a spreadsheet shows a number with the field's places, and the unit."""
    return ("General" if field.places is None else _zeros(field.places)) + _quoted_unit(field)


def format_percent(field: Field) -> str:
    """Return how a spreadsheet shows a number of per cent, which it must not multiply."""
    return ("General" if field.places is None else _zeros(field.places)) + '"%"'


def format_money(field: Field) -> str:
    """Return how a spreadsheet shows an amount: `"€"#,##0.00`, `#,##0.00" CHF"`."""
    amount = "#,##" + _zeros(places(field) or 0)
    symbol = _SYMBOLS.get(field.currency or "")
    if symbol:
        return f'"{symbol}"{amount}'
    return f'{amount}" {field.currency}"' if field.currency else amount


def _zeros(places: int) -> str:
    return "0." + "0" * places if places else "0"


def _quoted_unit(field: Field) -> str:
    unit = (field.unit or "").replace('"', "").strip()
    return f'" {unit}"' if unit else ""


def edit_integer(value: int, field: Field) -> str:
    """Return the digits."""
    return str(value)


def edit_decimal(value: Decimal, field: Field) -> str:
    """Return all the digits, without an exponent where that is shorter than 40 characters."""
    return plain(value)


def plain(value: Decimal) -> str:
    """Return a number without needless zeros: `1200`, `0.05`, `6.02E+23`."""
    shortest = value.normalize()
    return f"{shortest:f}" if -20 < shortest.adjusted() < 21 else str(shortest)


def _with_unit(text: str, field: Field) -> str:
    return text + _NBSP + field.unit if field.unit else text
