"""Every field type: what people write is understood, what is wrong is said, and values survive."""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataforms.errors import FieldError
from dataforms.spec import FIELD_TYPES, Field, FieldType
from dataforms.storage import FORMS
from dataforms.typerow import Attachment
from dataforms.types import TYPES, Location, default_value, type_of
from dataforms.types_file import MIB, PICTURES, safe_name

NASTY_CHOICES = ("Open", "open, or not", 'say "x"', "a;b", "عربى", "🙂", "'; DROP TABLE x; --", "[1]", " ")
HOSTILE = (
    "Robert'); DROP TABLE students;--",
    '"quoted" and \\ back',
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %} ${x} %s %d",
    "👩‍👩‍👧‍👦 emoji",
    "\u202eright to left\u202c עברית",
    "100% of _all_",
    "‮",
    "zero\u200bwidth",
)


def field(type: FieldType, **rules: Any) -> Field:
    extra: dict[str, Any] = {"choices": NASTY_CHOICES} if type in ("enum", "multi_enum") else {}
    extra |= {"target": "Thing"} if type == "reference" else {}
    return Field(name="f", title="F", type=type, **(extra | rules))


LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
LINES = st.text(
    st.characters(
        categories=("L", "M", "N", "P", "S", "Z", "Cc", "Cf"), exclude_characters="\r\x7f", min_codepoint=32
    ),
    min_size=1,
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | LINE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LINE, inner, max_size=4),
    max_leaves=8,
)
WHOLE = st.integers(-(2**63) + 1, 2**63 - 1)
MONEY = st.decimals(-(10**13), 10**13, places=2)
FLOATS = st.floats(-1e300, 1e300).filter(lambda number: number == 0 or abs(number) > 1e-300)
MILLISECONDS = st.integers(-(10**12), 10**12)
RAW: dict[FieldType, st.SearchStrategy[object]] = {
    "text": LINE,
    "long_text": LINES,
    "rich_text": LINES,
    "integer": WHOLE,
    "decimal": FLOATS,
    "money": MONEY,
    "percent": FLOATS,
    "boolean": st.booleans(),
    "date": st.dates(),
    "time": st.times(),
    "datetime": st.datetimes(),
    "duration": MILLISECONDS.map(lambda many: timedelta(milliseconds=many)),
    "email": st.emails(domains=st.sampled_from(["example.com", "sub.example.co.uk"])).filter(
        lambda it: '"' not in it
    ),
    "url": st.sampled_from(["https://example.com/a?b=c&d=%20#e", "http://localhost:8000/", "http://[::1]/x"]),
    "phone": st.from_regex(r"\+[1-9][0-9]{4,12}", fullmatch=True),
    "color": st.from_regex(r"#[0-9a-f]{6}", fullmatch=True),
    "enum": st.sampled_from(NASTY_CHOICES[:-1]),
    "multi_enum": st.lists(st.sampled_from(NASTY_CHOICES[:-1]), max_size=5),
    "rating": st.integers(1, 5),
    "json": JSON.filter(lambda value: value is not None and value != [] and not isinstance(value, str)),
    "location": st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    "auto_number": WHOLE,
    "reference": st.integers(1, 2**63 - 1),
    "file": st.builds(
        Attachment,
        name=LINE.map(safe_name),
        size=st.integers(1, MIB),
        type=st.sampled_from(["text/plain", "application/pdf"]),
        digest=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    ),
    "image": st.builds(
        Attachment,
        name=st.just("a.png"),
        size=st.integers(1, MIB),
        type=st.sampled_from(PICTURES),
        digest=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    ),
    "references": st.lists(st.integers(1, 2**63 - 1), min_size=1),
}

GIVEN = {name for name, row in TYPES.items() if row.storage is not None or row.linked}
"""The types whose values people give."""


def test_every_type_has_a_row() -> None:
    assert set(TYPES) == set(FIELD_TYPES)
    assert set(RAW) == GIVEN


