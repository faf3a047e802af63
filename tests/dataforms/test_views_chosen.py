"""The views that a spec has, names and is given; and what is said of those that cannot be."""

import json
from typing import Any

import pytest

from dataforms.access import Access, Rights
from dataforms.check import problems, problems_in
from dataforms.spec import AppSpec, Card, Entity, Field, Permission, Role, View, decode, encode
from dataforms.views.chosen import dashboards_of, find, views_of
from dataforms.words import speaking

ORDER = Entity(
    name="Order",
    title="Order",
    plural="Orders",
    fields=(
        Field(name="number", title="Number", type="text", required=True),
        Field(name="status", title="Status", type="enum", choices=("Open", "Paid")),
        Field(name="created_on", title="Created", type="date"),
        Field(name="begin", title="Begin", type="date"),
        Field(name="due", title="Due", type="date"),
        Field(name="amount", title="Amount", type="money", currency="EUR"),
        Field(name="photo", title="Photo", type="image"),
        Field(name="customer", title="Customer", type="reference", target="Customer"),
    ),
)
CUSTOMER = Entity(name="Customer", title="Customer", fields=(Field(name="name", title="Name", type="text"),))
SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(ORDER, CUSTOMER),
    roles=(
        Role(
            name="clerk", title="Clerk", permissions=(Permission(entity="Order", hidden=("status", "due")),)
        ),
    ),
)


def with_views(*views: View) -> AppSpec:
    order = Entity(**{name: getattr(ORDER, name) for name in ORDER.__struct_fields__} | {"views": views})
    return AppSpec(name="shop", title="Shop", entities=(order, CUSTOMER))


def with_cards(*cards: Card, filters: tuple[str, ...] = ()) -> AppSpec:
    view = View(name="sales", title="Sales", kind="dashboard", cards=cards, filters=filters)
    return AppSpec(name="shop", title="Shop", entities=(ORDER, CUSTOMER), views=(view,))


def paths(spec: AppSpec) -> list[str]:
    found = problems(spec)
    assert all(each.message for each in found)
    return [each.path.removeprefix("entities[0].views[0].").removeprefix("views[0].") for each in found]


def test_sensible_views_are_made_of_what_an_entity_has() -> None:
    board, calendar, gallery = (each.view for each in views_of(SPEC, ORDER))
    assert (board.by, board.total) == ("status", "amount")
    assert (calendar.start, calendar.end, calendar.color) == ("begin", "due", "status")
    assert gallery.image == "photo"
    assert views_of(SPEC, CUSTOMER) == []


def test_what_is_made_has_no_fault() -> None:
    views = [each.view for each in views_of(SPEC, ORDER)]
    dashboard = dashboards_of(SPEC)[0].view
    assert problems(with_views(*views)) == ()
    assert problems(AppSpec(name="shop", title="Shop", entities=SPEC.entities, views=(dashboard,))) == ()


def test_a_dashboard_counts_and_sums_what_there_is() -> None:
    cards = dashboards_of(SPEC)[0].view.cards
    assert [(card.kind, card.aggregate, card.value, card.group) for card in cards] == [
        ("number", "count", None, None),
        ("number", "count", None, None),
        ("area", "sum", "amount", "begin"),
        ("pie", "count", None, "status"),
        ("bar", "count", None, "customer"),
    ]
    assert [card.title for card in cards[2:]] == [
        "Orders: Amount over time",
        "Orders by Status",
        "Orders by Customer",
    ]
    with speaking("de"):
        assert dashboards_of(SPEC)[0].view.cards[3].title == "Orders nach Status"
    assert dashboards_of(AppSpec(name="a", title="A", entities=(CUSTOMER,))) == []


def test_an_entity_that_names_views_has_those_alone() -> None:
    named = View(name="Who", title="By customer", kind="board", by="customer")
    spec = with_views(named)
    assert [(each.slug, each.view) for each in views_of(spec, spec.entities[0])] == [("order-who", named)]


def test_views_are_found_by_their_address() -> None:
    found = find(SPEC, "order-calendar")
    assert found is not None
    assert found[0].kind == "calendar"
    assert found[1] is ORDER
    dashboard = find(SPEC, "dashboard")
    assert dashboard is not None
    assert dashboard[1] is None
    assert find(SPEC, "order-nothing") is None


