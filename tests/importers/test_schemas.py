"""Schemas without records: JSON Schema, OpenAPI, JDL; what is not understood is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from importing import field, loaded, proposed, types

from protoddfd.importers import ImportRefused

ORDER: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Order",
    "type": "object",
    "required": ["number", "customer", "state"],
    "properties": {
        "number": {"type": "string", "pattern": "^[A-Z]{2}\\d{4}$", "description": "As on the invoice"},
        "customer": {"$ref": "#/$defs/customer"},
        "state": {"enum": ["new", "paid", "sent"], "default": "new"},
        "sent_on": {"type": "string", "format": "date"},
        "total": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "note": {"type": ["string", "null"], "maxLength": 500},
        "ship": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "zip": {"type": "string", "minLength": 4}},
            "required": ["city"],
        },
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer", "exclusiveMinimum": 0}},
                "required": ["sku"],
            },
        },
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        "odd": {"type": "array", "contains": {"const": 1}},
        "age": {"type": "integer", "multipleOf": 5},
    },
    "if": {"properties": {"state": {"const": "sent"}}, "required": ["state"]},
    "then": {"required": ["sent_on"]},
    "dependentRequired": {"total": ["note"]},
    "anyOf": [{"required": ["total"]}, {"required": ["age"]}],
    "$defs": {
        "base": {"properties": {"name": {"type": "string", "minLength": 2}}, "required": ["name"]},
        "customer": {
            "type": "object",
            "allOf": [{"$ref": "#/$defs/base"}],
            "properties": {
                "name": {"maxLength": 40},
                "email": {"type": "string", "format": "email"},
                "vip": {"type": "boolean"},
                "boss": {"anyOf": [{"$ref": "#/$defs/customer"}, {"type": "null"}]},
            },
        },
    },
}


def written(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_a_json_schema_becomes_entities_with_its_rules(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "order.schema.json", ORDER))
    assert types(made, "Order") == {
        "number": "text", "customer": "reference", "state": "enum", "sent_on": "date", "total": "decimal",
        "note": "long_text", "ship_city": "text", "ship_zip": "text", "tags": "multi_enum", "odd": "json",
        "age": "integer",
    }  # fmt: skip
    assert types(made, "Order Line") == {"order": "reference", "sku": "text", "qty": "integer"}
    assert types(made, "Customer") == {
        "name": "text",
        "email": "email",
        "vip": "boolean",
        "boss": "reference",
    }
    number, total, name = (
        field(made, "Order", "number"),
        field(made, "Order", "total"),
        field(made, "Customer", "name"),
    )
    assert (number.pattern, number.required, number.help) == ("[A-Z]{2}\\d{4}", True, "As on the invoice")
    assert (total.min, total.places, total.required) == (0, 2, False)
    assert (name.min, name.max, name.required) == (2, 40, True)
    assert (field(made, "Order", "ship_zip").min, field(made, "Order", "ship_city").required) == (4, False)
    assert field(made, "Order", "state").default == "new"
    assert field(made, "Order", "note").required_when == "(total != empty)"
    assert 'state == "sent"' in str(field(made, "Order", "sent_on").required_when)
    assert [rule.expression for rule in made.spec.entity("Order").rules] == [
        "age % 5 == 0 or age == empty", "((total != empty) or (age != empty))",
    ]  # fmt: skip
    assert made.notes == ("order.schema.json: contains was not understood, at Order.odd.",)
    assert loaded(made, tmp_path)[1].rows == 0


@pytest.mark.parametrize(
    ("draft7", "word"),
    [
        ({"type": "string", "format": "hostname"}, "format hostname"),
        ({"type": "object", "patternProperties": {"^x": {}}}, "patternProperties"),
        ({"type": ["string", "integer"], "minLength": 2}, "type"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "oneOf"),
        ({"type": "number", "multipleOf": 0.3}, "multipleOf"),
        ({"$ref": "https://example.com/other.json"}, "$ref https://example.com/other.json"),
        ({"minimum": 3}, "no type, taken for number"),
        ({"type": "array", "items": {"type": "string"}}, "items"),
    ],
)
def test_every_keyword_that_is_not_understood_is_named(
    tmp_path: Path, draft7: dict[str, Any], word: str
) -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
        "properties": {"name": {"type": "string"}, "it": draft7},
    }  # fmt: skip
    made = proposed(written(tmp_path / "thing.json", schema))
    assert any(word in note and "Thing.it" in note for note in made.notes), made.notes


def test_an_if_in_each_of_several_schemas_is_kept(tmp_path: Path) -> None:
    def when(kind: str, needed: str) -> dict[str, Any]:
        return {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"required": [needed]},
        }

    schema = {
        "type": "object",
        "properties": {"kind": {"enum": ["a", "b"]}, "x": {"type": "string"}, "y": {"type": "integer"}},
        "allOf": [when("a", "x"), when("b", "y")],
    }
    made = proposed(written(tmp_path / "thing.json", schema))
    assert (
        '"a"' in str(field(made, "Thing", "x").required_when),
        '"b"' in str(field(made, "Thing", "y").required_when),
    ) == (True, True)
    assert made.notes == ()


def test_an_array_of_one_definition_alone_owns_its_records(tmp_path: Path) -> None:
    schema = {
        "$defs": {
            "team": {"type": "object", "properties": {
                "name": {"type": "string"},
                "members": {"type": "array", "items": {"$ref": "#/$defs/person"}}}},
            "person": {"type": "object", "properties": {"name": {"type": "string"}}},
        }
    }  # fmt: skip
    made = proposed(written(tmp_path / "club.json", schema))
    assert types(made, "Person") == {"team": "reference", "name": "text"}


@pytest.mark.parametrize("ref", ["#", "#/$defs/a"])
def test_schemas_that_refer_to_themselves_come_to_an_end(tmp_path: Path, ref: str) -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Node",
        "type": "object",
        "properties": {"name": {"type": "string"}, "parent": {"$ref": ref},
            "all": {"type": "array", "items": {"$ref": ref}}},
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}},
    }  # fmt: skip
    assert "Node" in [
        entity.name for entity in proposed(written(tmp_path / "node.json", schema)).spec.entities
    ]


PETS = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths: {}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        id: {type: integer, format: int64, readOnly: true}
        name: {type: string, maxLength: 60}
        status: {type: string, enum: [available, sold]}
        owner: {$ref: '#/components/schemas/Owner'}
        tags: {type: array, items: {$ref: '#/components/schemas/Tag'}}
        born: {type: string, format: date-time, nullable: true}
    Owner:
      allOf:
        - $ref: '#/components/schemas/Person'
        - type: object
          properties: {phone: {type: string}}
    Person: {type: object, properties: {name: {type: string}}}
    Tag: {type: object, properties: {name: {type: string}}}
    Error: {type: object, properties: {code: {type: integer}}}
    Pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}
"""


