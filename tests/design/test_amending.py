"""Changes in plain sentences: what the rules make of them, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.check import problems
from protoddfd.design.amending import amend
from protoddfd.design.rules import RulesDesigner
from protoddfd.errors import DesignRefused
from protoddfd.spec import AppSpec, Field

BASE = RulesDesigner().design(
    "library: books with title and author, members with name and email, loans with a due date"
).spec  # fmt: skip


def amended(text: str) -> AppSpec:
    found = amend(BASE, text)
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
    ["", "make it nicer", "add a note to dragons", "remove colour from books", "colour heavy loans red",
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
def test_any_text_is_a_change_or_refused(text: str) -> None:
    try:
        found = amend(BASE, text)
    except DesignRefused:
        return
    assert found.spec.name == BASE.name
    assert problems(found.spec) == ()


SHOP = RulesDesigner().design(
    "orders with number, customer, quantity, unit price, due date, status (open, rejected, done) and reason; "
    "customers with name and email"
).spec  # fmt: skip


def order(text: str) -> dict[str, Field]:
    found = amend(SHOP, text)
    assert problems(found.spec) == ()
    return fields(found.spec, "Order")


def test_a_field_is_made_required_on_a_condition() -> None:
    assert order("require a reason when status is rejected")["reason"].required_when == 'status == "Rejected"'


def test_a_figure_is_added_with_its_formula() -> None:
    assert order("add total = quantity x unit price to orders")["total"].expression == "quantity * unit_price"
    assert order("total is quantity times unit price")["total"].type == "computed"


def test_bounds_that_are_stated_beside_a_new_field_hold() -> None:
    assert order("add a discount in EUR (at most 50) to orders")["discount"].max == 50


def test_what_is_to_stand_out_gets_a_tab() -> None:
    found = amend(SHOP, "colour overdue ones red")
    [view] = found.spec.entity("Order").views
    assert (view.title, view.filter) == ("Overdue", {"all": [["overdue", "yes"]]})
    assert any("rows have no colours" in note for note in found.notes)


def test_rights_become_roles_and_switch_the_login_on() -> None:
    found = amend(SHOP, "only managers may delete orders; quantity must be at least 1")
    assert {role.name for role in found.spec.roles} == {"manager", "everyone_else"}
    assert found.spec.login is not None
    assert found.spec.login.required
    assert any("login is switched on" in note for note in found.notes)
    assert fields(found.spec, "Order")["quantity"].min == 1


def test_a_right_that_comes_later_narrows_the_roles_there_are() -> None:
    first = amend(SHOP, "only managers may delete orders").spec
    roles = {role.name: role for role in amend(first, "only managers may change customers").spec.roles}
    rights = {each.entity: each for each in roles["everyone_else"].permissions}
    assert not rights["Order"].delete
    assert not rights["Customer"].update
    assert roles["everyone_else"].default
    assert all(each.delete for each in roles["manager"].permissions)


def test_a_sentence_of_which_a_part_is_not_understood_changes_nothing() -> None:
    with pytest.raises(DesignRefused):
        amend(SHOP, "quantity must be at least 1 and weight must be at least 2")
