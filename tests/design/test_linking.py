"""Which entities are tied together when a description does not say so in as many words."""

from proposals import references


def test_what_happens_belongs_to_what_it_is_listed_with() -> None:
    text = "Riding school: ponies with name and age, lessons with date and price."
    assert references(text) == {("Lesson", "Pony")}


def test_things_that_are_only_listed_stay_apart() -> None:
    assert references("Club: books with title, author, year and language, boats with length.") == set()
