"""What the grammar of a description says about entities, fields and links: one sentence a construct."""

import pytest

from proposals import entities, field, references, spec_of, types


def test_a_with_list_gives_fields_and_the_next_plural_begins_another_entity() -> None:
    text = "Climbing gym: members with name and email, routes with a grade and a colour."
    assert entities(text) == ["Member", "Route"]
    assert types(text, "Member") == {"name": "text", "email": "email"}
    assert types(text, "Route")["colour"] == "color"


def test_brackets_behind_an_entity_list_its_fields() -> None:
    assert types("We look after horses (name, breed, date of birth).", "Horse") == {
        "name": "text",
        "breed": "text",
        "date_of_birth": "date",
    }


def test_a_colon_defines_an_entity() -> None:
    text = "Ferry line. Crossing: departs at, arrives at, passengers, cancelled yes/no."
    assert types(text, "Crossing") == {
        "departs_at": "datetime",
        "arrives_at": "datetime",
        "passengers": "integer",
        "cancelled": "boolean",
    }


def test_bullets_are_entities_where_each_has_fields_of_its_own() -> None:
    text = (
        "Allotments:\n- plots: number, rent in EUR\n- tenants with name, phone\n- payments (tenant, amount)"
    )
    assert entities(text) == ["Plot", "Tenant", "Payment"]
    assert references(text) >= {("Payment", "Tenant")}


def test_bullets_are_fields_where_they_stand_below_an_entity() -> None:
    text = "Kayak:\n- name\n- length in cm\n- last inspected on\n- colour"
    assert entities(text) == ["Kayak"]
    assert types(text, "Kayak")["last_inspected_on"] == "date"


def test_each_has_gives_fields() -> None:
    text = "Each boat has a name, a length in m and a home port."
    assert list(types(text, "Boat")) == ["name", "length_m", "home_port"]


def test_belonging_is_a_reference() -> None:
    text = "Each boat has a name and a home port. A trip belongs to a boat."
    assert references(text) == {("Trip", "Boat")}


def test_several_of_something_refer_back_to_their_owner() -> None:
    text = "Every orchard has several trees with a species and a planting date. Orchards have a name."
    assert references(text) == {("Tree", "Orchard")}


def test_many_on_both_sides_is_a_relation_of_many_to_many() -> None:
    relations = spec_of("A song can have several tags and a tag can have many songs.").relations
    assert [each.kind for each in relations] == ["m2m"]


def test_arrows_are_references() -> None:
    text = "Sample: barcode, weight. Box: label. Freezer: name. Sample -> Box, Box -> Freezer."
    assert references(text) == {("Sample", "Box"), ("Box", "Freezer")}


def test_what_something_is_one_of_is_its_status() -> None:
    text = "Beds with a number. Each bed is free, occupied or broken."
    assert field(text, "Bed", "status").choices == ("Free", "Occupied", "Broken")


def test_a_verb_of_transaction_is_a_record_of_its_own_between_both() -> None:
    text = "Members borrow tools from our shed. Tools have a name and a serial number."
    assert {("Loan", "Member"), ("Loan", "Tool")} <= references(text)
    assert types(text, "Loan")["due_date"] == "date"


def test_what_is_submitted_belongs_to_whoever_submits_it() -> None:
    text = "Tenants report defects with a description, a photo and a date."
    assert references(text) == {("Defect", "Tenant")}
    assert types(text, "Defect")["photo"] == "image"


def test_a_field_that_names_another_entity_is_a_reference() -> None:
    text = "Teachers with name and email. Lessons: title, teacher, start time."
    assert ("Lesson", "Teacher") in references(text)


def test_the_header_of_a_table_gives_the_fields_of_one_entity() -> None:
    text = "Boat name | Owner | Length m | Insured y/n | Paid on"
    made = spec_of(text)
    assert len(made.entities) == 1
    assert {each.name: each.type for each in made.entities[0].fields}["paid_on"] == "date"


def test_what_is_not_wanted_is_left_out() -> None:
    assert entities("Books with title and author. No need for logins or payments.") == ["Book"]


def test_what_is_to_be_seen_is_no_entity() -> None:
    text = "Trees with a species and a height. Show a chart of trees per species. Remind me of inspections."
    assert entities(text) == ["Tree"]


def test_the_word_for_an_app_is_no_entity() -> None:
    assert entities("I need a small app to track my records: title, artist, year.") == ["Record"]


@pytest.mark.parametrize("start", ["Hi!", "Hello there,", "Dear team,"])
def test_greetings_are_passed_over(start: str) -> None:
    assert entities(f"{start} we keep boats with a name and a length.") == ["Boat"]


def test_choices_in_brackets_after_slashes_and_after_a_colon() -> None:
    text = (
        "Ticket: priority (low, medium, high), kind bug / wish / question, state: open, closed or parked. "
        "Ticket has a title."
    )
    assert field(text, "Ticket", "priority").choices == ("Low", "Medium", "High")
    assert field(text, "Ticket", "kind").choices == ("Bug", "Wish", "Question")


def test_types_flags_and_limits_that_are_written_hold() -> None:
    text = (
        "Sample: barcode (text, unique, required), weight (decimal), taken on (date), "
        "note max 200, quality 1 to 4, due date default today, price in EUR, open (yes/no)."
    )
    code = field(text, "Sample", "barcode")
    assert (code.type, code.unique, code.required) == ("text", True, True)
    assert field(text, "Sample", "note").max == 200
    assert (field(text, "Sample", "quality").min, field(text, "Sample", "quality").max) == (1, 4)
    assert field(text, "Sample", "due_date").default == "today"
    assert (field(text, "Sample", "price").type, field(text, "Sample", "price").currency) == ("money", "EUR")
    assert field(text, "Sample", "open").type == "boolean"


def test_a_status_without_choices_gets_usual_ones() -> None:
    found = field("Orders with a number, a total and a status.", "Order", "status")
    assert found.type == "enum"
    assert len(found.choices) > 2
    assert found.default == found.choices[0]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("number of guests", "integer"), ("price per night", "money"), ("moisture %", "percent"),
        ("website", "url"), ("delivery address", "long_text"), ("proof of payment", "file"),
        ("how many seats", "integer"), ("whether it was paid", "boolean"), ("when it is due", "date"),
        ("start time", "datetime"), ("running time", "integer"), ("phone number", "phone"),
    ],
)  # fmt: skip
def test_a_name_says_its_type(name: str, kind: str) -> None:
    made = types(f"Cabin: name, {name}, colour.", "Cabin")
    assert list(made.values())[1] == kind