@given(st.data())
@pytest.mark.parametrize("type", sorted(GIVEN))
def test_what_a_form_shows_is_read_back_as_the_same_value(type: FieldType, data: st.DataObject) -> None:
    it = field(type)
    value = TYPES[type].parse(data.draw(RAW[type]), it)
    assert TYPES[type].parse(TYPES[type].edit(value, it), it) == value


@given(st.data())
@pytest.mark.parametrize("type", sorted(GIVEN))
def test_a_canonical_value_parses_as_itself(type: FieldType, data: st.DataObject) -> None:
    it = field(type)
    value = TYPES[type].parse(data.draw(RAW[type]), it)
    assert TYPES[type].parse(value, it) == value or type == "json"


@given(st.data())
@pytest.mark.parametrize("type", sorted(name for name in GIVEN if not TYPES[name].linked))
def test_the_stored_form_gives_the_same_value_back(type: FieldType, data: st.DataObject) -> None:
    value = TYPES[type].parse(data.draw(RAW[type]), field(type))
    storage = TYPES[type].storage
    assert storage is not None
    form = FORMS[storage]
    if value is not None and form.store is not None:
        stored = form.store(value)
        assert isinstance(stored, {"TEXT": str, "INTEGER": int, "REAL": float}[form.column])
        assert (form.restore(stored) if form.restore else stored) == value


@given(first=MONEY, second=MONEY)
def test_stored_amounts_order_as_amounts(first: Decimal, second: Decimal) -> None:
    store = FORMS["money"].store
    assert store is not None
    assert (store(first) < store(second)) == (first < second)  # type: ignore[operator]  # both are int


@given(first=st.datetimes(), second=st.datetimes())
@example(
    first=datetime.fromisoformat("2024-01-01 10:00"),
    second=datetime.fromisoformat("2024-01-01 10:00:00.000005"),
)
def test_stored_moments_order_as_moments(first: datetime, second: datetime) -> None:
    store = FORMS["datetime"].store
    assert store is not None
    assert (store(first) < store(second)) == (first < second)  # type: ignore[operator]  # both are str


@given(raw=st.text() | st.integers() | st.floats() | st.booleans() | st.none() | JSON | st.binary())
@pytest.mark.parametrize("type", sorted(GIVEN))
def test_any_input_is_a_value_or_a_message(type: FieldType, raw: object) -> None:
    it = field(type)
    try:
        value = TYPES[type].parse(raw, it)
    except FieldError as error:
        assert str(error).endswith(".")  # noqa: PT017 - a message is one of the two right answers
    else:
        assert isinstance(TYPES[type].show(value, it), str)


