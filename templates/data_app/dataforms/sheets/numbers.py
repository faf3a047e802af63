"""The ways people write numbers, amounts and percentages, as formats: a test for text and its conversion."""

import re
from collections.abc import Callable
from decimal import Decimal

from dataforms.sheets.form import Format
from dataforms.sheets.vocabulary import word_list

_SPACES = " \u00a0\u2009\u202f"
_QUOTES = "'’"
_GROUPS: dict[str, str] = {"": "", ",": ",", ".": r"\.", " ": f"[{_SPACES}]", "'": f"[{_QUOTES}]"}
_STYLES: tuple[tuple[str, str], ...] = (
    (".", ""), (".", ","), (".", "'"), (".", " "), (",", ""), (",", "."), (",", " "), (",", "'"),
)  # fmt: skip
"""Decimal mark and thousands separator; the more usual first."""
_SIGN = r"[+\-−]?"
_EXACT_DIGITS = 15
"""Digits that a 64-bit float carries without loss; whole numbers of more are told apart as such."""
_AMOUNT_DIGITS = 14
"""Digits before the decimal mark that fit a stored amount."""
CURRENCIES: dict[str, str] = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₺": "TRY",
    "₽": "RUB", "₴": "UAH", "₪": "ILS", "₫": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN", "zł": "PLN",
    "Kč": "CZK", "R$": "BRL", "C$": "CAD", "A$": "AUD", "Fr.": "CHF",
    **{code: code for code in word_list(
        "USD EUR GBP JPY CHF CNY INR KRW TRY RUB UAH ILS VND THB PHP NGN PLN CZK BRL CAD AUD NZD SEK NOK "
        "DKK HUF RON "
        "BGN MXN ARS CLP COP PEN ZAR EGP SGD HKD TWD MYR IDR AED SAR KWD ISK"
    )},
}  # fmt: skip
"""What stands for a currency in a cell -> its ISO 4217 code. `$` and `¥` are the best known of theirs."""
_MARK = "|".join(sorted(map(re.escape, CURRENCIES), key=len, reverse=True))
_AFFIX = re.compile(rf"(?:{_MARK})")


def whole_pattern(group: str, digits: int = _EXACT_DIGITS) -> str:
    """Return the pattern of a whole number without sign and leading zeros, in thousands parted by `group`."""
    plain = rf"(?:0|[1-9]\d{{0,{digits - 1}}})"
    return (
        rf"(?:[1-9]\d{{0,2}}(?:{_GROUPS[group]}\d{{3}}){{1,{digits // 3 - 1}}}|{plain})" if group else plain
    )


def decimal_pattern(mark: str, group: str, digits: int = _EXACT_DIGITS) -> str:
    """Return the pattern of a number without sign, with or without digits after the decimal mark."""
    point = re.escape(mark)
    return rf"(?:{whole_pattern(group, digits)}(?:{point}\d{{0,40}})?|{point}\d{{1,40}})"


def cleaner(mark: str, group: str) -> dict[int, str | None]:
    """Return the str.translate table that turns a number of that style into one that Decimal reads."""
    drop = {" ": _SPACES, "'": _QUOTES}.get(group, group) + "+"
    table: dict[int, str | None] = {ord(char): None for char in drop}
    table[ord("−")] = "-"
    if mark != ".":
        table[ord(mark)] = "."
    return table


def exact(text: str) -> Decimal:
    """Return the number; of a long one what a 64-bit float keeps, as that is what can be stored."""
    number = Decimal(text) if len(text) <= _EXACT_DIGITS else Decimal(repr(float(text)))
    return number if number else Decimal(0)


def currency_of(text: str) -> str | None:
    """Return the ISO 4217 code of the currency that a cell names, else None."""
    found = _AFFIX.search(text)
    return CURRENCIES[found[0]] if found else None


def _named(type_name: str, style: str) -> str:
    return f"{type_name} {style.replace(' ', '_')}".strip()


def _integer(group: str) -> Format:
    table = cleaner(".", group)
    pattern = re.compile((_SIGN if group else r"[+\-]?") + whole_pattern(group))
    convert: Callable[[str], int] = int if not group else (lambda text: int(text.translate(table)))
    return Format(name=_named("integer", group), type="integer", match=pattern.fullmatch, convert=convert)


def _long_integer() -> Format:
    pattern = re.compile(rf"{_SIGN}(?:0|[1-9]\d{{0,18}})")
    return Format(name="integer 64", type="integer", match=pattern.fullmatch, convert=_fitting, checked=True)


def _fitting(text: str) -> int:
    number = int(text.replace("−", "-"))
    if abs(number) >= 2**63:
        raise ValueError("does not fit 64 bits")
    return number


def _decimal(mark: str, group: str) -> Format:
    table = cleaner(mark, group)
    pattern = re.compile(_SIGN + decimal_pattern(mark, group))
    plain = mark == "." and not group
    return Format(
        name=_named("decimal", mark + group),
        type="decimal",
        match=pattern.fullmatch,
        convert=_exact_or_minus if plain else (lambda text: exact(text.translate(table))),
        mark=mark,
    )


def _exact_or_minus(text: str) -> Decimal:
    return exact(text if text[0] != "−" else "-" + text[1:])


def _scientific(mark: str) -> Format:
    table = {**cleaner(mark, ""), ord("+"): "+"}
    pattern = re.compile(rf"{_SIGN}{decimal_pattern(mark, '')}(?:[eE][+\-]?\d{{1,2}})?")
    return Format(
        name=f"decimal {mark}e",
        type="decimal",
        match=pattern.fullmatch,
        convert=lambda text: exact(text.translate(table)),
        mark=mark,
    )


def _percent(mark: str, group: str) -> Format:
    table = {**cleaner(mark, group), ord("%"): None} | {ord(space): None for space in _SPACES}
    pattern = re.compile(rf"{_SIGN}{decimal_pattern(mark, group)}[{_SPACES}]?%")
    return Format(
        name=_named("percent", mark + group),
        type="percent",
        match=pattern.fullmatch,
        convert=lambda text: exact(text.translate(table)),
        mark=mark,
    )


def _money(mark: str, group: str) -> Format:
    table = cleaner(mark, group) | {ord(space): None for space in _SPACES}
    number = decimal_pattern(mark, group, _AMOUNT_DIGITS)
    gap = f"[{_SPACES}]?"
    pattern = re.compile(
        rf"(?:[\-−+]?{gap}(?:{_MARK})?{gap}[\-−+]?{number}(?:{gap}(?:{_MARK}))?|\((?:(?:{_MARK}){gap})?{number}(?:{gap}(?:{_MARK}))?\))"
    )

    def convert(text: str) -> Decimal:
        bare = _AFFIX.sub("", text).translate(table)
        negative = bare[0] == "("
        amount = exact(bare.strip("()"))
        return -amount if negative else amount

    return Format(
        name=_named("money", mark + group),
        type="money",
        match=pattern.fullmatch,
        convert=convert,
        mark=mark,
    )


NUMBER_FORMATS: tuple[Format, ...] = (
    _integer(""),
    _long_integer(),
    *(_integer(group) for group in (",", ".", "'", " ")),
    *(_decimal(mark, group) for mark, group in _STYLES),
    _scientific("."),
    _scientific(","),
    *(_percent(mark, group) for mark, group in _STYLES),
    *(_money(mark, group) for mark, group in _STYLES),
)
