"""What phrases around a list say: whose it is, what is only named, what is no data at all."""

from proposals import entities, references, types


def test_each_with_describes_what_was_named_last() -> None:
    text = "Streets have lamps, each with a code, a height in m and a colour."
    assert types(text, "Lamp").keys() >= {"code", "height_m", "colour"}
    assert ("Lamp", "Street") in references(text)


def test_a_type_in_brackets_makes_no_entity() -> None:
    text = "Scale: label (text), manufacturer (text), active (boolean)."
    assert entities(text) == ["Scale"]


def test_as_somebody_i_do_something_tells_of_the_thing() -> None:
    text = "As a florist I need to log each bouquet with title and price. As a courier I plan deliveries."
    assert entities(text) == ["Bouquet", "Delivery"]


def test_the_head_of_a_mail_and_its_closing_are_no_data() -> None:
    text = "To: all\nSubject: vans\n\nVans have a plate and a colour. Best regards, A. Tuesday"
    assert entities(text) == ["Van"]


def test_a_place_before_a_colon_is_what_the_app_is_for() -> None:
    text = "Food bank: parcels going out (household, date, weight), shelves."
    assert "Food Bank" not in entities(text)
    assert "Parcel" in entities(text)


def test_what_we_do_is_recorded_without_an_object_that_is_known() -> None:
    assert "Delivery" in entities("Boats have a name. Every Monday we deliver to the harbour.")


def test_one_thing_listed_in_passing_is_no_entity() -> None:
    assert entities("Vans with plate and colour. Sorry for the trouble, printer, my fault.") == ["Van"]


def test_the_owner_of_something_is_an_entity() -> None:
    assert references("Kennels have a number. Dogs (name, breed, owner).") >= {("Dog", "Owner")}