READ: list[tuple[FieldType, object, object]] = [
    ("text", "  a b ", "a b"),
    ("text", 12, "12"),
    ("long_text", "a\r\nb", "a\nb"),
    ("integer", "1,234", 1234),
    ("integer", "1 234 567", 1234567),
    ("integer", "-5", -5),
    ("integer", "\u22125", -5),
    ("integer", 5.0, 5),
    ("integer", "1e3", 1000),
    ("decimal", "1.5", Decimal("1.5")),
    ("decimal", "1,5", Decimal("1.5")),
    ("decimal", "0,125", Decimal("0.125")),
    ("decimal", "1.234,5", Decimal("1234.5")),
    ("decimal", "1,234.5", Decimal("1234.5")),
    ("decimal", "1,234,567", Decimal(1234567)),
    ("decimal", 0.1, Decimal("0.1")),
    ("money", "€ 1,50", Decimal("1.5")),
    ("money", "-$3.20", Decimal("-3.2")),
    ("money", "3.20 CHF", None),
    ("percent", "12.5 %", Decimal("12.5")),
    ("boolean", "Yes", True),
    ("boolean", "on", True),
    ("boolean", 0, False),
    ("date", "2024-02-29", date(2024, 2, 29)),
    ("date", "29.2.2024", date(2024, 2, 29)),
    ("date", "2024-02-29T10:00:00Z", date(2024, 2, 29)),
    ("time", "14:30", time(14, 30)),
    ("datetime", "2024-12-31T23:30", datetime.fromisoformat("2024-12-31 23:30")),
    ("datetime", "2024-12-31T23:30:00+02:00", datetime.fromisoformat("2024-12-31 21:30")),
    ("datetime", "2024-12-31", datetime.fromisoformat("2024-12-31")),
    ("duration", "1:30", timedelta(hours=1, minutes=30)),
    ("duration", "1 h 30 min", timedelta(minutes=90)),
    ("duration", "PT1H30M", timedelta(minutes=90)),
    ("duration", "-PT1H30M", timedelta(minutes=-90)),
    ("duration", 90, timedelta(seconds=90)),
    ("email", "Ana@Example.COM", "Ana@example.com"),
    ("url", "example.com/x", "https://example.com/x"),
    ("url", "localhost:3000", "https://localhost:3000"),
    ("phone", "+49 (30) 123-45", "+49 (30) 123-45"),
    ("color", "#FA0", "#ffaa00"),
    ("enum", "OPEN", "Open"),
    ("multi_enum", "open;🙂", ("Open", "🙂")),
    ("multi_enum", "open, or not", ("open, or not",)),
    ("json", '{"a": [1]}', {"a": [1]}),
    ("json", [1], [1]),
    ("location", "48.85, 2.35", Location(48.85, 2.35)),
    ("location", {"lat": 1, "lng": 2}, Location(1.0, 2.0)),
    ("reference", "12", 12),
]


@pytest.mark.parametrize(("type", "raw", "value"), [case for case in READ if case[2] is not None])
def test_people_are_understood(type: FieldType, raw: object, value: object) -> None:
    assert TYPES[type].parse(raw, field(type)) == value


REFUSED: list[tuple[FieldType, object, str]] = [
    ("text", "a\nb", "single line"),
    ("text", "a\0b", "control character"),
    ("text", "\ud800", "control character"),
    ("text", ["a"], "text"),
    ("long_text", "x" * 1_000_001, "at most 1,000,000"),
    ("integer", "1.5", "whole"),
    ("integer", "1_000", "number"),
    ("integer", True, "number"),
    ("integer", "9" * 30, "too large"),
    ("integer", "1e999", "too large"),
    ("decimal", "1,234", "1234 or 1.234"),
    ("decimal", "nan", "number"),
    ("decimal", float("inf"), "number"),
    ("decimal", "0.12345678901234567890123", "15"),
    ("decimal", "1e400", "15"),
    ("money", "1.005", "2 digits"),
    ("money", "1e15", "too large"),
    ("boolean", "maybe", "yes or no"),
    ("date", "31.2.2024", "date"),
    ("date", "5/1/2024", "2024-12-31"),
    ("time", "25:00", "time"),
    ("datetime", "0001-01-01T00:00+05:00", "date and time"),
    ("duration", "3 fortnights", "length of time"),
    ("duration", "9999999999 days", "length of time"),
    ("email", "a@b", "e-mail"),
    ("email", "a b@example.com", "e-mail"),
    ("url", "javascript:alert(1)", "https"),
    ("url", "data:text/html,x", "web address"),
    ("url", "http://", "web address"),
    ("phone", "call me", "telephone"),
    ("color", "red", "colour"),
    ("enum", "Clsoed", "one of Open"),
    ("multi_enum", ["Open", "Clsoed"], "one of Open"),
    ("rating", 6, "1 to 5"),
    ("json", "{", "JSON"),
    ("json", '"\\ud800"', "JSON"),
    ("location", "91, 0", "-90 to 90"),
    ("reference", "-1", "id"),
]


