"""Spans of time on the calendar: which one a day is in, the next one, its name. Pure."""

from collections.abc import Iterator
from datetime import date, timedelta

from dataforms.spec import Period
from dataforms.words import phrase, say

MONTHS = (
    *(phrase("Jan"), phrase("Feb"), phrase("Mar"), phrase("Apr"), phrase("May"), phrase("Jun")),
    *(phrase("Jul"), phrase("Aug"), phrase("Sep"), phrase("Oct"), phrase("Nov"), phrase("Dec")),
)

DAYS_OF_WEEK = 7
MANY_YEARS = 10


def start_of(day: date, every: Period) -> date:
    """Return the first day of the span that `day` is in; weeks begin on Monday."""
    match every:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)


def shifted(first: date, every: Period, steps: int) -> date:
    """Return the first day of the span `steps` after (before, if negative) the one that begins on `first`.

    Raises:
        OverflowError: it is before the year 1 or after 9999.
    """
    if every in ("day", "week"):
        return first + timedelta(days=steps * (DAYS_OF_WEEK if every == "week" else 1))
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    year, month = divmod(first.year * 12 + first.month - 1 + steps * months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError("no such year")
    return date(year, month + 1, 1)


def spans(first: date, last: date, every: Period) -> Iterator[date]:
    """Yield the first days of all spans from the one that begins on `first` to the one of `last`."""
    while first <= last:
        yield first
        try:
            first = shifted(first, every, 1)
        except OverflowError:
            return


def fitting(first: date, last: date, most: int) -> Period:
    """Return into which spans the time from `first` to `last` is divided: by months as a rule.

    By shorter ones where `most` of them reach from end to end, by years where there are many.
    """
    days = last.toordinal() - first.toordinal() + 1
    if days <= most:
        return "day"
    if days <= most * DAYS_OF_WEEK:
        return "week"
    return "month" if last.year - first.year < MANY_YEARS else "year"


def span_label(first: date, every: Period) -> str:
    """Return what a span is called under a chart: `31 Dec 2024`, `W01 2025`, `Dec 2024`, `Q4 2024`."""
    match every:
        case "day":
            return say(
                "{day} {month} {year}", day=first.day, month=say(MONTHS[first.month - 1]), year=first.year
            )
        case "week":
            year, week, _ = first.isocalendar()
            return say("W{week:02} {year}", week=week, year=year)
        case "month":
            return f"{say(MONTHS[first.month - 1])} {first.year}"
        case "quarter":
            return say("Q{quarter} {year}", quarter=(first.month + 2) // 3, year=first.year)
        case "year":
            return str(first.year)
