"""Dates, times and durations. Date-times carry no zone: one given with an offset is kept as UTC."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from dataforms.asker import Asker
from dataforms.errors import FieldError
from dataforms.spec import Field
from dataforms.words import say

DURATION_DAYS = 1_000_000
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_CLOCK = re.compile(r"(?P<sign>-?)(?P<h>\d{1,8}):(?P<m>[0-5]\d)(:(?P<s>[0-5]\d(\.\d{1,6})?))?")
_WORDS = re.compile(r"(?P<number>\d{1,9}(\.\d{1,6})?)\s*(?P<unit>[a-z]+)\s*")
_ISO = re.compile(
    r"(?P<sign>-?)P((?P<w>\d{1,6})W)?((?P<d>\d{1,7})D)?(T(?=\d)((?P<h>\d{1,8})H)?((?P<m>\d{1,9})M)?((?P<s>\d{1,9}(\.\d{1,6})?)S)?)?"
)
_ISO_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
"""Seconds."""

DAYS: dict[str, Callable[[Asker], object]] = dict.fromkeys(("today", "now"), lambda asker: asker.now.date())
TIMES: dict[str, Callable[[Asker], object]] = dict.fromkeys(("today", "now"), lambda asker: asker.now.time())
MOMENTS: dict[str, Callable[[Asker], object]] = dict.fromkeys(("today", "now"), lambda asker: asker.now)
"""What the words that a default may be stand for."""


def wall_clock() -> datetime:
    """Return now, as a clock on this machine's wall shows it."""
    return datetime.now(tz=UTC).astimezone().replace(tzinfo=None)


def read_date(raw: object, field: Field) -> date:
    """Return a date from ISO 8601 (a time behind it is dropped) or `31.12.2024`."""
    if isinstance(raw, date):
        return raw.date() if isinstance(raw, datetime) else raw
    text = raw.strip() if isinstance(raw, str) else ""
    dotted = _DOTTED.fullmatch(text)
    try:
        if dotted:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text).date()
    except ValueError:
        raise FieldError(say("Must be a date, such as 2024-12-31.")) from None


def read_time(raw: object, field: Field) -> time:
    """Return a time of day from ISO 8601, without a zone."""
    if isinstance(raw, time):
        return raw.replace(tzinfo=None)
    try:
        return time.fromisoformat(raw.strip() if isinstance(raw, str) else "").replace(tzinfo=None)
    except ValueError:
        raise FieldError(say("Must be a time, such as 14:30.")) from None


def read_datetime(raw: object, field: Field) -> datetime:
    """Return a date and time from ISO 8601; a date alone is its midnight."""
    if isinstance(raw, datetime):
        return _without_zone(raw)
    if isinstance(raw, date):
        return datetime(raw.year, raw.month, raw.day)  # noqa: DTZ001 - these carry no zone
    try:
        return _without_zone(datetime.fromisoformat(raw.strip() if isinstance(raw, str) else ""))
    except (ValueError, OverflowError):
        raise FieldError(say("Must be a date and time, such as 2024-12-31 14:30.")) from None


def _without_zone(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def read_duration(raw: object, field: Field) -> timedelta:
    """Return a length of time from `1:30:00`, `1 h 30 min`, `PT1H30M` or a number of seconds or `unit`s."""
    try:
        length = raw if isinstance(raw, timedelta) else timedelta(seconds=_seconds(raw, field))
    except OverflowError:
        length = timedelta.max
    if abs(length.days) > DURATION_DAYS:
        raise FieldError(say("Is too long a time."))
    return timedelta(milliseconds=round(length / timedelta(milliseconds=1)))


def _seconds(raw: object, field: Field) -> float:
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) < 1e15:
        return raw * _UNITS.get((field.unit or "s").lower(), 1)
    text = raw.strip() if isinstance(raw, str) else ""
    if re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text):
        return float(text) * _UNITS.get((field.unit or "s").lower(), 1)
    clock = _CLOCK.fullmatch(text)
    if clock:
        seconds = int(clock["h"]) * 3_600 + int(clock["m"]) * 60 + float(clock["s"] or 0)
        return -seconds if clock["sign"] else seconds
    iso = _ISO.fullmatch(text)
    if iso and any(iso[unit] for unit in _ISO_UNITS):
        seconds = sum(float(iso[unit] or 0) * each for unit, each in _ISO_UNITS.items())
        return -seconds if iso["sign"] else seconds
    return _worded(text.lower())


def _worded(text: str) -> float:
    total, at = 0.0, 0
    while part := _WORDS.match(text, at):
        if part["unit"] not in _UNITS:
            break
        total, at = total + float(part["number"]) * _UNITS[part["unit"]], part.end()
    if not at or at < len(text):
        raise FieldError(say("Must be a length of time, such as 1:30:00 or 1 h 30 min."))
    return total


def show_date(value: date, field: Field) -> str:
    """Return `2024-12-31`."""
    return value.isoformat()


def show_time(value: time, field: Field) -> str:
    """Return `14:30`, with seconds where there are any."""
    return value.isoformat("auto" if value.second or value.microsecond else "minutes")


def show_datetime(value: datetime, field: Field) -> str:
    """Return `2024-12-31 14:30`, with seconds where there are any."""
    return value.isoformat(" ", "auto" if value.second or value.microsecond else "minutes")


def edit_datetime(value: datetime, field: Field) -> str:
    """Return what a browser's input of type datetime-local takes."""
    return show_datetime(value, field).replace(" ", "T")


def local_date(value: date, field: Field) -> str:
    """Return a day for a browser to write."""
    return f"date {value.isoformat()}"


def local_time(value: time, field: Field) -> str:
    """Return a time of day for a browser to write."""
    return f"time {show_time(value, field)}"


def local_datetime(value: datetime, field: Field) -> str:
    """Return a day and a time for a browser to write."""
    return f"datetime {edit_datetime(value, field)}"


def show_duration(value: timedelta, field: Field) -> str:
    """Return hours, minutes and seconds: `36:05:00`, `0:00:01.500`."""
    milliseconds = round(abs(value) / timedelta(milliseconds=1))
    seconds, rest = divmod(milliseconds, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{hours}:{minutes:02}:{seconds:02}" + (f".{rest:03}" if rest else "")