@pytest.mark.parametrize(("type", "raw", "message"), REFUSED)
def test_what_is_wrong_is_said(type: FieldType, raw: object, message: str) -> None:
    with pytest.raises(FieldError, match=message):
        TYPES[type].parse(raw, field(type))


@pytest.mark.parametrize(
    ("it", "raw", "message"),
    [
        (field("text", required=True), "  ", "required"),
        (field("multi_enum", required=True), [], "required"),
        (field("json", required=True), "null", "required"),
        (field("text", min=3), "ab", "at least 3 characters"),
        (field("text", max=3), "abcd", "at most 3 characters; it has 4"),
        (field("integer", min=5), "4", "at least 5"),
        (field("money", currency="EUR", max=10), "10.01", "at most €10.00"),
        (field("money", currency="EUR"), "$5", "in EUR"),
        (field("money", currency="JPY"), "5.5", "whole"),
        (field("date", min="2024-01-01"), "2023-12-31", "at least 2024-01-01"),
        (field("duration", max="1:00:00"), "61 min", "at most 1:00:00"),
        (field("multi_enum", max=1), ["Open", "🙂"], "at most 1"),
        (field("text", pattern="[A-Z]{3}"), "abc", "pattern"),
        (field("text", pattern="a"), "ab", "pattern"),
        (field("text", pattern=".*"), "x" * 1001, "at most 1,000"),
        (field("decimal", places=2), "1.234", "2 digits"),
        (field("rating", max=3), 4, "1 to 3"),
    ],
)
def test_the_rules_of_a_field_hold(it: Field, raw: object, message: str) -> None:
    with pytest.raises(FieldError, match=message):
        type_of(it).parse(raw, it)


@pytest.mark.parametrize("raw", ["", "  ", None, [], ()])
@pytest.mark.parametrize("type", sorted(GIVEN))
def test_an_empty_input_is_no_value(type: FieldType, raw: object) -> None:
    row = TYPES[type]
    assert row.parse(raw, field(type)) is None
    assert row.show(None, field(type)) == row.edit(None, field(type)) == ""


@pytest.mark.parametrize(
    ("it", "raw", "shown"),
    [
        (field("money", currency="EUR"), "-1234.5", "-€1,234.50"),
        (field("money", currency="CHF"), 1234.5, "1,234.50\u00a0CHF"),
        (field("money", currency="JPY"), 1234, "¥1,234"),
        (field("money"), 5, "5.00"),
        (field("percent"), "12.5", "12.5\u00a0%"),
        (field("decimal", places=2, unit="kg"), "3", "3.00\u00a0kg"),
        (field("decimal"), "1200", "1200"),
        (field("decimal"), 6.02e23, "6.02E+23"),
        (field("boolean"), True, "Yes"),
        (field("datetime"), "2024-12-31T10:00:00", "2024-12-31 10:00"),
        (field("duration"), "36:05:00", "36:05:00"),
        (field("rating"), 3, "★★★☆☆"),
        (field("multi_enum"), ["🙂", "Open"], "Open, 🙂"),
        (field("reference"), 7, "#7"),
    ],
)
def test_a_cell_shows_a_value_as_people_write_it(it: Field, raw: object, shown: str) -> None:
    row = type_of(it)
    assert row.show(row.parse(raw, it), it) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_it_is(text: str) -> None:
    for type in ("text", "long_text", "rich_text"):
        it = field(type)
        assert TYPES[type].show(TYPES[type].parse(text, it), it) == text
    assert json.loads(TYPES["json"].edit({"k": text}, field("json"))) == {"k": text}


def test_today_and_now_are_defaults() -> None:
    now = datetime.fromisoformat("2024-05-01 12:30")
    assert default_value(field("date", default="today"), now) == now.date()
    assert default_value(field("time", default="now"), now) == now.time()
    assert default_value(field("datetime", default="now"), now) == now
    assert default_value(field("text", default="now"), now) == "now"
    assert default_value(field("integer", default=3), now) == 3
    assert default_value(field("text"), now) is None
