"""What a spec may say of syncs: what could not run, or holds a secret, is refused with what helps."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from syncs import document

from dataforms.check import problems_in
from dataforms.jsonschema import schema

FILE = {"kind": "file", "place": "in/a.csv"}
MAPPING = {"Mail": "email", "Name": "name"}


def faults(**customers: Any) -> list[tuple[str, str]]:
    _, found = problems_in(document(customers=customers))
    return [(each.path.removeprefix("syncs[0]."), each.hint) for each in found]


@pytest.mark.parametrize(
    ("changed", "path", "hint"),
    [
        ({"name": "Bad Name"}, "name", "Use lower case letters, digits and _, a letter first."),
        ({"into": "Custome"}, "into", "Did you mean 'Customer'?"),
        ({"match": "mail"}, "match", "Name one of email."),
        ({"match": "name"}, "match", "Name one of email."),
        ({"mapping": {"Name": "name", "M": "email"}, "match": "gone"}, "match", "Name one of email."),
        ({"mapping": {**MAPPING, "X": "nmae"}}, "mapping.X", "Did you mean 'name'?"),
        ({"mapping": {**MAPPING, "X": "name"}}, "mapping", "Leave one out."),
        ({"mapping": {**MAPPING, "X": "since.day"}}, "mapping.X", "Write since alone."),
        ({"mapping": {"Mail": "email"}}, "mapping", "Map a column to it, or give the field a default."),
        ({"every": "often"}, "every", "Write it like 15m, 6h or 1d."),
        ({"every": "5s"}, "every", "Write it like 15m, 6h or 1d."),
        ({"missing": "mark"}, "mark", "Name a field of type boolean to mark with."),
        ({"missing": "mark", "mark": "name"}, "mark", "Known are: gone."),
        ({"mark": "gone"}, "mark", 'Set "missing": "mark".'),
        ({"formats": {"Nobody": "date dmy"}}, "formats.Nobody", "Known are: Mail, Name, Since."),
        ({"formats": {"Since": "date compac"}}, "formats.Since", "Did you mean 'date compact'?"),
    ],
)
def test_what_could_not_run_is_refused_where_it_is_and_told_what_helps(
    changed: dict[str, Any], path: str, hint: str
) -> None:
    assert (path, hint) in faults(**changed)


ENV = "Name an environment variable that has it: env."


@pytest.mark.parametrize(
    ("source", "path", "hint"),
    [
        ({"kind": "file"}, "from", 'Such as "env": "SHOP_URL", or "place": "sources/shop.csv".'),
        ({**FILE, "env": "A"}, "from", 'Such as "env": "SHOP_URL", or "place": "sources/shop.csv".'),
        (
            {"kind": "file", "env": "path"},
            "from.env",
            "Name one such as SHOP_URL; what it holds stays out of the spec.",
        ),
        ({"kind": "file", "place": "/etc/passwd"}, "from.place", ENV),
        ({"kind": "file", "place": "../other/data.csv"}, "from.place", ENV),
        ({"kind": "file", "place": "~/data.csv"}, "from.place", ENV),
        ({**FILE, "table": "t"}, "from.table", "Leave it out."),
        ({**FILE, "authorization": "KEY"}, "from.authorization", "Leave it out."),
        ({"kind": "url", "place": "file:///etc/passwd"}, "from.place", ENV),
        ({"kind": "url", "place": "https://me:secret@example.com/"}, "from.place", ENV),
        ({"kind": "url", "place": "https://me@example.com/"}, "from.place", ENV),
        ({"kind": "url", "place": "https://example.com/?api_key=abc"}, "from.place", ENV),
        ({"kind": "url", "place": "https://example.com/?access-token=abc"}, "from.place", ENV),
        ({"kind": "url", "place": "https://[::1"}, "from.place", ENV),
        (
            {"kind": "url", "place": "http://example.com/", "authorization": "KEY"},
            "from.place",
            "Use https://.",
        ),
        ({"kind": "database", "env": "SHOP"}, "from.table", "Name the table or view to read."),
        ({"kind": "database", "place": "postgresql://me:pw@h/n", "table": "t"}, "from.place", ENV),
        ({"kind": "database", "place": "sqlite:////etc/x.db", "table": "t"}, "from.place", ENV),
        ({"kind": "database", "place": "sqlite:///../x.db", "table": "t"}, "from.place", ENV),
        ({"kind": "database", "place": "mysql://h/n", "table": "t"}, "from.place", ENV),
    ],
)
def test_places_that_lead_out_or_hold_secrets_are_refused(
    source: dict[str, Any], path: str, hint: str
) -> None:
    assert (path, hint) in faults(**{"from": source})


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "file", "place": "sources", "files": "*.csv"},
        {"kind": "file", "env": "ORDERS", "sheet": "May"},
        {"kind": "url", "place": "https://example.com/orders.json?page=1&sort=key", "authorization": "KEY"},
        {"kind": "url", "place": "http://example.com/orders.csv"},
        {"kind": "database", "place": "sqlite:///data/shop.db", "table": "t"},
        {"kind": "database", "place": "postgresql://reader@host/name", "table": "t", "schema": "s"},
    ],
)
def test_every_kind_of_source_can_be_said(source: dict[str, Any]) -> None:
    assert faults(**{"from": source}) == []


def test_a_reference_has_to_say_by_what_it_is_named() -> None:
    mapping = {"no": "number", "who": "customer"}
    _, found = problems_in(document(orders={"mapping": mapping}))
    assert [(each.path, each.hint) for each in found] == [
        ("syncs[1].mapping.who", "Write customer.email or customer.id.")
    ]


def test_fields_that_get_no_value_from_outside_are_named() -> None:
    changed = document(customers={"mapping": {**MAPPING, "a": "number", "b": "photo", "c": "fixed"}})
    changed["entities"][0]["fields"] += [
        {"name": "number", "title": "N", "type": "auto_number"},
        {"name": "photo", "title": "P", "type": "image"},
        {"name": "fixed", "title": "F", "type": "text", "read_only": True},
    ]
    _, found = problems_in(changed)
    assert [each.message.partition(": ")[2] for each in found] == [
        "it is computed or numbered.", "it is of type image.", "it is read-only.",
    ]  # fmt: skip


def test_two_syncs_need_two_names_and_their_address_is_their_own() -> None:
    changed = document(orders={"name": "customers"})
    changed["entities"].append({**changed["entities"][0], "name": "Syncs", "title": "Syncs"})
    _, found = problems_in(changed)
    assert [each.path for each in found] == ["syncs[1].name", "syncs"]


def test_an_app_over_a_database_has_no_syncs() -> None:
    changed = document()
    for entity in changed["entities"]:
        entity["origin"] = {"table": entity["name"], "key": ["id"], "is_number": True}
        for field in entity["fields"]:
            field["origin"] = {"column": field["name"]}
    _, found = problems_in(changed)
    assert [each.path for each in found] == ["syncs[0]", "syncs[1]"]


def test_the_schema_for_editors_tells_of_every_part_and_agrees() -> None:
    whole = schema()
    for name in ("Sync", "SyncSource"):
        properties = whole["$defs"][name]["properties"]
        assert [key for key, said in properties.items() if not said.get("description")] == []
    Draft202012Validator(whole).validate(document())
    wrong = document(customers={"missing": "forget"})
    assert not Draft202012Validator(whole).is_valid(wrong)
