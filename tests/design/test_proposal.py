"""A proposal as a whole: titles, notes, sureness, and a good app."""

import pytest

from proposals import propose, spec_of
from protoddfd.design.titles import plural
from protoddfd.spec import encode

TEXT = (
    "Bicycle repair shop: customers with name and phone, bikes (customer, brand, frame number), "
    "repairs with date, status and price."
)


def test_the_same_text_gives_the_same_bytes() -> None:
    assert encode(propose(TEXT).spec) == encode(propose(TEXT).spec)


def test_the_app_is_called_what_the_description_begins_with() -> None:
    spec = spec_of(TEXT)
    assert (spec.name, spec.title) == ("bicycle_repair_shop", "Bicycle repair shop")


def test_a_description_that_begins_with_a_wish_is_called_after_what_it_keeps() -> None:
    assert spec_of("We have boats with a name and a length.").title == "Boats"


def test_every_entity_and_every_link_has_a_note() -> None:
    design = propose(TEXT)
    for entity in design.spec.entities:
        assert any(note.startswith(entity.name.lower()) for note in design.notes)
    assert any("one customer" in note for note in design.notes)


def test_a_described_app_is_surer_than_a_guessed_one() -> None:
    assert propose(TEXT).confidence > propose("keep track of my gadgets").confidence


@pytest.mark.parametrize("entity", ["Customer", "Bike", "Repair"])
def test_entities_have_readable_titles_and_plurals(entity: str) -> None:
    found = spec_of(TEXT).entity(entity)
    assert found.title == entity
    assert found.plural == f"{entity}s"


def test_a_chart_that_is_wished_for_is_a_card_of_a_dashboard() -> None:
    spec = spec_of(
        "Workshop: repairs with date, price and status (open, done). "
        "I would like a bar chart of repairs per month, a pie chart of repairs by status, "
        "and the total price of repairs per year."
    )
    (view,) = spec.views
    assert [(card.entity, card.group, card.every, card.kind) for card in view.cards] == [
        ("Repair", "date", "month", "bar"),
        ("Repair", "status", None, "pie"),
        ("Repair", "date", "year", "bar"),
    ]
    assert (view.cards[2].aggregate, view.cards[2].value) == ("sum", "price")


def test_an_uncertain_chart_is_left_to_the_reader() -> None:
    assert spec_of("Boats with a name and a length. A chart of happiness per sailor.").views == ()


@pytest.mark.parametrize(
    ("one", "many"),
    [("Person", "People"), ("Foster Child", "Foster Children"), ("Delivery", "Deliveries"), ("Box", "Boxes"),
     ("Evidence", "Evidence"), ("Day", "Days")],
)  # fmt: skip
def test_plurals_are_those_of_english(one: str, many: str) -> None:
    assert plural(one) == many
