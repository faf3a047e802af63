"""The ways people write dates, times of day and moments, as formats."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

from dataforms.sheets.form import Format
from dataforms.sheets.vocabulary import word_list

_MONTH_NAMES = word_list(
    """
    january february march april may june july august september october november december
    jan feb mar apr may jun jul aug sep oct nov dec
    januar februar märz april mai juni juli august september oktober november dezember
    jan feb mär apr mai jun jul aug sep okt nov dez
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    janv févr mars avr mai juin juil août sept oct nov déc
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    ene feb mar abr may jun jul ago sep oct nov dic
    gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
"""
)
_MONTHS = {name: place % 12 + 1 for place, name in reversed(list(enumerate(_MONTH_NAMES)))}
_PIVOT = 69
_YEAR = r"(?P<y>\d{4}|\d{2})"
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,? )?"
_NTH = r"(?:st|nd|rd|th|\.)?"
_MONTH = r"(?P<m>[^\W\d_]{3,12})"
_PATTERNS: dict[str, str] = {
    "ymd": r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})",
    "dmy": rf"(?P<d>\d{{1,2}})(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s){_YEAR}",
    "mdy": rf"(?P<m>\d{{1,2}})(?P<s>[-/.])(?P<d>\d{{1,2}})(?P=s){_YEAR}",
    "dMy": rf"{_WEEKDAY}(?P<d>\d{{1,2}}){_NTH}[ \-/]?(?:de |of )?{_MONTH}\.?,?[ \-/]?(?:de )?{_YEAR}",
    "Mdy": rf"{_WEEKDAY}{_MONTH}\.?[ \-/](?P<d>\d{{1,2}}){_NTH},?[ \-/](?P<y>\d{{4}})",
    "yMd": r"(?P<y>\d{4})[ \-/](?P<m>[^\W\d_]{3,12})\.?[ \-/](?P<d>\d{1,2})",
    "compact": r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})",
}
_CLOCK = (
    r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?(?:\s?(?P<p>[AaPp])\.?[Mm]\.?)?"
)
_ZONE = r"(?:\s?(?P<z>Z|UTC|GMT|[+\-]\d{2}:?\d{2}|[+\-]\d{2}))?"
_MIDNIGHT = r"(?:[T ]00?:00(?::00(?:[.,]0{1,9})?)?)?"


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return 1900 + year if year >= _PIVOT else 2000 + year


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    month = _MONTHS.get(text.casefold())
    if month is None:
        raise ValueError(f"{text} is no month")
    return month


def _date(found: "re.Match[str]") -> date:
    return date(_year(found["y"]), _month(found["m"]), int(found["d"]))


def _time(found: "re.Match[str]") -> time:
    hour = int(found["H"])
    if found["p"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a twelve-hour clock")
        hour = hour % 12 + (12 if found["p"] in "pP" else 0)
    fraction = (found["f"] or "")[:6].ljust(6, "0")
    return time(hour, int(found["M"]), int(found["S"] or 0), int(fraction))


def _offset(text: str | None) -> timedelta:
    if text is None or text[0] not in "+-":
        return timedelta()
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    timezone(offset)  # refuses a day or more
    return -offset if text[0] == "-" else offset


def _fast_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _moment_converter(pattern: "re.Pattern[str]", *, iso: bool) -> Callable[[str], datetime]:
    def convert(text: str) -> datetime:
        if iso:
            try:
                return _fast_moment(text)
            except (ValueError, OverflowError):
                pass
        found = pattern.fullmatch(text)
        if found is None:
            raise ValueError("is no date and time")
        try:
            return datetime.combine(_date(found), _time(found)) - _offset(found["z"])
        except OverflowError as error:
            raise ValueError("is out of range") from error

    return convert


def _date_converter(pattern: "re.Pattern[str]", *, iso: bool) -> Callable[[str], date]:
    def convert(text: str) -> date:
        if iso and len(text) == 10 and text[4] == "-":
            return date.fromisoformat(text)
        found = pattern.fullmatch(text)
        if found is None:
            raise ValueError("is no date")
        return _date(found)

    return convert


def _formats(order: str) -> list[Format]:
    iso = order == "ymd"
    plain = re.compile(_PATTERNS[order])
    midnight = re.compile(_PATTERNS[order] + _MIDNIGHT)
    moment = re.compile(rf"{_PATTERNS[order]}(?:[Tt ]|, ){_CLOCK}{_ZONE}")
    return [
        Format(name=f"date {order}", type="date", match=plain.fullmatch,
               convert=_date_converter(plain, iso=iso), checked=True),
        Format(name=f"date {order} 00:00", type="date", match=midnight.fullmatch,
               convert=_date_converter(midnight, iso=False), checked=True),
        Format(name=f"datetime {order}", type="datetime", match=moment.fullmatch,
               convert=_moment_converter(moment, iso=iso), checked=True),
    ]  # fmt: skip


def _time_format() -> Format:
    pattern = re.compile(_CLOCK)

    def convert(text: str) -> time:
        found = pattern.fullmatch(text)
        if found is None:
            raise ValueError("is no time")
        return _time(found)

    return Format(name="time", type="time", match=pattern.fullmatch, convert=convert, checked=True)


DATE_FORMATS: tuple[Format, ...] = (
    *(form for order in _PATTERNS for form in _formats(order)),
    _time_format(),
)
