"""How others write: rights with lists, columns between bars, constraints, answers to choose from."""

import pytest

from proposals import entities, field, references, types


def test_what_a_right_lists_the_fields_of_is_kept() -> None:
    text = "Lessons have a date. The chief can see all certificates: title, issued on, valid until."
    assert types(text, "Certificate").keys() >= {"title", "issued_on", "valid_until"}


def test_what_somebody_submits_has_the_fields_in_brackets_behind_it() -> None:
    text = "Gardeners submit a soil protocol (title, depth in cm, taken on)."
    assert types(text, "Soil Protocol").keys() >= {"title", "taken_on"}


def test_fields_in_brackets_behind_a_verb_are_of_what_the_app_is_about() -> None:
    text = "Accident reports at a ski school. Teachers file (date, slope, injured person, description)."
    assert types(text, "Accident").keys() >= {"date", "injured_person", "description"}


@pytest.mark.parametrize(
    "text",
    [
        "Boat sheet: Name | Length | Launched on | Insured?",
        "Our boat list is: Name / Length / Launched on / Insured?",
        "Boat list: Name - Length - Launched on - Insured? - Notes",
    ],
)
def test_bars_slashes_and_dashes_stand_between_columns(text: str) -> None:
    assert entities(text) == ["Boat"]
    found = types(text, "Boat")
    assert found.keys() >= {"name", "length", "launched_on", "insured"}
    assert found["insured"] == "boolean"


def test_a_constraint_names_a_field_and_whose_it_is() -> None:
    text = "Lockers have a colour. Locker number unique. Renters' names and phone are required."
    assert field(text, "Locker", "number").unique
    assert field(text, "Renter", "phone").required
    assert not field(text, "Renter", "phone").unique


def test_whether_it_is_one_or_the_other_is_a_choice() -> None:
    text = "For each coat: colour, price, and whether it is new, mended or torn."
    assert field(text, "Coat", "status").choices == ("New", "Mended", "Torn")


def test_full_or_empty_is_a_choice() -> None:
    assert field("Keg: number, full or empty, volume.", "Keg", "full_or_empty").choices == (
        "Full",
        "Empty",
    )


def test_a_name_with_underscores_ends_where_its_type_begins() -> None:
    found = types("Pump: serial_no text, installed_on date, flow_rate decimal, leak_found boolean.", "Pump")
    assert found == {
        "serial_no": "text",
        "installed_on": "date",
        "flow_rate": "decimal",
        "leak_found": "boolean",
    }


def test_clauses_behind_a_colon_are_no_fields() -> None:
    text = "Data centre: a rack has servers, a server has disks. Disk serial, size, bought on."
    assert entities(text) == ["Rack", "Server", "Disk"]
    assert references(text) >= {("Server", "Rack"), ("Disk", "Server")}


def test_the_name_of_what_has_them_stands_before_the_fields() -> None:
    text = "Lorries have trailers. Lorry no, date, driver."
    assert types(text, "Lorry").keys() >= {"lorry_no", "date"}


def test_with_behind_what_something_has_several_of_describes_these() -> None:
    text = "Each course has a title. A course has several sessions, with date, start time and topic."
    assert types(text, "Session").keys() >= {"start_time", "topic"}


def test_a_field_that_is_explained_does_not_end_the_list() -> None:
    text = "Every oak has a code that is painted on the bark, a height in m, a species."
    assert types(text, "Oak").keys() >= {"code", "height_m", "species"}


def test_customers_are_records_wherever_they_are_named_and_managers_are_not() -> None:
    text = "Repairs with date and price. We write down the customer. The manager signs."
    assert "Customer" in entities(text)
    assert "Manager" not in entities(text)


def test_words_that_no_field_has_are_kinds() -> None:
    text = "Breads have a price. Cooks plan menus (breakfast, lunch, dinner) with a price."
    assert field(text, "Menu", "type").choices == ("Breakfast", "Lunch", "Dinner")


def test_the_name_of_a_patient_makes_a_patient() -> None:
    text = "Rental: patient name, start date, end date."
    assert ("Rental", "Patient") in references(text)


def test_numbers_of_things_are_text_and_what_is_left_is_counted() -> None:
    found = types("Seed: catalogue number, packets left, kg sold.", "Seed")
    assert found["packets_left"] == "integer"
    assert found["kg_sold"] == "decimal"
    assert types("Fence: permit number, height in m.", "Fence")["permit_number"] == "text"


def test_readings_of_something_have_what_is_read() -> None:
    text = "Wells with a depth in m, weekly readings of pressure and temperature."
    assert types(text, "Reading").keys() >= {"pressure", "temperature"}
