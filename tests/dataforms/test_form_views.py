"""What stands where in a form, and what is wrong with a view that says so."""

import pytest

from dataforms.check import problems, problems_in
from dataforms.forms import layout_of
from dataforms.spec import AppSpec, Entity, Field, FieldType, Section, View


def field(name: str, type: FieldType = "text", **more: object) -> Field:
    return Field(name=name, title=name.title(), type=type, **more)  # type: ignore[arg-type]  # each names its own


def spec(*fields: Field, views: tuple[View, ...] = (), others: tuple[Entity, ...] = ()) -> AppSpec:
    order = Entity(name="Order", title="Order", fields=fields, views=views)
    return AppSpec(name="shop", title="Shop", entities=(order, *others))


def names(made: AppSpec) -> list[tuple[str, list[str]]]:
    parts = layout_of(made, made.entities[0]).parts
    return [(part.title or part.nature, [each.name for each in part.fields]) for part in parts]


def item(*fields: Field, name: str = "Order Item") -> Entity:
    back = field("order", "reference", target="Order", required=True)
    return Entity(name=name, title="Item", fields=(back, *fields))


MANY = (
    *(field(name) for name in ("number", "name", "city")),
    *(field("placed", "date"), field("total", "money"), field("stars", "rating")),
    *(field("buyer", "reference", target="Order"), field("seller", "reference", target="Order")),
    *(field("notes", "rich_text"), field("raw", "json"), field("secret", hidden=True)),
)


def test_a_short_form_has_no_sections() -> None:
    assert names(spec(*MANY[:5])) == [("what", ["number", "name", "city", "placed", "total"])]


def test_a_long_form_gets_sections_by_the_nature_of_its_fields() -> None:
    assert names(spec(*MANY)) == [
        ("what", ["number", "name", "city"]),
        ("measures", ["placed", "total", "stars"]),
        ("relations", ["buyer", "seller"]),
        ("notes", ["notes", "raw"]),
    ]


def test_a_view_says_what_stands_where() -> None:
    parts = (Section(title="Who", fields=("name",), columns=1), Section(title="What", fields=("number",)))
    made = spec(*MANY, views=(View(name="form", title="Form", kind="form", sections=parts),))
    assert names(made) == [("Who", ["name"]), ("What", ["number"])]
    assert problems(made) == ()
    steps = spec(*MANY, views=(View(name="form", title="Form", kind="form", steps=parts),))
    assert layout_of(steps, steps.entities[0]).is_wizard


def test_a_view_of_the_app_is_one_of_its_entity() -> None:
    made = spec(*MANY)
    view = View(name="f", title="F", kind="form", entity="Order", fields=("city", "name"))
    made = AppSpec(name="shop", title="Shop", entities=made.entities, views=(view,))
    assert names(made) == [("what", ["city", "name"])]


CHILDREN = field("items", "children", target="Order Item", via="order")


def test_children_without_a_name_of_their_own_are_changed_with_their_parent() -> None:
    assert names(spec(field("number"), CHILDREN, others=(item(field("what")),)))[1] == ("rows", ["items"])


@pytest.mark.parametrize(
    "child",
    [
        item(field("code", unique=True), name="Line"),
        item(field("no", "auto_number"), name="Line"),
        item(*(field(f"f{n}") for n in range(11)), name="Line"),
        Entity(name="Line", title="L", fields=(field("order", "reference", target="Order"), field("x"))),
    ],
)
def test_children_that_are_something_by_themselves_are_not(child: Entity) -> None:
    children = field("items", "children", target="Line", via="order")
    assert names(spec(field("number"), children, others=(child,))) == [("what", ["number"])]


def test_a_view_may_name_any_children() -> None:
    children = field("items", "children", target="Line", via="order")
    view = View(name="f", title="F", kind="form", fields=("number", "items"))
    child = item(field("code", unique=True), name="Line")
    made = spec(field("number"), children, views=(view,), others=(child,))
    assert names(made)[1] == ("rows", ["items"])


def faults(view: View, *fields: Field) -> list[tuple[str, str]]:
    found = problems(spec(*fields, views=(view,)))
    return [(each.path.removeprefix("entities[0].views[0]."), each.message) for each in found]


def test_every_fault_of_a_form_is_told_with_its_place() -> None:
    wrong = Section(title=" ", fields=("name", "nmae", "secret"), columns=4)
    again = Section(title="Again", fields=("name",))
    view = View(
        name="f", title="F", kind="form", sections=(wrong, Section(title="None", fields=())), steps=(again,)
    )
    found = dict(faults(view, field("name"), field("secret", hidden=True), field("code", required=True)))
    assert {
        *("sections[0].title", "sections[0].columns", "sections[0].fields[1]", "sections[0].fields[2]"),
        *("sections[1].fields", "steps", "steps[0].fields[0]"),
    } == set(found)
    assert found["sections[0].fields[1]"] == "Order has no field 'nmae'."
    assert (
        found["steps[0].fields[0]"] == "name is there already, at entities[0].views[0].sections[0].fields[0]."
    )
    assert found["steps"] == "code is required and not in the form, so no record could be added."


def test_only_forms_have_sections() -> None:
    view = View(name="t", title="T", kind="table", sections=(Section(title="A", fields=("name",)),))
    assert faults(view, field("name")) == [("sections", "A table has no sections.")]


def test_a_section_without_fields_in_a_document_is_told() -> None:
    entity = {
        "name": "Order",
        "title": "Order",
        "fields": [{"name": "a", "title": "A", "type": "text", "placeholder": ""}],
        "views": [{"name": "f", "title": "F", "kind": "form", "sections": [{"title": "A"}]}],
    }
    _, found = problems_in({"name": "shop", "title": "Shop", "entities": [entity]})
    paths = {each.path for each in found}
    assert {"entities[0].views[0].sections[0].fields", "entities[0].fields[0].placeholder"} <= paths