def test_the_schemas_of_an_api_are_related_entities(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "pets.yaml", PETS))
    assert [entity.name for entity in made.spec.entities] == ["Pet", "Owner", "Person", "Tag"]
    assert types(made, "Pet") == {
        "id_value": "integer", "name": "text", "status": "enum", "owner": "reference", "born": "datetime",
        "tags": "references",
    }  # fmt: skip
    assert types(made, "Owner") == {"name": "text", "phone": "text"}
    assert field(made, "Pet", "tags").target == "Tag"


SHOP = """
application { config { baseName shop } entities * }
DEFAULT_MAX = 20
/** People who buy */
@dto(mapstruct) entity Customer(cust) {
  /** As in the passport */
  firstName String required maxlength(DEFAULT_MAX),
  email String unique pattern(/^[^@\\s]+@[^@\\s]+$/), born LocalDate photo ImageBlob
}
entity Order { number Long required unique min(1), state OrderState, total BigDecimal min(0) note TextBlob }
entity Product
entity Item { name String, odd Weird }
enum OrderState { NEW, PAID ("It is paid"), SENT }
relationship OneToMany { Customer{orders} to Order{customer(firstName) required}, }
relationship ManyToMany { Order{item(name)} to Item{order} }
relationship OneToOne { Order{main(name)} to Item with builtInEntity }
relationship ManyToOne { Item{made(name)} to Maker }
paginate * with pagination
"""


def test_jdl_becomes_entities_with_validations_and_relations(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "shop.jdl", SHOP))
    assert types(made, "Customer") == {
        "first_name": "text",
        "email": "text",
        "born": "date",
        "photo": "image",
    }
    assert types(made, "Order") == {
        "number": "integer", "state": "enum", "total": "decimal", "note": "long_text",
        "customer": "reference", "item": "references", "main": "reference",
    }  # fmt: skip
    first = field(made, "Customer", "first_name")
    assert (first.required, first.max, first.help) == (True, 20, "As in the passport")
    assert field(made, "Order", "state").choices == ("NEW", "PAID", "SENT")
    assert (field(made, "Order", "customer").required, field(made, "Order", "main").unique) == (True, True)
    assert made.spec.entity("Customer").description == "People who buy"
    for said in ("application block", "Weird became text", "Maker was left out", "Product has no properties"):
        assert any(said in note for note in made.notes), (said, made.notes)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        (
            "x.json",
            '{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string"}',
            "no object",
        ),
        ("x.json", '{"openapi": "3.1.0", "paths": {}}', "no schemas"),
        ("x.yaml", "a: [1, 2\nopenapi: 3", "no YAML"),
        ("x.yaml", "a: 1", "no OpenAPI"),
        ("x.yaml", "openapi: &a [*a]\n", "no schemas|YAML"),
        ("x.jdl", "application { }", "no entity"),
        ("x.jdl", "entity A", "no entity in it has a field"),
    ],
)
def test_a_schema_with_nothing_in_it_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(ImportRefused, match=says):
        proposed(written(tmp_path / name, text))


