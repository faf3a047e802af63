"""Values in JSON: every type comes back as it was, fits its own schema, and what does not fit is told."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rest import SHOP

from dataforms.errors import FieldError
from dataforms.jsonform import JsonSchema
from dataforms.rest.conforming import misfit
from dataforms.rest.forms import nullable, read, sent_schema, stored_schema, written
from dataforms.rest.openapi import document
from dataforms.spec import Entity, Field, FieldType
from dataforms.typerow import Location
from dataforms.types import TYPES, is_given, type_of

MORE: dict[FieldType, dict[str, Any]] = {
    "enum": {"choices": ("Open", 'say "ü"')},
    "multi_enum": {"choices": ("a", "b", "c"), "max": 2},
    "money": {"currency": "EUR"},
    "percent": {"places": 1},
    "reference": {"target": "Thing"},
    "children": {"target": "Thing", "via": "reference"},
    "computed": {"expression": "1"},
}
FIELDS = {name: Field(name=name, title=name, type=name, **MORE.get(name, {})) for name in TYPES}
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(["Ana", "ü ✓", '"', "a\tb"]),
    "integer": st.integers(-(2**63) + 1, 2**63 - 1),
    "decimal": st.floats(-1e300, 1e300).map(lambda x: Decimal(repr(x + 0.0))),
    "percent": st.integers(-(10**14) + 1, 10**14 - 1).map(lambda tenths: Decimal(tenths).scaleb(-1)),
    "money": st.integers(-(10**16) + 1, 10**16 - 1).map(lambda cents: Decimal(cents).scaleb(-2)),
    "boolean": st.booleans(),
    "date": st.dates(),
    "time": st.times(),
    "datetime": st.datetimes(),
    "duration": st.integers(-(10**12), 10**12).map(lambda each: timedelta(milliseconds=each)),
    "multi_enum": st.sampled_from([("a",), ("a", "c")]),
    "rating": st.integers(1, 5),
    "json": st.sampled_from(["text", "7", 7, True, {"a": [None, "1"]}, ["null"]]),
    "location": st.tuples(st.integers(-90, 90), st.integers(-180, 180)).map(
        lambda pair: Location(pair[0] / 1, pair[1] / 1)
    ),
    "reference": st.integers(1, 2**63 - 1),
}


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_a_value_comes_back_from_json_as_it_was(name: FieldType, data: st.DataObject) -> None:
    field = FIELDS[name]
    value = data.draw(VALUES[name])
    sent = msgspec.json.decode(msgspec.json.encode(type_of(field).json.write(value, field)))
    assert misfit(sent, type_of(field).json.schema(field)) == ""
    raw, errors = read(Entity(name="Thing", title="Thing", fields=(field,)), {name: sent}, is_new=False)
    assert errors == {}
    assert type_of(field).parse(raw[name], field) == value


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_valid_schema_of_known_words(name: FieldType) -> None:
    schema = type_of(FIELDS[name]).json.schema(FIELDS[name])
    Draft202012Validator.check_schema(schema)
    values: tuple[object, ...] = (None, True, 1, 1.5, "x", [], ["a"], {})
    for value in values:
        misfit(value, schema)
        assert not misfit(None, nullable(schema))


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", [name for name in TYPES if name not in ("date", "time", "datetime")])
@given(value=ANYTHING)
def test_what_fits_is_what_a_validator_says(name: FieldType, value: object) -> None:
    schema = type_of(FIELDS[name]).json.schema(FIELDS[name])
    if name not in ("money", "percent"):  # a binary float is a multiple of nothing decimal
        assert (misfit(value, schema) == "") == Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("name", "sent", "value"),
    [
        ("money", 0.1 + 0.2, Decimal("0.3")),
        ("money", "12345678901234.56", Decimal("12345678901234.56")),
        ("percent", 3 * 0.1, Decimal("0.3")),
        ("decimal", 10**20, Decimal(10**20)),
        ("decimal", 5e-324, Decimal("5e-324")),
        ("integer", 4.0, 4),
        ("reference", 4.0, 4),
        ("datetime", "2024-02-29T10:00:00+02:00", datetime(2024, 2, 29, 8)),  # noqa: DTZ001 - these carry no zone
        ("time", "08:30", time(8, 30)),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("duration", "P1DT1.5S", timedelta(days=1, seconds=1.5)),
        ("duration", "-PT1M", timedelta(minutes=-1)),
        ("url", "https://example.com", "https://example.com"),
        ("text", None, None),
    ],
)
def test_what_people_send_is_understood(name: FieldType, sent: object, value: object) -> None:
    field = FIELDS[name]
    raw, errors = read(Entity(name="Thing", title="Thing", fields=(field,)), {name: sent}, is_new=False)
    assert errors == {}
    assert type_of(field).parse(raw[name], field) == value


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("text", 7),
        ("integer", "7"),
        ("integer", True),
        ("decimal", "1.5"),
        ("decimal", 10**400),
        ("money", 0.001),
        ("money", "1,5"),
        ("money", 123456789012345.67),
        ("boolean", "yes"),
        ("boolean", 1),
        ("date", "31.12.2024"),
        ("date", "2024-02-30"),
        ("datetime", "2024-02-29"),
        ("duration", "1:30"),
        ("duration", 90),
        ("enum", "open"),
        ("multi_enum", "a"),
        ("multi_enum", ["a", "a"]),
        ("multi_enum", ["a", "b", "c"]),
        ("location", [1, 2]),
        ("location", {"latitude": 91, "longitude": 0}),
        ("location", {"latitude": 1, "longitude": 0, "x": 1}),
        ("reference", "1"),
        ("reference", 0),
        ("email", ""),
        ("url", "example.com"),
    ],
)
def test_what_is_written_otherwise_is_refused(name: FieldType, sent: object) -> None:
    field = FIELDS[name]
    raw, errors = read(Entity(name="Thing", title="Thing", fields=(field,)), {name: sent}, is_new=False)
    if not errors:
        with pytest.raises(FieldError):
            type_of(field).parse(raw[name], field)


def schemas_in(value: object) -> list[JsonSchema]:
    document = value if isinstance(value, dict) else {}
    return list(document["components"]["schemas"].values())


def test_the_document_describes_every_entity_and_refers_to_nothing_missing() -> None:
    told = document(SHOP)
    assert told["info"] == {"title": "Shop", "version": "1.0", "description": "Sells things."}
    assert set(told["paths"]) >= {
        f"/api/v1/{key}{more}" for key in ("customer", "order_line") for more in ("", "/{id}")
    }
    for schema in schemas_in(told):
        Draft202012Validator.check_schema(schema)
    text = msgspec.json.encode(told).decode()
    for reference in {part.split('"')[0] for part in text.split('"$ref":"')[1:]}:
        found: Any = told
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
    operations = [each for path in told["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations if "operationId" in each]
    assert len(names) == len(set(names))


def test_what_is_sent_has_no_field_that_nobody_gives() -> None:
    order = SHOP.entities[1]
    sent = sent_schema(order, is_new=True)
    assert sent["required"] == ["title"]
    assert not {"number", "total", "locked", "id"} & set(sent["properties"])
    assert "required" not in sent_schema(order, is_new=False)
    stored = stored_schema(order)["properties"]
    assert {name for name, each in stored.items() if each.get("readOnly")} == {
        "id", "number", "total", "locked", "_labels",
    }  # fmt: skip


def test_a_stored_value_that_breaks_todays_rules_fits_its_schema() -> None:
    field = Field(name="text", title="Text", type="text", max=3, pattern="a+", required=True)
    entity = Entity(name="Thing", title="Thing", fields=(field, FIELDS["enum"]))
    record = written(entity, 1, {"text": "too long", "enum": "gone"}, {})
    assert all(is_given(each) for each in entity.fields)
    Draft202012Validator(stored_schema(entity)).validate(record)
