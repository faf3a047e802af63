"""The published JSON Schema accepts what is a spec and refuses what is not."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dataforms.jsonschema import schema
from dataforms.spec import AppSpec, Entity, Field, Relation, Theme, encode

GOOD = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Order Item",
            title="Order item",
            fields=(
                Field(name="state", title="State", type="enum", choices=("a",), default="a"),
                Field(name="on", title="On", type="date", min="2024-01-01", required=True),
            ),
        ),
    ),
    relations=(Relation(from_="Order Item", to="Order Item", kind="m2m"),),
    theme=Theme(accent="red"),
)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def document(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(encode(GOOD)) | changes
    return made


def test_a_good_spec_is_valid(validator: Draft202012Validator) -> None:
    assert list(validator.iter_errors(document())) == []


FIELD = {"name": "a", "title": "A", "type": "text"}


@pytest.mark.parametrize(
    "bad",
    [
        document(colour="red"),
        document(name=5),
        document(name="My Shop"),
        document(title=""),
        document(version=2),
        document(entities=[]),
        document(entities={}),
        document(theme={"accent": "red", "font": "x"}),
        document(relations=[{"from_": "A", "to": "B", "kind": "m2m"}]),
        document(entities=[{"name": "A", "title": "A"}]),
        document(entities=[{"name": "A", "title": "A", "fields": [FIELD | {"type": "txet"}]}]),
        document(entities=[{"name": "A", "title": "A", "fields": [FIELD | {"required": "yes"}]}]),
        document(entities=[{"name": "A", "title": "A", "fields": [FIELD | {"name": "A b"}]}]),
    ],
)
def test_what_is_no_spec_is_not_valid(validator: Draft202012Validator, bad: dict[str, Any]) -> None:
    assert not validator.is_valid(bad)


def test_the_words_of_the_structs_are_in_it() -> None:
    made = schema()
    assert made["description"].startswith("A whole app")
    field = made["$defs"]["Field"]["properties"]
    assert field["choices"]["description"].startswith("The allowed values")
    assert "description" in made["properties"]["name"]


def test_an_editor_has_something_to_say_of_every_property() -> None:
    made = schema()
    structs = {"AppSpec": made, **made["$defs"]}
    bare = [
        f"{struct}.{name}"
        for struct, shape in structs.items()
        for name, said in shape["properties"].items()
        if not said.get("description", "").strip().endswith((".", "?"))
    ]
    assert bare == []
    assert all(shape.get("description") for shape in structs.values())
