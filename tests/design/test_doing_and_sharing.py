"""What people do and write down, what is given to whom, and names that share a word."""

from proposals import entities, references, spec_of, types


def test_what_we_write_down_is_of_what_it_is_written_down_for() -> None:
    text = (
        "Owners have several pets. Every time they visit we write down the date, the reason and a diagnosis."
    )
    assert {"date", "reason", "diagnosis"} <= set(types(text, "Visit"))


def test_what_is_given_to_each_is_a_record_of_both() -> None:
    text = "Film contest: films with title, jurors who give every film a score and a comment."
    assert {("Score", "Film"), ("Score", "Juror")} <= references(text)


def test_which_was_done_to_which_is_a_record_of_both() -> None:
    text = "Cars with a make. Clients with a name. Which car was hired by which client with an agreed rate."
    assert {("Rental", "Car"), ("Rental", "Client")} <= references(text)


def test_a_clause_before_a_colon_says_what_is_described() -> None:
    text = "Site diary. The foreman writes one entry per day: weather, temperature, work done."
    assert {"weather", "temperature", "work_done"} <= set(types(text, "Entry"))


def test_two_fields_may_share_a_word() -> None:
    found = types("Permits: code, valid from / until, min and max price.", "Permit")
    assert {"valid_from", "valid_until", "min_price", "max_price"} <= set(found)


def test_steps_of_one_care_are_one_record() -> None:
    assert "Feeding" not in entities("Bats with a name. A carer weighs and feeds the bat each day.")


def test_recipes_and_ingredients_have_several_of_each_other() -> None:
    text = "Kitchen: recipes with title, ingredients with name and price."
    found = spec_of(text).relations
    assert [(each.from_, each.to, each.kind) for each in found] == [("Recipe", "Ingredient", "m2m")]


def test_the_stages_of_something_are_its_choices() -> None:
    text = "Candidates with name and email. Application stage: new, interview, hired, rejected."
    assert types(text, "Application")["stage"] == "enum"


def test_answers_without_signs_between_them_are_choices() -> None:
    assert types("Sponsors: name, logo, category gold silver bronze.", "Sponsor")["category"] == "enum"
