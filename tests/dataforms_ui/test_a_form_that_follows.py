"""A form whose inputs come, go and compute as one types, against a real database and no browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataforms.spec import AppSpec, ChoicesWhen, Entity, Field, Rule, encode
from dataforms.ui.live import forget, live
from dataforms.ui.shapes import Input
from dataforms.ui.state import Ui

PERSON = Entity(name="Person", title="Person", fields=(Field(name="name", title="Name", type="text"),))
LOAN = Entity(
    name="Loan",
    title="Loan",
    fields=(
        Field(name="item", title="Item", type="text", required=True),
        Field(name="state", title="State", type="enum", choices=("Out", "Back", "Lost"), default="Out"),
        Field(name="note", title="Note", type="text", visible_when='state == "Lost"', required=True),
        Field(name="person", title="Person", type="reference", target="Person"),
        Field(name="fine", title="Fine", type="money", read_only_when='state == "Back"'),
        Field(
            name="how",
            title="How",
            type="enum",
            choices=("Good", "Worn", "Gone"),
            choices_when=(ChoicesWhen(when='state == "Lost"', choices=("Gone",)),),
        ),
        Field(name="twice", title="Twice", type="computed", expression="fine * 2"),
        Field(name="who", title="Who", type="computed", expression="upper(person.name)"),
    ),
    rules=(
        Rule(
            kind="check",
            expression='state == "Lost" or fine < 100',
            fields=("state", "fine"),
            message="Too much.",
        ),
    ),
)
SPEC = AppSpec(name="loans", title="Loans", entities=(LOAN, PERSON))
EMPTY = {"item": "", "state": "Out", "note": "", "person": "", "fine": "", "how": ""}


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    (tmp_path / "appspec.json").write_bytes(encode(SPEC))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    tab = Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one
    tab.view = {**tab.view, "slug": "loan"}
    yield tab
    forget()


def shown(tab: Ui, name: str) -> Input:
    return next(each for each in tab.inputs if each["name"] == name)


def choices(tab: Ui, name: str) -> list[str]:
    return [each["text"] for each in shown(tab, name)["choices"]]


def test_a_new_form_is_right_from_the_start(tab: Ui) -> None:
    tab.add()
    assert tab.form["lively"]
    assert shown(tab, "note")["hidden"]
    assert not shown(tab, "fine")["fixed"]
    assert choices(tab, "how") == ["Good", "Worn", "Gone"]
    assert (shown(tab, "twice")["widget"], shown(tab, "twice")["value"]) == ("output", "")


def test_inputs_follow_what_is_typed(tab: Ui) -> None:
    tab.add()
    tab.typing({**EMPTY, "state": "Lost", "fine": "12.50", "how": "Worn"}, "", False)
    assert not shown(tab, "note")["hidden"]
    assert choices(tab, "how") == ["Worn", "Gone"]  # what is chosen stays to be seen, and is refused
    assert shown(tab, "twice")["value"] == "25.00"
    tab.typing({**EMPTY, "fine": "12.5x"}, "", False)
    assert shown(tab, "note")["hidden"]
    assert shown(tab, "twice")["value"] == ""


def test_what_is_picked_counts_as_typed(tab: Ui) -> None:
    id = live().database.insert("Person", {"name": "Ada"})
    tab.add()
    tab.typing({**EMPTY, "fine": "1"}, "", False)
    tab.pick("person", str(id), "Ada")
    assert shown(tab, "who")["value"] == "ADA"
    assert shown(tab, "twice")["value"] == "2.00"
    tab.typing({**EMPTY, "fine": "3"}, "", False)  # sent before the browser knew of the pick
    assert (shown(tab, "who")["value"], shown(tab, "twice")["value"]) == ("ADA", "6.00")
    tab.pick("person", "", "")
    assert shown(tab, "who")["value"] == ""


def test_what_is_refused_is_told_beside_its_input(tab: Ui) -> None:
    tab.add()
    tab.save({**EMPTY, "item": "Saw", "state": "Lost", "how": "Worn"})
    assert shown(tab, "note")["error"] == "This is required."
    assert shown(tab, "how")["error"] == "Must be one of Gone."
    assert tab.form["open"]


def test_a_check_is_told_when_a_field_of_it_is_left_and_no_longer_when_it_holds(tab: Ui) -> None:
    tab.add()
    tab.typing({**EMPTY, "fine": "100"}, "fine", False)
    assert shown(tab, "fine")["error"] == ""
    tab.typing({**EMPTY, "fine": "100"}, "fine", True)
    assert shown(tab, "fine")["error"] == "Too much."
    tab.typing({**EMPTY, "fine": "100", "state": "Lost"}, "state", True)
    assert shown(tab, "fine")["error"] == ""
    tab.typing({**EMPTY, "fine": "100"}, "state", True)
    assert shown(tab, "fine")["error"] == "Too much."
    tab.typing({**EMPTY, "fine": "many"}, "fine", True)
    assert shown(tab, "fine")["error"] == "Must be a number, such as 1234.5."


def test_what_is_typed_stays_when_its_record_was_deleted_meanwhile(tab: Ui) -> None:
    database = live().database
    id = database.insert("Loan", {"item": "Drill"})
    tab.edit(str(id))
    gone = database.delete("Loan", id)
    tab.save({**EMPTY, "item": "Saw"})
    assert tab.form["open"]
    assert "Recently deleted" in tab.form["error"]
    database.restore("Loan", [gone.item])
    tab.save({**EMPTY, "item": "Saw"})
    assert not tab.form["open"]
    found = database.get("Loan", id)
    assert found is not None
    assert found.values["item"] == "Saw"


def test_a_fixed_value_is_kept_though_its_input_sends_none(tab: Ui) -> None:
    id = live().database.insert("Loan", {"item": "Saw", "state": "Back", "fine": 3})
    tab.edit(str(id))
    assert shown(tab, "fine")["fixed"]
    tab.save(
        {**{name: text for name, text in EMPTY.items() if name != "fine"}, "item": "Axe", "state": "Out"}
    )
    assert not tab.form["open"], tab.inputs
    found = live().database.get("Loan", id)
    assert found is not None
    assert (found.values["item"], found.values["state"], str(found.values["fine"])) == (
        "Axe",
        "Out",
        "3.0000",
    )


def test_a_form_in_which_nothing_depends_on_anything_is_not_lively(tab: Ui) -> None:
    tab.view = {**tab.view, "slug": "person"}
    tab.add()
    assert not tab.form["lively"]
