"""Plausible values to try an app with, one function a kind of value. Imports neither SQLAlchemy nor Reflex.

Each takes a source of chance and the field, and returns a raw value; whether it obeys the field's rules is
for `TypeRow.parse` to say. The same source gives the same values on the same day.
"""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dataforms.spec import Field
from dataforms.types_time import wall_clock

_FIRST = (
    "Ada",
    "Björn",
    "Chloé",
    "Dilek",
    "Emeka",
    "Farah",
    "Grace",
    "Hiro",
    "Ines",
    "Jakub",
    "Lena",
    "Mateo",
)
_LAST = (
    "Almeida",
    "Berg",
    "Curie",
    "Demir",
    "Eze",
    "Fischer",
    "García",
    "Hopper",
    "Ito",
    "Kowalska",
    "Okafor",
)
_PLACES = (
    "Aarhus",
    "Bern",
    "Cork",
    "Dakar",
    "Essen",
    "Fukuoka",
    "Graz",
    "Haifa",
    "Izmir",
    "Jaipur",
    "Kyiv",
    "Lyon",
)
_STREETS = ("Harbour Street", "Lindenweg", "Mill Lane", "Rue du Port", "Station Road", "Via Roma")
_FIRMS = ("Bright Works", "Harbour Trading", "Lindgren & Co", "North Mill", "Orchard Labs", "Riverside Foods")
_ADJECTIVES = ("Blue", "Early", "Light", "New", "Northern", "Quiet", "Round", "Second", "Small", "Spare")
_NOUNS = ("cable", "chair", "delivery", "garden", "lamp", "meeting", "order", "report", "table", "window")
_BY_WORD = {"city": _PLACES, "town": _PLACES, "place": _PLACES, "street": _STREETS, "address": _STREETS,
            "company": _FIRMS, "firm": _FIRMS, "supplier": _FIRMS, "first": _FIRST, "last": _LAST,
}  # fmt: skip
_PAST_DAYS = 300
_DAYS = 360
_NEAR_DAYS = 20


def line(chance: Random, field: Field) -> str:
    """Return a few words: a person's name, a place or a thing, as the field's name suggests."""
    parts = field.name.split("_")
    for part in parts:
        if part in _BY_WORD:
            return _unique(chance, field, chance.choice(_BY_WORD[part]))
    if parts[-1] == "name":
        return _unique(chance, field, f"{chance.choice(_FIRST)} {chance.choice(_LAST)}")
    return _unique(chance, field, f"{chance.choice(_ADJECTIVES)} {chance.choice(_NOUNS)}")


def _unique(chance: Random, field: Field, text: str) -> str:
    text = f"{text} {chance.randrange(10**6)}" if field.unique else text
    least = field.min if isinstance(field.min, int) else 0
    most = field.max if isinstance(field.max, int) else len(text) + least
    padded = (
        text + "".join(f" {chance.choice(_NOUNS)}" for _ in range(least // 4 + 1))
        if len(text) < least
        else text
    )
    return padded[-most:].strip().ljust(least, ".") if most else ""


def lines(chance: Random, field: Field) -> str:
    """Return a sentence or two."""
    many = chance.randint(1, 2)
    return _unique(
        chance,
        field,
        " ".join(f"{line(chance, Field(name='x', title='X', type='text'))}." for _ in range(many)),
    )


def whole(chance: Random, field: Field) -> int:
    """Return a whole number within the field's bounds, small ones where there are none."""
    low, high = _bounds(field, 0, 10**9 if field.unique else 500)
    return chance.randint(int(low), int(high))


def number(chance: Random, field: Field) -> Decimal:
    """Return a number with the field's places, two where it says none, within its bounds."""
    places = 2 if field.places is None else field.places
    low, high = _bounds(field, 0, 10**9 if field.unique else 500)
    return Decimal(chance.randint(int(low * 10**places), int(high * 10**places))).scaleb(-places)


def rating(chance: Random, field: Field) -> int:
    """Return one to five, or what the field allows."""
    low, high = _bounds(field, 1, 5)
    return chance.randint(int(low), int(high))


def _bounds(field: Field, low: int, high: int) -> tuple[Decimal, Decimal]:
    least = Decimal(str(field.min)) if isinstance(field.min, int | float) else None
    most = Decimal(str(field.max)) if isinstance(field.max, int | float) else None
    if least is None:
        least = Decimal(low) if most is None or most >= low else most - (high - low)
    return least, most if most is not None else max(Decimal(high), least + (high - low))


def boolean(chance: Random, field: Field) -> bool:
    """Return yes or no."""
    return chance.random() < 0.5


def day(chance: Random, field: Field) -> str:
    """Return a day of the last ten months or the next two, or one within the field's bounds.

    Every other one is near, so that a calendar has something to show.
    """
    today = wall_clock().date()
    first = today - timedelta(days=_PAST_DAYS)
    low = date.fromisoformat(str(field.min)[:10]) if _is_day(field.min) else None
    high = date.fromisoformat(str(field.max)[:10]) if _is_day(field.max) else None
    if high is not None and high < first:
        first = high - timedelta(days=_DAYS)
    low = first if low is None else max(low, first)
    days = _DAYS if high is None else min((high - low).days, _DAYS)
    last = low + timedelta(days=max(days, 0))
    near = max(low, today - timedelta(days=_NEAR_DAYS)), min(last, today + timedelta(days=_NEAR_DAYS))
    if near[0] <= near[1] and chance.random() < 0.5:
        low, last = near
    return (low + timedelta(days=chance.randint(0, (last - low).days))).isoformat()


def _is_day(bound: object) -> bool:
    try:
        date.fromisoformat(str(bound)[:10])
    except ValueError:
        return False
    return True


def moment(chance: Random, field: Field) -> str:
    """Return a day and a quarter of an hour in it."""
    return f"{day(chance, field)} {quarter(chance, field)}"


def quarter(chance: Random, field: Field) -> str:
    """Return a quarter of an hour of the working day."""
    return f"{chance.randint(8, 17):02}:{chance.choice((0, 15, 30, 45)):02}"


def length(chance: Random, field: Field) -> timedelta:
    """Return a time of up to eight hours."""
    return timedelta(minutes=chance.randint(1, 32) * 15)


def email(chance: Random, field: Field) -> str:
    """Return an address that nobody has: example.com is kept for examples."""
    return f"{chance.choice('abcdefghij')}{chance.randrange(10**6)}@example.com"


def url(chance: Random, field: Field) -> str:
    """Return an address of a page at example.com."""
    return f"https://example.com/{chance.choice(_NOUNS)}/{chance.randrange(10**6)}"


def phone(chance: Random, field: Field) -> str:
    """Return a number of a range that is kept for fiction."""
    return f"+44 1632 {chance.randrange(960_000, 961_000)}"


def color(chance: Random, field: Field) -> str:
    """Return any colour."""
    return f"#{chance.randrange(2**24):06x}"


def choice(chance: Random, field: Field) -> str:
    """Return one of the field's choices."""
    return chance.choice(field.choices)


def choices(chance: Random, field: Field) -> list[str]:
    """Return as many of the field's choices as its bounds allow."""
    low, high = _bounds(field, 1, len(field.choices))
    return chance.sample(field.choices, min(chance.randint(int(low), int(high)), len(field.choices)))


def document(chance: Random, field: Field) -> dict[str, object]:
    """Return a small JSON object."""
    return {chance.choice(_NOUNS): chance.randrange(100)}


def location(chance: Random, field: Field) -> tuple[float, float]:
    """Return a place where people live."""
    return round(chance.uniform(-40, 60), 5), round(chance.uniform(-120, 140), 5)
