"""Which type a column is, from what is known of all its cells, its header and the rest of its file. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from dataforms.sheets.form import Format
from dataforms.sheets.formats import ENUM, FORMATS, LONG_TEXT, TEXT
from dataforms.sheets.vocabulary import word_set
from dataforms.spec import FieldType
from protoddfd.importers import names
from protoddfd.importers.columns import MOST_PLACES, ColumnProfile
from protoddfd.importers.formats import SAID
from protoddfd.importers.found import DeclaredColumn

MONEY_PLACES = 4
LINE_LENGTH = 4000
_LONG = 255
_AMOUNT_LENGTH = 14
_MOST_CHOICES = 30
_CHOICE_LENGTH = 40
_FLAG_FIRST = word_set("is has can was were are should allow allows needs did does use uses")
_FLAG_WORDS = word_set(
    """flag active enabled disabled deleted archived verified approved paid visible hidden closed done
    completed published subscribed survived alive dead valid invalid required public private married smoker
    default success opt_in newsletter confirmed cancelled canceled billable taxable discontinued employed
    adult checked bool yn aktiv bezahlt gelöscht actif payé activo pagado"""
)
_DATE_WORDS = word_set("date day datum dt dob birthday born fecha jour created updated modified since until")
_PHONE_WORDS = word_set("phone tel telephone mobile cell fax handy telefon telefono téléphone telephon")
_CODE_WORDS = word_set("zip zipcode postal postcode plz cp barcode ean isbn iban")
_FREE_WORDS = word_set(
    """name title description comment comments note notes address street city email phone url subject message
    text summary remarks"""
)
_ORDERS: tuple[tuple[str, ...], ...] = (
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
     "november", "december"),
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("none", "very low", "lowest", "low", "medium", "normal", "high", "highest", "very high", "urgent",
     "critical"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("small", "medium", "large", "extra large"),
    ("poor", "fair", "average", "good", "very good", "excellent"),
    ("first", "second", "third", "fourth"),
    ("spring", "summer", "autumn", "fall", "winter"),
    ("new", "open", "in progress", "on hold", "done", "closed"),
)  # fmt: skip


class Customs(msgspec.Struct, frozen=True, kw_only=True):
    """How the author of a file writes, seen in the columns that leave no doubt."""

    decimal_comma: bool = False
    day_first: bool = False
    missing: frozenset[str] = frozenset()
    """Texts that stand for no value in a column of numbers or dates."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What one column is: its type, the format of its cells, and what goes with the type."""

    type: FieldType
    format: str
    choices: tuple[str, ...] = ()
    currency: str | None = None
    places: int | None = None
    missing: tuple[str, ...] = ()
    note: str = ""
    """What a person should check, without the column's name; empty when there was no doubt."""


def customs(columns: Iterable[ColumnProfile], delimiter: str) -> Customs:
    """Return how a file's author writes numbers, dates and missing values."""
    comma = point = day_first = month_first = False
    missing: set[str] = set()
    for column in columns:
        marks = {form.mark for form in column.candidates if form.mark}
        comma, point = comma or marks == {","}, point or marks == {"."}
        orders = {form.name.split()[1] for form in column.candidates if form.type in ("date", "datetime")}
        day_first = day_first or ("dmy" in orders and "mdy" not in orders)
        month_first = month_first or ("mdy" in orders and "dmy" not in orders)
        if not column.is_text:
            missing |= column.missing
    decimal_comma = (comma and not point) or (delimiter == ";" and not point)
    return Customs(
        decimal_comma=decimal_comma,
        day_first=day_first or (decimal_comma and not month_first),
        missing=frozenset(missing),
    )


def decide(column: ColumnProfile, habit: Customs) -> Decision:
    """Return what a column is; every cell of it fits the format of the answer."""
    chosen = None if column.is_text else _typed(column, habit)
    if chosen is None:
        return _text(column, habit)
    missing = tuple(sorted(column.missing))
    if chosen.type == "money":
        return _money(column, chosen, missing)
    places = _places(column, chosen) if chosen.type in ("decimal", "percent") else None
    currency = _header_currency(column.header) if chosen.type in ("decimal", "integer") else None
    if currency is not None and _is_amount(column, chosen):
        return Decision(
            type="money",
            format=_as_money(chosen),
            currency=currency,
            missing=missing,
            places=_money_places(column, chosen),
        )
    return Decision(
        type=chosen.type,
        format=chosen.name,
        places=places,
        missing=missing,
        note=_doubt(column, chosen, habit),
    )


