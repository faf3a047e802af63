"""What each change does; and that no patch, however wild, makes the applier fail or reach beyond the spec."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.check import problems
from protoddfd.design.model.applying import Applied, apply
from protoddfd.design.model.judging import judge
from protoddfd.design.model.patch import Change, Patch, PatchUnreadable, read, schema
from protoddfd.design.rules import RulesDesigner
from protoddfd.spec import (
    AppSpec,
)

TEXT = "library: books with title and author, members with name and email, loans with a due date"
BASE = RulesDesigner().design(TEXT).spec


def applied(*changes: dict[str, Any], base: AppSpec = BASE) -> Applied:
    return apply(base, msgspec.convert({"changes": changes}, Patch))


def field_names(spec: AppSpec, entity: str) -> list[str]:
    return [field.name for field in spec.entity(entity).fields]


def test_a_renamed_entity_is_followed_by_all_that_refers_to_it() -> None:
    found = applied({"op": "rename_entity", "entity": "Member", "to": "Reader"})
    assert found.renames == {"Member": "Reader"}
    assert problems(found.spec) == ()
    assert "Reader" in {field.target for field in found.spec.entity("Loan").fields}


def test_a_renamed_field_is_followed_by_expressions_rules_and_views() -> None:
    found = applied(
        {"op": "add_rule", "entity": "Loan", "expression": "due_date >= loan_date", "message": "due_date"},
        {"op": "add_field", "entity": "Loan", "field": "late", "type": "computed",
         "expression": "due_date < today and member.name != 'due_date'"},
        {"op": "add_view", "entity": "Loan", "view": "when", "kind": "calendar", "start": "due_date"},
        {"op": "rename_field", "entity": "Loan", "field": "due_date", "to": "due_on"},
    )  # fmt: skip
    loan = found.spec.entity("Loan")
    assert problems(found.spec) == ()
    assert loan.rules[0].expression == "due_on >= loan_date"
    assert loan.fields[-1].expression == "due_on < today and member.name != 'due_date'"
    assert loan.views[0].start == "due_on"
    assert found.renames == {"Loan.due_date": "due_on"}


def test_renames_keep_the_names_that_were_there_first() -> None:
    found = applied(
        {"op": "rename_entity", "entity": "Loan", "to": "Lending"},
        {"op": "rename_field", "entity": "Lending", "field": "due_date", "to": "due"},
        {"op": "rename_field", "entity": "Lending", "field": "due", "to": "due_on"},
        {"op": "rename_entity", "entity": "Lending", "to": "Borrowing"},
    )
    assert found.renames == {"Loan": "Borrowing", "Loan.due_date": "due_on"}


def test_a_new_entity_gets_its_fields_from_later_changes() -> None:
    found = applied(
        {"op": "add_entity", "entity": "Shelf", "plural": "Shelves"},
        {"op": "add_field", "entity": "Shelf", "field": "room", "required": True},
        {"op": "add_field", "entity": "Book", "field": "shelf", "type": "reference", "target": "Shelf"},
    )
    assert found.problems == ()
    assert problems(found.spec) == ()
    assert field_names(found.spec, "Book")[-1] == "shelf"


def test_a_field_of_another_type_keeps_nothing_that_it_has_no_use_for() -> None:
    found = applied(
        {"op": "set_choices", "entity": "Book", "field": "author", "choices": ["Ada", "Bob"]},
        {"op": "change_field", "entity": "Book", "field": "author", "type": "text"},
    )
    assert problems(found.spec) == ()
    assert found.spec.entity("Book").fields[1].choices == ()


def test_a_removed_entity_takes_its_relations_with_it() -> None:
    found = applied(
        {"op": "add_relation", "entity": "Book", "to": "Member"},
        {"op": "remove_field", "entity": "Loan", "field": "book"},
        {"op": "remove_entity", "entity": "Book"},
    )
    assert found.spec.relations == ()
    assert problems(found.spec) == ()


def test_a_dashboard_gets_cards() -> None:
    found = applied(
        {"op": "add_view", "view": "overview", "kind": "dashboard"},
        {"op": "add_card", "view": "overview", "entity": "Loan", "kind": "bar", "group": "member"},
    )
    assert found.problems == ()
    assert problems(found.spec) == ()
    assert found.spec.views[0].cards[0].entity == "Loan"


@pytest.mark.parametrize(
    "change",
    [
        {"op": "add_field", "entity": "Nobody", "field": "x"},
        {"op": "add_field", "entity": "Book"},
        {"op": "add_field", "entity": "Book", "field": "title"},
        {"op": "add_entity", "entity": "Book"},
        {"op": "rename_entity", "entity": "Book", "to": "Loan"},
        {"op": "rename_field", "entity": "Book", "field": "title", "to": "author"},
        {"op": "remove_field", "entity": "Book", "field": "x"},
        {"op": "set_choices", "entity": "Book", "field": "title"},
        {"op": "add_rule", "entity": "Book"},
        {"op": "remove_relation", "entity": "Book", "to": "Loan"},
        {"op": "add_card", "entity": "Book", "view": "x"},
        {"op": "add_view", "entity": "Book", "view": "x", "kind": "pie"},
    ],
    ids=str,
)
def test_a_change_that_cannot_be_made_is_a_problem_and_changes_nothing(change: dict[str, Any]) -> None:
    found = applied(change)
    assert found.spec == BASE
    (problem,) = found.problems
    assert problem.path == "changes[0]"
    assert problem.hint


def test_words_of_the_description_may_move_and_not_be_lost() -> None:
    draft = RulesDesigner().design("loans with a due date, and status open or returned").spec
    text = "loans with a due date; status open or returned"
    gone = Patch(changes=(Change(op="remove_field", entity="Loan", field="due_date"),))
    assert any(
        "'due'" in each.message for each in judge(draft, gone, text, of_files=False, update=False).problems
    )
    moved = Patch(changes=(Change(op="rename_field", entity="Loan", field="due_date", to="date_due"),))
    assert judge(draft, moved, text, of_files=False, update=False).problems == ()


def test_the_schema_has_every_operation_and_no_reference() -> None:
    assert "$ref" not in json.dumps(schema())
    properties = schema()["properties"]["changes"]["items"]["properties"]
    assert set(properties) == {field.name for field in msgspec.structs.fields(Change)}


# -- wild patches ----------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["Book", "Member", "Loan", "Shelf", "title", "due_date", "member", "", "Ü", "../x", "{{7*7}}", "a" * 90]
) | st.text(max_size=12)  # fmt: skip
TEXTS = NAMES | st.sampled_from(["due_date < today", "sum(loan.x)", "((((", "'", "member.name", "1/0"])
_OPERATIONS = schema()["properties"]["changes"]["items"]["properties"]["op"]["enum"]


def _strategy(name: str) -> st.SearchStrategy[Any]:
    described = schema()["properties"]["changes"]["items"]["properties"][name]
    if "enum" in described:
        return st.sampled_from(described["enum"])
    if described.get("type") == "array":
        return st.lists(NAMES, max_size=4)
    if described.get("type") == "boolean":
        return st.booleans()
    if described.get("type") == "number":
        return st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5)
    if "anyOf" in described:
        return st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
    return TEXTS


CHANGES = st.fixed_dictionaries(
    {"op": st.sampled_from(_OPERATIONS)},
    optional={
        field.name: _strategy(field.name) for field in msgspec.structs.fields(Change) if field.name != "op"
    },
)


@given(st.lists(CHANGES, max_size=8), st.booleans(), st.booleans())
def test_no_patch_breaks_the_applier_or_leaves_the_spec(
    changes: list[dict[str, Any]], of_files: bool, update: bool
) -> None:
    patch = read(json.dumps({"summary": "", "changes": changes}))
    found = judge(BASE, patch, TEXT, of_files=of_files, update=update)
    assert found == judge(BASE, patch, TEXT, of_files=of_files, update=update)
    spec = found.spec
    assert (spec.name, spec.title, spec.version) == (BASE.name, BASE.title, BASE.version)
    assert (spec.roles, spec.login, spec.theme) == (BASE.roles, BASE.login, BASE.theme)
    if not found.problems:
        assert problems(spec) == ()
        assert msgspec.json.decode(msgspec.json.encode(spec), type=AppSpec) == spec


@given(st.text(max_size=300) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
).map(json.dumps))  # fmt: skip
def test_any_answer_is_a_patch_or_unreadable(answer: str) -> None:
    try:
        patch = read(answer)
    except PatchUnreadable:
        return
    assert isinstance(patch, Patch)


@pytest.mark.parametrize(
    "answer", ["", "{" * 100_000, '{"changes":' + "[" * 100_000, "\ud800", '{"changes": 3}']
)
def test_hostile_answers_are_unreadable(answer: str) -> None:
    with pytest.raises(PatchUnreadable):
        read(answer)
