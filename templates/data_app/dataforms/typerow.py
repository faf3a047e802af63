"""The shape of a row of the type registry, and how any value is parsed and shown. Owns no type's meaning.

Must import neither SQLAlchemy nor Reflex.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import msgspec

from dataforms.asker import Asker
from dataforms.errors import FieldError, Unfinished
from dataforms.jsonform import JsonForm
from dataforms.operations import KindName
from dataforms.operators import OperatorName
from dataforms.patterns import PATTERN_VALUE_LENGTH, matches
from dataforms.spec import Field, FieldType
from dataforms.words import phrase, say


class Location(NamedTuple):
    """A place on Earth in degrees, WGS 84."""

    latitude: float
    longitude: float


class Attachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that was uploaded: its name, its size in bytes, its media type, and the SHA-256 of its bytes."""

    name: str
    size: int
    type: str
    digest: str


Json = str | int | float | bool | dict[str, object] | list[object]
Moment = date | time | datetime | timedelta
Many = tuple[str, ...] | tuple[int, ...]
Value = Json | Decimal | Moment | Many | Location | Attachment | None
"""A canonical value, as `TypeRow.parse` returns it and a `Record` carries it; None is an empty one."""

Widget = Literal[
    "text",
    "textarea",
    "markdown",
    "json",
    "location",
    "number",
    "checkbox",
    "date",
    "time",
    "datetime",
    "select",
    "multi_select",
    "color",
    "rating",
    "email",
    "url",
    "tel",
    "reference",
    "file",
    "references",
    "readonly",
]
Storage = Literal[
    "text",
    "integer",
    "real",
    "money",
    "boolean",
    "date",
    "time",
    "datetime",
    "duration",
    "json",
    "choices",
    "location",
    "file",
]
UNIQUE_BYTES = 2_600
"""How long a text may be that is to be unique: an index of PostgreSQL takes 2,704 bytes with its overhead."""
TotalName = Literal["count", "sum", "average", "min", "max"]
_NUMBERS: tuple[TotalName, ...] = ("sum", "average", "min", "max", "count")
_MOMENTS: tuple[TotalName, ...] = ("min", "max", "count")
_TOTALS: dict[KindName, tuple[TotalName, ...]] = {
    **dict.fromkeys(("integer", "real", "money", "duration"), _NUMBERS),
    **dict.fromkeys(("date", "time", "datetime"), _MOMENTS),
}
Bounds = Literal["length", "count", "value"]
V = TypeVar("V")