def test_an_account_has_no_view_by_a_field_that_is_hidden_from_it() -> None:
    named = (
        View(name="board", title="Board", kind="board", by="status"),
        View(name="days", title="Days", kind="calendar", start="begin", end="due", color="status"),
    )
    spec = with_views(*named)
    limited = AppSpec(
        **{name: getattr(spec, name) for name in spec.__struct_fields__} | {"roles": SPEC.roles}
    )
    seen = Rights(limited, Access(roles=("clerk",))).seen(limited)
    [only] = views_of(seen, seen.entities[0])
    assert (only.view.start, only.view.end, only.view.color) == ("begin", None, None)


@pytest.mark.parametrize(
    ("view", "path"),
    [
        (View(name="b", title="B", kind="board"), "by"),
        (View(name="b", title="B", kind="board", by="nothing"), "by"),
        (View(name="b", title="B", kind="board", by="number"), "by"),
        (View(name="b", title="B", kind="board", by="status", total="number"), "total"),
        (View(name="b", title="B", kind="board", by="status", start="begin"), "start"),
        (View(name="c", title="C", kind="calendar"), "start"),
        (View(name="c", title="C", kind="calendar", start="amount"), "start"),
        (View(name="c", title="C", kind="calendar", start="begin", end="amount"), "end"),
        (View(name="c", title="C", kind="calendar", start="begin", color="number"), "color"),
        (View(name="g", title="G", kind="gallery", image="number"), "image"),
        (View(name="g", title="G", kind="gallery", label="photo"), "label"),
        (View(name="表", title="G", kind="gallery"), "name"),
        (View(name="d", title="D", kind="dashboard"), "cards"),
    ],
)
def test_a_view_that_cannot_be_is_refused_where_it_is_wrong(view: View, path: str) -> None:
    assert paths(with_views(view)) == [path]


@pytest.mark.parametrize(
    ("card", "path"),
    [
        (Card(title="T", entity="Ordre"), "entity"),
        (Card(title="T", entity="Order", aggregate="sum"), "value"),
        (Card(title="T", entity="Order", value="amount"), "value"),
        (Card(title="T", entity="Order", aggregate="sum", value="number"), "value"),
        (Card(title="T", entity="Order", aggregate="sum", value="amount +"), "value"),
        (Card(title="T", entity="Order", kind="bar"), "group"),
        (Card(title="T", entity="Order", group="status"), "group"),
        (Card(title="T", entity="Order", kind="bar", group="photo"), "group"),
        (Card(title="T", entity="Order", kind="bar", group="status", every="month"), "every"),
        (Card(title="T", entity="Order", filter="amount"), "filter"),
        (Card(title="T", entity="Order", date="number"), "date"),
        (Card(title="T", entity="Order", width=5), "width"),
        (Card(title="T", entity="Order", limit=0), "limit"),
        (Card(title=" ", entity="Order"), "title"),
    ],
)
def test_a_card_that_cannot_be_is_refused_where_it_is_wrong(card: Card, path: str) -> None:
    assert paths(with_cards(card)) == [f"cards[0].{path}"]


def test_a_dashboard_is_filtered_by_fields_that_its_cards_have() -> None:
    card = Card(title="T", entity="Order")
    assert paths(with_cards(card, filters=("status", "customer"))) == []
    assert paths(with_cards(card, filters=("number",))) == ["filters[0]"]


def test_views_of_one_address_are_refused() -> None:
    twins = (
        View(name="My board", title="B", kind="board", by="status"),
        View(name="my_board", title="B", kind="board", by="status"),
    )
    assert [each.path for each in problems(with_views(*twins))] == ["entities[0].views[1].name"]


def test_a_dashboard_is_read_from_json_with_the_place_of_every_fault() -> None:
    spec = with_cards(Card(title="T", entity="Order", kind="bar", group="status", width=2))
    assert decode(encode(spec)) == spec
    document: Any = json.loads(encode(spec))
    document["views"][0]["cards"][0]["kind"] = "balls"
    document["views"][0]["cards"][0]["colour"] = "red"
    _, found = problems_in(document)
    assert {each.path for each in found} == {"views[0].cards[0].kind", "views[0].cards[0].colour"}