def decide_said(column: ColumnProfile, habit: Customs, said: DeclaredColumn) -> Decision:
    """Return what a column is whose source says something of it; values that do not fit make it text."""
    first = said.types[0] if said.types else None
    if first in ("image", "file"):
        is_image = column.filled > 0 and SAID["image"] in column.candidates
        found = Decision(
            type="image" if is_image else "file", format=SAID["image" if is_image else "file"].name
        )
    elif first is None:
        found = decide(column, habit)
    elif not column.filled:
        found = Decision(
            type=first, format=SAID[first].name if first in SAID else first, choices=said.choices
        )
    elif first in SAID and column.is_text:
        said_text = f"It should be {first}, and some of its values are none, so it became text."
        found = msgspec.structs.replace(_text(column, habit), note=said_text)
    elif first in ("boolean", "json", "multi_enum") and SAID[first] in column.candidates:
        found = Decision(type=first, format=SAID[first].name, missing=tuple(sorted(column.missing)))
    else:
        found = decide(column, habit)
    return _with_said(column, found, said)


def _with_said(column: ColumnProfile, found: Decision, said: DeclaredColumn) -> Decision:
    """Return a decision with the choices and places that the source gives, where the values allow them."""
    changed: dict[str, object] = {}
    if said.choices and (found.type == "multi_enum" or _are_all_among(column, said.choices)):
        changed = {"choices": said.choices}
        if found.type != "multi_enum":
            changed |= {"type": "enum", "format": ENUM.name, "missing": (), "note": ""}
    if said.places is not None and found.type in ("decimal", "money", "percent"):
        changed["places"] = said.places
    return msgspec.structs.replace(found, **changed)


def _are_all_among(column: ColumnProfile, choices: tuple[str, ...]) -> bool:
    return column.distinct is not None and column.distinct <= set(choices)


def _is_amount(column: ColumnProfile, chosen: Format) -> bool:
    """Return whether numbers without a currency sign can be kept as amounts."""
    small = column.longest <= _AMOUNT_LENGTH and column.places.get(chosen.mark, 0) <= MONEY_PLACES
    return small and not chosen.name.endswith("e")


def _typed(column: ColumnProfile, habit: Customs) -> Format | None:
    """Return the best of the formats that accept every cell; None when text is better."""
    words = set(names.plain(column.header).split("_"))
    usable = [form for form in column.candidates if _is_plausible(form, column, words)]
    if words & _PHONE_WORDS and "phone" in [form.name for form in usable]:
        return FORMATS["phone"]
    if words & _CODE_WORDS:
        usable = [form for form in usable if form.type not in ("integer", "decimal", "money")]
    return min(usable, key=lambda form: _rank(form, column, habit), default=None)


def _is_plausible(form: Format, column: ColumnProfile, words: set[str]) -> bool:
    if form.type == "boolean":
        return _is_flag(form, column, words)
    if form.type == "money":
        return len(column.currencies) == 1 and column.places.get(form.mark, 0) <= MONEY_PLACES
    if form.type == "phone":
        return bool(words & _PHONE_WORDS) or column.example.startswith("+")
    if form.name.startswith(("date compact", "datetime compact")):
        return bool(words & _DATE_WORDS)
    return True


def _is_flag(form: Format, column: ColumnProfile, words: set[str]) -> bool:
    seen = {text.casefold() for text in (column.distinct or ())} - {
        text.casefold() for text in column.missing
    }
    true, false = form.name.removeprefix("boolean ").split("/")
    both = {true, false} <= seen
    if true == "1":
        first = names.plain(column.header).split("_")[0]
        return both and (first in _FLAG_FIRST or bool(words & _FLAG_WORDS))
    return both or (len(seen) == 1 and len(min(seen)) > 1)


def _rank(form: Format, column: ColumnProfile, habit: Customs) -> tuple[int, int]:
    """Return the place of a format in the order of preference, the least being best."""
    place = column.candidates.index(form)
    if form.name in ("integer", "integer 64") or form.type == "boolean":
        return (0, place)
    unusual_mark = "." if habit.decimal_comma else ","
    if form.mark == unusual_mark:
        return (3, place)
    if form.type == "integer":
        thousands_only = "integer ." if habit.decimal_comma else "integer ,"
        return (1 if form.name in (thousands_only, "integer '", "integer _") else 3, place)
    order = form.name.split()[1] if form.type in ("date", "datetime") else ""
    if order == "compact":
        return (-1, place)
    if order in ("dmy", "mdy"):
        return (2 if (order == "dmy") == _day_first(column, habit) else 3, place)
    return (2, place)