class TypeRow(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """What one field type means, everywhere: in forms, tables, imports, REST and the database."""

    type: FieldType
    widget: Widget
    read: Callable[[object, Field], V]
    """Return the canonical value of a raw one that is not empty; raise FieldError."""
    shown: Callable[[V, Field], str]
    """Return a table cell's text."""
    edited: Callable[[V, Field], str]
    """Return the text of a form input; `parse` of it returns the value again."""
    json: JsonForm[V]
    """What its values are in JSON."""
    kind: KindName
    """What its values are in expressions."""
    storage: Storage | None
    """The stored form; `dataforms.storage` has the functions and `dataforms.schema` the SQL types.

    None where nothing is stored: the value is computed, or is other records.
    """
    bounds: Bounds | None = None
    """What `min` and `max` limit; None where they make no sense."""
    pattern: bool = False
    """Whether a `pattern` makes sense."""
    unique: bool = True
    """Whether `unique` makes sense."""
    align: Literal["start", "center", "end"] = "start"
    searched: bool = False
    """Whether the search box looks into it."""
    sort: Literal["value", "text", "choice", "label"] | None = "value"
    """By value, by text in any letter case, by the order of choices, by the label; None cannot be sorted."""
    sample: Callable[[Random, Field], object] | None = None
    """Return a plausible raw value to try an app with; None where it has none of its own."""
    names: bool = True
    """Whether its values can stand for a record."""
    computed: bool = False
    """Whether the database fills it in, and no person."""
    media: tuple[str, ...] = ()
    """The media types that it takes, `image/png` or `*/*`; none where its values are no files."""
    number_format: Callable[[Field], str] | None = None
    """Return how a spreadsheet shows its cells, in Excel's words; None for as they are."""
    local: Callable[[V, Field], str] | None = None
    """Return what a browser writes as its reader does: `date 2024-12-31`, `money 1234.50 EUR`.

    None where a text is the same for everybody.
    """
    linked: bool = False
    """Whether its values are pairs in a table of their own."""
    default_words: dict[str, Callable[[Asker], object]] = {}
    """What a default may be called, and what raw value it then is for whom asks; that may be none."""
    filters: tuple[OperatorName, ...] = ()
    """What a filter can compare it by, in the order that people are offered."""
    compared: Callable[[object, Field], V] | None = None
    """As `read`, for what a filter compares with, where people cannot give the field a value."""

    placeholder: str = ""
    """What an empty input shows, an example as a rule."""
    grows: bool = False
    """Whether a value that `read` refuses may be the beginning of a right one, as an address is."""

    @property
    def totals(self) -> tuple[TotalName, ...]:
        """Return what can be told of many of its values."""
        return _TOTALS.get(self.kind, ("count",))

    def parse(self, raw: object, field: Field) -> V | None:
        """Return the canonical value of a text or JSON value; None for an empty one.

        Raises:
            FieldError: it breaks the type or a rule of `field`; the message is for a person.
        """
        value = None if is_empty(raw) else self.read(raw, field)
        if is_empty(value):
            if field.required:
                raise Unfinished(say("This is required."))
            return None
        assert value is not None  # noqa: S101 - is_empty has said so
        if self.bounds is not None and (field.min is not None or field.max is not None):
            self._bound(value, field)
        if self.pattern and field.pattern is not None:
            _match(value, field.pattern)
        if field.unique and isinstance(value, str) and len(value.encode()) > UNIQUE_BYTES:
            raise FieldError(
                say(
                    "Must have at most {most:,} bytes, since it must be unique.",
                    most=UNIQUE_BYTES,
                )
            )
        return value

    def operand(self, raw: object, field: Field) -> V:
        """Return the canonical value that a filter compares a field with, whatever its rules allow in it.

        Raises:
            FieldError: it is none of the type.
        """
        return (self.compared or self.read)(raw, field)

    def show(self, value: V | None, field: Field) -> str:
        """Return the text of a table cell; empty for None."""
        return "" if value is None else self.shown(value, field)

    def locally(self, value: V | None, field: Field) -> str:
        """Return what a browser makes its reader's text of; empty where `show` says it for everybody."""
        return "" if value is None or self.local is None else self.local(value, field)

    def edit(self, value: V | None, field: Field) -> str:
        """Return the text of a form input; empty for None."""
        return "" if value is None else self.edited(value, field)

    def limit(self, bound: float | str, field: Field) -> object:
        """Return a field's `min` or `max` in the terms that its values are compared in; raise FieldError."""
        if self.bounds == "value":
            return self.read(bound, field)
        if isinstance(bound, bool) or not isinstance(bound, int) or bound < 0:
            raise FieldError(say("Must be a whole number of 0 or more, the length."))
        return bound

    def _bound(self, value: V, field: Field) -> None:
        size: Any = value if self.bounds == "value" else len(value)  # type: ignore[arg-type]  # texts and tuples
        if field.min is not None and size < self.limit(field.min, field):
            raise Unfinished(self._too("least", field.min, size, field))
        if field.max is not None and size > self.limit(field.max, field):
            raise FieldError(self._too("most", field.max, size, field))

    def _too(self, end: Literal["least", "most"], bound: float | str, size: object, field: Field) -> str:
        match self.bounds:
            case "length":
                return say(_TOO_LONG[end], bound=bound, size=size)
            case "count":
                return say(_TOO_MANY[end], bound=bound, size=size)
            case _:
                return say(_TOO_FAR[end], bound=self.shown(self.read(bound, field), field))


_TOO_LONG = {
    "least": phrase("Must have at least {bound} characters; it has {size}."),
    "most": phrase("Must have at most {bound} characters; it has {size}."),
}
_TOO_MANY = {
    "least": phrase("Choose at least {bound}; it has {size}."),
    "most": phrase("Choose at most {bound}; it has {size}."),
}
_TOO_FAR = {
    "least": phrase("Must be at least {bound}."),
    "most": phrase("Must be at most {bound}."),
}


def _match(value: object, pattern: str) -> None:
    text = str(value)
    if len(text) > PATTERN_VALUE_LENGTH:
        raise FieldError(
            say(
                "Must have at most {most:,} characters to be checked.",
                most=PATTERN_VALUE_LENGTH,
            )
        )
    if not matches(pattern, text):
        raise Unfinished(say("Must match the pattern {pattern}.", pattern=pattern))


def is_empty(raw: object) -> bool:
    """Return whether a raw or canonical value is none at all: None, blank text, an empty list of choices."""
    return raw is None or (isinstance(raw, str) and not raw.strip()) or raw == () or raw == []