def test_a_schema_and_a_table_make_one_app(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("code,name\nA,Ana\nB,Bo\n")
    made = proposed(tmp_path / "customers.csv", written(tmp_path / "order.schema.json", ORDER))
    assert [entity.name for entity in made.spec.entities] == ["Customer 2", "Order", "Customer", "Order Line"]
    records, _ = loaded(made, tmp_path)
    assert len(records["Customer 2"]) == 2


def _api(pet: dict[str, Any]) -> dict[str, Any]:
    def variant(**properties: Any) -> dict[str, Any]:
        return {
            "type": "object", "required": ["kind", *properties],
            "properties": {"kind": {"type": "string"}, "name": {"type": "string"}, **properties},
        }  # fmt: skip

    return {
        "openapi": "3.0.3", "info": {}, "paths": {},
        "components": {"schemas": {
            "Pet": pet,
            "Dog": variant(barks={"type": "boolean"}, vaccinated={"type": "string", "format": "date"}),
            "Cat": variant(lives={"type": "integer"}, vaccinated={"type": "string", "format": "date"}),
            "Fish": variant(water={"enum": ["salt", "sweet"]}),
            "Owner": {"type": "object", "properties": {
                "name": {"type": "string"},
                "pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}}},
        }},
    }  # fmt: skip


def test_objects_of_several_kinds_are_one_with_a_choice(tmp_path: Path) -> None:
    where = "#/components/schemas/"
    pet = {
        "oneOf": [{"$ref": where + name} for name in ("Dog", "Cat", "Fish")],
        "discriminator": {"propertyName": "kind", "mapping": {"puss": where + "Cat"}},
    }
    made = proposed(written(tmp_path / "pets.json", _api(pet)))
    assert types(made, "Pet") == {
        "kind": "enum", "name": "text", "barks": "boolean", "vaccinated": "date", "lives": "integer",
        "water": "enum",
    }  # fmt: skip
    kind, lives = field(made, "Pet", "kind"), field(made, "Pet", "lives")
    assert (kind.choices, kind.required) == (("Dog", "puss", "Fish"), True)
    assert (lives.visible_when, lives.required_when) == ('(kind in ["puss"])', '(kind in ["puss"])')
    assert field(made, "Pet", "vaccinated").visible_when == '(kind in ["Dog", "puss"])'
    assert (field(made, "Pet", "name").visible_when, field(made, "Pet", "name").required) == (None, False)
    assert field(made, "Owner", "pets").target == "Pet"
    assert [each.name for each in made.spec.entities] == ["Pet", "Owner"]
    assert made.notes == ()


def test_kinds_that_a_constant_tells_apart_are_one_object_too(tmp_path: Path) -> None:
    def way(name: str, **properties: Any) -> dict[str, Any]:
        return {
            "type": "object", "required": ["type", *properties],
            "properties": {"type": {"const": name}, **properties},
        }  # fmt: skip

    card = way(
        "card",
        number={"type": "string"},
        holder={"type": "object", "properties": {"name": {"type": "string"}}},
    )
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Order", "type": "object",
        "properties": {
            "total": {"type": "number"},
            "payment": {"oneOf": [card, way("bank", iban={"type": "string"}, number={"type": "integer"})]},
        },
    }  # fmt: skip
    made = proposed(written(tmp_path / "order.json", schema))
    assert types(made, "Order") == {
        "total": "decimal", "payment_type": "enum", "payment_number": "text", "payment_holder_name": "text",
        "payment_iban": "text",
    }  # fmt: skip
    assert field(made, "Order", "payment_holder_name").visible_when == '(payment_type in ["card"])'
    assert field(made, "Order", "payment_iban").required_when == '(payment_type in ["bank"])'
    assert any("another number was not understood" in note for note in made.notes)


def test_objects_that_nothing_tells_apart_are_not_made_one(tmp_path: Path) -> None:
    schema = {
        "title": "Thing", "type": "object", "properties": {
            "name": {"type": "string"},
            "it": {"oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}},
                             {"type": "object", "properties": {"b": {"type": "string"}}}]},
        },
    }  # fmt: skip
    made = proposed(written(tmp_path / "thing.schema.json", schema))
    assert types(made, "Thing") == {"name": "text", "it": "json"}
    assert any("oneOf was not understood" in note for note in made.notes)
