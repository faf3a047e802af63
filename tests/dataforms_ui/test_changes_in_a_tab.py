"""What one tab does with the changes of others and with many rows, without a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataforms.query import Query
from dataforms.spec import AppSpec, Entity, Field, encode
from dataforms.ui.live import forget, live
from dataforms.ui.look import Look
from dataforms.ui.state import Ui

SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Item",
            title="Item",
            plural="Items",
            fields=(
                Field(name="name", title="Name", type="text", required=True),
                Field(name="size", title="Size", type="integer", min=1),
                Field(name="parts", title="Parts", type="references", target="Item"),
            ),
        ),
    ),
)


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    (tmp_path / "appspec.json").write_bytes(encode(SPEC))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    for name in "abcd":
        live().database.insert("Item", {"name": name, "size": 1})
    tab = Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one
    tab._show_table("item")
    yield tab
    forget()


def sizes() -> list[object]:
    database = live().database
    return [record.values["size"] for record in database.page("Item", Query(sort="id")).rows]


def test_a_change_to_another_field_is_kept_without_a_question_where_nothing_meets(tab: Ui) -> None:
    tab.edit("1")
    live().database.update("Item", 1, {"size": 5})
    live().database.update("Item", 1, {"size": 1})
    tab.save({"name": "new", "size": "1"})
    assert not tab.comparison["open"]
    assert not tab.form["open"]
    assert tab.rows[0]["label"] == "new"


def test_what_meets_is_compared_again_if_it_changes_again(tab: Ui) -> None:
    tab.edit("1")
    live().database.update("Item", 1, {"size": 5})
    tab.save({"name": "a", "size": "7"})
    assert [(side["mine"], side["theirs"], side["keep"]) for side in tab.comparison["sides"]] == [
        ("7", "5", "mine")
    ]
    live().database.update("Item", 1, {"size": 6})
    tab.save_compared()
    assert [side["theirs"] for side in tab.comparison["sides"]] == ["6"]
    tab.save_compared()
    assert sizes() == [7, 1, 1, 1]
    assert not tab.form["open"]


def test_a_choice_that_is_refused_is_in_the_form_again(tab: Ui) -> None:
    tab.edit("1")
    live().database.update("Item", 1, {"size": 5, "name": "theirs"})
    tab.save({"name": "mine", "size": "-7"})
    tab.keep("name", "theirs")
    tab.keep("size", "mine")
    tab.save_compared()
    assert tab.form["open"]
    shown = {each["name"]: (each["value"], each["error"]) for each in tab.inputs}
    assert shown["name"] == ("theirs", "")
    assert shown["size"] == ("-7", "Must be at least 1.")


def test_rows_are_selected_one_by_one_in_ranges_and_all(tab: Ui) -> None:
    tab.tick("1", False)
    tab.tick("3", True)
    assert (tab.selected, tab.selection["text"]) == (["1", "2", "3"], "3 selected")
    tab.tick("2", False)
    assert tab.selected == ["1", "3"]
    tab.tick_page()
    assert tab.selection["page"]
    tab._look = Look(size=2)
    tab._reload()
    tab.clear_selection()
    tab.tick_page()
    assert tab.selection["more"] == "Select all 4"
    tab.tick_all()
    assert tab.selection["count"] == 4
    tab.ask_change()
    tab.take_field("size")
    tab.change_many({"size": "9"})
    assert sizes() == [9, 9, 9, 9]


def test_another_search_ends_that_all_are_selected(tab: Ui) -> None:
    tab.tick_all()
    tab.find("a")
    assert not tab.selection["all"]
    assert tab.selected == ["1", "2", "3", "4"]


def test_a_cell_that_somebody_changed_is_told_before_it_is_replaced(tab: Ui) -> None:
    tab.open_cell("1", "size")
    live().database.update("Item", 1, {"size": 5})
    tab.save_cell({"size": "6"})
    assert tab.inputs[0]["error"] == "Somebody changed this to 5 meanwhile. Save again to replace it."
    tab.save_cell({"size": "6"})
    assert (sizes()[0], tab.spot["record"]) == (6, "")


def test_a_cell_takes_no_offence_at_a_change_elsewhere_in_the_record(tab: Ui) -> None:
    tab.open_cell("1", "size")
    live().database.update("Item", 1, {"name": "z"})
    tab.save_cell({"size": "6", "df-go": "next"})
    assert sizes()[0] == 6
    assert tab.spot == {"record": "1", "name": "parts"}


def test_several_records_are_picked_and_left_again(tab: Ui) -> None:
    tab.edit("1")
    for value in ("3", "2", "3", "4"):
        tab.pick("parts", value, f"item {value}")
    chosen = next(each for each in tab.inputs if each["name"] == "parts")
    assert chosen["value"] == "[2,4]"
    tab.save({"name": "a", "parts": chosen["value"]})
    record = live().database.get("Item", 1)
    assert record is not None
    assert record.values["parts"] == (2, 4)
    tab.edit("1")
    assert [chip["text"] for chip in tab.inputs[-1]["choices"]] == ["b", "d"]


def test_what_was_deleted_comes_back_from_any_page(tab: Ui) -> None:
    item = live().database.delete("Item", 2).item
    tab._show_home()
    tab.undo("item", [item])
    assert sizes() == [1, 1, 1, 1]
