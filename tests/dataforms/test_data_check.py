"""The check of a spec: each fault is found where it is, all in one go, and a sound spec has none."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.check import problems, problems_in
from dataforms.spec import FIELD_TYPES, VERSION, AppSpec, Problem, encode


def a_field(**changes: Any) -> dict[str, Any]:
    return {"name": "name", "title": "Name", "type": "text", **changes}


def an_entity(name: str = "Thing", *fields: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": name, "title": name, "fields": list(fields) or [a_field()], **changes}


def a_spec(*entities: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": "shop", "title": "Shop", "entities": list(entities) or [an_entity()], **changes}


def paths(document: object) -> list[str]:
    return [problem.path for problem in problems_in(document)[1]]


def only(document: object) -> Problem:
    _, found = problems_in(document)
    assert len(found) == 1, found
    return found[0]


SOUND = a_spec(
    an_entity(
        "Customer",
        a_field(required=True, unique=True, max=80),
        a_field(name="since", type="date", default="today"),
    ),
    an_entity(
        "Order Item",
        a_field(name="customer", type="reference", target="Customer", required=True),
        a_field(name="price", type="money", currency="EUR", min=0, max="9999.99"),
        a_field(name="state", type="enum", choices=["Open", "Closed"], default="Open"),
        a_field(name="tags", type="multi_enum", choices=["a", "b"], default=["b"]),
        a_field(name="code", type="text", pattern="[A-Z]{3}-[0-9]+"),
        a_field(name="day", type="date", min="2024-01-01", max="2024-12-31"),
        a_field(name="select", type="integer"),
        rules=[{"kind": "unique", "fields": ["customer", "code"]}],
        views=[{"name": "v", "title": "V", "fields": ["code", "price"], "sort": "-price"}],
        display="code",
        icon="package",
    ),
    relations=[{"from": "Customer", "to": "Order Item", "kind": "m2m"}],
    theme={"accent": "tomato", "gray": "sand", "logo": "data:image/png;base64,iVBORw0KGgo="},
    roles=[{"name": "r", "title": "R", "permissions": [{"entity": "Customer", "hidden": ["since"]}]}],
)


def test_a_sound_spec_has_no_problem() -> None:
    spec, found = problems_in(SOUND)
    assert found == ()
    assert spec is not None
    assert problems(spec) == ()
    assert problems_in(encode(spec)) == (spec, ())


def a_table(**view: Any) -> dict[str, Any]:
    """Return a spec with a view of an entity that has a computed amount, and people linked to it."""
    return a_spec(
        an_entity(
            "Order",
            a_field(name="price", type="money", currency="EUR"),
            a_field(name="net", type="computed", expression="price * 2"),
            views=[{"name": "v", "title": "V", **view}],
        ),
        an_entity("Person", a_field()),
        relations=[{"from": "Order", "to": "Person", "kind": "m2m"}],
    )


def test_a_table_may_be_about_what_is_computed_and_what_is_linked() -> None:
    wanted = {"all": [["net", ">", 10], {"any": [["person", "has_all", [1, 2]], ["person", "empty"]]}]}
    assert paths(a_table(filter=wanted, group="net", totals=["net:sum", "price:average"])) == []


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    (
        a_table(filter={"all": [["net", "contains", "x"]]}),
        "entities[0].views[0].filter",
        "cannot be compared",
    ),
    (a_table(filter={"all": [["net", ">", "much"]]}), "entities[0].views[0].filter", "Must be"),
    (a_table(filter={"all": [["person", "has_any", ["Ada"]]]}), "entities[0].views[0].filter", "the id of"),
    (a_table(filter={"some": []}), "entities[0].views[0].filter", "A group is"),
    (a_table(group="nope"), "entities[0].views[0].group", "no field 'nope'"),
    (a_table(totals=["net:sum", "net:most"]), "entities[0].views[0].totals[1]", "no total 'net:most'"),
    (a_spec(name="Shop"), "name", "'Shop'"),
    (a_spec(name="a" * 41), "name", "name of an app"),
    (a_spec(title=" "), "title", "blank"),
    (a_spec(title="a\nb"), "title", "line break"),
    (a_spec(version=VERSION + 1), "version", "not known"),
    (a_spec(entities=[]), "entities", "no entity"),
    (a_spec(an_entity("order")), "entities[0].name", "'order'"),
    (a_spec(an_entity("客户")), "entities[0].name", "name of an entity"),
    (a_spec(an_entity("Sqlite Master")), "entities[0].name", "reserved"),
    (a_spec(an_entity("Dataforms Meta")), "entities[0].name", "reserved"),
    (a_spec(an_entity(), an_entity()), "entities[1].name", "already"),
    (
        a_spec(an_entity("Order Item"), an_entity("Order item")),
        "entities[1].name",
        "share the table order_item",
    ),
    (a_spec(an_entity(fields=[])), "entities[0].fields", "no field"),
    (a_spec(an_entity(display="nam")), "entities[0].display", "no field 'nam'"),
    (a_spec(an_entity(icon="../x")), "entities[0].icon", "icon"),
    (a_spec(an_entity("Thing", a_field(), a_field())), "entities[0].fields[1].name", "already"),
    (a_spec(an_entity(rules=[{"kind": "unique", "fields": ["x"]}])), "entities[0].rules[0].fields[0]", "'x'"),
    (a_spec(an_entity(rules=[{"kind": "unique"}])), "entities[0].rules[0].fields", "no field"),
    (
        a_spec(an_entity(rules=[{"kind": "unique", "fields": ["name"], "expression": "1 == 1"}])),
        "entities[0].rules[0].expression",
        "no expression",
    ),
    (
        a_spec(an_entity(rules=[{"kind": "check", "expression": "1"}])),
        "entities[0].rules[0].expression",
        "must give yes or no",
    ),
    (
        a_spec(an_entity(views=[{"name": "v", "title": "V", "sort": "-x"}])),
        "entities[0].views[0].sort",
        "'x'",
    ),
    (a_spec(views=[{"name": "v", "title": "V"}]), "views[0].entity", "needs an entity"),
    (a_spec(views=[{"name": "v", "title": "V", "entity": "X"}]), "views[0].entity", "no entity 'X'"),
    (a_spec(relations=[{"from": "Thing", "to": "X", "kind": "m2m"}]), "relations[0].to", "no entity 'X'"),
    (a_spec(relations=[{"from": "Thing", "to": "Thing", "kind": "m2o"}]), "relations[0]", "no reference"),
    (a_spec(relations=[{"from": "Thing", "to": "Thing", "kind": "m2m"}] * 2), "relations[1]", "already"),
    (a_spec(theme={"accent": "indgo"}), "theme.accent", "indgo"),
    (a_spec(theme={"gray": "red"}), "theme.gray", "red"),
    (a_spec(theme={"logo": "logo.png"}), "theme.logo", "is no picture"),
    (a_spec(theme={"logo": "javascript:alert(1)"}), "theme.logo", "is no picture"),
    (a_spec(theme={"logo": "data:text/html,<b>"}), "theme.logo", "is no picture"),
    (a_spec(theme={"logo": f"data:image/png;base64,{'A' * 100_001}"}), "theme.logo", "is no picture"),
    (
        a_spec(roles=[{"name": "r", "title": "R", "permissions": [{"entity": "T"}]}]),
        "roles[0].permissions[0].entity",
        "'T'",
    ),
]


@pytest.mark.parametrize(
    ("document", "path", "message"), FAULTS, ids=lambda it: it if isinstance(it, str) else ""
)
def test_a_fault_is_found_where_it_is(document: dict[str, Any], path: str, message: str) -> None:
    found = only(document)
    assert found.path == path
    assert message in found.message


FIELD_FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "Name"}, "name", "'Name'"),
    ({"name": "id"}, "name", "reserved"),
    ({"name": "a" * 61}, "name", "name of a field"),
    ({"title": ""}, "title", "blank"),
    ({"help": "\0"}, "help", "control"),
    ({"type": "references"}, "target", "needs a target"),
    ({"type": "reference"}, "target", "needs a target"),
    ({"type": "reference", "target": "Thin"}, "target", "'Thin'"),
    ({"target": "Thing"}, "target", "no target"),
    ({"type": "enum"}, "choices", "no choices"),
    ({"type": "enum", "choices": ["a", "a"]}, "choices[1]", "twice"),
    ({"type": "enum", "choices": ["a", " "]}, "choices[1]", "blank"),
    ({"choices": ["a"]}, "choices", "no choices"),
    ({"type": "integer", "min": 2, "max": 1}, "min", "greater"),
    ({"type": "integer", "min": "x"}, "min", "min of a field of type integer"),
    ({"type": "date", "max": 5}, "max", "max of a field of type date"),
    ({"type": "text", "min": "2024-01-01"}, "min", "min of a field of type text"),
    ({"type": "text", "max": -1}, "max", "max of a field of type text"),
    ({"type": "boolean", "min": 1}, "min", "no min"),
    ({"type": "rating", "max": 0}, "max", "rating"),
    ({"pattern": "("}, "pattern", "not a regular expression"),
    ({"pattern": "a" * 501}, "pattern", "longer than"),
    ({"type": "integer", "pattern": "a"}, "pattern", "no pattern"),
    ({"type": "integer", "default": "x"}, "default", "'x'"),
    ({"type": "integer", "default": 5, "max": 4}, "default", "not right"),
    ({"type": "date", "default": "tomorrow"}, "default", "tomorrow"),
    ({"type": "enum", "choices": ["a"], "default": "b"}, "default", "'b'"),
    ({"type": "auto_number", "default": 1}, "default", "no default"),
    ({"type": "json", "unique": True}, "unique", "cannot be unique"),
    ({"places": 2}, "places", "no places"),
    ({"type": "money", "places": 5}, "places", "0 to 4"),
    ({"currency": "EUR"}, "currency", "no currency"),
    ({"type": "money", "currency": "euro"}, "currency", "'euro'"),
    ({"expression": "1"}, "expression", "computed"),
    ({"required": True, "read_only": True}, "read_only", "needs a default"),
    ({"required": True, "hidden": True}, "hidden", "needs a default"),
]


@pytest.mark.parametrize(("changes", "path", "message"), FIELD_FAULTS, ids=str)
def test_a_fault_of_a_field_is_found_where_it_is(changes: dict[str, Any], path: str, message: str) -> None:
    found = only(a_spec(an_entity("Thing", a_field(name="other"), a_field(**changes))))
    assert found.path == f"entities[0].fields[1].{path}"
    assert message in found.message


FORM_FAULTS: list[tuple[object, str, str]] = [
    (b"{", "", "Is not JSON"),
    (b"\xff\xfe", "", "Is not JSON"),
    (b'{"name": "\\ud800"}', "", "Is not JSON"),
    (b"[" * 100_000, "", "Is not JSON"),
    (b"", "", "Is not JSON"),
    ([], "", "Must be an object"),
    (None, "", "Must be an object"),
    ({"title": "T", "entities": [an_entity()]}, "name", "missing"),
    (a_spec(title=5), "title", "Must be text, and is a whole number."),
    (a_spec(entitys=[]), "entitys", "not known"),
    (a_spec(entities={}), "entities", "Must be a list"),
    (a_spec(5), "entities[0]", "Must be an object"),  # type: ignore[arg-type]  # wrong on purpose
    (a_spec(an_entity("Thing", a_field(type="txet"))), "entities[0].fields[0].type", "'txet'"),
    (
        a_spec(an_entity("Thing", a_field(choices=["a", 1]))),
        "entities[0].fields[0].choices[1]",
        "Must be text",
    ),
    (a_spec(an_entity("Thing", a_field(required=1))), "entities[0].fields[0].required", "true or false"),
    (a_spec(theme=None), "theme", "Must be an object"),
]


@pytest.mark.parametrize(
    ("document", "path", "message"), FORM_FAULTS, ids=lambda it: it if isinstance(it, str) else ""
)
def test_a_fault_of_form_is_found_where_it_is(document: object, path: str, message: str) -> None:
    found = only(document)
    assert found.path == path
    assert message in found.message
    assert problems_in(document)[0] is None


def test_a_spec_with_ten_different_faults_reports_all_ten() -> None:
    document = a_spec(
        an_entity("order", a_field(name="Name"), a_field(name="kind", type="txet")),
        an_entity("Customer", a_field(type="enum"), a_field(name="r", type="reference", target="Custmer")),
        an_entity(
            "Item", a_field(required="yes"), a_field(name="n", type="integer", min=9, max=1), colour="red"
        ),
        name="My Shop",
        theme={"accent": "indgo"},
    )
    assert sorted(paths(document)) == sorted(
        [
            "name",
            "entities[0].name",
            "entities[0].fields[0].name",
            "entities[0].fields[1].type",
            "entities[1].fields[0].choices",
            "entities[1].fields[1].target",
            "entities[2].fields[0].required",
            "entities[2].fields[1].min",
            "entities[2].colour",
            "theme.accent",
        ]
    )
    assert problems_in(document)[0] is None


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        (a_spec(an_entity("Thing", a_field(type="txet"))), "Did you mean 'text'?"),
        (a_spec(titel="x"), "Did you mean 'title'?"),
        (a_spec(an_entity("Thing", a_field(type="reference", target="thing"))), "Did you mean 'Thing'?"),
        (a_spec(theme={"accent": "Indigo"}), "Did you mean 'indigo'?"),
    ],
)
def test_a_near_miss_is_named(document: object, hint: str) -> None:
    assert only(document).hint == hint


TEXTS = st.text(max_size=8) | st.sampled_from(["name", "Thing", *FIELD_TYPES])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "title", "entities", "fields", "type", "min", "x"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(document=ANY)
def test_any_json_value_is_a_spec_or_has_problems(document: object) -> None:
    spec, found = problems_in(document)
    assert (spec is None) == any(msgspec_refuses(document) for _ in (0,))
    assert spec is not None or found


def msgspec_refuses(document: object) -> bool:
    try:
        msgspec.convert(document, AppSpec)
    except msgspec.ValidationError:
        return True
    return False


SLOT_VALUES: dict[str, object] = {
    "name": "x",
    "title": "",
    "type": "enum",
    "min": [],
    "choices": {},
    "max": "x",
}


@given(changes=st.dictionaries(st.sampled_from(sorted(SLOT_VALUES)), ANY))
def test_a_field_of_any_shape_is_checked_without_an_exception(changes: dict[str, Any]) -> None:
    spec, found = problems_in(a_spec(an_entity("Thing", a_field(**changes))))
    assert spec is not None or found


@given(
    type=st.sampled_from(FIELD_TYPES),
    changes=st.fixed_dictionaries(
        {},
        optional={
            "min": st.integers() | st.floats(allow_nan=False) | TEXTS,
            "max": st.integers() | st.floats() | TEXTS,
            "default": st.integers() | st.floats() | TEXTS | st.lists(TEXTS),
            "pattern": TEXTS,
            "places": st.integers(),
            "choices": st.lists(TEXTS),
            "unit": TEXTS,
            "currency": TEXTS,
            "unique": st.booleans(),
        },
    ),
)
def test_any_rules_on_any_type_are_judged(type: str, changes: dict[str, Any]) -> None:
    problems_in(a_spec(an_entity("Thing", a_field(type=type, **changes))))
