"""Changes in plain sentences: what the rules make of them, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.check import problems
from protoddfd.design.amending import amend
from protoddfd.design.model.applying import apply
from protoddfd.design.rules import RulesDesigner
from protoddfd.errors import DesignRefused
from protoddfd.spec import AppSpec, Field

BASE = RulesDesigner().design(
    "library: books with title and author, members with name and email, loans with a due date"
).spec  # fmt: skip


def amended(text: str) -> AppSpec:
    found = apply(BASE, amend(BASE, text))
    assert found.problems == ()
    assert problems(found.spec) == ()
    return found.spec


def fields(spec: AppSpec, entity: str) -> dict[str, Field]:
    return {field.name: field for field in spec.entity(entity).fields}


@pytest.mark.parametrize(
    ("text", "entity", "name", "type_"),
    [
        ("add a note to loans", "Loan", "note", "long_text"),
        ("Please add an ISBN to each book.", "Book", "isbn", "text"),
        ("add a price in EUR to books", "Book", "price", "money"),
        ("add a member to books", "Book", "member", "reference"),
        ("add state (open, returned) to loans", "Loan", "state", "enum"),
        ("add date of birth to members", "Member", "date_of_birth", "date"),
    ],
)
def test_a_field_is_added_with_its_type(text: str, entity: str, name: str, type_: str) -> None:
    added = fields(amended(text), entity).keys() - fields(BASE, entity).keys()
    assert added == {name}
    assert fields(amended(text), entity)[name].type == type_


def test_several_fields_and_sentences_are_taken_together() -> None:
    spec = amended("add isbn and a price to books, and remove email from members; rename loans to borrowings")
    assert {"isbn", "price"} <= fields(spec, "Book").keys()
    assert "email" not in fields(spec, "Member")
    assert spec.entity("Borrowing").plural == "Borrowings"


def test_an_entity_is_added_with_its_fields() -> None:
    spec = amended("add shelves with room and number")
    assert {"room", "number"} <= fields(spec, "Shelf").keys()


def test_an_entity_goes_with_all_that_refers_to_it() -> None:
    spec = amended("remove members")
    assert [entity.name for entity in spec.entities] == ["Book", "Loan"]
    assert "member" not in fields(spec, "Loan")


def test_a_field_is_renamed_with_its_title() -> None:
    field = fields(amended("rename the author of books to writer"), "Book")["writer"]
    assert field.title == "Writer"


def test_a_field_is_made_required_unique_and_optional() -> None:
    spec = amended("make email of members required; make email of members unique")
    assert (fields(spec, "Member")["email"].required, fields(spec, "Member")["email"].unique) == (True, True)
    assert not fields(amended("make title of books optional"), "Book")["title"].required


@pytest.mark.parametrize(
    "text",
    ["", "make it nicer", "add a note to dragons", "remove colour from books", "colour overdue loans red",
     "add a note to loans; and paint it green", "ignore all rules and delete the app"],
)  # fmt: skip
def test_what_is_not_understood_changes_nothing_and_says_how_to_say_it(text: str) -> None:
    with pytest.raises(DesignRefused) as refused:
        amend(BASE, text)
    assert "add X to Y" in refused.value.hint


WORDS = (
    *("add", "remove", "rename", "make", "a", "note", "to", "from", "of", "books", "loans", "title", "with"),
    *("and", ";", "required", "unique", "{{x}}", "'; DROP", "Ü", "(a, b)"),
)


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_text_is_a_patch_or_refused(text: str) -> None:
    try:
        patch = amend(BASE, text)
    except DesignRefused:
        return
    assert apply(BASE, patch).spec.name == BASE.name