def _day_first(column: ColumnProfile, habit: Customs) -> bool:
    return habit.day_first or "." in column.example or "-" in column.example


def _doubt(column: ColumnProfile, chosen: Format, habit: Customs) -> str:
    names_of = {form.name for form in column.candidates}
    if chosen.type in ("date", "datetime"):
        twins = {chosen.name.replace("dmy", "mdy"), chosen.name.replace("mdy", "dmy")}
        if len(twins) == 2 and twins <= names_of:
            order = "day before month" if "dmy" in chosen.name else "month before day"
            return f"{column.example} could be read in two ways; it was read as {order}."
    if chosen.name == "integer ," and "decimal ," in names_of and "integer" not in names_of:
        return f"{column.example} was read with thousands separators, not as a decimal fraction."
    if chosen.name == "integer ." and "decimal ." in names_of and "integer" not in names_of:
        return f"{column.example} was read with thousands separators, not as a decimal fraction."
    return ""


def _places(column: ColumnProfile, form: Format) -> int | None:
    most = column.places.get(form.mark, 0)
    return most if most <= 2 and not form.name.endswith("e") else None


def _money_places(column: ColumnProfile, form: Format) -> int | None:
    most = column.places.get(form.mark, 0)
    return most if most > 2 else None


def _money(column: ColumnProfile, form: Format, missing: tuple[str, ...]) -> Decision:
    currency = min(column.currencies)
    note = f"$ was taken for {currency}." if "$" in column.example and currency == "USD" else ""
    places = _money_places(column, form)
    if currency in ("JPY", "KRW", "VND", "CLP", "ISK") and column.places.get(form.mark, 0):
        places = min(column.places[form.mark], MOST_PLACES)
    return Decision(
        type="money", format=form.name, currency=currency, places=places, missing=missing, note=note
    )


def _as_money(form: Format) -> str:
    style = form.name.partition(" ")[2]
    mark = form.mark or ("," if style == "." else ".")
    group = style.removeprefix(form.mark) if form.mark else ("" if style == "64" else style)
    return f"money {mark}{group}" if f"money {mark}{group}" in FORMATS else "money ."


def _header_currency(header: str) -> str | None:
    """Return the currency that a header names: `price_usd`, `Amount (EUR)`, `Total in €`."""
    parts = names.words(header)
    code = parts[-1].upper() if len(parts) > 1 else ""
    if code in (
        "USD",
        "EUR",
        "GBP",
        "CHF",
        "JPY",
        "CAD",
        "AUD",
        "SEK",
        "NOK",
        "DKK",
        "PLN",
        "INR",
        "CNY",
        "BRL",
    ):
        return code
    return {"€": "EUR", "£": "GBP", "$": "USD"}.get(next((char for char in header if char in "€£$"), ""))


def _text(column: ColumnProfile, habit: Customs) -> Decision:
    if column.breaks or column.longest > _LONG:
        return Decision(type="long_text", format=LONG_TEXT.name)
    missing = column.missing & habit.missing
    choices = _choices(column, missing)
    if choices:
        return Decision(type="enum", format=ENUM.name, choices=choices, missing=tuple(sorted(missing)))
    return Decision(type="text", format=TEXT.name)


def _choices(column: ColumnProfile, missing: set[str]) -> tuple[str, ...]:
    """Return the values of a column of few, short, often repeated texts in the order to show."""
    values = (column.distinct or set()) - missing
    rarely = 2 if len(values) <= 3 else 5
    if not 2 <= len(values) <= _MOST_CHOICES or column.filled < max(10, rarely * len(values)):
        return ()
    if column.longest > _CHOICE_LENGTH or names.plain(column.header).split("_")[-1] in _FREE_WORDS:
        return ()
    return tuple(_in_order(values))


def _in_order(values: Iterable[str]) -> Sequence[str]:
    known = {value.casefold().replace("_", " ").replace("-", " "): value for value in values}
    for order in _ORDERS:
        if len(known) == len(set(values)) and set(known) <= set(order):
            return [known[word] for word in order if word in known]
    return sorted(values, key=lambda value: (value.casefold(), value))
